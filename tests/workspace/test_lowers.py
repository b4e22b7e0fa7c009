import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from origins import FILE, LINK, REPO, run_git
from overlays import Overlay, require_overlays

from bot.model.errors import Refused
from bot.model.ids import JobName, Sha
from bot.workspace.lowers import Lowers


@pytest.fixture
def overlay(tmp_path, mirror):
    require_overlays()

    def make(lower):
        return Overlay(tmp_path / "jobs" / lower.name, lower, mirror)

    return make


async def test_a_lower_is_the_tree_with_links_and_modes_kept(lowers, base):
    lower = await lowers.lower(REPO, base)
    assert (lower / "src/hall.py").read_bytes() == b"print( 'hall' )\n"
    assert (lower / "link").readlink() == Path("src/hall.py")
    assert os.access(lower / "src/run.sh", os.X_OK)
    assert not os.access(lower / "README.md", os.X_OK)


async def test_its_repository_has_no_remote_no_hook_and_no_way_back_to_us(lowers, base, tmp_path):
    git_dir = await lowers.lower(REPO, base) / ".git"
    assert not (git_dir / "hooks").exists()
    assert (git_dir / "objects/info/alternates").read_text() == "/mirror.git/objects\n"
    for file in git_dir.rglob("*"):
        assert not file.is_file() or str(tmp_path).encode() not in file.read_bytes()
    assert "remote" not in (git_dir / "config").read_text()


async def test_a_job_sees_a_clean_status_its_history_and_its_tags(
    lowers, origin, base, mirrors, overlay
):
    run_git(origin.path, "tag", "v1", base)
    await mirrors.fetch(REPO, origin.url, None)
    job = overlay(await lowers.lower(REPO, base))
    assert job.says("git status --porcelain") == ""
    assert job.says("git log --format=%H").strip() == base
    assert job.says("git describe --tags").strip() == "v1"
    assert job.says("echo more >> README.md; git status --porcelain") == " M README.md\n"


async def test_the_first_status_reads_no_file(lowers, base, overlay):
    lower = await lowers.lower(REPO, base)
    same_size_and_time = lower / "README.md"
    then = same_size_and_time.stat()
    same_size_and_time.write_bytes(b"# Hole\n")
    os.utime(same_size_and_time, ns=(then.st_atime_ns, then.st_mtime_ns))
    assert overlay(lower).says("git status --porcelain") == ""


async def test_what_a_job_writes_does_not_reach_the_lower(lowers, base, overlay):
    lower = await lowers.lower(REPO, base)
    before = {path: path.lstat().st_mtime_ns for path in lower.rglob("*")}
    job = overlay(lower)
    job.says("rm -r src; echo x > README.md; git add -A")
    job.says("git -c user.name=a -c user.email=a commit -qm x; git gc -q --prune=now")
    assert {path: path.lstat().st_mtime_ns for path in lower.rglob("*")} == before


async def test_the_next_lower_shares_unchanged_files_and_only_those(
    lowers, origin, base, mirrors, overlay
):
    first = await lowers.lower(REPO, base)
    new = origin.commit(
        {
            "README.md": (FILE, b"# Hole\n"),
            "src/run.sh": None,
            "src/hall.py": (LINK, b"../README.md"),
            "link/inside": (FILE, b"x"),
        }
    )
    await mirrors.fetch(REPO, origin.url, None)
    second = await lowers.lower(REPO, new)
    assert (first / "README.md").read_bytes() == b"# Hall\n"
    assert (second / "README.md").read_bytes() == b"# Hole\n"
    assert (first / ".gitignore").stat().st_ino == (second / ".gitignore").stat().st_ino
    assert (second / "link/inside").read_bytes() == b"x"
    assert not (second / "src/run.sh").exists()
    assert overlay(second).says("git status --porcelain") == ""
    assert overlay(first).says("git status --porcelain") == ""


async def test_large_file_pointers_and_submodules_stay_as_they_are(lowers, origin, mirrors):
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    sha = origin.commit(
        {
            ".gitattributes": (FILE, b"*.bin filter=lfs diff=lfs merge=lfs -text\n"),
            "big.bin": (FILE, pointer),
            "module": ("160000", b"1" * 40),
            ".gitmodules": (FILE, b'[submodule "m"]\n\tpath = module\n\turl = https://x.test/m\n'),
        }
    )
    await mirrors.fetch(REPO, origin.url, None)
    lower = await lowers.lower(REPO, sha)
    assert (lower / "big.bin").read_bytes() == pointer
    assert list((lower / "module").iterdir()) == []


async def test_a_tree_with_a_name_that_git_refuses_is_refused(lowers, origin, mirrors):
    sha = origin.commit({".GIT/config": (FILE, b"[core]\n")})
    await mirrors.fetch(REPO, origin.url, None)
    with pytest.raises(Refused):
        await lowers.lower(REPO, sha)


@pytest.mark.parametrize("sha", ["main", "../" + "0" * 37, "0" * 40, "A" * 40])
async def test_what_is_no_commit_is_refused(lowers, sha):
    with pytest.raises(Refused):
        await lowers.lower(REPO, Sha(sha))


async def test_only_the_last_used_lowers_stay_beside_those_held(tmp_path, lowers, origin, mirrors):
    few = Lowers(tmp_path / "few", mirrors, lowers._git, keep=1)
    shas = [origin.commit({"n": (FILE, b"%d" % n)}) for n in range(5)]
    await mirrors.fetch(REPO, origin.url, None)
    held = await few.hold(REPO, shas[0], JobName("job-1"))
    others = [await few.lower(REPO, sha) for sha in shas[1:4]]
    assert [path.exists() for path in (held, *others)] == [True, False, False, True]
    assert few.held() == {"job-1"}
    few.release(JobName("job-1"))
    last = await few.lower(REPO, shas[4])
    assert [path.exists() for path in (held, others[-1], last)] == [False, False, True]


async def test_a_lower_from_before_a_reboot_is_built_anew(lowers, base):
    lower = await lowers.lower(REPO, base)
    (lower / "README.md").write_bytes(b"")
    (lower.parent / "boot").write_text("another boot\n")
    assert (await lowers.lower(REPO, base) / "README.md").read_bytes() == b"# Hall\n"


BUILDER = """
import asyncio, sys
from pathlib import Path
from bot.workspace.git import Git
from bot.workspace.lowers import Lowers
from bot.workspace.mirror import Mirrors
mirrors = Mirrors(Path(sys.argv[1]) / "mirrors", Git())
lowers = Lowers(Path(sys.argv[1]) / "lowers", mirrors, Git())
asyncio.run(lowers.lower("octo/hall", sys.argv[2]))
"""


def _builder(root, sha):
    return subprocess.Popen([sys.executable, "-c", BUILDER, str(root), sha])


async def test_processes_that_want_the_same_lower_build_it_once(tmp_path, lowers, base):
    builders = [_builder(tmp_path, base) for _ in range(3)]
    assert [builder.wait() for builder in builders] == [0, 0, 0]
    assert (await lowers.lower(REPO, base) / "README.md").exists()


@pytest.mark.parametrize("folders", [0, 1, 40])
async def test_a_worker_killed_while_it_builds_leaves_nothing_half_done(
    tmp_path, lowers, origin, mirrors, folders
):
    sha = origin.commit({f"d{n % 50}/f{n}": (FILE, b"%d" % n) for n in range(3000)})
    await mirrors.fetch(REPO, origin.url, None)
    fresh = tmp_path / "lowers/octo/hall" / f"{sha}.new"
    await asyncio.to_thread(_kill_when_half_done, tmp_path, fresh, folders)
    lower = await lowers.lower(REPO, sha)
    assert sum(1 for path in lower.glob("d*/f*") if path.is_file()) == 3000
    assert not fresh.exists()


def _kill_when_half_done(root, fresh, folders):
    builder = _builder(root, fresh.stem)
    while builder.poll() is None and sum(1 for _ in fresh.glob("*")) < folders:
        time.sleep(0.001)
    builder.send_signal(signal.SIGKILL)
    builder.wait()
