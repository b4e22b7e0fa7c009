import os
from dataclasses import replace

import pytest
from aiohttp import web
from origins import FILE, LINK, REPO, Origin, run_git

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


class Job:
    """A job's harness: a repository that borrows from the mirror, and its way to quarantine."""

    def __init__(self, path, address, git, quarantine):
        self.repository = Origin(path)
        self._address = address
        self._git = git
        self._quarantine = Origin(quarantine)

    def commit(self, tree, *, on=None):
        return self.repository.commit(tree, ref="refs/heads/result", parent=on)

    async def push(self, spec="+refs/heads/result", **environment):
        loud = replace(self._git, environment=environment)
        return await loud.run(self.repository.path, "push", "--porcelain", self._address, spec)

    def arrived(self):
        return self._quarantine.at("refs/heads/result")


@pytest.fixture
def job(tmp_path, mirror, base, address, git, quarantine):  # noqa: PLR0913, PLR0917 - fixtures
    path = tmp_path / "result.git"
    run_git(path, "init", "--quiet", "--bare")
    (path / "objects/info/alternates").write_text(f"{mirror}/objects\n")
    run_git(path, "update-ref", "refs/heads/result", base)
    return Job(path, address, git, quarantine)


async def test_a_result_arrives_over_http_and_brings_only_what_is_new(job, quarantine):
    sha = job.commit({"new": (FILE, b"x")})
    assert (await job.push()).code == 0
    assert job.arrived() == sha
    (quarantine / "objects/info/alternates").write_text("")
    counted = run_git(quarantine, "count-objects", "-v")
    # commit, tree and file, and the old tree that git wrote the new one's difference to
    assert "in-pack: 4" in counted.splitlines()


async def test_a_result_is_replaced_by_a_later_one_also_a_rewritten_one(job, base):
    job.commit({"new": (FILE, b"x")})
    await job.push()
    other = job.commit({"new": (FILE, b"y")}, on=base)
    assert (await job.push()).code == 0
    assert job.arrived() == other


@pytest.mark.parametrize(
    "ref",
    ["refs/heads/main", "refs/heads/result/x", "refs/greenroom/x", "refs/replace/x", "HEAD"],
)
async def test_no_other_ref_is_taken(job, quarantine, base, ref):
    sha = job.commit({"new": (FILE, b"x")})
    assert (await job.push(f"+{sha}:{ref}")).code != 0
    shown = run_git(quarantine, "for-each-ref", "--format=%(objectname) %(refname)")
    assert shown.splitlines() == [f"{base} refs/heads/result"]


async def test_a_result_cannot_be_deleted(job):
    sha = job.commit({"new": (FILE, b"x")})
    await job.push()
    assert (await job.push(":refs/heads/result")).code != 0
    assert job.arrived() == sha


async def test_branches_of_the_mirror_stay_unknown(job, origin, mirrors, base):
    secret = origin.commit({"s": (FILE, b"x")}, ref="refs/heads/greenroom/fix/1-x", parent=base)
    await mirrors.fetch(REPO, origin.url, None)
    talk = (await job.push(GIT_TRACE_PACKET="1")).err
    assert f"{base} refs/heads/result" in talk
    assert ".have" not in talk
    assert secret not in talk


async def test_the_result_of_a_run_beside_it_stays_unknown(job, quarantines, mirror, base):
    other = await quarantines.open(RunId("02RUN"), mirror, base)
    theirs = Origin(other).commit({"t": (FILE, b"y")}, ref="refs/heads/result", parent=base)
    talk = (await job.push(GIT_TRACE_PACKET="1")).err
    assert theirs not in talk
    assert (await job.push(f"{theirs}:refs/heads/result")).code != 0
    assert job.arrived() == base


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
async def test_fsck_stops_tricks_at_the_door(job, base, name, entry):
    job.commit({name: entry})
    assert (await job.push()).code != 0
    assert job.arrived() == base


async def test_a_pack_that_is_too_large_is_not_taken(job, quarantine, base):
    run_git(quarantine, "config", "receive.maxInputSize", "1000")
    job.commit({"big": (FILE, os.urandom(5000))})
    assert (await job.push()).code != 0
    assert job.arrived() == base


async def test_opening_again_keeps_what_arrived(job, quarantines, mirror, base, quarantine):
    sha = job.commit({"new": (FILE, b"x")})
    await job.push()
    assert await quarantines.open(RUN, mirror, base) == quarantine
    assert job.arrived() == sha


async def test_closing_removes_all_and_leaves_the_mirror(quarantines, quarantine, mirror):
    assert quarantines.opened() == {RUN}
    quarantines.close(RUN)
    quarantines.close(RUN)
    assert quarantines.opened() == set()
    assert not quarantine.exists()
    assert mirror.exists()


@pytest.mark.parametrize("run", ["../x", "", "a/b", "a.git", "-x", "x\n"])
def test_an_id_that_could_leave_the_folder_is_refused(tmp_path, run):
    with pytest.raises(Refused):
        Quarantines(tmp_path).path(RunId(run))
