import asyncio
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from origins import Origin
from pydantic import SecretStr

from bot.model.errors import Refused, Unavailable
from bot.workspace.git import Git, Login
from bot.workspace.snapshot import GitFailed


async def test_nothing_of_the_machines_settings_reaches_git(git, origin, tmp_path, monkeypatch):
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Somebody\n")
    for name in ("GIT_AUTHOR_NAME", "GIT_CONFIG_PARAMETERS", "GIT_SSH_COMMAND", "GIT_EXEC_PATH"):
        monkeypatch.setenv(name, "/evil")
    monkeypatch.setenv("HOME", str(tmp_path))
    listed = (await git.out(origin.path, "config", "--list", "--show-scope")).decode()
    scopes = {line.split("\t")[0] for line in listed.splitlines()}
    assert scopes == {"local", "command"}
    assert (await git.run(origin.path, "config", "user.name")).code == 1


async def test_a_call_that_takes_too_long_is_killed_with_its_children(git, origin, tmp_path):
    os.mkfifo(tmp_path / "here")
    alias = ("-c", f"alias.wait=!echo $$ > {tmp_path}/here; sleep 60")
    call = asyncio.create_task(replace(git, seconds=3.0).run(origin.path, *alias, "wait"))
    pid = await asyncio.to_thread((tmp_path / "here").read_text)
    with pytest.raises(Unavailable) as raised:
        await call
    assert raised.value.sent
    await _ends(pid)


async def test_a_cancelled_call_leaves_no_process(git, origin, tmp_path):
    os.mkfifo(tmp_path / "here")
    alias = ("-c", f"alias.wait=!echo $$ > {tmp_path}/here; sleep 60")
    call = asyncio.create_task(git.run(origin.path, *alias, "wait"))
    pid = await asyncio.to_thread((tmp_path / "here").read_text)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await _ends(pid)


async def test_what_writes_without_end_is_stopped(git, origin):
    with pytest.raises(Refused) as raised:
        await replace(git, most=1000).run(origin.path, "-c", "alias.y=!yes", "y")
    assert raised.value.reason == "too_large"


async def test_a_line_of_progress_is_a_line(git, origin):
    done = await git.run(origin.path, "-c", "alias.p=!printf 'a 1%%\\ra 2%%\\nb' >&2", "p")
    assert done.err == "a 1%\na 2%\nb"


async def test_more_input_than_git_wants_is_no_error(git, origin):
    done = await git.run(origin.path, "-c", "alias.n=!exec true", "n", stdin=b"x" * 10**7)
    assert done.code == 0


async def test_a_failure_says_what_git_said(git, tmp_path):
    with pytest.raises(GitFailed, match="not a git repository"):
        await git.out(tmp_path / "nowhere", "rev-parse", "HEAD")


async def test_hooks_and_monitors_of_a_repository_do_not_run(git, origin: Origin, tmp_path):
    hook = origin.path / "hooks" / "reference-transaction"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    sha = origin.at("refs/heads/main")
    (tmp_path / "ran").unlink(missing_ok=True)
    await git.out(origin.path, "update-ref", "refs/heads/new", str(sha))
    assert not (tmp_path / "ran").exists()


UNDER_UVLOOP = """
import sys, uvloop
from pathlib import Path
from pydantic import SecretStr
from bot.workspace.git import Git, Login
git = Git(login=Login(url="https://x.test/a", token=SecretStr("t")))
words = ("hash-object", "-w", "--stdin")
print(uvloop.run(git.out(Path(sys.argv[1]), *words, stdin=b"x" * 10**6)))
print(uvloop.run(git.out(Path(sys.argv[1]), "config", "--get-regexp", "extraheader")))
"""


def test_the_event_loop_of_the_app_starts_git_as_well(origin):
    words = [sys.executable, "-c", UNDER_UVLOOP, str(origin.path)]
    done = subprocess.run(words, capture_output=True, check=True, text=True)
    assert "8eb708f936a80a54e0daa13707cba9b938bf257b" in done.stdout
    assert "http.https://x.test/.extraheader Authorization: Basic" in done.stdout


def test_only_one_file_starts_git():
    workspace = Path(__file__).resolve().parents[2] / "bot" / "workspace"
    starts = re.compile(r"create_subprocess|\bsubprocess\b|os\.(?:exec|spawn|system|popen)")
    found = {path.name for path in workspace.glob("*.py") if starts.search(path.read_text())}
    assert found == {"git.py"}


def test_a_token_is_not_in_what_is_printed_of_a_git():
    login = Login(url="https://x.test/a/b.git", token=SecretStr("ghs_canary"))
    assert "ghs_canary" not in repr(Git(login=login))


async def _ends(pid: str) -> None:
    """Wait for a process that was killed: the kernel takes its time on a busy machine."""
    async with asyncio.timeout(30):
        while _runs(pid.strip()):  # noqa: ASYNC110 - the kernel tells nobody
            await asyncio.sleep(0.01)


def _runs(pid: str) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
