"""The one place of the app that starts git.

Git reads nothing of the machine, of a home or of a workspace: the environment is
built here from nothing, and a repository's own settings are always ours.  What a
process is given beyond that (a credential, a lock, more time) is a changed copy of
the frozen `Git`, made with `dataclasses.replace`.
"""

import asyncio
import base64
import contextlib
import os
import re
import signal
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.model.errors import Refused, Unavailable
from bot.model.gitconfig import git_config
from bot.workspace.snapshot import ALONE, CALM, GitFailed

SHA = re.compile(r"[0-9a-f]{40}", re.ASCII)
"""A full object name, as GitHub's repositories have them."""

_CHUNK = 64 * 1024
_ERROR_LINES = 200
_RETRY_AFTER = 30.0

# A connection below 1,000 bytes a second for a minute is dead.
# https://git-scm.com/docs/git-config#Documentation/git-config.txt-httplowSpeedLimit
_NETWORK = (("http.lowSpeedLimit", "1000"), ("http.lowSpeedTime", "60"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What a git process left: its exit status and what it wrote."""

    code: int
    out: bytes
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The token to show to the server at `url`, and to no other."""

    url: str
    token: SecretStr = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """How git is started.

    Attributes:
        protocols: the transports it may use, in GIT_ALLOW_PROTOCOL's words.
        seconds: how long one process may take before it is killed.
        most: bytes that it may write to standard output.
        environment: variables beside those that are always set.
        inherits: descriptors that it keeps open, such as a lock.
        login: shown to a remote over HTTP; reaches git in memory that has no name.
    """

    protocols: str = "https:http"
    seconds: float = 120.0
    most: int = 64 * 1024**2
    environment: Mapping[str, str] = field(default_factory=dict)
    inherits: tuple[int, ...] = ()
    login: Login | None = None

    async def run(self, at: Path, *words: str, stdin: bytes = b"") -> Finished:
        """Run git with `at` as its repository and return how it ended.

        Raises:
            Unavailable: it took too long; a push may have arrived nevertheless.
            Refused: it wrote more than `most` bytes.
        """
        with _shown(self.login) as shown, _in_memory(stdin) as given:
            process = await asyncio.create_subprocess_exec(
                "git",
                *words,
                env=self._environment(at, shown),
                cwd="/",
                stdin=given,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                pass_fds=(*self.inherits, *shown),
                start_new_session=True,
            )
            try:
                return await self._converse(process, words)
            finally:
                await _end(process)

    async def out(self, at: Path, *words: str, stdin: bytes = b"") -> bytes:
        """Run git and return what it wrote.

        Raises:
            GitFailed: it ended with an error; that is a bug of ours or a broken repository.
            Unavailable: see `run`.
            Refused: see `run`.
        """
        finished = await self.run(at, *words, stdin=stdin)
        if finished.code != 0:
            raise GitFailed(words, finished.err)
        return finished.out

    async def line(self, at: Path, *words: str) -> str:
        """Run git and return the one line that it wrote."""
        return (await self.out(at, *words)).decode("ascii").strip()

    def _environment(self, at: Path, shown: tuple[int, ...]) -> dict[str, str]:
        login = tuple(("include.path", f"/proc/self/fd/{fd}") for fd in shown)
        return {
            "PATH": os.defpath,
            "GIT_DIR": str(at),
            "GIT_ALLOW_PROTOCOL": self.protocols,
            **ALONE,
            **git_config((*CALM, *_NETWORK, *login)),
            **self.environment,
        }

    async def _converse(
        self, process: asyncio.subprocess.Process, words: tuple[str, ...]
    ) -> Finished:
        try:
            async with asyncio.timeout(self.seconds), asyncio.TaskGroup() as pumps:
                out = pumps.create_task(self._listen(process))
                err = pumps.create_task(self._complaints(process))
                code = await process.wait()
        except TimeoutError:
            late = f"`git {words[0]}` gave no answer in {self.seconds:.0f} seconds"
            raise Unavailable("git", late, retry_after=_RETRY_AFTER, sent=True) from None
        if len(out.result()) > self.most:
            raise Refused("too_large", f"`git {words[0]}` wrote more than {self.most} bytes.")
        return Finished(code=code, out=out.result(), err=err.result())

    async def _listen(self, process: asyncio.subprocess.Process) -> bytes:
        assert process.stdout is not None
        heard = bytearray()
        while chunk := await process.stdout.read(_CHUNK):
            if len(heard) <= self.most:
                heard += chunk
            else:
                # Read on to the end, or asyncio never hears that the process is gone.
                _kill(process)
        return bytes(heard)

    async def _complaints(self, process: asyncio.subprocess.Process) -> str:
        """Return the last lines of standard error; git ends those of its progress with CR."""
        assert process.stderr is not None
        lines: deque[str] = deque(maxlen=_ERROR_LINES)
        rest = ""
        while chunk := await process.stderr.read(_CHUNK):
            text = rest + chunk.decode(errors="replace").replace("\r", "\n")
            *whole, rest = text.split("\n")
            rest = rest[-_CHUNK:]
            lines.extend(line[:_CHUNK] for line in whole)
        return "\n".join((*lines, rest)).strip()


GIT = Git()
"""Git as it is started unless a caller says otherwise."""


@contextlib.contextmanager
def _shown(login: Login | None) -> Iterator[tuple[int, ...]]:
    """Write the credential where only a process that inherits the descriptor finds it.

    It is a file of git configuration in anonymous memory: every helper process of git
    opens it afresh through /proc/self/fd, and neither argv, environment nor disk has it.
    """
    if login is None:
        yield ()
        return
    there = urlsplit(login.url)
    pair = f"x-access-token:{login.token.get_secret_value()}".encode()
    header = f"Authorization: Basic {base64.b64encode(pair).decode()}"
    text = f'[http "{there.scheme}://{there.netloc}/"]\n\textraHeader = "{header}"\n'
    with _in_memory(text.encode()) as descriptor:
        yield (descriptor,)


@contextlib.contextmanager
def _in_memory(content: bytes) -> Iterator[int]:
    """Yield a descriptor of a file without a name, at its beginning.

    Unlike a pipe it needs nobody to feed it, and git may leave it half read.
    """
    descriptor = os.memfd_create("greenroom")
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        _kill(process)
        await process.wait()
