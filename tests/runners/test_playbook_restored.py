"""The built-in agent in a job that goes on from what another one left, in real boxes."""

from dataclasses import replace

from bot.agents.playbook.report import KEPT
from bot.agents.playbook.since import AGAIN
from bot.model.runs import Limits, Message
from bot.rules.agents import BUILT_IN
from tests.runners.conftest import git
from tests.runners.test_checkpoint import following, goes_on, left_by, moved
from tests.runners.test_playbook import PATCH

WORK = "echo 'x = 1' > src/a.py; echo half > half.txt; kill -9 $$"


async def played_on(stage, runner, gateway_for, *messages, theirs=None, **changes):
    """Run `fix` after a job that was killed, on a branch that moved to `theirs` meanwhile."""
    first = gateway_for(WORK)
    left = await left_by(stage, runner, first)
    if theirs is not None:
        changes |= {"base": moved(stage, theirs), "kind": "pull"}
    agent = replace(BUILT_IN["fix"].spec, limits=Limits(seconds=60))
    changes |= {"instruction": f"apply this\n\n{PATCH}", "messages": messages}
    gateway = following(stage, first, "", left, agent=agent, **changes)
    report = await goes_on(stage, runner, gateway)
    (output,) = gateway.told("/outputs")
    return output, report["result"]


async def test_after_a_job_that_was_killed_the_task_is_done_again_from_the_base(
    stage, runner, gateway_for
):
    output, result = await played_on(stage, runner, gateway_for)
    assert (output["kind"], output["title"]) == ("pull_request", "Apply the given patch")
    changed = git("diff", "--name-status", "main", result, cwd=stage.quarantine)
    assert changed.splitlines() == ["M\tsrc/a.py"]


async def test_work_that_fits_onto_what_was_pushed_is_handed_in_again(stage, runner, gateway_for):
    message = Message(kind="push", text="Somebody has pushed.")
    output, result = await played_on(
        stage, runner, gateway_for, message, theirs={"c.txt": "theirs\n"}
    )
    assert (output["kind"], output["title"]) == ("push", KEPT)
    changed = git("diff", "--name-status", f"{result}~", result, cwd=stage.quarantine)
    assert changed.splitlines() == ["A\thalf.txt", "M\tsrc/a.py"]


async def test_work_that_does_not_fit_onto_what_was_pushed_is_a_question(
    stage, runner, gateway_for
):
    message = Message(kind="push", text="Somebody has pushed.")
    output, result = await played_on(
        stage, runner, gateway_for, message, theirs={"src/a.py": "x=3\n"}
    )
    assert output["kind"] == "question"
    assert AGAIN in output["choices"]
    assert result is None
