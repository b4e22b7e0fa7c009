"""What `greenroom demo` refuses before it starts anything."""

import socket
import subprocess
from pathlib import Path

import pytest

from bot.cli import main
from bot.demo.tour import clone, name_of
from bot.model.errors import Misconfigured


def git(repo: Path, *words: str) -> str:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@localhost")
    argv = ("git", "--no-optional-locks", "-C", str(repo), *who, *words)
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository without a commit."""
    made = tmp_path / "own"
    made.mkdir()
    git(made, "init", "--quiet", "--initial-branch=trunk")
    return made


@pytest.mark.parametrize("path", ["none", "file", ""])
def test_what_is_no_repository_is_said_so(tmp_path, capsys, path):
    (tmp_path / "file").touch()
    assert main(["demo", "--repo", str(tmp_path / path), "--port", "0"]) == 78
    assert capsys.readouterr().err.endswith("this is no git repository with files.\n")


def test_a_repository_without_a_commit_is_said_so(repo, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main(["demo", "--repo", str(repo), "--port", "0"]) == 78
    assert capsys.readouterr().err.endswith("own: it has no commit yet.\n")
    assert not list(tmp_path.glob("greenroom-demo-*"))


def test_a_port_that_is_taken_is_said_so(capsys):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert main(["demo", "--port", port]) == 78
    assert capsys.readouterr().err == f"greenroom: --port {port} is taken; choose another.\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--port", "70000"], "70000 is no port: give 0 to 65535"),
        (["--port", "-1"], "-1 is no port"),
        (["--port", "http"], "http is no port"),
        (["--ci", "sh -c 'true"], "No closing quotation in"),
    ],
)
def test_words_that_cannot_be_read_are_told_with_the_usage(capsys, words, why):
    with pytest.raises(SystemExit) as ended:
        main(["demo", *words])
    assert ended.value.code == 2
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--repo", "."], ["--ci", "true"]])
def test_the_job_that_is_done_once_is_on_a_project_of_its_own(capsys, words):
    assert main(["demo", "--once", *words]) == 78
    assert "leave --repo and --ci out" in capsys.readouterr().err


async def test_a_clone_has_what_is_committed_and_the_original_stays_as_it_is(repo, tmp_path):
    (repo / "a.py").write_text("A = 1\n")
    git(repo, "add", "a.py")
    git(repo, "commit", "--quiet", "--message", "A")
    (repo / "a.py").write_text("A = 2\n")
    (repo / "new.py").touch()
    before = seen(repo)
    copy = await clone(repo, tmp_path / "copy")
    assert seen(repo) == before
    assert (copy / "a.py").read_text() == "A = 1\n"
    assert not (copy / "new.py").exists()


def seen(repo: Path) -> object:
    """Every file with its size and time, what git says of them, and all refs."""
    files = {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in repo.rglob("*")}
    return files, git(repo, "status", "--porcelain"), git(repo, "for-each-ref")


async def test_what_git_cannot_clone_is_said_so(tmp_path):
    (tmp_path / ".git").mkdir()
    with pytest.raises(Misconfigured, match="git could not clone it"):
        await clone(tmp_path, tmp_path / "copy")


@pytest.mark.parametrize(
    ("folder", "name"),
    [("own", "own"), ("my own  app!", "my-own-app"), ("-.-", "project"), ("größe", "gr-e")],
)
def test_a_repository_is_named_as_its_folder(tmp_path, folder, name):
    assert name_of(tmp_path / folder) == name
