"""Listens to many answers at once, and says how long each was silent.

A program of its own, so that it can be held on another core than what it measures: one task
on standard input (`Listen` as JSON), one result on standard output (`Heard`).
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

import aiohttp
import uvloop

from bench.asks import body, headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Whom to ask, once for each token; `socket` is the path of a unix socket, if it is one."""

    url: str
    tokens: Sequence[str]
    key: str
    socket: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Milliseconds: to the first byte of each answer, and the longest silence within each."""

    first: Sequence[float]
    silence: Sequence[float]


async def listen(task: Listen) -> Heard:
    connector = aiohttp.UnixConnector(task.socket, limit=0) if task.socket else None
    connector = connector or aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        heard = await asyncio.gather(*(_one(http, task, token) for token in task.tokens))
    return Heard(first=[each[0] for each in heard], silence=[each[1] for each in heard])


async def _one(http: aiohttp.ClientSession, task: Listen, token: str) -> tuple[float, float]:
    given = {**headers(task.key), "Authorization": f"Bearer {token}"}
    began, told, at = time.perf_counter(), b"", []
    async with http.post(task.url, data=_BODY, headers=given) as answer:
        async for piece in answer.content.iter_any():
            at.append(time.perf_counter())
            told = told[-100:] + piece
    if b"message_stop" not in told:
        raise RuntimeError(f"{answer.status}: {told!r}")
    silences = (after - before for before, after in pairwise(at))
    return (at[0] - began) * 1000, max(silences) * 1000


_BODY = body()


def main() -> None:
    heard = uvloop.run(listen(Listen(**json.load(sys.stdin))))
    json.dump(asdict(heard), sys.stdout)


if __name__ == "__main__":
    main()
