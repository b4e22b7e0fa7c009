"""How soon a job has its workspace, against a shallow clone of the same repository.

Ours is what the app does on a warm host: the ready tree is held, a process mounts it as
the job's own (idmapped and overlaid, as root; in a user namespace otherwise) and
bubblewrap runs the first command in it.  The start of the harness's interpreter is not in
it; that is a step of the way from label to agent.  The baseline is `git clone --depth=1`
from a `file://` address, and the first command without any sandbox.

Both run in turn, on tmpfs where there is one, and the medians are compared.
"""

import asyncio
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

from bot.model.ids import JobName, Repo, Sha
from bot.sandbox import mounts
from bot.sandbox.box import Bind, Box, Descriptors, argv
from bot.sandbox.probe import bubblewrap
from bot.sandbox.seccomp import program
from bot.workspace.git import Git
from bot.workspace.lowers import Lowers
from bot.workspace.mirror import Mirrors

REPO = Repo("bench/hall")
GIT = Git(protocols="file")
UID = 230_000
SEED = 20_221_122
COMMANDS = {"first command": ["/usr/bin/true"], "git status": ["/usr/bin/git", "status", "-s"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A repository to make: its files, the commits after the first, and bytes of a file."""

    name: str
    files: int
    commits: int
    file_size: int


LARGE = Size(name="1,200 files, 10,000 commits", files=1_200, commits=10_000, file_size=14_000)
HUGE = Size(name="20,000 files", files=20_000, commits=100, file_size=9_000)


async def rows(rounds: int = 7) -> AsyncIterator[dict[str, object]]:
    """Measure, and give the rows of the table; `holds` is None where there is no bar."""
    for size, bars in ((LARGE, (10.0, 4.0)), (HUGE, (None, None))):
        with _folder() as folder:
            bench = await Bench.made(folder, size)
            for (what, words), bar in zip(COMMANDS.items(), bars, strict=True):
                yield await bench.row(what, words, bar, rounds)


class Bench:
    """One repository on a server, and the app's parts warm beside it."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.folder = folder
        self.name = size.name
        self.origin = _origin(folder, size)
        self.url = f"file://{self.origin}"
        self.mirrors = Mirrors(folder / "mirrors", GIT)
        self.lowers = Lowers(folder / "lowers", self.mirrors, GIT)
        self.head = Sha(_git(self.origin, "rev-parse", "main").stdout.strip())

    @classmethod
    async def made(cls, folder: Path, size: Size) -> "Bench":
        """Make the repository, fetch it and make its tree ready, as a push event would."""
        self = cls(folder, size)
        before = Sha(_git(self.origin, "rev-parse", "main~1").stdout.strip())
        await _timed("first fetch", self.mirrors.fetch(REPO, self.url, None))
        await _timed("first tree", self.lowers.lower(REPO, before))
        await _timed("next tree", self.lowers.lower(REPO, self.head))
        return self

    async def row(self, what: str, words: list[str], bar: float | None, rounds: int):
        """Time both in turn and return the row."""
        ours, theirs = [], []
        for number in range(rounds):
            ours.append(await self._ours(self.folder / f"job-{number}", words))
            theirs.append(_theirs(self.folder / "clone", self.url, words))
            _say(f"{self.name}, {what}: round {number + 1} of {rounds}")
        return _row(f"workspace to {what}, {self.name}", ours, theirs, bar)

    async def _ours(self, folder: Path, words: list[str]) -> float:
        for name in ("upper", "work", "workspace", "lower"):
            (folder / name).mkdir(parents=True)
        _open_to_all(folder)
        with (folder / "seccomp").open("w+b") as rules, (folder / "said").open("wb") as said:
            rules.write(program())
            rules.flush()
            rules.seek(0)
            line = _line(folder, self.mirrors.path(REPO), rules.fileno(), words)
            began = time.perf_counter()
            tree = await self.lowers.hold(REPO, self.head, JobName(folder.name))
            pid = os.fork()
            if pid == 0:
                _become(folder, tree, line, rules.fileno(), said.fileno())
            _, status = os.waitpid(pid, 0)  # noqa: ASYNC222 - nothing else runs meanwhile
            took = time.perf_counter() - began
        assert status == 0, (folder / "said").read_text()
        assert (folder / "said").read_text() == "", "a fresh workspace is not clean"
        self.lowers.release(JobName(folder.name))
        (folder / "work/work").chmod(0o700)
        shutil.rmtree(folder)
        return took * 1000


def _line(folder: Path, mirror: Path, rules: int, words: list[str]) -> list[str]:
    box = Box(
        binds=(
            Bind(source=str(folder / "workspace"), target="/workspace", writable=True),
            Bind(source=str(mirror), target="/mirror.git"),
        ),
        environment={"PATH": "/usr/bin", "HOME": "/tmp"},
        directory="/workspace",
    )
    return argv(box, words, bubblewrap(), Descriptors(seccomp=rules))


def _become(folder: Path, tree: Path, line: list[str], rules: int, said: int) -> NoReturn:
    """Do in a forked process what the runner's stage does, then run the box in its place."""
    try:
        root = os.geteuid() == 0
        if root:
            mounts.unshare(mounts.CLONE_NEWNS)
            mounts.make_private()
            with mounts.owned_by(UID) as namespace:
                view = mounts.clone(tree, read_only=True, mapped=namespace)
            mounts.attach(view, folder / "lower")
            tree = folder / "lower"
        else:
            mounts.become_user(os.geteuid(), os.getegid())
            mounts.make_private()
        upper, work = folder / "upper", folder / "work"
        mounts.overlay(tree, upper, work, folder / "workspace", user=not root)
        if root:
            os.setgroups([])
            os.setresgid(UID, UID, UID)
            os.setresuid(UID, UID, UID)
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.set_inheritable(rules, True)  # noqa: FBT003 - the library's own
        os.execve(line[0], line, {})
    except OSError as problem:
        os.write(said, str(problem).encode())
    finally:
        os._exit(1)


def _theirs(clone, url, words):
    began = time.perf_counter()
    _run(["git", "clone", "--quiet", "--depth=1", url, str(clone)])
    done = _run(words, cwd=clone)
    took = time.perf_counter() - began
    assert done.stdout == ""
    shutil.rmtree(clone)
    return took * 1000


def _row(name, ours, theirs, bar):
    value, baseline = statistics.median(ours), statistics.median(theirs)
    ratio = baseline / value
    _say(
        f"{name}: {value:.0f} ms ({min(ours):.0f} to {max(ours):.0f}), "
        f"clone {baseline:.0f} ms ({min(theirs):.0f} to {max(theirs):.0f}), {ratio:.1f} times"
    )
    return {
        "name": name,
        "value": round(value, 1),
        "unit": "ms",
        "baseline": round(baseline, 1),
        "ratio": round(ratio, 2),
        "bar": bar,
        "holds": None if bar is None else ratio >= bar,
    }


def _origin(folder: Path, size: Size) -> Path:
    """Make a bare repository with `git fast-import`, the same one each time."""
    origin = folder / "origin.git"
    _git(origin, "init", "--quiet", "--bare", "--initial-branch=main")
    _git(origin, "config", "gc.auto", "0")
    words = ["git", "fast-import", "--quiet"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, env=_environment(origin)) as importer:
        assert importer.stdin is not None
        _write(importer.stdin, size)
    assert importer.returncode == 0
    pack = sum(each.stat().st_size for each in (origin / "objects/pack").glob("*.pack"))
    _say(f"{size.name}: a pack of {pack / 1024**2:.0f} MB")
    return origin


def _write(stream: IO[bytes], size: Size) -> None:
    chance = random.Random(SEED)
    text = _text(chance)
    paths = [
        f"src/part{at % 97}/group{at % 7}/module_{at}.py".encode() for at in range(size.files)
    ]
    changed: list[bytes] = paths
    for commit in range(size.commits):
        stream.write(b"commit refs/heads/main\n")
        stream.write(b"committer Bench <bench@example.com> %d +0000\n" % (1_600_000_000 + commit))
        stream.write(b"data 4\nwork\n")
        for path in changed:
            length = chance.randrange(size.file_size // 2, size.file_size * 3 // 2)
            start = chance.randrange(len(text) - length)
            stream.write(b"M 100644 inline %s\ndata %d\n" % (path, length))
            stream.write(text[start : start + length] + b"\n")
        changed = [chance.choice(paths)]
        if commit % 1000 == 0:
            _say(f"{size.name}: commit {commit:,} of {size.commits:,}")


def _text(chance: random.Random) -> bytes:
    """Return four megabytes that compress as source code does, to about a third."""
    letters = "abcdefghijklmnopqrstuvwxyz_"
    words = ["".join(chance.choices(letters, k=chance.randrange(2, 12))) for _ in range(5_000)]
    lines = (" ".join(chance.choices(words, k=8)) for _ in range(70_000))
    return "\n".join(lines).encode()[: 4 * 1024**2]


@contextmanager
def _folder() -> Iterator[Path]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


def _open_to_all(folder: Path) -> None:
    """Let the job's uid reach its folder, as the runner's stage does with mounts of its own."""
    if os.geteuid() == 0:
        folder.parent.chmod(0o755)
        for name in ("upper", "workspace"):
            os.chown(folder / name, UID, UID)


async def _timed(what, work) -> None:
    began = time.perf_counter()
    await work
    _say(f"{what}: {(time.perf_counter() - began) * 1000:.0f} ms")


def _environment(at: Path | None = None) -> dict[str, str]:
    settings = {"PATH": os.defpath, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
    return {**settings, **({"GIT_DIR": str(at)} if at else {})}


def _git(at: Path, *words: str):
    return subprocess.run(
        ["git", *words], env=_environment(at), check=True, capture_output=True, text=True
    )


def _run(words, cwd: Path | None = None):
    done = subprocess.run(
        words, cwd=cwd, env=_environment(), check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]}: {done.stderr}")
    return done


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def _print() -> None:
    async for row in rows():
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    asyncio.run(_print())
