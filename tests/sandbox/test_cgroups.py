import os
from pathlib import Path

import pytest

from bot.model.runs import Limits
from bot.sandbox import cgroups
from bot.sandbox.cgroups import homes


def test_version_one_has_a_folder_for_each_controller(tmp_path):
    text = "8:pids:/a\n4:memory:/b/c\n2:cpu,cpuacct:/\n0::/\n"
    assert homes(text, tmp_path) == {
        "pids": tmp_path / "pids/a",
        "memory": tmp_path / "memory/b/c",
        "cpu": tmp_path / "cpu",
    }


def test_version_two_has_one_for_all(tmp_path):
    (tmp_path / "cgroup.controllers").touch()
    assert homes("0::/user.slice/x\n", tmp_path) == dict.fromkeys(
        ("cpu", "memory", "pids"), tmp_path / "user.slice/x"
    )


def test_a_host_without_cgroups_has_none(tmp_path):
    assert homes("", tmp_path) == {}
    assert homes("0::/\n", Path("/nonexistent")) == {}


@pytest.fixture
def group():
    name = f"greenroom-test-{os.getpid()}"
    yield name
    assert cgroups.remove(name)


@pytest.mark.skipif(os.geteuid() != 0 or not cgroups.own(), reason="no cgroups of our own")
def test_a_group_has_all_the_limits_that_this_host_lets_us_set(group):
    made = cgroups.create(group, Limits(memory=2**28, processes=20))
    told = {file.name: file.read_text().strip() for each in made for file in each.glob("*.*")
            if file.name in {"pids.max", "cpu.shares", "cpu.weight", "memory.max",
                             "memory.limit_in_bytes", "memory.swap.max",
                             "memory.memsw.limit_in_bytes"}}  # fmt: skip
    expected = {
        "pids.max": "20", "cpu.shares": "1024", "cpu.weight": "100", "memory.max": str(2**28),
        "memory.limit_in_bytes": str(2**28), "memory.swap.max": "0",
        "memory.memsw.limit_in_bytes": str(2**28),
    }  # fmt: skip
    assert told == {name: expected[name] for name in told}
    assert told


def test_of_version_two_a_group_is_made_below_one_that_is_divided(tmp_path, monkeypatch):
    for name in ("cgroup.controllers", "cgroup.subtree_control"):
        (tmp_path / name).touch()
    monkeypatch.setattr(cgroups, "own", lambda: homes("0::/", tmp_path))
    assert cgroups.create("job", Limits(memory=2**28, processes=20)) == [tmp_path / "job"]
    files = {file.name: file.read_text() for file in (tmp_path / "job").iterdir()}
    assert files == {"cpu.weight": "100", "memory.max": str(2**28), "pids.max": "20"}
