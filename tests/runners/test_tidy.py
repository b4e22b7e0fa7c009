"""The built-in agent in its box, on a real tree, with the real tool from a toolbox."""

import shutil
import sys
from pathlib import Path

from bot.runners.local import LocalRunner
from bot.sandbox.probe import probe
from tests.runners.conftest import UIDS, git, gone, make_gateway, make_stage
from tests.runners.keeping import nothing

RUFF = shutil.which("ruff", path=str(Path(sys.executable).parent))
UGLY = "import os\nimport sys\ndef f( a ):\n    x = undefined\n    return   {'a':a}\n"


async def tidied(tmp_path, pyproject, *, tools=True, answer=None):
    """Run `tidy` on a tree with findings; return its stage, its gateway and its report."""
    stage = make_stage(tmp_path, {"pyproject.toml": pyproject, "src/a.py": UGLY})
    toolbox = stage.home / "toolbox"
    (toolbox / "bin").mkdir(parents=True)
    shutil.copy(RUFF, toolbox / "bin" / "ruff")
    gateway = make_gateway(stage, ("tidy",))
    if answer is not None:
        gateway.answers["/outputs"] = answer
    runner = LocalRunner(
        stage.home / "jobs", probe(), uids=UIDS, toolboxes={"lint": toolbox} if tools else {}
    )
    async with gateway:
        await runner.launch(stage.launch(gateway))
        report = await gateway.until("/finish")
        await gone(runner, stage.plan.job)
    await runner.sweep(nothing)
    return stage, gateway, report


async def test_what_can_be_fixed_is_fixed_and_what_cannot_is_told(tmp_path):
    stage, gateway, report = await tidied(tmp_path, "[tool.ruff.format]\nquote-style = 'double'\n")
    (output,) = gateway.told("/outputs")
    assert report["exit"] == 0
    assert output["title"] == "Apply ruff check and ruff format"
    assert "| `ruff format --no-cache --quiet .` | `ruff " in output["body"]
    assert "F821 Undefined name `undefined`" in output["body"]
    assert len(gateway.told("/steps")) == 3
    text = git("show", f"{report['result']}:src/a.py", cwd=stage.quarantine)
    assert text == 'def f(a):\n    x = undefined\n    return {"a": a}'
    message = git("log", "-1", "--format=%s", report["result"], cwd=stage.quarantine)
    assert message == output["title"]


async def test_a_tool_that_is_not_there_is_asked_for_and_nothing_is_changed(tmp_path):
    _, gateway, report = await tidied(tmp_path, "[tool.black]\n", tools=False)
    missing, noop = gateway.told("/outputs")
    assert report["result"] is None
    assert (missing["kind"], missing["name"]) == ("missing_tool", "black")
    assert noop["reason"] == "Configured, but not available to the run: black."


async def test_a_refused_output_makes_the_agent_fail(tmp_path):
    refusal = {"accepted": False, "reason": "limit", "words": "The limit is reached.", "left": 0}
    _, _, report = await tidied(tmp_path, "", answer=(422, refusal))
    assert report["exit"] == 1
    assert "noop: The limit is reached." in report["log"]
