"""A clone on this machine, driven by the real git with a token."""

import asyncio
import base64
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.devhub.stage import Stage

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.com",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.com",
}


class GitRefused(Exception):
    pass


def basic(token: str) -> str:
    return base64.b64encode(f"x-access-token:{token}".encode()).decode()


async def run_git(*argv: str, cwd: Path, token: str = "") -> str:
    header = ("-c", f"http.extraHeader=Authorization: Basic {basic(token)}") if token else ()
    process = await asyncio.create_subprocess_exec(
        "git",
        *header,
        *argv,
        cwd=cwd,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise GitRefused(said.decode())
    return said.decode().strip()


@dataclass
class Checkout:
    folder: Path
    token: str

    @classmethod
    async def clone(cls, stage: Stage, folder: Path, token: str = "") -> "Checkout":
        url = f"{stage.hub.base}/acme/demo.git"
        await run_git("clone", "-q", url, str(folder), cwd=folder.parent, token=token)
        return cls(folder, token)

    async def git(self, *argv: str) -> str:
        return await run_git(*argv, cwd=self.folder, token=self.token)

    async def commit(self, files: dict[str, str], message: str, *, branch: str = "") -> str:
        """Commit some files, on a branch that may be new."""
        if branch:
            known = await self.git("branch", "--list", branch)
            await self.git("checkout", "-q", *(() if known else ("-b",)), branch)
        for path, text in files.items():
            (self.folder / path).write_text(text)
        await self.git("add", "-A")
        await self.git("commit", "-qm", message)
        return await self.head()

    async def push(self, *refs: str) -> str:
        return await self.git("push", "-q", "origin", *refs)

    async def head(self) -> str:
        return await self.git("rev-parse", "HEAD")

    async def fetched(self, ref: str) -> str:
        await self.git("fetch", "-q", "origin", ref)
        return await self.git("rev-parse", "FETCH_HEAD")
