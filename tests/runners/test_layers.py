"""What lies below the workspace and the home of a job, over every runner."""

import os
from dataclasses import replace

from bot.sandbox.folder import JobFolder
from tests.runners.conftest import git, gone
from tests.runners.test_ordinary_user import (  # noqa: F401 - fixtures
    SOMEBODY,
    open_home,
    users_podman,
    working,
)
from tests.runners.test_ordinary_user import podman as users  # noqa: F401 - likewise
from tests.runners.test_ordinary_user import pytestmark as needs

SCRIPT = """
cat tools/tool src/made README ~/kept; git status --short; touch tools/more src/new
echo mine > tools/tool; echo mine > ~/kept; cat tools/tool ~/kept; rm src/made; ls src
ls -ld tools | cut -c1-10
"""
SAID = "tool\nmade\nhello\nkept\nmine\nmine\na.py\nnew\ndrwxr-xr-x\n"


def laid(home):
    """Make layers of two setups, the first one above."""
    files = {
        "below/1/workspace/tools/tool": "tool\n",
        "below/1/workspace/README": "not this one\n",
        "below/1/workspace/src/made": "made\n",
        "below/2/workspace/src/made": "hidden\n",
        "below/2/workspace/a [b]/x": "x\n",
        "below/1/home/kept": "kept\n",
    }
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    below = home / "below"
    return {
        "layers": (below / "1/workspace", below / "2/workspace"),
        "homes": (below / "1/home",),
    }


def files_of(home):
    return {str(path): path.read_text() for path in (home / "below").rglob("*") if path.is_file()}


async def test_a_job_has_it_as_its_own_and_hands_nothing_of_it_in(stage, runner, gateway_for):
    below = laid(stage.home)
    before = files_of(stage.home)
    async with gateway_for(SCRIPT) as gateway:
        await runner.launch(replace(stage.launch(gateway), **below))
        await gone(runner, stage.plan.job)
    folder = JobFolder(stage.home / "jobs" / stage.plan.job)
    assert folder.agent_log.read_text() == SAID
    assert "no_overlay" not in folder.log.read_text()
    report = gateway.told("/finish")[0]
    changed = git("diff", "--name-only", "main", report["result"], cwd=stage.quarantine)
    assert changed.split() == ["src/new"]
    assert files_of(stage.home) == before


@needs[0]
@needs[1]
async def test_an_ordinary_users_job_has_it_too(open_home, gateway_for, users):  # noqa: F811
    laid(open_home.home)
    for path in (open_home.home / "below", *(open_home.home / "below").rglob("*")):
        os.chown(path, SOMEBODY, SOMEBODY)
    async with working(open_home, gateway_for(SCRIPT), users) as worker:
        said = (await worker.communicate())[0].decode()
    assert SAID in said
    assert "no_overlay" not in said
