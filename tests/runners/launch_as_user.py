"""A worker in miniature, run by a test as an ordinary user: launch one job, wait for its end.

python launch_as_user.py HOME PLAN-AS-JSON TOKEN [IMAGE RUNTIME]
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from pydantic import SecretStr

from bot.harness.claim import plan_from
from bot.runners.base import Launch
from bot.runners.local import LocalRunner, open_local
from bot.runners.podman import open_podman
from bot.sandbox.folder import JobFolder
from tests.runners.conftest import gone
from tests.runners.keeping import nothing


def runner_of(jobs: Path, image: str = "", runtime: str = "") -> LocalRunner:
    if not image:
        return open_local(jobs, uids=(0, 0), toolboxes={})
    settings = {"image": image, "runtime": runtime, "environment": dict(os.environ)}
    return open_podman(jobs, uids=(0, 0), toolboxes={}, **settings)


async def main(home: Path, plan: str, token: str, *container: str) -> None:
    runner = runner_of(home / "jobs", *container)
    told = plan_from(json.loads(plan))
    launch = Launch(
        job=told.job,
        limits=told.agent.limits,
        token=SecretStr(token),
        tree=home / "lower",
        mirror=home / "mirror.git",
        gateway=home / "gateway",
        layers=tuple(sorted((home / "below").glob("*/workspace"))),
        homes=tuple((home / "below").glob("*/home")),
    )
    await runner.launch(launch)
    standing = await gone(runner, launch.job)
    folder = JobFolder(home / "jobs" / launch.job)
    sys.stdout.write(
        f"exit {standing.exit}\n{folder.log.read_text()}{folder.agent_log.read_text()}"
    )
    await runner.sweep(nothing)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
