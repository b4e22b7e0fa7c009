"""Programs that talk too much, take too long, or leave others behind."""

import os
import signal
import threading

import pytest

from bot.agents.programs import KEPT, Programs, Stopped


@pytest.fixture
def programs(tmp_path):
    return Programs(tmp_path, seconds=90)


def test_what_a_program_says_is_kept_apart(programs):
    done = programs.run("sh", "-c", "echo $WORD; echo no >&2; exit 3", WORD="yes")
    assert (done.returncode, done.stdout, done.stderr) == (3, "yes\n", "no\n")


def test_of_a_flood_the_end_is_kept(programs):
    status, said = programs.watch("sh", "-c", "yes | head -c 3000000; echo last >&2; exit 1")
    assert status == 1
    assert said.endswith("y\nlast\n")
    assert len(said) == KEPT


def test_a_program_that_takes_too_long_is_ended_with_its_children(tmp_path):
    slow = Programs(tmp_path, seconds=1.0)
    status, said = slow.watch("sh", "-c", "echo begun; sleep 600 & wait")
    assert status == -9
    assert said == "begun\n\nIt took more than 0 minutes."
    assert "It took more than" in slow.run("sleep", "600").stderr


def test_what_a_program_leaves_running_is_not_waited_for(programs):
    status, said = programs.watch("sh", "-c", "setsid sleep 60 & echo $!")
    assert status == 0
    os.kill(int(said), signal.SIGKILL)  # raises when it was waited for


def test_stopping_ends_what_runs_and_starts_nothing_more(programs):
    threading.Timer(0.2, programs.stop).start()
    with pytest.raises(Stopped):
        programs.watch("sleep", "600")
    with pytest.raises(Stopped):
        programs.run("true")


def test_a_stopped_program_that_is_kept_whole_is_no_result(programs):
    threading.Timer(0.2, programs.stop).start()
    with pytest.raises(Stopped):
        programs.run("sleep", "600")


def test_a_program_that_is_not_there_has_a_shells_status(programs):
    assert programs.run("no-such-program").returncode == 127
