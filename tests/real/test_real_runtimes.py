"""Real agents in real boxes, with a script for a model: what each of them has to get right."""

import hashlib
import io
import tarfile
from dataclasses import replace

import pytest

from bot.scripted.script import as_script
from tests.real.doors import SPENT
from tests.real.programs import runtimes, slowly
from tests.runners.conftest import git

WORK = {"do": [{"run": "greenroom step seen; echo new > made.txt"}]}
DONE = {"say": "All is done.\nNothing is left."}
MOST_TRIES = 3
"""Claude Code takes a refusal for a sign that it has asked for too much, and asks for less."""

FIRST, SECOND = "The first brief.\n", "The second brief.\n"


@runtimes
async def test_it_does_what_the_model_says_and_goes_on_in_another_home(put, runtime):
    it = await put(runtime, {"turns": [WORK, DONE, {"say": "Still here."}]})
    report, steps = await it.works(FIRST)
    assert (report["cause"], report["exit"], report["words"]) == ("exited", 0, "")
    assert git("show", f"{report['result']}:made.txt", cwd=it.stage.quarantine) == "new"
    assert sorted(steps) == ["All is done.", "greenroom step seen; echo new > made.txt", "seen"]
    assert {(each.model, each.answered) for each in it.model.came} == {(it.name, 0), (it.name, 1)}
    assert FIRST.strip() in it.bodies[0]
    it.model.forget()
    report, steps = await it.works(SECOND)
    assert (report["exit"], steps) == (0, ["Still here."])
    (asked,) = it.model.came
    assert asked.answered == 2
    assert all(brief.strip() in asked.body for brief in (FIRST, SECOND))


@runtimes
async def test_killed_in_the_middle_it_goes_on_where_it_was(put, runtime):
    killed = {"do": [{"run": "kill -9 -1"}]}
    it = await put(runtime, {"turns": [WORK, killed]})
    report, _ = await it.works(FIRST)
    assert (report["cause"], report["exit"], report["signal"]) == ("crashed", None, 9)
    it.model.forget()
    # what it was killed in may be in its session, or not
    it.model.play(as_script({"turns": [WORK, {"say": "Still here.", "times": 2}]}))
    report, steps = await it.works(SECOND)
    assert (report["exit"], steps[-1]) == (0, "Still here.")
    assert it.model.came[0].answered in (1, 2)


@runtimes
async def test_a_budget_ends_it_at_once_and_more_goes_on_in_its_session(put, runtime):
    again = {"do": [{"run": "true"}], "again": True}
    it = await put(runtime, {"turns": [WORK, again]})
    it.purse.left = 2
    report, _ = await it.works(FIRST)
    assert (report["cause"], report["signal"]) == ("crashed", None)
    assert SPENT in report["words"]
    assert len(it.model.came) == 2
    assert len(it.purse.refused_words) <= MOST_TRIES
    it.model.forget()
    it.model.play(as_script({"turns": [WORK, again | {"again": False}, {"say": "Still here."}]}))
    it.purse.left = None
    report, steps = await it.works(SECOND)
    assert (report["exit"], steps[-1]) == (0, "Still here.")
    assert it.model.came[0].answered == 2


@slowly
async def test_a_session_that_is_broken_makes_way_for_a_new_one(put, runtime):
    it = await put(runtime, {"turns": [DONE]})
    await it.works(FIRST)
    it.model.forget()
    gateway = it.gateway(SECOND)
    session = spoilt(gateway.blobs[gateway.plan.checkpoint.session])
    name = hashlib.sha256(session).hexdigest()
    gateway.blobs[name] = session
    left = replace(gateway.plan.checkpoint, session=name)
    gateway.plan = replace(gateway.plan, checkpoint=left)
    report, steps = await it.goes(gateway)
    assert report["exit"] == 0
    assert "All is done." in steps
    assert it.model.came[0].answered == 0


def spoilt(blob):
    """Return a session whose files hold nothing that makes sense, under the same names."""
    written = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(blob)) as tar,
        tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as fresh,
    ):
        for member in tar:
            fresh.addfile(member, io.BytesIO(b"x" * member.size))
    return written.getvalue()


@slowly
async def test_stopped_it_ends_in_time(put, runtime):
    it = await put(runtime, {"turns": [{"do": [{"run": "greenroom step up; sleep 60"}]}]})
    gateway = it.gateway(FIRST)
    async with gateway:
        await it.runner.launch(it.stage.launch(gateway))
        await gateway.until("/steps")
        await it.runner.stop(gateway.plan.job, kill=False)
        report = await gateway.until("/finish")
        await it.over(gateway)
    assert report["cause"] == "cancelled"


@pytest.mark.full
async def test_an_agent_of_the_protocol_is_put_to_work_by_its_command(put):
    command = ("gemini", "--acp", "--skip-trust", "--model", "gemini-2.5-pro")
    it = await put("acp", {"turns": [WORK, DONE]}, command=command)
    report, steps = await it.works(FIRST)
    assert (report["cause"], report["exit"]) == ("exited", 0)
    assert git("show", f"{report['result']}:made.txt", cwd=it.stage.quarantine) == "new"
    assert steps[-1] == "All is done."


async def test_a_program_that_is_not_there_is_told_of(put):
    it = await put("acp", {"turns": [DONE]}, command=("no-such-agent",))
    report, _ = await it.works(FIRST)
    assert report["cause"] == "crashed"
    assert "no toolbox" in report["words"]
