"""The app's processes as an operator meets them: one group, or each alone with its settings."""

import asyncio
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.demo.scene import COMMAND
from tests.stories.remains import command_line
from tests.stories.verdict import wrong_after_success
from tests.stories.world import world

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEEDS = {
    "web": ["GITHUB_WEBHOOK_SECRET"],
    "work": ["GITHUB_APP_ID", "GITHUB_PRIVATE_KEY_FILE"],
    "serve": ["GITHUB_WEBHOOK_SECRET", "GITHUB_APP_ID", "GITHUB_PRIVATE_KEY_FILE"],
}


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in listed.split()]


async def tried(name: str, settings: Mapping[str, str]) -> tuple[int | None, str]:
    """Start a process that is to refuse; return its exit status and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, name),
        env={"PATH": os.environ["PATH"], **settings},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, said.decode()


@pytest.mark.full
async def test_one_group_does_the_job_and_starts_again_who_dies(tmp_path):
    async with world(tmp_path, "serve") as made:
        group = made.processes["serve"].pid
        first = await made.done()
        assert await wrong_after_success(first) == []
        before = children(group)
        assert len(before) == 3
        for pid in before:
            os.kill(pid, signal.SIGKILL)

        async def holds() -> bool:
            now = children(group)
            return len(now) == 3 and not set(now) & set(before)

        await made.until(holds, "three new processes")
        await made.listening()
        second = await made.done()
        assert await wrong_after_success(second) == []
        last = children(group)
        await made.kill("serve", signal.SIGTERM)
        assert not [pid for pid in last if command_line(Path(f"/proc/{pid}"))]


@pytest.mark.parametrize(("name", "missing"), [(n, m) for n in NEEDS for m in NEEDS[n]])
async def test_a_setting_that_is_missing_is_named_in_one_sentence(town, name, missing):
    settings = {key: text for key, text in town.settings(name).items() if key != missing}
    status, said = await tried(name, settings)
    assert status == 78
    assert said.count("\n") == 1
    assert said.startswith(f"greenroom: {missing} is not set: ")


@pytest.mark.parametrize("name", ["web", "work", "gateway", "serve"])
async def test_a_setting_that_is_broken_is_named_and_not_repeated(town, name):
    status, said = await tried(name, {**town.settings(name), "PORT": "s3cret"})
    assert status == 78
    assert said.startswith("greenroom: PORT is wrong: ")
    assert "s3cret" not in said


async def test_a_second_worker_on_one_embedded_database_is_refused(town):
    status, said = await tried("work", town.settings("work"))
    assert status == 78
    assert "another worker uses" in said
