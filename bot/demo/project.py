"""A real open-source project, from its source package to a git repository.

The package is pinned by its hash and kept in a cache: the first time, pip also runs the
package's build backend, which takes a while.
"""

import asyncio
import hashlib
import os
import shutil
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from bot.model.errors import Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project whose own configuration of its formatter and linter reports findings.

    Attributes:
        checks: the commands that the project's configuration stands for; run in its root.
    """

    name: str
    version: str
    sha256: str
    checks: tuple[tuple[str, ...], ...]

    @property
    def package(self) -> str:
        """The file name of the source package."""
        return f"{self.name}-{self.version}.tar.gz"


STAMINA = Project(
    name="stamina",
    version="25.1.0",
    sha256="ad674809796ae40512b3b6296cfade826efd63863ff2ca2f59f806342e91e94a",
    checks=(("ruff", "format", "--check", "."),),
)
"""A package for retries (MIT), whose hooks run ruff's linter and formatter."""


async def fetch(project: Project, cache: Path) -> Path:
    """Return the source package, downloaded when the cache lacks it.

    Raises:
        Unavailable: pip could not get it, or got something else.
    """
    package = cache / project.package
    if not package.exists():
        cache.mkdir(parents=True, exist_ok=True)
        await _download(project, cache)
    if hashlib.sha256(package.read_bytes()).hexdigest() != project.sha256:
        package.unlink()
        words = f"{project.package} is not what it should be; try again."
        raise Unavailable("package registry", words, retry_after=60)
    return package


async def _download(project: Project, cache: Path) -> None:
    pinned = f"{project.name}=={project.version}"
    words = ("download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(cache))
    pip = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "pip", *words, pinned),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await pip.communicate()
    if pip.returncode != 0 or not (cache / project.package).exists():
        last = said.decode(errors="replace").strip().splitlines()[-1:] or ["it gave no reason"]
        words_of_pip = f"pip could not download {pinned}: {last[0]}"
        raise Unavailable("package registry", words_of_pip, retry_after=60)


async def make_repository(package: Path, folder: Path) -> Path:
    """Unpack a source package and make its tree the first commit of a git repository."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tarfile.open(package) as archive:
        archive.extractall(folder, filter="data")
    (root,) = folder.iterdir()
    git = ("git", "-C", str(root), "-c", "user.name=demo", "-c", "user.email=demo@localhost")
    await run(*git, "init", "--quiet", "--initial-branch=main")
    await run(*git, "add", "--all", "--force")
    await run(*git, "commit", "--quiet", "--message", f"Import {package.name}")
    return root


async def passes(project: Project, tree: Path, tools: Path) -> bool:
    """Run the project's checks in a tree; True when all of them pass."""
    search = f"{tools}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return all([await run(*words, cwd=tree, path=search) == 0 for words in project.checks])


async def run(*words: str, cwd: Path | None = None, path: str | None = None) -> int:
    """Run a program quietly; return its exit status."""
    process = await asyncio.create_subprocess_exec(
        shutil.which(words[0], path=path) or words[0],
        *words[1:],
        cwd=cwd,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await process.wait()
