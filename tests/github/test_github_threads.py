"""Threads of reviews over GraphQL: read, resolved, refused, and within the limits."""

import pytest

from bot.github.limits import FALLBACK
from bot.github.threads import RESOLVE
from bot.github.transport import _graphql
from bot.model.errors import Refused, Unavailable
from bot.model.priorities import Priority
from tests.github.test_github_contract_people import opens_a_pull_request

ASK = "POST /graphql"
SOON = Priority.RESULT


def page(*nodes, more=False, cursor="next"):
    info = {"hasNextPage": more, "endCursor": cursor}
    threads = {"nodes": list(nodes), "pageInfo": info}
    return {"data": {"repository": {"pullRequest": {"reviewThreads": threads}}}}


def thread(name, first=None, *, resolved=False):
    comments = [{"fullDatabaseId": str(first)}] if first else []
    return {"id": name, "isResolved": resolved, "comments": {"nodes": comments}}


def refusing(kind, words="Resource not accessible by integration"):
    return {"data": {"it": None}, "errors": [{"type": kind, "path": ["it"], "message": words}]}


async def beside(hub, number, line):
    pull = await hub.acts(f"GET /pulls/{number}")
    where = {"commit_id": pull["head"]["sha"], "path": "cat.py", "line": line}
    return (await hub.acts(f"POST /pulls/{number}/comments", body="Why?", **where))["id"]


async def test_a_thread_is_known_by_its_first_comment_and_resolved_once(hub):
    number = await opens_a_pull_request(hub)
    first, other = [await beside(hub, number, line) for line in (1, 2)]
    for _ in range(2):
        await hub.octo.threads.resolve(number, first, priority=SOON)
    found = await hub.octo.threads.of(number)
    assert [(each.first, each.resolved) for each in found] == [(first, True), (other, False)]


async def test_a_thread_that_is_not_there_is_refused_by_name(hub):
    number = await opens_a_pull_request(hub)
    with pytest.raises(Refused, match="no thread that begins with comment 7") as refused:
        await hub.octo.threads.resolve(number, 7, priority=SOON)
    assert refused.value.reason == "not_found"


async def test_pages_are_followed_and_a_thread_may_have_no_comment(script, octo):
    script.on(ASK, page(thread("A", 3_000_000_001), more=True, cursor="c1"))
    script.on(ASK, page(thread("B", resolved=True)))
    found = await octo.threads.of(5)
    assert [(each.id, each.first, each.resolved) for each in found] == [
        ("A", 3_000_000_001, False),
        ("B", None, True),
    ]
    asked = [seen.body["variables"] for seen in script.asked(ASK)]
    assert [each["after"] for each in asked] == [None, "c1"]
    assert asked[0] == {"owner": "octo", "name": "cat", "number": 5, "after": None}


async def test_pages_come_to_an_end_even_where_github_tells_of_more(script, octo):
    script.on(ASK, page(thread("A", 1), more=True))
    assert len(await octo.threads.of(5)) == 20


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("FORBIDDEN", "forbidden"), ("NOT_FOUND", "not_found"), ("", "rejected")],
)
async def test_an_error_in_an_answer_is_a_refusal(script, octo, kind, reason):
    script.on(ASK, refusing(kind))
    with pytest.raises(Refused, match="not accessible by integration") as refused:
        await octo.threads.of(5)
    assert refused.value.reason == reason
    assert ("pull_requests: read" in refused.value.words) == (reason == "forbidden")


@pytest.mark.parametrize(
    "error", [refusing("RATE_LIMITED", "Wait"), refusing("", "API rate limit exceeded for you")]
)
async def test_a_limit_in_an_answer_holds_the_lane(script, octo, error):
    script.on(ASK, error)
    with pytest.raises(Unavailable) as problem:
        await octo.threads.of(5)
    assert problem.value.retry_after == FALLBACK
    with pytest.raises(Unavailable):
        await octo.repository.get()
    assert len(script.asked(ASK)) == 1


async def test_a_query_that_failed_is_asked_again_and_a_mutation_is_not(script, octo):
    script.on(ASK, None, 502)
    script.on(ASK, page(thread("A", 1)))
    script.on(ASK, None, 502)
    with pytest.raises(Unavailable) as problem:
        await octo.threads.resolve(5, 1, priority=SOON)
    assert problem.value.sent
    assert [RESOLVE in seen.body["query"] for seen in script.asked(ASK)] == [False, False, True]


@pytest.mark.parametrize("raw", [b"", b"[]", b"<html>"])
async def test_an_answer_that_is_none_is_to_be_asked_for_again(script, octo, raw):
    script.on(ASK, raw=raw, headers={"Content-Type": "application/json"})
    with pytest.raises(Unavailable, match="unreadable"):
        await octo.threads.of(5)


async def test_a_token_opens_just_what_is_asked(script, octo):
    script.on(ASK, page(thread("A", 1)))
    script.on(ASK, {"data": {"resolveReviewThread": {"thread": {"isResolved": True}}}})
    await octo.threads.resolve(5, 1, priority=SOON)
    asked = [seen.body["permissions"] for seen in script.seen if "access_tokens" in seen.path]
    assert asked == [
        {"pull_requests": "read"},
        {"contents": "write", "pull_requests": "write"},
    ]


@pytest.mark.parametrize(
    ("base", "there"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://ghe.example/api/v3", "https://ghe.example/api/graphql"),
        ("http://127.0.0.1:80/", "http://127.0.0.1:80/graphql"),
    ],
)
def test_documents_are_sent_beside_rest_or_above_it(base, there):
    assert _graphql(base) == there
