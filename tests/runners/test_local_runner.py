import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from bot.clocks import move_clock
from bot.model.errors import Misconfigured, Unavailable
from bot.model.ids import JobName
from bot.runners.base import Alive, Gone, Unknown
from bot.runners.local import LocalRunner, open_local
from bot.sandbox import cgroups
from bot.sandbox.folder import JobFolder
from bot.sandbox.probe import probe
from tests.runners.conftest import READY, UIDS, git, gone, until
from tests.runners.keeping import everything, nothing

SUPERSEDED = 75
SLEEPER = f"31536000.{os.getpid()}"
"""Seconds that nobody else sleeps, to find the agent's processes on the host by."""


def sleepers() -> list[str]:
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [str(each)] if SLEEPER.encode() in each.read_bytes() else []
        except OSError:
            continue
    return found


async def nobody_sleeps() -> bool:
    async def look():
        return sleepers()

    return await until(look, lambda found: not found) == []


async def test_what_an_agent_leaves_reaches_quarantine_as_one_commit(stage, runner, gateway_for):
    async with gateway_for("echo new > b.txt; rm src/a.py; git status --short") as gateway:
        await runner.launch(stage.launch(gateway))
        report = await gateway.until("/finish")
        assert (await gone(runner, stage.plan.job)).exit == 0
    assert (report["cause"], report["exit"], report["signal"]) == ("exited", 0, None)
    assert report["log"].splitlines() == [" D src/a.py", "?? b.txt"]
    assert git("rev-parse", "result", cwd=stage.quarantine) == report["result"]
    changed = git("diff", "--name-status", "main", "result", cwd=stage.quarantine)
    assert changed.splitlines() == ["A\tb.txt", "D\tsrc/a.py"]


async def test_the_warm_tree_is_left_as_it_was(stage, runner, gateway_for):
    def look():
        found = {path: path.stat() for path in stage.tree.rglob("*")}
        return {path: (at.st_mode, at.st_uid, at.st_ctime_ns) for path, at in found.items()}

    before = look()
    async with gateway_for("rm -rf * .git; echo > x; chmod 777 .") as gateway:
        await runner.launch(stage.launch(gateway))
        await gone(runner, stage.plan.job)
    assert look() == before


async def test_a_tree_without_a_change_has_no_result(stage, runner, gateway_for):
    async with gateway_for("exit 3") as gateway:
        await runner.launch(stage.launch(gateway))
        report = await gateway.until("/finish")
    assert (report["exit"], report["result"]) == (3, None)


async def test_a_worker_that_was_restarted_adopts_its_job(stage, runner, open_runner, gateway_for):
    async with gateway_for(f"sleep {SLEEPER}") as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/heartbeat")
        restarted = open_runner()
        assert await restarted.poll(stage.plan.job) == Alive()
        await restarted.launch(stage.launch(gateway))
        assert len(sleepers()) > 0
        await restarted.stop(stage.plan.job, kill=False)
        assert (await gone(restarted, stage.plan.job)).exit == 0
    assert gateway.told("/finish")[0]["cause"] == "cancelled"
    assert await nobody_sleeps()


async def test_a_job_that_has_ended_is_not_started_again(stage, runner, gateway_for):
    async with gateway_for("true") as gateway:
        await runner.launch(stage.launch(gateway))
        await gone(runner, stage.plan.job)
        gateway.claimed = False
        await runner.launch(stage.launch(gateway))
        assert await runner.poll(stage.plan.job) == Gone(exit=0)
        assert not gateway.claimed


async def test_a_stopped_agent_gets_sigterm_and_its_work_is_kept(stage, runner, gateway_for):
    trap = "trap 'echo bye > bye.txt; exit 9' TERM"
    script = f"echo half > half.txt; {trap}; {READY}; sleep {SLEEPER} & wait"
    async with gateway_for(script) as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/steps")
        await runner.stop(stage.plan.job, kill=False)
        report = await gateway.until("/finish")
    assert (report["cause"], report["exit"]) == ("cancelled", 9)
    changed = git("diff", "--name-only", "main", report["result"], cwd=stage.quarantine)
    assert changed.split() == ["bye.txt", "half.txt"]


async def test_an_agent_that_refuses_sigterm_is_ended_after_a_grace(stage, runner, gateway_for):
    runner._grace = 0.3
    async with gateway_for(f"trap '' TERM; {READY}; sleep {SLEEPER}; :") as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/steps")
        await runner.stop(stage.plan.job, kill=False)
        report = await gateway.until("/finish")
    assert (report["cause"], report["signal"]) == ("cancelled", signal.SIGKILL)
    assert await nobody_sleeps()


async def test_a_killed_job_leaves_no_process(stage, runner, gateway_for):
    forest = f"for i in 1 2 3 4 5; do (setsid sleep {SLEEPER} &) ; done; {READY}; sleep {SLEEPER}"
    async with gateway_for(forest) as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/steps")
        await runner.stop(stage.plan.job, kill=True)
        assert await gone(runner, stage.plan.job) == Gone(exit=None)
    assert await nobody_sleeps()
    assert gateway.told("/finish") == []


async def test_when_the_box_is_killed_the_harness_says_so(stage, runner, gateway_for):
    async with gateway_for(f"echo kept > kept.txt; {READY}; sleep {SLEEPER}") as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/steps")
        os.kill(int(Path(sleepers()[0]).parent.name), signal.SIGKILL)
        report = await gateway.until("/finish")
    assert (report["cause"], report["signal"]) == ("exited", signal.SIGKILL)
    assert report["result"] is not None


async def test_a_second_claimant_ends_with_75_and_starts_nothing(stage, runner, gateway_for):
    async with gateway_for(f"sleep {SLEEPER}") as gateway:
        gateway.claimed = True
        await runner.launch(stage.launch(gateway))
        assert await gone(runner, stage.plan.job) == Gone(exit=SUPERSEDED)
    assert sleepers() == []


async def test_a_fenced_job_stops_at_once_and_says_nothing(stage, runner, gateway_for):
    async with gateway_for(f"sleep {SLEEPER}") as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/heartbeat")
        gateway.fenced = True
        assert await gone(runner, stage.plan.job) == Gone(exit=SUPERSEDED)
    assert gateway.told("/finish") == []
    assert await nobody_sleeps()


async def test_a_run_that_was_stopped_is_told_by_the_next_heartbeat(stage, runner, gateway_for):
    async with gateway_for(f"sleep {SLEEPER}") as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/heartbeat")
        gateway.go_on = False
        report = await gateway.until("/finish")
    assert (report["cause"], report["signal"]) == ("cancelled", signal.SIGTERM)


async def test_an_agent_that_hangs_is_ended_by_the_clock(stage, runner, gateway_for):
    async with gateway_for(f"{READY}; sleep {SLEEPER}", seconds=3600) as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/steps")
        move_clock(stage.home / "time" / "clock", 3601)
        report = await gateway.until("/finish")
    assert report["cause"] == "timeout"
    assert await nobody_sleeps()


async def test_a_flood_of_output_is_cut_in_the_middle(stage, runner, gateway_for):
    async with gateway_for("echo first; yes | head -c 30000000; echo last") as gateway:
        await runner.launch(stage.launch(gateway))
        report = await gateway.until("/finish")
    log = JobFolder(stage.home / "jobs" / "job-1").agent_log
    assert len(report["log"].encode()) <= 64 * 1024
    assert report["log"].endswith("last\n")
    assert log.stat().st_size < 1_200_000
    assert log.read_bytes().startswith(b"first\n")


async def test_a_program_that_dies_of_a_signal_is_told_as_such(stage, runner, gateway_for):
    async with gateway_for("kill -SEGV $$") as gateway:
        await runner.launch(stage.launch(gateway))
        report = await gateway.until("/finish")
    assert (report["cause"], report["exit"], report["signal"]) == ("exited", None, signal.SIGSEGV)


async def test_a_program_that_does_not_exist_is_a_failure_with_words(stage, runner, gateway_for):
    gateway = gateway_for("")
    agent = replace(gateway.plan.agent, command=("no-such-program",))
    gateway.plan = replace(gateway.plan, agent=agent)
    async with gateway:
        await runner.launch(stage.launch(gateway))
        report = await gateway.until("/finish")
    assert report["exit"] != 0
    assert "no-such-program" in report["log"]


async def test_a_gateway_that_was_restarted_is_found_again(stage, runner, gateway_for):
    script = "until [ -e /home/agent/go ]; do sleep 0.05; done; greenroom step 'after the restart'"
    gateway = gateway_for(f"greenroom step before; {script}".replace("until", "touch up; until"))
    gateway.plan = replace(gateway.plan, job=stage.plan.job)
    async with gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/steps")
    # away: the agent's next call has to wait for the new socket
    (stage.home / "jobs/job-1/home/go").touch()
    async with gateway:
        assert (await gateway.until("/steps", 2))["text"] == "after the restart"
        assert (await gateway.until("/finish"))["exit"] == 0


async def test_a_gateway_that_is_away_at_the_start_is_waited_for(stage, runner, gateway_for):
    gateway = gateway_for("true")
    gateway.folder.mkdir()
    await runner.launch(stage.launch(gateway))
    assert await runner.poll(stage.plan.job) == Alive()
    async with gateway:
        assert (await gateway.until("/finish"))["exit"] == 0


async def test_a_socket_that_only_its_owner_may_use_is_reached(stage, runner, gateway_for):
    async with gateway_for("true") as gateway:
        (gateway.folder / "gateway.sock").chmod(0o600)
        await runner.launch(stage.launch(gateway))
        assert (await gateway.until("/finish"))["exit"] == 0


async def test_two_live_jobs_never_share_a_uid(stage, runner, gateway_for):
    names = [JobName("job-1"), JobName("job-2"), JobName("job-3")]
    async with gateway_for(f"sleep {SLEEPER}") as gateway:
        await asyncio.gather(*(runner.launch(stage.launch(gateway, job=each)) for each in names))
        orders = [JobFolder(stage.home / "jobs" / each).read_order() for each in names]
    uids = [order.uid for order in orders]
    assert len(set(uids)) == (3 if os.geteuid() == 0 else 1)


async def test_sweeping_ends_and_removes_what_is_not_named(stage, runner, gateway_for):
    async with gateway_for(f"sleep {SLEEPER}") as gateway:
        await runner.launch(stage.launch(gateway))
        await gateway.until("/heartbeat")
        group = JobFolder(stage.home / "jobs/job-1").group
        assert await runner.sweep(everything) == []
        assert await runner.poll(stage.plan.job) == Alive()
        assert await runner.sweep(nothing) == [stage.plan.job]
    assert not (stage.home / "jobs/job-1").exists()
    assert not any((home / group).exists() for home in cgroups.own().values())
    assert await runner.poll(stage.plan.job) == Gone()
    assert await nobody_sleeps()


async def test_a_job_that_nobody_launched_is_gone(runner):
    assert await runner.poll(JobName("never")) == Gone()
    await runner.stop(JobName("never"), kill=True)


async def test_a_folder_that_cannot_be_read_is_no_proof_of_death(stage, runner):
    (stage.home / "jobs" / "odd").mkdir(parents=True)
    (stage.home / "jobs" / "odd" / "lock").symlink_to("/dev/null")
    assert isinstance(await runner.poll(JobName("odd")), Unknown)


async def test_a_process_that_has_the_old_pid_is_left_alone(stage, runner):
    folder = JobFolder(stage.home / "jobs" / "job-1")
    folder.make()
    folder.pid.write_text(f"{os.getpid()} 1")
    await runner.stop(JobName("job-1"), kill=True)
    assert await runner.poll(JobName("job-1")) == Gone()


async def test_when_all_uids_are_taken_a_launch_is_refused_for_now(stage, gateway_for):
    if os.geteuid() != 0:
        pytest.skip("an ordinary user gives no uids")
    runner = LocalRunner(stage.home / "jobs", probe(), uids=(61_000, 61_000))
    async with gateway_for(f"sleep {SLEEPER}") as gateway:
        await runner.launch(stage.launch(gateway))
        with pytest.raises(Unavailable, match="all uids from 61000 to 61000"):
            await runner.launch(stage.launch(gateway, job=JobName("job-2")))
    await runner.sweep(nothing)


def test_a_clock_among_other_things_is_refused(tmp_path):
    with pytest.raises(Misconfigured, match="GREENROOM_CLOCK"):
        open_local(tmp_path / "jobs", uids=UIDS, toolboxes={}, clock=tmp_path / "clock")


@pytest.mark.full
async def test_a_result_that_nobody_takes_is_told_in_the_log(stage, runner, gateway_for):
    gateway = gateway_for("echo new > b.txt")
    gateway.quarantine = stage.home / "nowhere.git"
    gateway.quarantine.mkdir()
    async with gateway:
        await runner.launch(stage.launch(gateway))
        report = await gateway.until("/finish")
    assert report["result"] is None
    assert "What was changed could not be handed in" in report["log"]
