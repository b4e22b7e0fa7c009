"""Looks for credentials in everything that a run leaves behind, and in what runs."""

import gzip
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.stories.canaried import CANARY

FORMS = (
    CANARY.encode(),
    rb"ghs_[0-9]+_[A-Za-z0-9._-]{10,}",  # an installation's token
    rb"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.",  # a JSON web token
    rb"eC1hY2Nlc3MtdG9rZW46[A-Za-z0-9+/]{10,}",  # x-access-token:TOKEN, as git sends it
)
"""What credentials look like that are made on the way."""


@dataclass(frozen=True)
class Search:
    """Knows what to look for; finds by name, never by value, so that a failure tells no secret."""

    wanted: dict[str, re.Pattern[bytes]] = field(repr=False)

    @classmethod
    def of(cls, pem: str, webhook_secret: str) -> "Search":
        lines = [line for line in pem.splitlines() if not line.startswith("-")]
        known = {f"line {n} of the key": line for n, line in enumerate(lines) if len(line) > 40}
        known["the webhook secret"] = webhook_secret
        forms = {form.decode(): re.compile(form) for form in FORMS}
        return cls({name: re.compile(re.escape(t.encode())) for name, t in known.items()} | forms)

    def inside(self, text: bytes) -> list[str]:
        return [name for name, pattern in self.wanted.items() if pattern.search(text)]

    def files(self, root: Path, within: Path | None = None) -> dict[str, list[str]]:
        """Return the files below a folder that hold something, names included, unpacked.

        `within`, else that folder, has the repositories that bundles build upon.
        """
        found, bases = {}, repositories(within or root)
        for path in root.rglob("*"):
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            text = b"\n".join((str(path).encode(), content, unpacked(content, bases)))
            if names := self.inside(text):
                found[str(path.relative_to(root))] = names
        return found

    def repositories(self, root: Path) -> dict[str, list[str]]:
        """Return the git repositories below a folder with something in any object, unpacked."""
        found = {}
        for repository in repositories(root):
            if names := self.inside(objects(repository)):
                found[str(repository.relative_to(root))] = names
        return found

    def processes(self, pids: Iterable[int], *files: str) -> dict[str, list[str]]:
        """Return the files in /proc of some processes that hold something."""
        paths = [Path(f"/proc/{pid}/{file}") for pid in pids for file in files]
        found = {str(path): self.inside(read(path)) for path in paths}
        return {path: names for path, names in found.items() if names}


def repositories(root: Path) -> list[Path]:
    return [path.parent for path in root.rglob("HEAD") if (path.parent / "objects").is_dir()]


def objects(repository: Path) -> bytes:
    words = ["git", "-c", "safe.directory=*", "--git-dir", str(repository), "cat-file"]
    batch = ["--batch-all-objects", "--batch", "--unordered"]
    return subprocess.run([*words, *batch], check=False, capture_output=True).stdout


def unpacked(content: bytes, bases: Iterable[Path]) -> bytes:
    """Return what a bundle of git or a packed file holds, such as checkpoints are."""
    if content.startswith(b"\x1f\x8b"):
        return gzip.decompress(content)
    if not re.match(rb"# v[23] git bundle\n", content):
        return b""
    pack = content.partition(b"\n\n")[2]
    below = ":".join(str(repository / "objects") for repository in bases)
    with tempfile.TemporaryDirectory() as name:
        git = ["git", "--git-dir", name]
        subprocess.run([*git, "init", "-q", "--bare"], check=True)
        words = [*git, "index-pack", "--stdin", "--fix-thin"]
        around = {**os.environ, "GIT_ALTERNATE_OBJECT_DIRECTORIES": below}
        subprocess.run(words, input=pack, env=around, check=True, capture_output=True)
        return objects(Path(name))


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def memory(pid: int) -> bytes:
    """Return what a process can have written into its memory."""
    held = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as content:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, may, *_ = line.split()
            start, end = (int(word, 16) for word in place.split("-"))
            if may.startswith("rw"):
                content.seek(start)
                with suppress(OSError):
                    held.append(content.read(end - start))
    return b"".join(held)
