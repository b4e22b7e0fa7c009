"""Documents of GraphQL and their answers are held against GitHub's schema."""

import pytest

from bot.github.threads import RESOLVE, THREADS
from tests.published.graphql import check_answer, check_document

THREAD = {"thread": "PRRT_1"}


def resolving(**thread):
    return {"data": {"resolveReviewThread": {"thread": thread}}}


@pytest.mark.parametrize(
    ("query", "given"),
    [(RESOLVE, THREAD), (THREADS, {"owner": "o", "name": "r", "number": 1, "after": None})],
)
def test_what_the_app_asks_is_what_github_takes(query, given):
    assert check_document({"query": query, "variables": given}) == []


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        (RESOLVE.replace("isResolved", "resolved"), "has no field resolved"),
        (RESOLVE.replace("isResolved", "pullRequest"), "pullRequest is an object"),
        (RESOLVE.replace("threadId", "id"), "takes no id"),
        (RESOLVE.replace("ID!", "ID"), "(threadId) is ID!, not ID"),
        (RESOLVE.replace("ID!", "Int!"), "is ID!, not Int!"),
        (RESOLVE.replace("$thread}", "1}"), "is ID!, not 1"),
        (RESOLVE.replace("{ isResolved }", ""), "thread is an object"),
        (RESOLVE.replace("isResolved", "isResolved { id }"), "isResolved is a scalar"),
        (RESOLVE.replace("$thread: ID!", "$thread: ID!, $more: Int!"), "missing variable more"),
        (RESOLVE.replace("$thread: ID!", ""), "unknown variable thread"),
        ("mutation {", "Expected"),
    ],
)
def test_what_github_would_not_take_is_named(query, problem):
    assert problem in "; ".join(check_document({"query": query, "variables": THREAD}))


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (resolving(isResolved=True), ""),
        ({"data": {"resolveReviewThread": None}, "errors": [{"message": "No"}]}, ""),
        ({"errors": [{"message": "No"}]}, ""),
        ({}, "neither data nor errors"),
        (resolving(isResolved=None), "isResolved is null"),
        (resolving(isResolved="yes"), "isResolved is 'yes', not Boolean"),
        (resolving(isResolved=True, diffSide="UP"), "diffSide is 'UP', none of DiffSide"),
    ],
)
def test_an_answer_is_held_against_the_types_of_its_fields(answer, problem):
    query = RESOLVE.replace(
        "isResolved", "isResolved diffSide" if "UP" in str(answer) else "isResolved"
    )
    assert "; ".join(check_answer({"query": query, "variables": THREAD}, answer)) == problem
