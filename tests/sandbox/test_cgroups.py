from pathlib import Path

from bot.sandbox.cgroups import homes


def test_version_one_has_a_folder_for_each_controller(tmp_path):
    text = "8:pids:/a\n4:memory:/b/c\n2:cpu,cpuacct:/\n0::/\n"
    assert homes(text, tmp_path) == {
        "pids": tmp_path / "pids/a",
        "memory": tmp_path / "memory/b/c",
    }


def test_version_two_has_one_for_all(tmp_path):
    (tmp_path / "cgroup.controllers").touch()
    assert homes("0::/user.slice/x\n", tmp_path) == dict.fromkeys(
        ("memory", "pids"), tmp_path / "user.slice/x"
    )


def test_a_host_without_cgroups_has_none(tmp_path):
    assert homes("", tmp_path) == {}
    assert homes("0::/\n", Path("/nonexistent")) == {}
