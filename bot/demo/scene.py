"""A whole world on this machine: the embedded GitHub and the app, each in processes of its own.

The tests use it too.  Every process gets the settings that it needs and no others, and
writes its log into a file.
"""

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.demo.hub import Hub
from bot.github.permissions import union
from bot.model.errors import Unavailable
from bot.model.readers import ALWAYS_SENT, EVENTS
from bot.model.runs import RuntimeName
from bot.model.settings import Process
from bot.rules.agents import FALLBACK

PATIENCE = 30.0
"""Seconds that a process has to come up."""

COMMAND: Sequence[str] = (sys.executable, "-m", "bot")
"""How a process of the app is started; its name follows."""


@dataclass(kw_only=True)
class Scene:
    """The embedded GitHub, the app's processes, and a maintainer of `owner`.

    Attributes:
        root: the folder of everything.
        tools: a folder of programs that agents are offered.
        agent: the same, of a real agent's program.
        runtime: what runs the agents that leave it to the operator.
        models: settings of the gateway about models, with their keys.
        database: an address for `DATABASE_URL`; embedded without one.
        owner: the organization that has the repositories and the app.
        token: the maintainer's.
        hub_port: where the embedded GitHub listens; 0 takes a free port.
    """

    root: Path
    tools: Path | None = None
    agent: Path | None = None
    runtime: RuntimeName = FALLBACK
    models: Mapping[str, str] = field(default_factory=dict, repr=False)
    command: Sequence[str] = COMMAND
    database: str | None = None
    owner: str = "acme"
    url: str = ""
    token: str = field(default="", repr=False)
    port: int = 0
    hub_port: int = 0
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """The app's data folder."""
        return self.root / "home"

    @property
    def clock(self) -> Path:
        """The file that moves everybody's clock."""
        return self.root / "clock" / "offset"

    @property
    def recording(self) -> Path:
        """What the embedded GitHub was asked and what it sent, a line of JSON each."""
        return self.root / "recording.jsonl"

    def log(self, name: str) -> Path:
        """The log of a process."""
        return self.root / f"{name}.log"

    async def open(self) -> None:
        """Start the embedded GitHub, register and install the app, bring up the database."""
        self.home.mkdir(mode=0o700, parents=True)
        self.clock.parent.mkdir()
        await self._start_devhub()
        self.port = _free_port()
        secret = secrets.token_hex(16)
        async with Hub(self.url) as control:
            await control.send("POST", "/_devhub/organizations", {"login": self.owner})
            person = await control.send("POST", "/_devhub/users", {"login": "maintainer"})
            app = await control.send("POST", "/_devhub/apps", self._manifest(secret))
        self.token = person["token"]
        (self.root / "app.pem").write_text(app["pem"], encoding="ascii")
        (self.root / "app.pem").chmod(0o600)
        (self.root / "app.json").write_text(json.dumps({"id": app["id"], "secret": secret}))
        await self.run("migrate")

    def _manifest(self, secret: str) -> dict[str, object]:
        return {
            "slug": "greenroom",
            "owner": self.owner,
            "webhook_url": f"http://127.0.0.1:{self.port}/webhook",
            "webhook_secret": secret,
            "permissions": union(),
            "events": sorted(EVENTS - ALWAYS_SENT),
        }

    async def _start_devhub(self) -> None:
        ready = self.root / "devhub.json"
        files = {
            "home": self.root / "devhub",
            "clock": self.clock,
            "record": self.recording,
            "ready-file": ready,
        }
        words = [f"--{name}={path}" for name, path in files.items()]
        await self._spawn(
            "devhub", (sys.executable, "-m", "bot.devhub", f"--port={self.hub_port}", *words), {}
        )
        async with asyncio.timeout(PATIENCE):
            while not ready.exists():
                self.check()
                await asyncio.sleep(0.02)
        self.url = json.loads(ready.read_text())["url"]

    async def repository(self, name: str, source: Path) -> str:
        """Bring a git repository in, where the maintainer may write; return `owner/name`."""
        return await self._found({"name": name, "from": str(source / ".git")})

    async def found(self, name: str, files: Mapping[str, str]) -> str:
        """Make a repository of files, where the maintainer may write; return `owner/name`."""
        return await self._found({"name": name, "files": files})

    async def _found(self, what: Mapping[str, object]) -> str:
        async with Hub(self.url) as control:
            new = {"owner": self.owner, **what}
            made = await control.send("POST", "/_devhub/repositories", new)
            role = f"/_devhub/repositories/{made['full_name']}/collaborators/maintainer"
            await control.send("PUT", role, {"role": "maintain"})
        return str(made["full_name"])

    async def install(self) -> None:
        """Install the app on all of the owner's repositories."""
        async with Hub(self.url) as control:
            where = {"app": "greenroom", "account": self.owner, "sender": "maintainer"}
            await control.send("POST", "/_devhub/installations", where)

    async def start(self, *names: str) -> None:
        """Start processes of the app, and wait until the web answers when it is among them."""
        for name in names:
            await self._spawn(name, (*self.command, name), self.settings(name))
        if "web" in names or "serve" in names:
            await self._listening()

    async def run(self, name: str) -> None:
        """Run a command of the app to its end."""
        await self._spawn(name, (*self.command, name), self.settings(name))
        if await self.processes.pop(name).wait():
            raise Unavailable(name, self.last_words(name), retry_after=0)

    def settings(self, name: str) -> Mapping[str, str]:
        """Return the environment of a process: what it needs, no secret besides."""
        app = json.loads((self.root / "app.json").read_text())
        env = {
            "GREENROOM_HOME": str(self.home),
            "GREENROOM_CLOCK": str(self.clock),
            "GREENROOM_HOST": "127.0.0.1",
            "GITHUB_API_URL": self.url,
            "GITHUB_SERVER_URL": self.url,
            "PORT": str(self.port),
        }
        if self.database:
            env["DATABASE_URL"] = self.database
        boxes = {"tools": self.tools, "agent": self.agent}
        env["GREENROOM_TOOLBOXES"] = ",".join(f"{k}={path}" for k, path in boxes.items() if path)
        if name in {Process.GATEWAY, "serve"}:
            env |= self.models
        if name in {Process.WORK, "serve"}:
            env["GREENROOM_RUNTIME"] = self.runtime
            env["GITHUB_APP_ID"] = str(app["id"])
            env["GITHUB_PRIVATE_KEY_FILE"] = str(self.root / "app.pem")
        if name in {Process.WEB, "serve"}:
            env["GITHUB_WEBHOOK_SECRET"] = app["secret"]
        return env

    async def _spawn(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
        kept = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR") if key in os.environ}
        with self.log(name).open("ab") as log:
            self.processes[name] = await asyncio.create_subprocess_exec(
                *argv,
                env={**kept, **env},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def _listening(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return
                self.check()
                await asyncio.sleep(0.02)

    def check(self) -> None:
        """See that every process is up; raises Unavailable with what a dead one said last."""
        for name, process in self.processes.items():
            if process.returncode is not None:
                raise Unavailable(name, self.last_words(name), retry_after=0)

    def last_words(self, name: str) -> str:
        """Return the end of a process's log."""
        lines = self.log(name).read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it ended without a word"

    async def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """End a process, by default without a warning, and see it gone."""
        process = self.processes.pop(name)
        with suppress(ProcessLookupError):
            process.send_signal(how)
        await process.wait()

    async def close(self) -> None:
        """Tell every process to end, and see them gone."""
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                process.terminate()
        for name in self.processes.copy():
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self.processes[name].wait()
            await self.kill(name)


@asynccontextmanager
async def scene(root: Path, **settings: object) -> AsyncIterator[Scene]:
    """Open a scene in a fresh folder; close it at the end, and remove what went well."""
    made = Scene(root=root, **settings)  # type: ignore[arg-type]  # passed on as they are
    try:
        await made.open()
        yield made
    finally:
        await made.close()
    shutil.rmtree(root, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
