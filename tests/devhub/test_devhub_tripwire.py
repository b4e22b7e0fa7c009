"""A process is killed just before, or just after, one of its requests."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator

import pytest

from tests.devhub.checkout import Checkout, GitRefused
from tests.devhub.stage import REPO


@pytest.fixture
async def victim() -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "import time; time.sleep(60)"
    )
    yield process
    if process.returncode is None:
        process.kill()
    await process.wait()


async def comments(stage):
    listed = await stage.did(f"GET {REPO}/issues/1/comments", stage.tokens["ann"])
    return [each["body"] for each in listed]


async def test_before_means_that_nothing_was_done(stage, victim):
    await stage.opens_issue()
    await stage.control("PUT /tripwire", before=2, pids=[victim.pid], match="/comments")
    for body in "12":
        await stage.ask(f"POST {REPO}/issues/1/comments", stage.tokens["app"], {"body": body})
    assert await victim.wait() == -signal.SIGKILL
    assert await comments(stage) == ["1"]
    fired = await stage.control("GET /tripwire?seconds=1")
    assert fired == {"fired": f"POST {REPO}/issues/1/comments", "left": 0}


async def test_after_means_that_it_was_done(stage, victim):
    await stage.opens_issue()
    await stage.control("PUT /tripwire", after=1, pids=[victim.pid], mutating=True)
    await stage.did(f"GET {REPO}/issues/1", stage.tokens["app"])
    assert victim.returncode is None
    await stage.did(f"POST {REPO}/issues/1/comments", stage.tokens["app"], {"body": "1"})
    assert await victim.wait() == -signal.SIGKILL
    assert await comments(stage) == ["1"]


async def test_a_push_is_a_request_too(stage, victim, tmp_path):
    checkout = await Checkout.clone(stage, tmp_path / "work", stage.tokens["app"])
    head = await checkout.commit({"b": "1\n"}, "One", branch="topic")
    await stage.control("PUT /tripwire", before=1, pids=[], match="receive-pack")
    with pytest.raises(GitRefused):
        await checkout.push("topic")
    await stage.control("PUT /tripwire", after=1, pids=[victim.pid], mutating=True)
    await checkout.push("topic")
    assert await victim.wait() == -signal.SIGKILL
    shown = await stage.did(f"GET {REPO}/branches/topic", stage.tokens["app"])
    assert shown["commit"]["sha"] == head


async def test_people_do_not_trip_it(stage, victim):
    await stage.control("PUT /tripwire", before=1, pids=[victim.pid])
    await stage.opens_issue()
    assert victim.returncode is None
    await stage.control("DELETE /tripwire")
    await stage.did(f"GET {REPO}", stage.tokens["app"])
    assert victim.returncode is None


async def test_requests_of_apps_are_counted(stage):
    await stage.control("DELETE /requests")
    await stage.opens_issue()
    await stage.did(f"POST {REPO}/issues/1/comments", stage.tokens["app"], {"body": "1"})
    await stage.did(f"GET {REPO}", stage.tokens["app"])
    seen = await stage.control("GET /requests")
    assert (seen["count"], seen["mutating"]) == (2, 1)
    assert seen["requests"][0] == {
        "request": f"POST {REPO}/issues/1/comments",
        "mutating": True,
        "app": "greenroom",
        "status": 201,
    }
