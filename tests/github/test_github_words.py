import json

import pytest

from bot.github.errors import words_of
from bot.github.moments import stamp, unix
from bot.github.permissions import FETCH, PUSH, spelled, union


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"message": "Not Found"}, "Not Found"),
        ({"message": "Bad", "errors": "because"}, "Bad: because"),
        ({"message": "Bad", "errors": ["this", "that"]}, "Bad: this: that"),
        (
            {"message": "No", "errors": [{"field": "head", "code": "invalid"}]},
            "No: head is invalid",
        ),
        ({"message": "x" * 1000}, "x" * 500),
        (["no object"], ""),
        ({}, ""),
    ],
)
def test_what_github_said_is_kept(answer, words):
    assert words_of(json.dumps(answer).encode()) == words


def test_a_page_of_a_proxy_says_nothing():
    assert words_of(b"<html>Bad Gateway") == ""


def test_timestamps_come_back_as_they_went():
    assert unix(stamp(1_800_000_000.9)) == 1_800_000_000
    assert unix("2026-01-31T12:00:00Z") == unix("2026-01-31T13:00:00.000+01:00")


def test_permissions_are_joined_at_the_higher_level():
    assert union([FETCH, PUSH, {"issues": "read"}]) == {"contents": "write", "issues": "read"}
    assert union([PUSH, FETCH]) == PUSH
    assert spelled({"issues": "write", "checks": "read"}) == "issues: write, checks: read"
