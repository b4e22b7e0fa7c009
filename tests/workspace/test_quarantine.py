import os
from dataclasses import replace

import pytest
from aiohttp import web
from conftest import FILE, LINK, REPO, Origin, run_git

from bot.githttp import serve
from bot.model.errors import Refused
from bot.model.ids import RunId
from bot.workspace.quarantine import Quarantines

RUN = RunId("01RUN")


@pytest.fixture
async def quarantine(quarantines, mirror, base):
    return await quarantines.open(RUN, mirror, base)


@pytest.fixture
async def address(quarantine):
    async def handle(request):
        services = ("git-receive-pack", "git-upload-pack")
        return await serve(request, quarantine, request.match_info["path"], services=services)

    app = web.Application()
    app.router.add_route("*", "/git/quarantine.git/{path:.*}", handle)
    runner = web.AppRunner(app, auto_decompress=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/git/quarantine.git"
    await runner.cleanup()


@pytest.fixture
def harness(tmp_path, mirror, origin, base):
    """The repository of a job's harness: the base, and objects borrowed from the mirror."""
    path = tmp_path / "result.git"
    run_git(path, "init", "--quiet", "--bare")
    (path / "objects/info/alternates").write_text(f"{mirror}/objects\n")
    run_git(path, "update-ref", "refs/heads/result", base)
    return Origin(path)


async def pushed(git, harness, address, *specs):
    return await git.run(harness.path, "push", "--porcelain", address, *specs)


async def test_a_result_arrives_over_http_and_brings_only_what_is_new(
    git, harness, address, quarantine, quarantines
):
    sha = harness.commit({"new": (FILE, b"x")}, ref="refs/heads/result")
    assert (await pushed(git, harness, address, "refs/heads/result")).code == 0
    assert await quarantines.result(RUN) == sha
    (quarantine / "objects/info/alternates").write_text("")
    counted = run_git(quarantine, "count-objects", "-v")
    # commit, tree and file, and the old tree that git wrote the new one's difference to
    assert "in-pack: 4" in counted.splitlines()


async def test_a_result_is_replaced_by_a_later_one_also_a_rewritten_one(
    git, harness, address, quarantines, base
):
    harness.commit({"new": (FILE, b"x")}, ref="refs/heads/result")
    await pushed(git, harness, address, "refs/heads/result")
    other = harness.commit({"new": (FILE, b"y")}, ref="refs/heads/other", parent=base)
    forced = await pushed(git, harness, address, "+refs/heads/other:refs/heads/result")
    assert forced.code == 0
    assert await quarantines.result(RUN) == other


@pytest.mark.parametrize(
    "ref", ["refs/heads/main", "refs/heads/result/x", "refs/greenroom/base", "refs/replace/x", "HEAD"]
)
async def test_no_other_ref_is_taken(git, harness, address, quarantine, base, ref):
    sha = harness.commit({"new": (FILE, b"x")}, ref="refs/heads/other", parent=base)
    finished = await pushed(git, harness, address, f"+{sha}:{ref}")
    assert finished.code != 0
    shown = run_git(quarantine, "for-each-ref", "--format=%(objectname) %(refname)")
    assert shown.splitlines() == [f"{base} refs/greenroom/base", f"{base} refs/heads/result"]


async def test_a_result_cannot_be_deleted(git, harness, address, quarantines):
    sha = harness.commit({"new": (FILE, b"x")}, ref="refs/heads/result")
    await pushed(git, harness, address, "refs/heads/result")
    assert (await pushed(git, harness, address, ":refs/heads/result")).code != 0
    assert await quarantines.result(RUN) == sha


async def test_branches_of_the_mirror_and_of_other_runs_stay_unknown(
    git, origin, mirrors, quarantines, mirror, base, harness, address
):
    secret = origin.commit({"s": (FILE, b"x")}, ref="refs/heads/greenroom/fix/1-x", parent=base)
    await mirrors.fetch(REPO, origin.url, None)
    other = await quarantines.open(RunId("02RUN"), mirror, base)
    theirs = Origin(other).commit({"t": (FILE, b"y")}, ref="refs/heads/result", parent=base)
    loud = replace(git, environment={"GIT_TRACE_PACKET": "1"})
    talk = (await pushed(loud, harness, address, "refs/heads/result")).err
    assert f"{base} refs/heads/result" in talk
    assert ".have" not in talk
    assert secret not in talk
    assert theirs not in talk


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        (".git/config", (FILE, b"[core]\n")),
        (".GIT/config", (FILE, b"[core]\n")),
        ("git~1/config", (FILE, b"[core]\n")),
        (".git /config", (FILE, b"[core]\n")),
        (".g\u200cit/config", (FILE, b"[core]\n")),
        (".gitmodules", (FILE, b'[submodule "x"]\n\tpath = x\n\turl = -u./evil\n')),
        (".gitmodules", (LINK, b"elsewhere")),
    ],
)
async def test_fsck_stops_tricks_at_the_door(git, harness, address, quarantines, name, entry):
    harness.commit({name: entry}, ref="refs/heads/result")
    assert (await pushed(git, harness, address, "refs/heads/result")).code != 0
    assert await quarantines.result(RUN) is None


async def test_a_pack_that_is_too_large_is_not_taken(
    git, harness, address, quarantine, quarantines
):
    run_git(quarantine, "config", "receive.maxInputSize", "1000")
    harness.commit({"big": (FILE, os.urandom(5000))}, ref="refs/heads/result")
    assert (await pushed(git, harness, address, "refs/heads/result")).code != 0
    assert await quarantines.result(RUN) is None


async def test_opening_again_keeps_what_arrived_and_closing_removes_it(
    git, harness, address, quarantines, mirror, base, quarantine
):
    sha = harness.commit({"new": (FILE, b"x")}, ref="refs/heads/result")
    await pushed(git, harness, address, "refs/heads/result")
    assert await quarantines.open(RUN, mirror, base) == quarantine
    assert await quarantines.result(RUN) == sha
    assert quarantines.opened() == {RUN}
    quarantines.close(RUN)
    quarantines.close(RUN)
    assert quarantines.opened() == set()
    assert mirror.exists()


@pytest.mark.parametrize("run", ["../x", "", "a/b", "a.git", "-x", "x\n"])
def test_an_id_that_could_leave_the_folder_is_refused(tmp_path, run):
    with pytest.raises(Refused):
        Quarantines(tmp_path).path(RunId(run))
