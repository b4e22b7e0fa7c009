import os
from pathlib import Path

import pytest

from bot.harness.overlays import _copy, show
from bot.sandbox.folder import JobFolder, Order


def make_tree(top):
    (top / "src").mkdir(parents=True)
    (top / "src" / "a").write_text("one")
    (top / "link").symlink_to("/etc/passwd")
    return top


def order(uid):
    """What a runner writes, for a job that uses nothing but its tree."""
    return Order(
        job="one",
        task="agent",
        uid=uid,
        tree="",
        mirror="",
        gateway="",
        toolboxes=(),
        code="",
        packages=(),
        python="",
        clock=None,
        limits={},
        bwrap="bwrap",
        disable_userns=False,
        grace=1.0,
        launched=0.0,
    )


def test_where_there_can_be_no_overlay_the_tree_is_copied(tmp_path):
    _copy(make_tree(tmp_path / "lower"), tmp_path / "workspace", None)
    assert (tmp_path / "workspace/src/a").read_text() == "one"
    assert (tmp_path / "workspace/link").is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_copy_belongs_to_the_job_and_no_link_is_followed(tmp_path):
    before = Path("/etc/passwd").stat().st_uid
    _copy(make_tree(tmp_path / "lower"), tmp_path / "workspace", 61_000)
    assert (tmp_path / "workspace/src/a").stat().st_uid == 61_000
    assert (tmp_path / "workspace/link").lstat().st_uid == 61_000
    assert Path("/etc/passwd").stat().st_uid == before


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user owns what is copied")
def test_a_tree_whose_owner_cannot_be_mapped_is_copied_too(tmp_path):
    folder = JobFolder(tmp_path / "job")
    folder.make()
    show(folder, order(61_000), make_tree(tmp_path / "lower"))
    assert (folder.workspace / "src" / "a").stat().st_uid == 61_000
