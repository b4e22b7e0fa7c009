"""GitHub's own examples against GitHub's own description, and answers that are neither."""

import json
import re
from copy import deepcopy

import pytest

from tests.published.description import check_request, check_response, operations
from tests.published.document import FOLDER

# What to write for a parameter, where a plain 1 is not what the prose asks for.
VALUES = {"basehead": "main...topic", "ref": "heads/main"}

NEWER = "the example is older than the key"
NULL = "the example is null, not an object"
FULLER = "the example gives the full repository where the description has the short one"

EXCUSED = {
    ("actions/get-job-for-workflow-run", "200", "default"): NEWER,
    ("actions/list-jobs-for-workflow-run", "200", "default"): NEWER,
    ("actions/re-run-job-for-workflow-run", "201", "default"): NULL,
    ("actions/re-run-workflow-failed-jobs", "201", "default"): NULL,
    ("apps/create-installation-access-token", "201", "default"): FULLER,
    ("apps/list-repos-accessible-to-installation", "200", "default"): FULLER,
    ("apps/redeliver-webhook-delivery", "202", "default"): NULL,
    ("checks/get-suite", "200", "default"): FULLER,
    ("checks/rerequest-run", "201", "default"): NULL,
    ("checks/rerequest-suite", "201", "default"): NULL,
    ("meta/get", "200", "default"): "fingerprints are given as numbers",
    ("pulls/create", "201", "default"): NEWER,
    ("pulls/get", "200", "default"): NEWER,
    ("pulls/list", "200", "default"): FULLER,
    ("pulls/update", "200", "default"): NEWER,
    ("repos/create-fork", "202", "default"): FULLER,
    ("repos/get", "200", "default-response"): FULLER,
    ("repos/get-collaborator-permission-level", "200", "response-if-user-has-admin-permissions"): (
        "role_name stands beside the user in the example, and in it as well in the description"
    ),
    ("repos/get-commit", "200", "default"): NEWER,
    ("repos/list-branches", "200", "default"): NEWER,
    ("repos/list-pull-requests-associated-with-commit", "200", "default"): FULLER,
}
"""Examples that break GitHub's own description, and why."""


EXAMPLES = json.loads((FOLDER / "examples.json").read_bytes())
OPERATIONS = {operation.id: operation for operation in operations()}
KEYS = [
    (operation, kind, name)
    for operation, kinds in EXAMPLES.items()
    for kind, bodies in kinds.items()
    for name in bodies
]


@pytest.mark.parametrize("key", KEYS, ids=" ".join)
def test_an_example_of_githubs_passes_unless_it_is_excused(key):
    operation, kind, name = key
    method, template = OPERATIONS[operation].method, OPERATIONS[operation].template
    path = re.sub(r"\{(\w+)\}", lambda match: VALUES.get(match[1], "1"), template)
    body = EXAMPLES[operation][kind][name]
    if kind == "request":
        problems = check_request(method, path, {}, body)
    else:
        problems = check_response(method, path, int(kind), body)
    assert bool(problems) == (key in EXCUSED), problems


def test_no_request_is_excused():
    assert not [key for key in EXCUSED if key[1] == "request"]


def test_a_missing_key_is_caught():
    problems = check_response("GET", "/repos/o/r/issues/1/labels", 200, [{"name": "bug"}])
    assert problems[0] == ('issues/list-labels-on-issue 200: at /0: "id" is a required property')


def test_an_unknown_key_deep_in_an_answer_is_caught():
    comment = deepcopy(EXAMPLES["issues/get-comment"]["200"]["default"])
    comment["user"]["login_name"] = "octocat"
    (problem,) = check_response("GET", "/repos/o/r/issues/comments/1", 200, comment)
    assert problem.endswith("at /user: unknown keys login_name")


def test_a_body_where_there_is_none_is_caught():
    assert check_response("DELETE", "/repos/o/r/issues/comments/1", 204) == []
    assert check_response("DELETE", "/repos/o/r/issues/comments/1", 204, {}) != []


def test_an_error_that_is_not_listed_passes_in_the_shape_of_an_error():
    error = {
        "message": "Bad credentials",
        "documentation_url": "https://docs.github.com/rest",
        "status": "401",
    }
    assert check_response("GET", "/repos/o/r", 401, error) == []
    assert check_response("GET", "/repos/o/r", 401, {"error": "Bad credentials"}) != []


def test_a_success_that_is_not_listed_is_caught():
    assert check_response("POST", "/repos/o/r/issues", 200, {}) != []


def test_any_read_may_be_answered_with_not_modified():
    assert check_response("GET", "/repos/o/r/pulls/1", 304) == []
    assert check_response("GET", "/repos/o/r/branches/main", 304) == []
    assert check_response("GET", "/repos/o/r/branches/main", 304, {}) != []
