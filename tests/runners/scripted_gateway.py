"""A gateway at the wire that says what a test tells it to, and keeps what it was told."""

import asyncio
import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web

from bot.githttp import serve
from bot.model.runs import JobPlan


@dataclass
class ScriptedGateway:
    """Knows one job.

    Attributes:
        folder: where `gateway.sock` is.
        calls: path and payload of everything it was told.
        go_on: what a heartbeat is answered.
        fenced: whether everything is answered 409.
        models: the address of a server of all models.
        letters: the messages for each time that it is asked for some.
    """

    folder: Path
    plan: JobPlan
    launch_token: str = "launch-canary-3f9a"
    run_token: str = "run-canary-77c1"
    go_on: bool = True
    fenced: bool = False
    claimed: bool = False
    models: str = ""
    quarantine: Path | None = None
    calls: list[tuple[str, Any]] = field(default_factory=list)
    letters: list[list[Any]] = field(default_factory=list)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    checkpoints_answer: int = 204
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=128 * 1024**2)
        app.router.add_post("/checkpoint", self._left)
        app.router.add_get("/blobs/{name}", self._blob)
        app.router.add_post("/launch", self._launch)
        app.router.add_post("/{name:heartbeat|messages|steps|notes|outputs|finish}", self._told)
        app.router.add_post("/models/{tail:.+}", self._model)
        app.router.add_post("/mcp", self._no_tools)
        app.router.add_route("*", "/git/quarantine.git/{tail:.*}", self._git)
        self._runner = web.AppRunner(app, auto_decompress=False, access_log=None)
        await self._runner.setup()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "gateway.sock").unlink(missing_ok=True)
        await web.UnixSite(self._runner, str(self.folder / "gateway.sock")).start()
        (self.folder / "gateway.sock").chmod(0o666)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def told(self, path: str) -> list[Any]:
        """Everything that was posted to a path."""
        return [payload for where, payload in self.calls if where == path]

    async def until(self, path: str, count: int = 1) -> Any:
        """Wait until a path was posted to so often, and return the last payload."""
        async with asyncio.timeout(60), self.changed:
            await self.changed.wait_for(lambda: len(self.told(path)) >= count)
        return self.told(path)[count - 1]

    async def _launch(self, request: web.Request) -> web.Response:
        if request.headers["Authorization"] != f"Bearer {self.launch_token}":
            return web.Response(status=401)
        if self.claimed or self.fenced:
            return web.Response(status=409)
        self.claimed = True
        return web.json_response({"run_token": self.run_token, "plan": asdict(self.plan)})

    async def _git(self, request: web.Request) -> web.StreamResponse:
        if request.headers["Authorization"] != f"Bearer {self.run_token}":
            return web.Response(status=401)
        assert self.quarantine is not None
        return await serve(
            request,
            self.quarantine,
            request.match_info["tail"],
            services=("git-receive-pack",),
            config={"http.receivepack": "true"},
        )

    async def _model(self, request: web.Request) -> web.StreamResponse:
        """Pass a request for a model on, and its answer back as it comes."""
        if request.headers["Authorization"] != f"Bearer {self.run_token}":
            return web.Response(status=401)
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type")}
        async with (
            aiohttp.ClientSession(self.models) as session,
            session.post(request.path_qs, data=await request.read(), headers=headers) as far,
        ):
            near = web.StreamResponse(status=far.status)
            near.content_type = far.content_type
            await near.prepare(request)
            async for chunk in far.content.iter_any():
                await near.write(chunk)
            return near

    async def _no_tools(self, request: web.Request) -> web.Response:
        """Greet a client of the Model Context Protocol, and offer it nothing."""
        asked = await request.json()
        if "id" not in asked:
            return web.Response(status=202)
        greeting = {
            "protocolVersion": asked.get("params", {}).get("protocolVersion"),
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "scripted", "version": "1"},
        }
        result = greeting if asked["method"] == "initialize" else {"tools": []}
        return web.json_response({"jsonrpc": "2.0", "id": asked["id"], "result": result})

    async def _left(self, request: web.Request) -> web.Response:
        """Keep the parts of a checkpoint as blobs, and note its names."""
        if request.headers["Authorization"] != f"Bearer {self.run_token}":
            return web.Response(status=401)
        form = await request.post()
        left = json.loads(form["left"])
        for name, part in form.items():
            if name != "left":
                data = part.file.read() if isinstance(part, web.FileField) else bytes(part)
                self.blobs[hashlib.sha256(data).hexdigest()] = data
        async with self.changed:
            self.calls.append((request.path, left))
            self.changed.notify_all()
        return web.Response(status=409 if self.fenced else self.checkpoints_answer)

    async def _blob(self, request: web.Request) -> web.Response:
        data = self.blobs.get(request.match_info["name"])
        return web.Response(status=404) if data is None else web.Response(body=data)

    async def _told(self, request: web.Request) -> web.Response:
        if request.headers["Authorization"] != f"Bearer {self.run_token}":
            return web.Response(status=401)
        payload = json.loads(await request.read())
        async with self.changed:
            self.calls.append((request.path, payload))
            self.changed.notify_all()
        if self.fenced:
            return web.Response(status=409)
        status, answer = self.answers.get(request.path, (200, self._default(request.path)))
        return web.json_response(answer, status=status) if answer else web.Response(status=204)

    def _default(self, path: str) -> Any:
        if path == "/messages":
            return {"messages": self.letters.pop(0) if self.letters else []}
        return {
            "/heartbeat": {"go_on": self.go_on},
            "/outputs": {"accepted": True, "left": 0},
        }.get(path)
