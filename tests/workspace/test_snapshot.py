import os
import shlex

import pytest
from origins import FILE, REPO, run_git
from overlays import Overlay, require_overlays

from bot.workspace.snapshot import Author, GitFailed, seed, snapshot, snapshot_environment

AUTHOR = Author(name="Greenroom", email="greenroom@example.com")


class Job:
    """A workspace in an overlay, and the snapshot of it taken in a box."""

    def __init__(self, overlay, base):
        self.overlay = overlay
        self.base = base

    def does(self, command):
        self.overlay.says(command)

    async def git(self, words):
        environment = snapshot_environment()
        settings = [f"{name}={value}" for name, value in environment.items()]
        done = self.overlay.run("cd /; " + shlex.join(["env", *settings, "git", *words]))
        if done.returncode != 0:
            raise GitFailed(words, done.stderr)
        return done.stdout

    async def snapshot(self):
        return await snapshot(self.git, self.base, "work", AUTHOR)

    async def changes(self):
        sha = await self.snapshot()
        told = await self.git(["diff-tree", "-r", "--name-status", "--no-renames", self.base, sha])
        return told.splitlines()


@pytest.fixture
async def job(lowers, base, mirror, tmp_path):
    require_overlays()
    lower = await lowers.lower(REPO, base)
    overlay = Overlay(tmp_path / "job", lower, mirror)
    seed(overlay.result, lower / ".git/index")
    return Job(overlay, base)


async def test_an_untouched_workspace_has_no_snapshot(job):
    assert await job.snapshot() is None
    job.does("touch README.md; chmod 600 README.md; mkdir empty; echo x > a.log")
    assert await job.snapshot() is None


async def test_every_kind_of_change_is_in_it(job):
    job.does("echo x > new; echo y >> README.md; rm src/run.sh; chmod +x src/hall.py; rm link")
    job.does("ln -s README.md link; mkdir -p a/b; echo z > 'a/b/with \"quotes\" and \t'")
    assert await job.changes() == [
        "M\tREADME.md",
        'A\t"a/b/with \\"quotes\\" and \\t"',
        "M\tlink",
        "A\tnew",
        "M\tsrc/hall.py",
        "D\tsrc/run.sh",
    ]


async def test_it_stands_on_the_base_under_the_given_name(job):
    job.does(
        "echo x > new; git add new; git -c user.name=evil -c user.email=e@e commit -qm forged"
    )
    sha = await job.snapshot()
    told = await job.git(["log", "-1", "--format=%P %an %ae %cn %s", sha])
    assert told.strip() == f"{job.base} Greenroom greenroom@example.com Greenroom work"
    assert run_git(job.overlay.result, "rev-parse", "refs/heads/result") == sha


async def test_a_folder_becomes_a_file_and_a_file_a_folder(job):
    job.does("rm -r src; echo x > src; rm README.md; mkdir README.md; echo y > README.md/in")
    assert await job.changes() == [
        "D\tREADME.md",
        "A\tREADME.md/in",
        "A\tsrc",
        "D\tsrc/hall.py",
        "D\tsrc/run.sh",
    ]


async def test_a_folder_that_became_a_link_is_not_followed(job):
    job.does("rm -r src; mkdir other; echo x > other/hall.py; ln -s other src")
    assert await job.changes() == [
        "A\tother/hall.py",
        "A\tsrc",
        "D\tsrc/hall.py",
        "D\tsrc/run.sh",
    ]


async def test_settings_hooks_filters_and_index_of_the_workspace_are_never_read(job):
    evil = "sh -c 'echo ran >> /result.git/ran; cat'"
    job.does(
        f"git config filter.evil.clean {shlex.quote(evil)};"
        f"git config core.fsmonitor {shlex.quote(evil)};"
        "git config core.worktree /tmp; git config core.excludesFile /workspace/none;"
        "mkdir -p .git/hooks; cd .git/hooks;"
        "printf '#!/bin/sh\\ntouch /result.git/ran' > pre-commit;"
        "chmod +x pre-commit; cd ../..; mkdir -p .git/info; echo new > .git/info/exclude;"
        "printf '*.py filter=evil\\n' > .gitattributes; echo x >> src/hall.py; echo x > new;"
        "rm .git/index; echo garbage > .git/index"
    )
    assert await job.changes() == ["A\t.gitattributes", "A\tnew", "M\tsrc/hall.py"]
    assert not (job.overlay.result / "ran").exists()


async def test_nested_repositories_are_left_out(job):
    job.does(
        "git init -q sub && cd sub && echo x > f && git add f"
        " && git -c user.name=a -c user.email=a commit -qm x && cd .."
        " && git init -q bare && rm -rf bare/.git/HEAD && echo y > bare/kept"
        " && git init -q deep/er && echo n > new"
    )
    assert await job.changes() == ["A\tbare/kept", "A\tnew"]


async def test_a_submodule_with_a_hostile_repository_in_it_runs_nothing(
    lowers, origin, mirrors, tmp_path
):
    require_overlays()
    sha = origin.commit({"module": ("160000", b"1" * 40)})
    await mirrors.fetch(REPO, origin.url, None)
    lower = await lowers.lower(REPO, sha)
    overlay = Overlay(tmp_path / "job", lower, mirrors.path(REPO))
    seed(overlay.result, lower / ".git/index")
    job = Job(overlay, sha)
    job.does(
        "cd module && git init -q && git -c user.name=a -c user.email=a commit -qm x --allow-empty"
        " && git config core.fsmonitor 'touch /result.git/ran' && echo y > file && echo x > ../new"
    )
    assert await job.changes() == ["A\tnew"]
    assert not (overlay.result / "ran").exists()


async def test_a_tracked_file_replaced_by_something_that_is_none_stays_as_it_was(job):
    job.does(
        "rm README.md src/hall.py; mkfifo README.md pipe; git init -q src/hall.py; echo n > new"
    )
    job.does("cd src/hall.py && git -c user.name=a -c user.email=a commit -qm x --allow-empty")
    assert await job.changes() == ["A\tnew"]


async def test_names_that_git_refuses_do_not_spoil_the_rest(job):
    job.does(
        "mkdir .GIT 'git~1' '.git '; echo x > .GIT/config; echo x > 'git~1/x'; echo x > '.git /x';"
        "for n in $(seq 40); do echo $n > f$n; done; printf x > \"$(printf 'b\\377d')\""
    )
    changes = await job.changes()
    assert len(changes) == 41
    assert 'A\t"b\\377d"' in changes


async def test_a_file_that_cannot_be_converted_is_left_out(job):
    job.does("echo '*.txt working-tree-encoding=UTF-16' > .gitattributes; printf abc > a.txt")
    assert await job.changes() == ["A\t.gitattributes"]


async def test_many_long_names_fit_on_command_lines(job):
    name = "n" * 200
    job.does(f"mkdir d; for n in $(seq 1200); do echo $n > d/{name}$n; done")
    assert len(await job.changes()) == 1200
    job.does("rm -r d")
    assert await job.snapshot() is None


async def test_only_changed_files_are_read(lowers, base, mirror, tmp_path):
    require_overlays()
    lower = await lowers.lower(REPO, base)
    then = (lower / "README.md").stat()
    (lower / "README.md").write_bytes(b"# Hole\n")
    os.utime(lower / "README.md", ns=(then.st_atime_ns, then.st_mtime_ns))
    overlay = Overlay(tmp_path / "job", lower, mirror)
    seed(overlay.result, lower / ".git/index")
    assert await Job(overlay, base).snapshot() is None


async def test_trouble_with_its_own_repository_is_not_taken_for_an_odd_name(job):
    job.does("echo x > new; touch /result.git/index.lock")
    with pytest.raises(GitFailed):
        await job.snapshot()


async def test_a_snapshot_taken_again_is_of_the_tree_as_it_is_then(job):
    job.does("echo x > one")
    await job.snapshot()
    job.does("rm one; echo x > two")
    assert await job.changes() == ["A\ttwo"]


async def test_pointers_of_git_lfs_are_files_like_others(lowers, mirrors, origin, tmp_path):
    require_overlays()
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9000\n"
    rules = b"*.bin filter=lfs diff=lfs merge=lfs -text\n"
    base = origin.commit({".gitattributes": (FILE, rules), "big.bin": (FILE, pointer)})
    await mirrors.fetch(REPO, origin.url, None)
    lower = await lowers.lower(REPO, base)
    assert (lower / "big.bin").read_bytes() == pointer
    overlay = Overlay(tmp_path / "job", lower, mirrors.path(REPO))
    seed(overlay.result, lower / ".git/index")
    job = Job(overlay, base)
    job.does("touch big.bin; cp big.bin copy.bin; echo x > new")
    assert await job.changes() == ["A\tcopy.bin", "A\tnew"]
    sha = await job.snapshot()
    for name in ("big.bin", "copy.bin"):
        assert await job.git(["cat-file", "blob", f"{sha}:{name}"]) == pointer.decode()
