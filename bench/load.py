"""Sends signed deliveries as fast as they are answered, and says how fast that was.

A program of its own, so that it can be held on another core than what it measures:
one task on standard input (`Load` as JSON), one result on standard output (`Result`).
Requests are signed before the clock starts; only the delivery's id is new in each.
"""

import asyncio
import hmac
import json
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import cast

import uvloop


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What to send: for `seconds`, or `deliveries` in all, whichever ends first."""

    port: int
    path: str
    secret: str
    payloads: str  # a file of [{"name": event, "body": text}, …]
    connections: int = 64
    seconds: float = 3600.0
    deliveries: int = sys.maxsize
    accepted: str | None = None  # a file for the ids of what was accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came back; latencies in milliseconds."""

    seconds: float
    accepted: int
    refused: dict[str, int]
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        return self.accepted / self.seconds


class Sender:
    """What all connections share: the requests to come and the answers so far."""

    def __init__(self, load: Load) -> None:
        self.left = load.deliveries
        self.ends = float("inf")
        self.statuses = Counter[bytes]()
        self.latencies: list[float] = []
        self.accepted: list[str] = []
        self._requests = cycle(list(_requests(load)))

    def next(self) -> tuple[str, bytes] | None:
        """Return the next delivery's id and request, or None at the end."""
        if self.left == 0 or time.perf_counter() >= self.ends:
            return None
        self.left -= 1
        head, rest = next(self._requests)
        guid = str(uuid.uuid1())  # GitHub's are of version 1, too
        return guid, head + guid.encode() + rest

    def answered(self, guid: str, status: bytes, seconds: float) -> None:
        """Note an answer."""
        self.latencies.append(seconds)
        self.statuses[status] += 1
        if status == b"202":
            self.accepted.append(guid)


class Connection(asyncio.Protocol):
    """One keep-alive connection with one request under way at a time."""

    def __init__(self, sender: Sender, done: asyncio.Future[None]) -> None:
        self._sender = sender
        self._done = done
        self._answer = b""
        self._guid = ""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def send(self) -> None:
        request = self._sender.next()
        if request is None:
            self._transport.close()
        else:
            self._guid, data = request
            self._sent = time.perf_counter()
            self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, blank, body = self._answer.partition(b"\r\n\r\n")
        if blank and len(body) >= _length(head):
            took = time.perf_counter() - self._sent
            self._sender.answered(self._guid, head[9:12], took)
            self._answer = b""
            self.send()

    def connection_lost(self, _problem: Exception | None) -> None:
        self._done.set_result(None)


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


def _requests(load: Load) -> Iterator[tuple[bytes, bytes]]:
    for payload in json.loads(Path(load.payloads).read_text()):
        body = payload["body"].encode()
        signature = hmac.digest(load.secret.encode(), body, "sha256").hex()
        head = (
            f"POST {load.path} HTTP/1.1\r\nHost: 127.0.0.1:{load.port}\r\nAccept: */*\r\n"
            f"User-Agent: GitHub-Hookshot/044aadd\r\nContent-Type: application/json\r\n"
            f"X-GitHub-Event: {payload['name']}\r\nX-GitHub-Hook-ID: 292430182\r\n"
            f"X-GitHub-Hook-Installation-Target-ID: 79929171\r\n"
            f"X-GitHub-Hook-Installation-Target-Type: integration\r\n"
            f"X-Hub-Signature-256: sha256={signature}\r\n"
            f"Content-Length: {len(body)}\r\nX-GitHub-Delivery: "
        )
        yield head.encode(), b"\r\n\r\n" + body


async def send(load: Load, sender: Sender) -> Result:
    loop = asyncio.get_running_loop()
    ends = [loop.create_future() for _ in range(load.connections)]
    connections = [
        (
            await loop.create_connection(
                lambda end=end: Connection(sender, end), "127.0.0.1", load.port
            )
        )[1]
        for end in ends
    ]
    began = time.perf_counter()
    sender.ends = began + load.seconds
    for connection in connections:
        connection.send()
    await asyncio.gather(*ends)
    seconds = time.perf_counter() - began
    ranked = sorted(sender.latencies) or [float("nan")]
    accepted = sum(n for status, n in sender.statuses.items() if status.startswith(b"2"))
    return Result(
        seconds=seconds,
        accepted=accepted,
        refused={s.decode(): n for s, n in sender.statuses.items() if not s.startswith(b"2")},
        p50=ranked[len(ranked) // 2] * 1000,
        p99=ranked[len(ranked) * 99 // 100] * 1000,
    )


def main() -> None:
    load = Load(**json.load(sys.stdin))
    sender = Sender(load)
    result = uvloop.run(send(load, sender))
    if load.accepted:
        Path(load.accepted).write_text("\n".join(sender.accepted))
    json.dump(asdict(result), sys.stdout)


if __name__ == "__main__":
    main()
