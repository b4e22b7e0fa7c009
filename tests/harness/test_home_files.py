"""What a driver wants in its home, where an agent may have been before."""

import pytest

from bot.harness.agent import lay


def test_a_file_is_written_with_its_folders(tmp_path):
    lay(tmp_path, ".config/x/settings.json", "{}")
    assert (tmp_path / ".config/x/settings.json").read_text() == "{}"


def test_what_is_there_stays(tmp_path):
    (tmp_path / "x").write_text("mine")
    lay(tmp_path, "x", "yours")
    assert (tmp_path / "x").read_text() == "mine"


def test_no_link_is_followed_that_leads_to_where_nothing_is_yet(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home/x").symlink_to(tmp_path / "outside")
    lay(tmp_path / "home", "x", "text")
    assert not (tmp_path / "outside").exists()


def test_no_folder_is_a_link(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "home/.config").symlink_to(tmp_path / "outside")
    with pytest.raises(OSError, match="Not a directory"):
        lay(tmp_path / "home", ".config/x", "text")
    assert list((tmp_path / "outside").iterdir()) == []
