"""Threads of reviews over GraphQL: read, resolved, and opened again."""

import pytest

from bot.devhub.graphql.document import Field, Malformed, parsed
from tests.devhub.checkout import Checkout
from tests.devhub.stage import REPO

THREADS = """
query Threads($owner: String!, $name: String!, $number: Int = 1, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 1, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes {
          id isResolved path line resolvedBy { login }
          comments(first: 10) { nodes { databaseId body author { login } } }
        }
      }
    }
  }
}
"""
RESOLVE = """mutation($thread: ID!) {
  done: resolveReviewThread(input: {threadId: $thread}) { thread { id isResolved } }
}"""


@pytest.fixture
async def first(stage, tmp_path):
    """Open a pull request with a thread of two comments and one of one; return its first."""
    checkout = await Checkout.clone(stage, tmp_path / "work", stage.tokens["app"])
    head = await checkout.commit({"src/a.py": "x = 1\ny = 2\n"}, "Tidy", branch="tidy")
    await checkout.push("tidy")
    wish = {"title": "Tidy", "head": "tidy", "base": "main"}
    await stage.did(f"POST {REPO}/pulls", stage.tokens["app"], wish)
    place = {"commit_id": head, "path": "src/a.py", "line": 2}
    at, ann = f"{REPO}/pulls/1/comments", stage.tokens["ann"]
    made = await stage.did(f"POST {at}", ann, {"body": "why?", **place})
    answer = {"body": "so", "in_reply_to": made["id"]}
    await stage.did(f"POST {at}", stage.tokens["app"], answer)
    await stage.did(f"POST {at}", ann, {"body": "and?", **place, "line": 1})
    return made


async def asks(stage, query, token="", **variables):
    body = {"query": query, "variables": variables}
    return await stage.did("POST /graphql", token or stage.tokens["app"], body)


async def threads(stage, **variables):
    said = await asks(stage, THREADS, owner="acme", name="demo", **variables)
    return said["data"]["repository"]["pullRequest"]["reviewThreads"]


async def test_threads_are_read_a_page_at_a_time(stage, first):
    page = await threads(stage)
    (thread,) = page["nodes"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (2, True)
    assert (thread["isResolved"], thread["path"], thread["line"]) == (False, "src/a.py", 2)
    assert [each["body"] for each in thread["comments"]["nodes"]] == ["why?", "so"]
    assert thread["comments"]["nodes"][0]["databaseId"] == first["id"]
    rest = await threads(stage, after=page["pageInfo"]["endCursor"])
    assert rest["pageInfo"]["hasNextPage"] is False


@pytest.mark.usefixtures("first")
async def test_a_thread_is_resolved_once_and_told(stage):
    (thread,) = (await threads(stage))["nodes"]
    for _ in range(2):
        said = await asks(stage, RESOLVE, thread=thread["id"])
        assert said["data"]["done"]["thread"] == {"id": thread["id"], "isResolved": True}
    (thread,) = (await threads(stage))["nodes"]
    assert thread["resolvedBy"] == {"login": "greenroom"}
    again = RESOLVE.replace("resolveReview", "unresolveReview")
    await asks(stage, again, stage.tokens["ann"], thread=thread["id"])
    await stage.drained()
    told = [each for each in stage.ear.names if "thread" in each]
    assert told == [f"pull_request_review_thread.{verb}" for verb in ("resolved", "unresolved")]
    said = stage.ear.last("pull_request_review_thread")
    assert [each["body"] for each in said["thread"]["comments"]] == ["why?", "so"]
    assert said["sender"]["login"] == "ann"


@pytest.mark.usefixtures("first")
async def test_not_everybody_resolves(stage):
    (thread,) = (await threads(stage))["nodes"]
    weak = await stage.token(permissions={"pull_requests": "write"})
    for token in (weak, await stage.person("rae", "read")):
        said = await asks(stage, RESOLVE, token, thread=thread["id"])
        assert said["data"] == {"done": None}
        assert [(each["type"], each["path"]) for each in said["errors"]] == [
            ("FORBIDDEN", ["done"])
        ]


@pytest.mark.usefixtures("first")
async def test_what_is_not_there_is_named(stage):
    said = await asks(stage, RESOLVE, thread="PRRT_none")
    assert said["errors"][0]["type"] == "NOT_FOUND"
    for variables in ({"name": "none"}, {"name": "demo", "number": 9}):
        said = await asks(stage, THREADS, owner="acme", **variables)
        assert said["errors"][0]["type"] == "NOT_FOUND"
    sid = await stage.person("sid")
    said = await asks(stage, THREADS, sid, owner="acme", name="demo")
    assert said["errors"][0]["type"] == "NOT_FOUND"
    assert (await stage.ask("POST /graphql", "", {"query": THREADS})).status == 401


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("{ viewer { login } }", "Field 'viewer' doesn't exist on type 'Query'"),
        ('{ repository(owner: "acme", name: "demo") { stars } }', "Field 'stars'"),
        ("subscription { x }", "Parse error"),
        ("{ repository", "Expected"),
        ("{ a } trailing", "Parse error"),
        ("{ a ? }", "Parse error"),
    ],
)
async def test_a_document_that_is_wrong_does_nothing(stage, query, words):
    said = await asks(stage, query)
    assert "data" not in said
    assert words in said["errors"][0]["message"]


async def test_lists_need_a_bound(stage, first):
    assert first
    said = await asks(stage, THREADS.replace("first: 1, ", ""), owner="acme", name="demo")
    assert said["errors"][0]["type"] == "MISSING_PAGINATION_BOUNDARIES"


def test_a_document_is_read_with_its_values():
    given = 'c: {d: "e\\"f", g: $n}, h: -1.5, i: RED, j: null'
    text = f"# all kinds\nquery($n: [Int!]! = [1, 2]) {{ a: b({given}) }}"
    arguments = {"c": {"d": 'e"f', "g": [1, 2]}, "h": -1.5, "i": "RED", "j": None}
    assert parsed(text, {}).fields == (Field(name="b", alias="a", arguments=arguments),)
    with pytest.raises(Malformed):
        parsed("{ a(b: 1", {})
