import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot import githttp
from tests.devhub.checkout import ENVIRONMENT


async def git(*argv: str, cwd: Path) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        "git",
        *argv,
        cwd=cwd,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


@dataclass
class Host:
    """A little server of one repository, with what it allows and what it saw."""

    bare: Path
    work: Path
    url: str = ""
    services: tuple[githttp.Service, ...] = ("git-upload-pack", "git-receive-pack")
    config: dict[str, str] = field(default_factory=dict)
    encodings: list[str | None] = field(default_factory=list)
    heads_when_settled: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.encodings.append(request.headers.get("Content-Encoding"))
        path = request.match_info["path"]
        settled = self.note_head if path == "git-receive-pack" else None
        return await githttp.serve(
            request,
            self.bare,
            path,
            services=self.services,
            config=self.config,
            settled=settled,
        )

    async def note_head(self) -> None:
        _, head = await git("rev-parse", "refs/heads/main", cwd=self.bare)
        self.heads_when_settled.append(head.strip())


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    host = Host(tmp_path / "bare.git", tmp_path / "work")
    await git("init", "-q", "--bare", "-b", "main", str(host.bare), cwd=tmp_path)
    await git("clone", "-q", str(host.bare), str(host.work), cwd=tmp_path)
    await commits(host.work, 1)
    await git("push", "-q", "origin", "HEAD:main", cwd=host.work)
    app = web.Application()
    app.router.add_route("*", "/r.git/{path:.*}", host.handle)
    runner = web.AppRunner(app, auto_decompress=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host.url = f"http://127.0.0.1:{runner.addresses[0][1]}/r.git"
    yield host
    await runner.cleanup()


async def commits(work: Path, count: int, branch: str = "main") -> None:
    """Write that many commits on a branch, quickly."""
    stream = "".join(
        f"commit refs/heads/{branch}\ncommitter A <a@example.com> {1_700_000_000 + n} +0000\n"
        f"data {len(branch)}\n{branch}\nM 100644 inline file{n % 7}\ndata {len(str(n))}\n{n}\n"
        for n in range(count)
    )
    process = await asyncio.create_subprocess_exec(
        "git",
        "fast-import",
        "--quiet",
        "--force",
        cwd=work,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
    )
    await process.communicate(stream.encode())
    await git("checkout", "-qf", branch, cwd=work)


async def test_a_clone_is_the_repository(host: Host, tmp_path: Path):
    status, said = await git("clone", "-q", host.url, "copy", cwd=tmp_path)
    assert (status, said) == (0, "")
    assert (tmp_path / "copy/file0").read_text() == "0"


async def test_a_fetch_with_many_haves_is_gzipped_and_understood(host: Host, tmp_path: Path):
    await git("clone", "-q", host.url, "copy", cwd=tmp_path)
    await commits(tmp_path / "copy", 2000, "mine")
    await commits(host.work, 3, "theirs")
    await git("push", "-q", str(host.bare), "theirs", cwd=host.work)
    status, said = await git("fetch", "-q", "origin", "theirs", cwd=tmp_path / "copy")
    assert (status, said) == (0, "")
    assert "gzip" in host.encodings


async def test_protocol_version_0_works_too(host: Host, tmp_path: Path):
    argv = ("-c", "protocol.version=0", "clone", "-q", host.url, "copy")
    assert await git(*argv, cwd=tmp_path) == (0, "")


async def test_a_push_has_settled_before_the_client_hears_of_it(host: Host):
    await commits(host.work, 5)
    _, head = await git("rev-parse", "main", cwd=host.work)
    status, said = await git("push", "-qf", host.url, "main", cwd=host.work)
    assert (status, said) == (0, "")
    assert host.heads_when_settled == [head.strip()]


async def test_a_large_push_arrives_in_chunks(host: Host):
    (host.work / "big").write_bytes(os.urandom(3 << 20))
    await git("add", "big", cwd=host.work)
    await git("commit", "-qm", "big", cwd=host.work)
    argv = ("-c", "http.postBuffer=65536", "push", "-q", host.url, "HEAD:big")
    assert await git(*argv, cwd=host.work) == (0, "")


async def test_a_service_that_is_not_allowed_is_refused(host: Host):
    host.services = ("git-upload-pack",)
    status, said = await git("push", host.url, "HEAD:other", cwd=host.work)
    assert status != 0
    assert "403" in said


async def test_settings_of_the_caller_reach_git(host: Host):
    host.config = {"receive.maxInputSize": "1000"}
    (host.work / "big").write_bytes(os.urandom(1 << 16))
    await git("add", "big", cwd=host.work)
    await git("commit", "-qm", "big", cwd=host.work)
    status, said = await git("push", host.url, "HEAD:big", cwd=host.work)
    assert status != 0
    assert "pack exceeds maximum allowed size" in said or "unpack" in said


@pytest.mark.parametrize("path", ["HEAD", "objects/info/packs", "info/refs", "config"])
async def test_nothing_but_smart_http_is_served(host: Host, path: str):
    async with aiohttp.ClientSession() as http, http.get(f"{host.url}/{path}") as answer:
        assert answer.status == 404


async def test_hooks_of_the_repository_never_run(host: Host):
    hook = host.bare / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert await git("push", "-q", host.url, "HEAD:hooked", cwd=host.work) == (0, "")


async def test_git_is_gone_when_the_client_is(host: Host):
    _reader, writer = await asyncio.open_connection("127.0.0.1", int(host.url.split(":")[2][:-6]))
    writer.write(
        b"POST /r.git/git-upload-pack HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n"
        b"Content-Type: application/x-git-upload-pack-request\r\n\r\n0"
    )
    await writer.drain()
    async with asyncio.timeout(60):
        while not backends(host.bare):  # noqa: ASYNC110 - /proc wakes nobody
            await asyncio.sleep(0.01)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        while backends(host.bare):  # noqa: ASYNC110 - /proc wakes nobody
            await asyncio.sleep(0.01)


def backends(bare: Path) -> list[str]:
    """Return the http-backend processes that serve this repository."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if f"GIT_PROJECT_ROOT={bare}\0" in environ.read_text():
                found.append(environ.parent.name)
    return found
