"""A worker in miniature, run by a test as an ordinary user: launch one job, wait for its end.

python launch_as_user.py HOME PLAN-AS-JSON TOKEN
"""

import asyncio
import json
import sys
from pathlib import Path

from pydantic import SecretStr

from bot.harness.claim import plan_from
from bot.runners.base import Launch
from bot.runners.local import open_local
from bot.sandbox.folder import JobFolder
from tests.runners.conftest import gone
from tests.runners.keeping import nothing


async def main(home: Path, plan: str, token: str) -> None:
    runner = open_local(home / "jobs", uids=(0, 0), toolboxes={})
    told = plan_from(json.loads(plan))
    launch = Launch(
        job=told.job,
        limits=told.agent.limits,
        token=SecretStr(token),
        tree=home / "lower",
        mirror=home / "mirror.git",
        gateway=home / "gateway",
    )
    await runner.launch(launch)
    standing = await gone(runner, launch.job)
    folder = JobFolder(home / "jobs" / launch.job)
    sys.stdout.write(
        f"exit {standing.exit}\n{folder.log.read_text()}{folder.agent_log.read_text()}"
    )
    await runner.sweep(nothing)


asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
