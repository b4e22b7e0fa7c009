"""Programs that talk too much, take too long, or leave others behind."""

import threading
import time

import pytest

from bot.agents.commands import KEPT, Commands, Stopped


@pytest.fixture
def commands(tmp_path):
    return Commands(tmp_path, seconds=20)


def test_what_a_program_says_is_kept_apart(commands):
    done = commands.run("sh", "-c", "echo $WORD; echo no >&2; exit 3", WORD="yes")
    assert (done.returncode, done.stdout, done.stderr) == (3, "yes\n", "no\n")


def test_of_a_flood_the_end_is_kept(commands):
    status, said = commands.watch("sh", "-c", "yes | head -c 3000000; echo last >&2; exit 1")
    assert status == 1
    assert said.endswith("y\nlast\n")
    assert len(said) == KEPT


def test_a_program_that_takes_too_long_is_ended_with_its_children(tmp_path):
    slow = Commands(tmp_path, seconds=0.3)
    status, said = slow.watch("sh", "-c", "echo begun; sleep 600 & wait")
    assert status == -9
    assert said == "begun\n\nIt took more than 0 minutes."
    assert "It took more than" in slow.run("sleep", "600").stderr


def test_what_a_program_leaves_running_is_not_waited_for(commands):
    began = time.monotonic()
    status, said = commands.watch("sh", "-c", "setsid sleep 5 & echo done")
    assert (status, said) == (0, "done\n")
    assert time.monotonic() - began < 4


def test_stopping_ends_what_runs_and_starts_nothing_more(commands):
    threading.Timer(0.2, commands.stop).start()
    with pytest.raises(Stopped):
        commands.watch("sleep", "600")
    with pytest.raises(Stopped):
        commands.run("true")


def test_a_stopped_program_that_is_kept_whole_is_no_result(commands):
    threading.Timer(0.2, commands.stop).start()
    with pytest.raises(Stopped):
        commands.run("sleep", "600")


def test_a_program_that_is_not_there_has_a_shells_status(commands):
    assert commands.run("no-such-program").returncode == 127
