"""What a validation leaves for whoever has asked: packed, kept, and fetched into a box."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from bot.agents.artifacts import unpack
from bot.agents.door import AwayError
from bot.harness import artifacts
from bot.harness.artifacts import pack


@pytest.fixture
def top(tmp_path):
    made = tmp_path / "workspace"
    (made / "dist" / "deep").mkdir(parents=True)
    (made / "dist" / "a.txt").write_text("a")
    (made / "dist" / "deep" / "b.txt").write_text("b")
    (made / "src").mkdir()
    (made / "src" / "c.txt").write_text("c")
    return made


def names(packed):
    with tarfile.open(fileobj=io.BytesIO(packed.tar)) as tar:
        return tar.getnames()


def tar_of(*names, kind=tarfile.REGTYPE):
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            tar.addfile(entry)
    return written.getvalue()


def read_so_far():
    """Return the bytes that this process has ever read, as proc(5) counts them."""
    return int(Path("/proc/self/io").read_text().split()[1])


def test_what_the_patterns_cover_comes_and_nothing_else(top, tmp_path):
    packed = pack(top, ("dist/**",))
    assert (names(packed), packed.kept, packed.left_out) == (
        ["dist/a.txt", "dist/deep/b.txt"],
        2,
        0,
    )
    assert unpack(packed.tar, tmp_path / "out") == 2
    assert (tmp_path / "out/dist/deep/b.txt").read_text() == "b"


def test_no_link_is_followed_and_nothing_special_opened(top, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "s.txt").write_text("s")
    (top / "dist" / "link.txt").symlink_to("/etc/passwd")
    (top / "dist" / "folder").symlink_to(tmp_path / "secret")
    os.mkfifo(top / "dist" / "pipe.txt")
    assert names(pack(top, ("**/*.txt", "dist"))) == ["dist/a.txt", "dist/deep/b.txt", "src/c.txt"]


def test_what_is_too_large_or_too_many_is_counted(top, monkeypatch):
    with (top / "dist" / "0.bin").open("wb") as large:
        large.truncate(artifacts.MOST_ARTIFACTS)
    packed = pack(top, ("dist/**",))
    assert (names(packed), packed.left_out) == (["dist/a.txt", "dist/deep/b.txt"], 1)
    monkeypatch.setattr(artifacts, "MOST_KEPT", 1)
    assert (pack(top, ("*.txt",)).kept, pack(top, ("*.txt",)).left_out) == (1, 2)


def test_nothing_is_read_of_what_is_too_large(top):
    for number in range(200):
        with (top / "dist" / f"{number}.bin").open("wb") as hole:
            hole.truncate(1 << 40)
    before = read_so_far()
    assert pack(top, ("*.bin",)).left_out == 200
    assert read_so_far() - before < artifacts.MOST_ARTIFACTS


def test_a_tree_is_looked_through_within_bounds(top, monkeypatch):
    deep = top
    for _ in range(artifacts.DEEPEST + 50):
        deep /= "d"
    deep.mkdir(parents=True)
    (deep / "x.txt").write_text("x")
    assert "x.txt" not in "".join(names(pack(top, ("*.txt",))))
    monkeypatch.setattr(artifacts, "MOST_LOOKED_AT", 3)
    assert pack(top, ("*.txt",)).kept == 0


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/x", "a//x", "./x"])
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    with pytest.raises(AwayError):
        unpack(tar_of(name), tmp_path / "out")
    assert not (tmp_path / "x").exists()


def test_nothing_is_written_through_a_link(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "folder").symlink_to(tmp_path)
    (out / "file").symlink_to(tmp_path / "target")
    with pytest.raises(AwayError):
        unpack(tar_of("folder/x"), out)
    with pytest.raises(OSError, match="symbolic"):
        unpack(tar_of("file"), out)
    assert unpack(tar_of("link", kind=tarfile.SYMTYPE), out) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_what_is_no_archive_is_said(tmp_path):
    with pytest.raises(AwayError):
        unpack(b"x" * 2000, tmp_path)
