"""Hands events to apps: signed, once, in order; GitHub never tries again by itself.

https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

import aiohttp

from bot.devhub.journal import Journal
from bot.devhub.records import App, Delivery
from bot.devhub.switches import Switches
from bot.model.clock import Clock

# "Your server should respond with a 2XX response within 10 seconds of receiving a webhook
# delivery. If your server takes longer than that to respond, then GitHub terminates the
# connection and considers the delivery a failure."
TIMEOUT = 10.0

_GLANCE = 0.02
_KEPT_BODY = 64 * 1024


class Hookshot:
    """One queue and one sender for each app; each attempt is logged, whatever comes of it.

    Attributes:
        timeout: seconds that an app has to answer.
    """

    def __init__(self, clock: Clock, switches: Switches, journal: Journal) -> None:
        self.timeout = TIMEOUT
        self._clock = clock
        self._switches = switches
        self._journal = journal
        self._held: list[tuple[App, Delivery]] = []
        self._queues: dict[int, asyncio.Queue[tuple[App, Delivery]]] = {}
        self._unsettled = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._group: asyncio.TaskGroup | None = None
        self._http: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send while the body runs; what is still queued at its end is lost."""
        async with (
            aiohttp.ClientSession() as self._http,
            asyncio.TaskGroup() as self._group,
        ):
            yield
            for task in self._tasks:
                task.cancel()

    async def drained(self) -> None:
        """Return when every delivery so far was attempted."""
        await self._idle.wait()

    def post(self, app: App, delivery: Delivery) -> None:
        """Log a delivery and see that it is attempted."""
        app.deliveries.append(delivery)
        event = f"{delivery.event}.{delivery.action}" if delivery.action else delivery.event
        if self._switches.strikes("lose", event):
            delivery.status = "failed to connect to host"
            self._recorded(app, delivery)
            return
        self._unsettled += 1
        self._idle.clear()
        if self._switches.strikes("late", event):
            self._start(self._late(app, delivery, self._clock.now() + self._switches.late))
            return
        self._held.append((app, delivery))
        self.release()

    def release(self) -> None:
        """Queue what is held, last first when deliveries are being reordered."""
        if len(self._held) < self._switches.reorder:
            return
        batch = reversed(self._held) if self._switches.reorder else iter(self._held)
        for app, delivery in batch:
            self._queue(app).put_nowait((app, delivery))
        self._held.clear()

    def _queue(self, app: App) -> asyncio.Queue[tuple[App, Delivery]]:
        if app.id not in self._queues:
            self._queues[app.id] = asyncio.Queue()
            self._start(self._drain(self._queues[app.id]))
        return self._queues[app.id]

    def _start(self, work: Coroutine[None, None, None]) -> None:
        assert self._group is not None, "posted while not running"
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drain(self, queue: asyncio.Queue[tuple[App, Delivery]]) -> None:
        while True:
            await self._attempt(*await queue.get())

    async def _late(self, app: App, delivery: Delivery, due: float) -> None:
        while self._clock.now() < due:  # noqa: ASYNC110 - a clock that is moved wakes nobody
            await asyncio.sleep(_GLANCE)
        await self._attempt(app, delivery)

    async def _attempt(self, app: App, delivery: Delivery) -> None:
        started = asyncio.get_running_loop().time()
        delivery.delivered_at = self._clock.now()
        delivery.request_headers = headers(app, delivery)
        try:
            await self._send(app, delivery)
        except TimeoutError:
            delivery.status, delivery.status_code = "timed out", 504
        except aiohttp.ClientError:
            delivery.status = "failed to connect to host"
        delivery.duration = asyncio.get_running_loop().time() - started
        self._recorded(app, delivery)
        self._unsettled -= 1
        if not self._unsettled:
            self._idle.set()

    async def _send(self, app: App, delivery: Delivery) -> None:
        assert self._http is not None
        async with self._http.post(
            app.hook_url,
            data=delivery.payload,
            headers=delivery.request_headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=self.timeout),
        ) as answer:
            body = await answer.content.read(_KEPT_BODY)
        delivery.status_code = answer.status
        delivery.status = "OK" if answer.ok else f"Invalid HTTP Response: {answer.status}"
        delivery.response_headers = dict(answer.headers)
        delivery.response_body = body.decode(errors="replace")

    def _recorded(self, app: App, delivery: Delivery) -> None:
        facts = {
            "app": app.slug,
            "event": delivery.event,
            "action": delivery.action,
            "headers": delivery.request_headers,
            "payload": json.loads(delivery.payload),
            "status": delivery.status_code,
        }
        self._journal.record("webhook", facts)


def headers(app: App, delivery: Delivery) -> dict[str, str]:
    """Return what GitHub sends beside a payload.

    https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers
    """
    secret = app.hook_secret.encode()
    sha1 = hmac.new(secret, delivery.payload, hashlib.sha1).hexdigest()
    sha256 = hmac.new(secret, delivery.payload, hashlib.sha256).hexdigest()
    return {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/devhub",
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Hook-ID": str(app.id),
        "X-GitHub-Hook-Installation-Target-ID": str(app.id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-Hub-Signature": f"sha1={sha1}",
        "X-Hub-Signature-256": f"sha256={sha256}",
    }
