"""Logs of a gigabyte: neither is all of one downloaded, nor is more than its ends kept."""

import tracemalloc

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.github import downloads
from bot.github.downloads import CHUNK, fetched
from bot.rules.logs import WINDOW

GIGABYTE = 1024**3
READ = 32 * 1024**2
MEMORY = 16 * WINDOW


class Host:
    """A host that gives all or nothing, a gigabyte of it."""

    def __init__(self) -> None:
        self.sent = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = GIGABYTE
        await response.prepare(request)
        line = b"x" * CHUNK
        while self.sent < GIGABYTE:
            await response.write(line)
            self.sent += len(line)
        return response


@pytest.fixture
async def host():
    made = Host()
    app = web.Application()
    app.router.add_get("/log", made.handle)
    async with TestServer(app) as server:
        made.address = str(server.make_url("/log"))
        yield made


async def test_a_gigabyte_without_parts_is_left_early_and_memory_stays_small(host, monkeypatch):
    monkeypatch.setattr(downloads, "MOST_READ", READ)
    async with aiohttp.ClientSession() as http:
        await fetched(http, host.address)  # what is made once is not counted
        host.sent = 0
        tracemalloc.start()
        log = await fetched(http, host.address)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (len(log.head), len(log.tail)) == (WINDOW, WINDOW)
    assert host.sent < 2 * READ
    assert most < MEMORY
