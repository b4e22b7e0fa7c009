import os
import subprocess
import sys

from bot.sandbox.folder import JobFolder, held, started_at, take


def test_a_lock_is_held_until_the_last_process_that_inherited_it_ends(tmp_path):
    lock = JobFolder(tmp_path).lock
    descriptor = take(lock)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1, pass_fds=(descriptor,))
    os.close(descriptor)
    assert held(lock)
    assert take(lock) is None
    child.communicate(b"\n")
    assert not held(lock)


def test_looking_at_a_lock_does_not_take_it(tmp_path):
    lock = JobFolder(tmp_path).lock
    assert not held(lock)
    descriptor = take(lock)
    assert descriptor is not None
    os.close(descriptor)


def test_a_process_is_named_by_its_start_too():
    assert started_at(os.getpid()) == started_at(os.getpid())
    assert started_at(2**22 + 1) is None
