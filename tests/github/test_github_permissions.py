import re

import pytest

from bot.github.limits import Pace
from bot.github.permissions import OPTIONAL, Operation, lacking, union
from tests.published.description import operations


def test_every_operation_is_one_that_github_describes():
    described = {(one.method.upper(), one.template) for one in operations()}
    ours = [(one.method, one.path) for one in Operation if not one.graphql]
    assert set(ours) <= described
    assert len(set(ours)) == len(ours)


def test_the_app_asks_an_owner_for_no_more_than_its_operations_need():
    assert union() == {
        "actions": "read",
        "checks": "write",
        "contents": "write",
        "issues": "write",
        "members": "read",
        "metadata": "read",
        "pull_requests": "write",
        "statuses": "read",
    }


def test_what_the_app_can_do_without_is_not_asked_for():
    assert union([operation.needs for operation in OPTIONAL]) == {"actions": "write"}


@pytest.mark.parametrize("operation", list(Operation), ids=lambda operation: operation.name)
def test_reads_need_no_more_than_read(operation):
    levels = set(operation.needs.values())
    reads = operation.method == "GET" or operation.pace is Pace.READ
    assert levels <= ({"read"} if reads else {"write"})
    page = r"https://docs\.github\.com/en/(rest|graphql/reference)/[a-z/-]+#[a-z-]+"
    assert re.fullmatch(page, operation.docs)


def test_what_is_lacking_is_told_by_level():
    granted = {"issues": "read", "checks": "admin", "members": "strange"}
    needs = {"issues": "write", "checks": "write", "members": "read", "contents": "read"}
    assert lacking(needs, granted) == {"issues": "write", "members": "read", "contents": "read"}
