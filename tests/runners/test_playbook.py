"""The built-in agent in its box: the whole conversation, over the harness's own pipes."""

import sys
from dataclasses import replace

from bot.model.ids import Login
from bot.model.runs import Limits, Text
from bot.rules.agents import BUILT_IN
from bot.runners.local import LocalRunner
from bot.sandbox.probe import probe
from tests.runners.conftest import UIDS, git, gone, make_gateway, make_stage
from tests.runners.keeping import nothing

PATCH = "```diff\n--- a/src/a.py\n+++ b/src/a.py\n@@ -1 +1 @@\n-x=1\n+x = 1\n```\n"


async def played(tmp_path, instruction, files=None, **changes):
    """Run `fix` on an instruction; return its stage, its gateway and its report."""
    stage = make_stage(tmp_path, {"src/a.py": "x=1\n", **(files or {})})
    gateway = make_gateway(stage, ())
    agent = replace(BUILT_IN["fix"].spec, limits=Limits(seconds=60))
    gateway.plan = replace(gateway.plan, agent=agent, instruction=instruction, **changes)
    runner = LocalRunner(stage.home / "jobs", probe(), uids=UIDS, grace=30)
    async with gateway:
        await runner.launch(stage.launch(gateway))
        report = await gateway.until("/finish")
        await gone(runner, stage.plan.job)
    sys.stdout.write((stage.home / "jobs" / stage.plan.job / "log").read_text())
    await runner.sweep(nothing)
    return stage, gateway, report


async def test_a_patch_becomes_a_pull_request_and_every_step_is_told(tmp_path):
    stage, gateway, report = await played(tmp_path, f"apply this\n\n{PATCH}")
    assert (report["cause"], report["exit"]) == ("exited", 0)
    (output,) = gateway.told("/outputs")
    assert (output["kind"], output["title"]) == ("pull_request", "Apply the given patch")
    assert git("show", f"{report['result']}:src/a.py", cwd=stage.quarantine) == "x = 1"
    message = git("log", "-1", "--format=%s", report["result"], cwd=stage.quarantine)
    assert message == output["title"]
    assert [each["text"] for each in gateway.told("/steps")] == [
        "Applying the given patch",
        "Running the tests",
        "Handing in the changes",
    ]


async def test_without_packages_of_ours_nobody_sees_any(stage, runner, gateway_for):
    look = "ls /opt/greenroom/lib; ls /opt/greenroom/lib/bot"
    async with gateway_for(look) as gateway:
        await runner.launch(stage.launch(gateway))
        report = await gateway.until("/finish")
    assert report["log"].split() == ["bot", "agents"]


async def test_nothing_of_the_repository_can_stand_in_for_our_modules(tmp_path):
    trap = "raise SystemExit('trapped')\n"
    names = ("acp/__init__.py", "json.py", "sitecustomize.py", "bot/__init__.py", "conftest.py")
    _, gateway, report = await played(tmp_path, f"apply it\n\n{PATCH}", dict.fromkeys(names, trap))
    assert "trapped" not in report["log"]
    assert gateway.told("/outputs")[-1]["kind"] in {"pull_request", "question"}


async def test_on_a_pull_request_the_lines_of_a_suggestion_are_pushed(tmp_path):
    text = Text(
        author=Login("alice"), trusted=False, path="src/a.py", line=1,
        body="Spaces!\n```suggestion\nx = 1\n```\n",
    )  # fmt: skip
    _, gateway, _ = await played(
        tmp_path, "apply the suggestion of @alice", kind="pull", texts=(text,)
    )
    (output,) = gateway.told("/outputs")
    assert output["kind"] == "push"
    assert output["title"] == "Apply the suggestion by alice for src/a.py"


async def test_what_is_unclear_becomes_a_question_and_the_run_ends_well(tmp_path):
    _, gateway, report = await played(tmp_path, "make it faster")
    (output,) = gateway.told("/outputs")
    assert output["kind"] == "question"
    assert output["choices"] == ["Format and lint", "Run the tests", "Leave it"]
    assert (report["cause"], report["exit"], report["result"]) == ("exited", 0, None)


async def test_a_stopped_agent_is_asked_to_end_before_it_is_made_to(tmp_path):
    files = {"Makefile": "test:\n\techo yes > seen; sleep 60\n"}
    stage = make_stage(tmp_path, files)
    gateway = make_gateway(stage, ())
    gateway.plan = replace(gateway.plan, agent=BUILT_IN["fix"].spec, instruction="run the tests")
    runner = LocalRunner(stage.home / "jobs", probe(), uids=UIDS, grace=30)
    async with gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/steps")
        await runner.stop(stage.plan.job, kill=False)
        report = await gateway.until("/finish")
        await gone(runner, stage.plan.job)
    await runner.sweep(nothing)
    assert (report["cause"], report["exit"]) == ("cancelled", 0)
