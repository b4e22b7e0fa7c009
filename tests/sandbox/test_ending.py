"""A box that is ended at any moment leaves nobody behind."""

import fcntl
import os
import subprocess
import sys
import time

import pytest

from bot.sandbox.box import Box, Descriptors, argv
from bot.sandbox.ending import children, end
from bot.sandbox.probe import probe
from bot.sandbox.seccomp import program


def begun(lock, rules):
    """Start a box that waits for ever and holds a lock as long as anything of it lives."""
    words = argv(Box(), ["sleep", "3600"], probe(), Descriptors(seccomp=rules, alive=lock))
    return subprocess.Popen(words, pass_fds=(rules, lock), env={}, cwd="/")


def is_free(path):
    """Whether nobody holds the lock any more, or does not within half a minute."""
    with path.open("w") as lock:
        for _ in range(3000):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.01)
            else:
                return True
    return False


@pytest.mark.parametrize("milliseconds", range(0, 16, 2))
def test_whenever_a_box_is_ended_nothing_of_it_is_left(tmp_path, milliseconds):
    path = tmp_path / "lock"
    rules = tmp_path / "rules"
    rules.write_bytes(program())
    for _ in range(3):
        with path.open("w") as lock, rules.open("rb") as filtered:
            fcntl.flock(lock, fcntl.LOCK_EX)
            box = begun(lock.fileno(), filtered.fileno())
        time.sleep(milliseconds / 1000)
        end(box.pid)
        assert box.wait() < 0
        assert is_free(path)


def test_a_box_that_is_over_is_ended_without_a_word():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    end(process.pid)
    assert children(process.pid) == ()


def test_whom_a_process_has_started_is_known():
    process = subprocess.Popen(["sleep", "60"])
    assert process.pid in children(os.getpid())
    process.kill()
    process.wait()
