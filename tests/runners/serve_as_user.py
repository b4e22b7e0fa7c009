"""A worker in miniature, run by a test as an ordinary user: one validation, with an image.

python serve_as_user.py HOME PLAN-AS-JSON TOKEN ROOT [IMAGE RUNTIME]
"""

import asyncio
import json
import sys
from pathlib import Path

from pydantic import SecretStr

from bot.harness.validate import plan_from
from bot.runners.base import Launch
from bot.sandbox.folder import JobFolder
from tests.runners.conftest import gone
from tests.runners.keeping import nothing
from tests.runners.launch_as_user import runner_of


async def main(home: Path, plan: str, token: str, root: str, *container: str) -> None:
    runner = runner_of(home / "jobs", *container)
    told = plan_from(json.loads(plan))
    images = {told.definition.image, *(each.image for each in told.definition.services)}
    launch = Launch(
        job=told.job,
        task="validation",
        limits=told.limits,
        token=SecretStr(token),
        tree=home / "lower",
        mirror=home / "mirror.git",
        gateway=home / "gateway",
        builds=told.definition.kind == "builder",
        roots={image: Path(root) for image in images if image is not None},
    )
    await runner.launch(launch)
    await gone(runner, launch.job)
    sys.stdout.write(JobFolder(home / "jobs" / launch.job).log.read_text())
    await runner.sweep(nothing)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
