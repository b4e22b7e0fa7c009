import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web
from origins import FILE, REPO, run_git
from pydantic import SecretStr

from bot.githttp import serve
from bot.model.errors import Refused, Unavailable
from bot.model.ids import Repo
from bot.workspace.mirror import Mirrors


async def test_a_fetch_brings_branches_and_tags(mirrors, origin, base):
    run_git(origin.path, "tag", "v1", base)
    await mirrors.fetch(REPO, origin.url, None)
    assert await mirrors.resolve(REPO, "main") == base
    assert await mirrors.resolve(REPO, "refs/heads/main") == base
    assert await mirrors.resolve(REPO, "refs/tags/v1") == base
    assert await mirrors.resolve(REPO, base) == base


@pytest.mark.parametrize("ref", ["gone", "main~1", "main@{1}", "--all", "HEAD:", ":/work", ""])
async def test_only_names_resolve_not_gits_other_notations(mirrors, mirror, ref):
    assert mirror.exists()
    assert await mirrors.resolve(REPO, ref) is None


async def test_the_heads_of_pull_requests_are_not_fetched(mirrors, origin, base):
    run_git(origin.path, "update-ref", "refs/pull/7/head", base)
    await mirrors.fetch(REPO, origin.url, None)
    assert await mirrors.resolve(REPO, "refs/pull/7/head") is None


async def test_the_head_of_one_pull_request_is_fetched_by_its_number(mirrors, origin, base):
    theirs = origin.commit({"new": (FILE, b"x")}, ref="refs/pull/7/head", parent=base)
    origin.commit({"new": (FILE, b"y")}, ref="refs/pull/8/head", parent=base)
    await mirrors.fetch(REPO, origin.url, None, pull=7)
    assert await mirrors.resolve(REPO, theirs) == theirs
    assert await mirrors.resolve(REPO, "refs/pull/7/head") == theirs
    assert await mirrors.resolve(REPO, "refs/pull/8/head") is None
    assert await mirrors.resolve(REPO, "main") == base


async def test_a_pull_request_that_was_rewritten_is_followed(mirrors, origin, base):
    origin.commit({"new": (FILE, b"x")}, ref="refs/pull/7/head", parent=base)
    await mirrors.fetch(REPO, origin.url, None, pull=7)
    run_git(origin.path, "update-ref", "-d", "refs/pull/7/head")
    later = origin.commit({"new": (FILE, b"y")}, ref="refs/pull/7/head", parent=base)
    await mirrors.fetch(REPO, origin.url, None, pull=7)
    assert await mirrors.resolve(REPO, "refs/pull/7/head") == later


async def test_a_pull_request_that_is_not_there_is_refused(mirrors, origin):
    with pytest.raises(Refused) as raised:
        await mirrors.fetch(REPO, origin.url, None, pull=7)
    assert raised.value.words == "The pull request is not there any more."


async def test_a_deleted_branch_goes_and_may_become_a_folder_of_branches(mirrors, origin, base):
    run_git(origin.path, "branch", "topic", base)
    await mirrors.fetch(REPO, origin.url, None)
    run_git(origin.path, "branch", "-D", "topic")
    run_git(origin.path, "branch", "topic/one", base)
    await mirrors.fetch(REPO, origin.url, None)
    assert await mirrors.resolve(REPO, "topic") is None
    assert await mirrors.resolve(REPO, "topic/one") == base


async def test_a_rewritten_branch_is_followed(mirrors, origin, mirror):
    assert mirror.exists()
    run_git(origin.path, "update-ref", "-d", "refs/heads/main")
    fresh = origin.commit({"other": (FILE, b"x")})
    await mirrors.fetch(REPO, origin.url, None)
    assert await mirrors.resolve(REPO, "main") == fresh


@pytest.mark.parametrize(
    "name",
    [
        "hall",
        "octo/..",
        "../x",
        "octo/.",
        "/etc/x",
        "octo/a/b",
        "octo/a\n",
        "-o/x",
        "octo/",
        "a\0/b",
    ],
)
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path, name):
    with pytest.raises(Refused):
        Mirrors(tmp_path).path(Repo(name))


@pytest.mark.parametrize("name", ["octo/.github", "octo_corp/a.b-c_d", "octo/hall.lock"])
def test_a_name_that_github_allows_is_taken(tmp_path, name):
    assert Mirrors(tmp_path).path(Repo(name)) == tmp_path / f"{name}.git"


async def test_callers_that_wait_share_the_fetch_that_began_after_they_asked(mirrors, origin):
    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(mirrors.fetch(REPO, origin.url, None))
    lock = mirrors.path(REPO).with_suffix(".lock")
    begun, done = (int(number) for number in lock.read_text().split())
    assert begun == done <= 2


async def test_a_server_that_is_not_there_is_unavailable(mirrors):
    with pytest.raises(Unavailable) as raised:
        await mirrors.fetch(REPO, "http://127.0.0.1:1/octo/hall.git", None)
    assert not raised.value.sent


async def test_a_transport_that_is_not_allowed_runs_nothing(mirrors, tmp_path):
    with pytest.raises(Unavailable):
        await mirrors.fetch(REPO, f"ext::touch {tmp_path}/ran", None)
    assert not (tmp_path / "ran").exists()


async def test_the_mirror_is_readable_for_other_users_under_any_umask(mirrors, origin):
    old = os.umask(0o077)
    try:
        await mirrors.fetch(REPO, origin.url, None)
    finally:
        os.umask(old)
    mirror = mirrors.path(REPO)
    packs_and_refs = [mirror, mirror / "HEAD", *(mirror / "objects").rglob("*")]
    assert all(path.stat().st_mode & 0o004 for path in packs_and_refs)


async def test_tidying_drops_nothing(mirrors, origin, monkeypatch):
    monkeypatch.setattr("bot.workspace.mirror._LOOSE", 1)
    lost = origin.commit({"lost": (FILE, b"x")}, ref="refs/heads/lost")
    await mirrors.fetch(REPO, origin.url, None)
    run_git(origin.path, "branch", "-D", "lost")
    await mirrors.fetch(REPO, origin.url, None)
    assert await mirrors.tidy(REPO)
    assert await mirrors.resolve(REPO, lost) == lost


async def test_a_private_repository_is_fetched_with_a_token_shown_at_once(mirrors, origin, base):
    seen = []

    async def guarded(request):
        seen.append(request.headers.get("Authorization"))
        if seen[-1] is None:
            return web.Response(status=401, headers={"WWW-Authenticate": "Basic"})
        path = request.path.removeprefix("/octo/hall.git/")
        return await serve(request, origin.path, path, services=["git-upload-pack"])

    runner = web.ServerRunner(web.Server(guarded, auto_decompress=False))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/octo/hall.git"
    with pytest.raises(Unavailable):
        await mirrors.fetch(REPO, url, None)
    seen.clear()
    await mirrors.fetch(REPO, url, SecretStr("ghs_canary"))
    await runner.cleanup()
    assert await mirrors.resolve(REPO, "main") == base
    assert None not in seen
    said = [file.read_bytes() for file in mirrors.path(REPO).parent.rglob("*") if file.is_file()]
    assert b"ghs_canary" not in b"".join(said)


FETCHER = """
import asyncio, sys
from pathlib import Path
from bot.workspace.git import Git
from bot.workspace.mirror import Mirrors
mirrors = Mirrors(Path(sys.argv[1]), Git(protocols="file"))
asyncio.run(mirrors.fetch("octo/hall", sys.argv[2], None))
"""


def _fetcher(root: Path, url: str, script: str = FETCHER) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", script, str(root), url])


async def test_processes_that_fetch_at_once_do_not_disturb_each_other(mirrors, origin, tmp_path):
    origin.commit({f"f{n}": (FILE, b"%d" % n) for n in range(300)})
    fetchers = [_fetcher(tmp_path / "mirrors", origin.url) for _ in range(4)]
    assert [fetcher.wait() for fetcher in fetchers] == [0, 0, 0, 0]
    assert await mirrors.resolve(REPO, "main") == origin.at("refs/heads/main")
    run_git(mirrors.path(REPO), "fsck", "--strict")


async def test_a_worker_killed_in_a_fetch_leaves_the_lock_to_git_and_the_mirror_usable(
    mirrors, origin, tmp_path
):
    root = tmp_path / "mirrors"
    stuck = tmp_path / "stuck"
    os.mkfifo(stuck)
    hook = tmp_path / "hook"
    hook.write_text(f'#!/bin/sh\ncat {stuck}\nexec "$@"\n')
    hook.chmod(0o755)
    config = tmp_path / "config"
    config.write_text(f"[uploadpack]\n\tpackObjectsHook = {hook}\n")
    # upload-pack reads its hook from protected configuration only, which the child inherits
    script = FETCHER.replace(
        'Git(protocols="file")',
        f'Git(protocols="file", environment={{"GIT_CONFIG_GLOBAL": "{config}"}})',
    )
    worker = _fetcher(root, origin.url, script)
    with stuck.open("w"):  # opens when git is in the middle of the fetch
        (root / "octo/hall.git/packed-refs.lock").touch()
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        waiting = asyncio.create_task(mirrors.fetch(REPO, origin.url, None))
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done
    await waiting
    assert await mirrors.resolve(REPO, "main") == origin.at("refs/heads/main")
    assert not (root / "octo/hall.git/packed-refs.lock").exists()
