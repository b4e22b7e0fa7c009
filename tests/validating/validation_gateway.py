"""A gateway that knows one validation, hands its job out once, and keeps what it is told."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from bot.gateway.answers import answered
from bot.model.validations import ValidationPlan

LAUNCH, TOKEN = "launch-canary-5d1c", "validation-canary-e80b"


@dataclass
class ScriptedGateway:
    """Knows one job.

    Attributes:
        blob: what differs from the base.
        routes: what else it answers.
        go_on: what each piece of output is answered.
        printed: pieces of output, with how many bytes were before.
        ended: what it was told of the end; None before.
        report: the report that came with it.
        times: when each of these came, by the loop's clock.
    """

    folder: Path
    plan: ValidationPlan
    blob: bytes = b""
    launch_token: str = LAUNCH
    go_on: bool = True
    taken: int = 200
    routes: Sequence[web.RouteDef] = ()
    claimed: bool = False
    printed: list[tuple[int, str]] = field(default_factory=list)
    ended: dict[str, Any] | None = None
    report: bytes | None = None
    artifacts: bytes | None = None
    first_at: float = 0.0
    done: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=(answered,), client_max_size=32 * 1024**2)
        app.router.add_post("/validation/launch", self._launch)
        app.router.add_get("/validation/work", self._work)
        app.router.add_post("/validation/output", self._output)
        app.router.add_post("/validation/verdict", self._verdict)
        app.add_routes(self.routes)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "gateway.sock").unlink(missing_ok=True)
        await web.UnixSite(self._runner, str(self.folder / "gateway.sock")).start()
        (self.folder / "gateway.sock").chmod(0o666)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def output(self) -> str:
        """All that was handed in, in order."""
        return "".join(text for _, text in self.printed)

    async def has_claimed(self) -> bool:
        """Tell whether the job has its plan."""
        return self.claimed

    async def verdict(self, seconds: float = 60) -> dict[str, Any]:
        """Wait for the end of the validation."""
        async with asyncio.timeout(seconds):
            await self.done.wait()
        assert self.ended is not None
        return self.ended

    async def _launch(self, request: web.Request) -> web.Response:
        if request.headers["Authorization"] != f"Bearer {LAUNCH}" or self.claimed:
            return web.Response(status=409)
        self.claimed = True
        self.begun.set()
        return web.json_response({"run_token": TOKEN, "plan": asdict(self.plan)})

    async def _work(self, request: web.Request) -> web.Response:
        return web.Response(body=self.blob, status=200 if _mine(request) else 401)

    async def _output(self, request: web.Request) -> web.Response:
        if not _mine(request):
            return web.Response(status=401)
        said = await request.json()
        if said["text"] and not self.printed:
            self.first_at = asyncio.get_running_loop().time()
        self.printed.append((said["at"], said["text"]))
        self.heard.set()
        return web.json_response({"go_on": self.go_on}, status=self.taken)

    async def _verdict(self, request: web.Request) -> web.Response:
        if not _mine(request):
            return web.Response(status=401)
        async for part in await request.multipart():
            data = bytes(await part.read())
            if part.name == "ended":
                self.ended = json.loads(data)
            elif part.name == "artifacts":
                self.artifacts = data
            else:
                assert part.name == "report"
                self.report = data
        self.done.set()
        return web.Response(status=204)


def _mine(request: web.Request) -> bool:
    return request.headers["Authorization"] == f"Bearer {TOKEN}"
