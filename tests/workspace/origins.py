"""A repository on a server, made with real git."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.model.ids import Repo, Sha

REPO = Repo("octo/hall")
FILE = "100644"
LINK = "120000"

Entry = tuple[str, bytes] | None
Tree = Mapping[str | bytes, Entry]


def run_git(at: Path, *words: str, stdin: bytes = b"", tree: Path | None = None) -> str:
    """Run git as a test does: nothing of the machine's settings, errors raised."""
    environment = {
        "PATH": os.defpath,
        "GIT_DIR": str(at),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        **{f"GIT_{who}_NAME": "Ann" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "ann@example.com" for who in ("AUTHOR", "COMMITTER")},
        **({"GIT_WORK_TREE": str(tree)} if tree else {}),
    }
    done = subprocess.run(
        ["git", *words], input=stdin, capture_output=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


@dataclass(frozen=True)
class Origin:
    """A bare repository that takes commits as plain values, also hostile ones."""

    path: Path

    @property
    def url(self) -> str:
        return f"file://{self.path}"

    def commit(
        self, tree: Tree, *, ref: str = "refs/heads/main", parent: str | None = None
    ) -> Sha:
        """Commit these changes; fast-import writes names that porcelain refuses."""
        parent = parent or self.at(ref)
        lines = [f"commit {ref}\ncommitter Ann <ann@example.com> 1700000000 +0000\n".encode()]
        lines.append(b"data 4\nwork\n")
        lines.append(f"from {parent}\n".encode() if parent else b"")
        for name, entry in tree.items():
            path = name if isinstance(name, bytes) else name.encode()
            quoted = b'"' + b"".join(b"\\%03o" % byte for byte in path) + b'"'
            if entry is None:
                lines.append(b"D " + quoted + b"\n")
            elif entry[0] == "160000":
                lines.append(b"M 160000 " + entry[1] + b" " + quoted + b"\n")
            else:
                head = b"M %s inline %s\ndata %d\n" % (entry[0].encode(), quoted, len(entry[1]))
                lines.append(head + entry[1] + b"\n")
        run_git(self.path, "fast-import", "--quiet", "--force", stdin=b"".join(lines))
        sha = self.at(ref)
        assert sha is not None
        return sha

    def at(self, ref: str) -> Sha | None:
        shown = run_git(self.path, "for-each-ref", "--format=%(objectname)", ref)
        return Sha(shown) if shown else None
