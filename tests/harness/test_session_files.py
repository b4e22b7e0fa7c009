import io
import os
import socket
import tarfile

import pytest

from bot.harness.session import MOST_FILES, forget, pack, unpack
from bot.rules.checkpoints import MOST

GLOBS = (".playbook/*.jsonl", ".other/*/log")


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home/.playbook").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def fresh(tmp_path):
    (tmp_path / "fresh").mkdir()
    return tmp_path / "fresh"


def tar(*members):
    """Make a tar of pairs: a name, or a TarInfo, and bytes."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as file:
        for name, data in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return written.getvalue()


def special(name, kind):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info


def test_the_files_of_a_session_come_back_the_newest_last(home, fresh):
    for name, at in (("b", 10), ("a", 20)):
        file = home / f".playbook/{name}.jsonl"
        file.write_text(name)
        os.utime(file, (at, at))
    (home / ".other/x").mkdir(parents=True)
    (home / ".other/x/log").write_text("deep")
    os.utime(home / ".other/x/log", (5, 5))
    (home / "secret").write_text("not a session")
    names = unpack(pack(home, GLOBS), fresh, GLOBS)
    assert names == [".other/x/log", ".playbook/b.jsonl", ".playbook/a.jsonl"]
    assert (fresh / ".playbook/a.jsonl").read_text() == "a"
    assert not (fresh / "secret").exists()
    assert pack(fresh, GLOBS) == pack(home, GLOBS)


def test_without_files_there_is_no_session(home):
    assert pack(home, GLOBS) is None


def test_no_link_is_followed_and_nothing_odd_is_read(home, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/x.jsonl").write_text("secret")
    (home / ".playbook").rmdir()
    (home / ".playbook").symlink_to(tmp_path / "elsewhere")
    (home / ".other/dir/log").mkdir(parents=True)
    for name in ("link", "pipe", "sock"):
        (home / ".other" / name).mkdir()
    (home / ".other/link/log").symlink_to("/etc/passwd")
    os.mkfifo(home / ".other/pipe/log")
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(home / ".other/sock")
        listener.bind("log")
        os.chdir("/")
        assert pack(home, GLOBS) is None


def test_a_home_that_is_a_link_is_not_read(tmp_path):
    (tmp_path / "home").symlink_to("/root")
    with pytest.raises(OSError, match="home"):
        pack(tmp_path / "home", GLOBS)


def test_there_is_a_bound_on_size_and_the_newest_files_stay(home, fresh):
    for at, name in enumerate(("old", "new")):
        file = home / f".playbook/{name}.jsonl"
        file.write_bytes(bytes(MOST["session"] * 2 // 3))
        os.utime(file, (at, at))
    (home / ".playbook/huge.jsonl").write_bytes(bytes(MOST["session"] + 1))
    packed = pack(home, GLOBS)
    assert len(packed) <= MOST["session"]
    assert unpack(packed, fresh, GLOBS) == [".playbook/new.jsonl"]


def test_there_is_a_bound_on_how_many(home, fresh):
    for at in range(MOST_FILES + 5):
        (home / f".playbook/{at}.jsonl").write_text("x")
    assert len(unpack(pack(home, GLOBS), fresh, GLOBS)) == MOST_FILES


@pytest.mark.parametrize(
    "forged",
    [
        tar(("../out.jsonl", b"x")),
        tar(("/tmp/out.jsonl", b"x")),
        tar((".playbook/../../out.jsonl", b"x")),
        tar((".bashrc", b"x")),
        tar((".playbook/deep/x.jsonl", b"x")),
        tar((".other/../log", b"x")),
        tar((special(".playbook/x.jsonl", tarfile.SYMTYPE), b"")),
        tar((special(".playbook/x.jsonl", tarfile.LNKTYPE), b"")),
        tar((special(".playbook/x.jsonl", tarfile.CHRTYPE), b"")),
        tar((special(".playbook/x.jsonl", tarfile.FIFOTYPE), b"")),
        tar((special(".playbook/x.jsonl", tarfile.DIRTYPE), b"")),
        tar(*((f".playbook/{at}.jsonl", b"") for at in range(MOST_FILES + 1))),
        tar((".playbook/good.jsonl", b"x"), ("../out.jsonl", b"x")),
        tar((".playbook/x.jsonl", b"x" * 5000))[:2000],
        b"x" * 3000,
        b"",
    ],
)
def test_a_forged_tar_is_taken_not_even_in_part(fresh, forged):
    with pytest.raises(ValueError, match="."):  # noqa: RUF043 - any words
        unpack(forged, fresh, GLOBS)
    assert list(fresh.iterdir()) == []


def test_a_session_is_forgotten_and_nothing_else_is(home, tmp_path):
    (home / ".playbook/a.jsonl").write_text("old")
    (home / ".playbook/b.txt").write_text("mine")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/log").write_text("theirs")
    (home / ".other").mkdir()
    (home / ".other/x").symlink_to(tmp_path / "elsewhere")
    forget(home, (*GLOBS, ".playbook/a.*"))
    assert pack(home, GLOBS) is None
    assert [each.name for each in (home / ".playbook").iterdir()] == ["b.txt"]
    assert (tmp_path / "elsewhere/log").exists()
