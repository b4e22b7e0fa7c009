"""What a harness asks before its agent does, and when."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from bot.harness import quiet
from bot.harness.checkpoint import Taken
from bot.harness.gateway_client import Gateway
from bot.workspace.snapshot import GitFailed

KNOWN = {"accepted": True, "id": "01V", "cached": True}
A, B = "a" * 40, "b" * 40


class Workspace:
    """A workspace whose looks are told in advance; the last one stays."""

    def __init__(self, *looks):
        self.looks = list(looks)
        self.seen = 0
        self.ended = asyncio.Event()

    @asynccontextmanager
    async def take(self):
        self.seen += 1
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if len(self.looks) == 1 and self.seen > 12:
            self.ended.set()
        if isinstance(look, Exception):
            raise look
        yield Taken(tree=look or A, work=look and "c" * 64, leave=asyncio.sleep)


@pytest.fixture
async def told(tmp_path, monkeypatch):
    """Let a harness look at a workspace for a while; returns what it has asked."""
    monkeypatch.setattr(quiet, "QUIET", 0.01)
    monkeypatch.setattr("bot.harness.validations.APART", 0.0)
    asked = []

    async def answer(request):
        said = json.loads(await request.read())
        asked.append((said["name"], said["tree"][0], said["ahead"]))
        return web.json_response(KNOWN)

    app = web.Application()
    app.router.add_post("/validations", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "far")).start()

    async def looks(names, *trees):
        place = Workspace(*trees)
        gateway = Gateway(str(tmp_path / "far"), "token")
        task = asyncio.create_task(quiet.ask_ahead(names, gateway, place.take))
        async with asyncio.timeout(20):
            await place.ended.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return asked

    yield looks
    await runner.cleanup()


async def test_a_tree_that_is_the_same_at_two_looks_is_asked_about_once(told):
    assert await told(("unit", "lint"), A) == [("unit", "a", True), ("lint", "a", True)]


async def test_a_tree_that_still_moves_is_not_asked_about(told):
    assert await told(("unit",), A, B, A, B, None) == []


async def test_the_next_tree_is_asked_about_once_it_is_quiet(told):
    looks = A, A, A, B  # the third one is for the question
    assert [tree for _, tree, _ in await told(("unit",), *looks)] == ["a", "b"]


async def test_the_base_is_nobodys_work(told):
    assert await told(("unit",), None) == []


async def test_a_tree_that_cannot_be_read_is_looked_at_again(told):
    trouble = GitFailed(("write-tree",), "no"), OSError(), TimeoutError()
    assert await told(("unit",), A, *trouble, A) == [("unit", "a", True)]


async def test_without_any_that_begin_ahead_nothing_is_looked_at(tmp_path):
    place = Workspace(A)
    await quiet.ask_ahead((), Gateway(str(tmp_path / "far"), "token"), place.take)
    assert place.seen == 0
