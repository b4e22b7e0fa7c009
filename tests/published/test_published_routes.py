"""Which operation a path means, where several templates fit."""

import pytest

from tests.published.description import operations
from tests.published.kept import OPERATIONS
from tests.published.routes import Routes


@pytest.fixture
def routes():
    paths = {}
    for operation in operations():
        paths.setdefault(operation.template, {})[operation.method] = operation.described
    return Routes(paths)


def test_every_operation_that_we_list_was_kept():
    assert sorted(operation.id for operation in operations()) == sorted(OPERATIONS)


@pytest.mark.parametrize(
    ("path", "operation", "name", "value"),
    [
        ("/repos/o/r/contents/docs/a%20b.md", "repos/get-content", "path", "docs/a b.md"),
        ("/repos/o/r/contents/", "repos/get-content", "path", ""),
        ("/repos/o/r/branches/greenroom/tidy/1", "repos/get-branch", "branch", "greenroom/tidy/1"),
        ("/repos/o/r/commits/topic/x", "repos/get-commit", "ref", "topic/x"),
        ("/repos/o/r/commits/topic/x/check-runs", "checks/list-for-ref", "ref", "topic/x"),
        ("/repos/o/r/git/ref/heads/topic/x", "git/get-ref", "ref", "heads/topic/x"),
        ("/repos/o/r/issues/comments/7", "issues/get-comment", "comment_id", "7"),
        (
            "/repos/o/r/compare/main...x%2Fy",
            "repos/compare-commits-with-basehead",
            "basehead",
            "main...x/y",
        ),
    ],
)
def test_a_path_means_the_most_literal_operation_that_fits(routes, path, operation, name, value):
    found, values = routes.find("GET", path)
    assert (found.id, values[name]) == (operation, value)


def test_a_slash_ends_a_parameter_that_may_not_hold_one(routes):
    assert routes.find("GET", "/repos/o/r/extra") is None
