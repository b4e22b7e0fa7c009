"""The part of an agent's door that leads to validations."""

import json
import socket
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from bot.harness.checkpoint import Taken
from bot.harness.door import agents_door
from bot.harness.gateway_client import Gateway
from bot.model.errors import Unavailable
from bot.model.validations import COMING, KNOWN, REFUSED, VALIDATION
from bot.workspace.snapshot import GitFailed

TREE, WORK = "a" * 40, "b" * 64
CALL = {
    "jsonrpc": "2.0", "id": 1, "method": "tools/call",
    "params": {"name": "validate", "arguments": {"name": "unit"}},
}  # fmt: skip


class Place:
    """A workspace that can be taken, or cannot."""

    def __init__(self):
        self.trouble = None
        self.left_out = 0
        self.work = WORK
        self.unreadable = None
        self.held = self.taken = 0

    @asynccontextmanager
    async def take(self):
        if self.trouble:
            raise self.trouble
        self.taken += 1
        self.held += 1
        try:
            yield Taken(tree=TREE, work=self.work, leave=self.leave, left_out=self.left_out)
        finally:
            self.held -= 1

    async def leave(self):
        if self.unreadable:
            raise self.unreadable
        return WORK


@pytest.fixture
def place():
    return Place()


@pytest.fixture
async def far(tmp_path, place):
    """A gateway that gives the answers it is told to; keeps what it was asked."""
    asked, answers = [], []

    async def answer(request):
        body = await request.read()
        held = place.held
        asked.append((request.path_qs, json.loads(body) if body else None, request.headers, held))
        status, said = answers.pop(0)
        if isinstance(said, bytes):
            return web.Response(body=said, status=status, content_type="application/x-tar")
        return web.json_response(said, status=status)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "far")).start()
    yield asked, answers
    await runner.cleanup()


@pytest.fixture
async def door(tmp_path, far, place):  # noqa: ARG001 - it has to be there
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "near"))
    listener.listen()
    connector = aiohttp.UnixConnector(str(tmp_path / "near"))
    gateway = Gateway(str(tmp_path / "far"), "run-token")
    async with (
        agents_door(listener, gateway, lambda *_: None, lambda: None, place.take),
        aiohttp.ClientSession("http://door", connector=connector) as session,
    ):
        yield session


async def test_the_tree_is_ours_to_say_and_stays_until_the_gateway_has_answered(door, far):
    asked, answers = far
    answers.append((200, {"id": "01V"}))
    said = {"name": "unit", "tree": "c" * 40, "work": None}
    async with door.post("/validations", json=said) as answer:
        assert (answer.status, await answer.json()) == (200, {"id": "01V"})
    ((path, body, headers, held),) = asked
    assert (path, held) == ("/validations", 1)
    assert body == {"name": "unit", "tree": TREE, "work": WORK}
    assert headers["Authorization"] == "Bearer run-token"


async def test_work_follows_where_the_gateway_wants_it(door, far, place):
    asked, answers = far
    answers += [(200, {"id": "01V", "wants_work": True}), (204, None)]
    place.work = COMING
    async with door.post("/validations", json={"name": "unit"}) as answer:
        assert (answer.status, (await answer.json())["id"]) == (200, "01V")
    assert [(path, body["work"], held) for path, body, _, held in asked] == [
        ("/validations", COMING, 1),
        ("/validations/01V/work", WORK, 1),
    ]


async def test_work_that_cannot_be_made_is_said_to_the_gateway_too(door, far, place):
    asked, answers = far
    answers += [(200, {"id": "01V", "wants_work": True}), (204, None)]
    place.work, place.unreadable = COMING, ValueError("too large")
    async with door.post("/validations", json={"name": "unit"}) as answer:
        assert (answer.status, (await answer.json())["reason"]) == (422, "tree")
    assert asked[1][:2] == ("/validations/01V/work", {"work": None})
    assert place.held == 0


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b"7", b"[" * 100_000])
async def test_what_names_nothing_goes_nowhere(door, far, place, body):
    async with door.post("/validations", data=body) as answer:
        assert answer.status == 400
    assert (far[0], place.taken) == ([], 0)


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (GitFailed(("write-tree",), "disk full"), 422),
        (ValueError("too large"), 422),
        (Unavailable("gateway", "x", retry_after=0), 503),
    ],
)
async def test_a_tree_that_cannot_be_taken_is_said(door, place, trouble, status):
    place.trouble = trouble
    async with door.post("/validations", json={"name": "unit"}) as answer:
        assert answer.status == status
        assert (await answer.json())["accepted"] is False


async def test_news_pass_with_what_was_heard_before(door, far):
    asked, answers = far
    answers.append((200, {"id": "01V", "output": "x"}))
    async with door.get("/validations/01V?after=7") as answer:
        assert (await answer.json())["output"] == "x"
    assert asked[0][0] == "/validations/01V?after=7"


async def test_what_one_has_left_is_asked_for_by_its_own_address(door, far):
    asked, answers = far
    answers.append((200, b"a tar"))
    async with door.get("/validations/01V?artifacts") as answer:
        assert (answer.status, answer.content_type) == (200, "application/x-tar")
        assert await answer.read() == b"a tar"
    assert asked[0][0] == "/validations/01V/artifacts"


@pytest.mark.parametrize(
    "path",
    [
        "/validations/01V?artifacts&after=1",
        "/validations/..%2Fx",
        "/validations/a",
        "/validations/1?after=-1",
        "/validation/work",
    ],
)
async def test_other_paths_do_not_exist(door, far, path):
    async with door.get(path) as answer:
        assert answer.status == 404
    assert far[0] == []


async def test_a_call_of_the_tool_goes_on_with_the_id_of_what_was_asked_for(door, far):
    asked, answers = far
    answers += [(200, {"id": "01V", "cached": True}), (200, {"result": {}})]
    mine = {VALIDATION: "01OTHER", REFUSED: "mine"}
    async with door.post("/mcp", json=CALL, headers=mine) as answer:
        assert answer.status == 200
    first, second = asked
    assert (first[0], second[0], second[1]) == ("/validations", "/mcp", CALL)
    assert (second[2][VALIDATION], second[2][KNOWN]) == ("01V", "yes")
    assert REFUSED not in second[2]


async def test_a_refused_call_goes_on_with_the_reason(door, far):
    asked, answers = far
    answers += [(422, {"words": "Did you mean \u201cunit\u201d?"}), (200, {"result": {}})]
    async with door.post("/mcp", json=CALL):
        pass
    assert asked[1][2][REFUSED] == "Did%20you%20mean%20%E2%80%9Cunit%E2%80%9D%3F"
    assert VALIDATION not in asked[1][2]


async def test_calls_of_other_tools_are_passed_on_as_they_are(door, far, place):
    asked, answers = far
    answers.append((200, {"result": {}}))
    other = {**CALL, "params": {"name": "step", "arguments": {"name": "unit"}}}
    async with door.post("/mcp", json=other, headers={VALIDATION: "01OTHER"}):
        pass
    assert place.taken == 0
    assert VALIDATION not in asked[0][2]


async def test_files_that_are_not_in_the_tree_are_said(door, far, place):
    far[1].append((200, {"id": "01V"}))
    place.left_out = 2
    async with door.post("/validations", json={"name": "unit"}) as answer:
        assert await answer.json() == {"id": "01V", "left_out": 2}
