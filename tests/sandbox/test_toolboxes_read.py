"""What is read of the folders of toolboxes, whoever filled them."""

import os

import pytest

from bot.model.errors import Refused
from bot.sandbox.toolboxes import check, surroundings


def test_programs_and_settings_of_each_are_put_together(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "bin/tool").touch()
    (tmp_path / "two/toolbox.json").write_text('{"environment": {"TWO": "{toolbox}"}}')
    found = surroundings({"one": tmp_path / "one", "two": tmp_path / "two"})
    assert found.path == ("/toolbox/one/bin", "/toolbox/two/bin")
    assert found.environment == {"TWO": "/toolbox/two"}
    assert "all have `tool`" in found.conflicts[0]


def test_nothing_is_read_through_a_link(tmp_path):
    box, secret = tmp_path / "box", tmp_path / "secret"
    box.mkdir()
    secret.write_text('{"environment": {"LEAKED": "1"}}')
    (box / "toolbox.json").symlink_to(secret)
    (box / "bin").symlink_to("/usr/bin")
    found = surroundings({"box": box, "again": box})
    assert (found.environment, found.conflicts) == ({}, ())


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "toolbox.json")
    with pytest.raises(Refused, match="`box` cannot be used"):
        check("box", tmp_path)


def test_what_is_too_long_is_refused(tmp_path):
    (tmp_path / "toolbox.json").write_text(" " * 64 * 1024 + "{}")
    found = surroundings({"box": tmp_path})
    assert found.path == ("/toolbox/box/bin",)
    assert "`box` says is not heard" in found.conflicts[0]


def test_a_toolbox_has_programs_of_its_own(tmp_path):
    with pytest.raises(Refused, match="no folder `bin`"):
        check("box", tmp_path)
    (tmp_path / "bin").symlink_to("/usr/bin")
    with pytest.raises(Refused, match="no folder `bin`"):
        check("box", tmp_path)
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "toolbox.json").write_text('{"path": ["usr/bin"]}')
    check("box", tmp_path)
