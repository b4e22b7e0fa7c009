"""`greenroom demo --once`, from an empty folder to what GitHub shows."""

import asyncio
import json
import sys

import pytest

from bot.demo.inner import cannot_build

IN_TIME = "eyes within two seconds"
"""What a machine that is busy with other tests may not do."""

pytestmark = pytest.mark.full


async def test_both_jobs_are_done_and_each_step_is_told():
    pipe = asyncio.subprocess.PIPE
    words = ("-m", "bot", "demo", "--once")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdout=pipe, stderr=pipe
    )
    said, told = await process.communicate()
    shown = told.decode()
    lacks = [line for line in shown.splitlines() if "not as it should be" in line]
    assert [line for line in lacks if not line.endswith(IN_TIME)] == [], shown
    assert process.returncode == len(lacks)
    for words in ("labelled agent:tidy", "labelled agent:fix", "Validating unit", "Opened #2"):
        assert words in shown
    result = json.loads(said)
    assert (result["conclusion"], result["inner_loop"]["conclusion"]) == ("success", "success")
    lack = cannot_build()
    assert result["inner_loop"]["image"] is not bool(lack)
    assert f"no validation builds an image: {lack}" in shown or not lack
