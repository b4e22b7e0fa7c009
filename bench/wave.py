"""A thousand runs woken at the same moment, beside other people's deliveries.

One run is brought by a real job to where it waits for an answer, and copied into the
repositories of three organizations: GitHub is asked who answers, and an installation has 300
points at once and then ten a second, of which one is a read and five are a write.  All
thousand answers are posted to the app, signed, as fast as it takes them.  Before and meanwhile
somebody in another organization writes two commands a second; each is answered, stored, handled.

The thousand queue: runs are paused, so that no job takes the processor from what is measured.
"""

import asyncio
import hmac
import json
import sqlite3
import sys
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bench import steps
from bench.copies import copied, name_of
from bench.latency import FILES, project
from bench.load import Load
from bench.table import Row, bounded, compared
from bot.clocks import system_clock
from bot.demo.hub import Hub
from bot.demo.scene import Scene
from bot.store.inbox import SHARE

WOKEN = 1_000
FIRST = 20_000
"""The number of the first copy: other copies in the same database have those below."""

ORGANIZATIONS = ("north", "east", "south")
"""Where the runs are that wait."""

BYSTANDER = "elsewhere"
"""Where nothing waits."""

RATE = 2.0
"""Deliveries a second: well below what a third of a busy app gets done."""

QUIET = 12.0
"""Seconds of them before the wave."""

DRAINED = 60.0
"""Seconds; by GitHub's limits alone it takes some 30, since what is written takes points too."""

SHARED = 1.0 * len(ORGANIZATIONS) * SHARE + 1.0
"""How many times as long others may wait for what they ask.

They share the app with as many of the wave as may be under way, and with nothing that waits:
behind all thousand it would be a hundred times as long.
"""

LEFT = "SELECT count(*) FROM runs WHERE state = 'parked' AND id BETWEEN ? AND ?"

AGENT = """\
---
name: wonder
description: Asks what is meant
greenroom:
  runtime: playbook
  on: {label: agent:wonder}
  context: thread
  outputs: {pull_request: {max: 1}, question: {max: 1}}
---
"""

UNFIT = """\
```diff
--- a/README.md
+++ b/README.md
@@ -1 +1 @@
-# Another project
+# A better one
```
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A repository, and a delivery of a comment in it as GitHub has sent it.

    Attributes:
        columns: what rows of its runs have of their own.
        issue: the path of its first issue.
    """

    columns: Mapping[str, Any]
    issue: str
    payload: Mapping[str, Any]

    def comment(self, number: int, text: str, now: float) -> bytes:
        """Make the delivery of a new comment on an issue of that number."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
        payload = deepcopy(dict(self.payload))
        payload["issue"]["number"] = number
        payload["comment"]["body"] = text
        payload["comment"]["created_at"] = payload["comment"]["updated_at"] = at
        return json.dumps(payload).encode()


@dataclass(slots=True, kw_only=True)
class Stream:
    """Deliveries that keep coming: when each was sent, and the seconds until the answer."""

    sent: dict[str, float] = field(default_factory=dict)
    answered: list[float] = field(default_factory=list)

    @property
    def p99(self) -> float:
        """Milliseconds."""
        return sorted(self.answered)[len(self.answered) * 99 // 100] * 1000


async def rows(world: Scene) -> list[Row]:
    """Let the runs wait, measure the quiet stream, then wake them all beside another."""
    wave = Wave(world)
    await wave.prepare()
    quiet, busy = Stream(), Stream()
    async with wave.streaming(quiet):
        await asyncio.sleep(QUIET)
    await wave.handled(quiet)
    async with wave.streaming(busy):
        took = await wave.wake()
    before, during = await wave.handled(quiet), await wave.handled(busy)
    return [
        bounded(f"{WOKEN:,} woken at once: until none is parked", "s", [took], at_most=DRAINED),
        compared("an answer to others meanwhile, p99", "ms", [busy.p99], [quiet.p99]),
        compared("others' delivery to handled meanwhile", "ms", during, before, at_most=SHARED),
    ]


class Wave:
    """The runs that wait, and whoever else is there, in one app."""

    def __init__(self, world: Scene) -> None:
        self._world = world
        self._clock = system_clock(world.clock)
        self._places: dict[str, Place] = {}
        self._ids = ("", "")
        self._count = 0

    async def prepare(self) -> None:
        """Bring one run to where it waits for an answer, and copy it."""
        source = await project(
            self._world.root / "asking", {**FILES, ".github/agents/wonder.md": AGENT}
        )
        for owner in (*ORGANIZATIONS, BYSTANDER):
            self._places[owner] = await self._place(owner, source)
        first = self._places[ORGANIZATIONS[0]]
        async with Hub(self._world.url, self._world.token) as hub:
            await hub.send("PATCH", first.issue, {"body": UNFIT})
            await hub.send("POST", f"{first.issue}/labels", {"labels": ["agent:wonder"]})
        while not (run := self._waiting(first)):
            self._world.check()
            await asyncio.sleep(0.1)
        with closing(self._database()) as database:
            numbers = range(FIRST, FIRST + WOKEN)
            self._ids = (name_of(run, FIRST), name_of(run, FIRST + WOKEN - 1))
            copied(database, run, numbers, lambda number: self._of(number).columns)
            database.execute("INSERT INTO pauses VALUES ('all', 'bench', 0)")
            database.commit()

    async def _place(self, owner: str, source: Path) -> Place:
        async with Hub(self._world.url) as control:
            await control.send("POST", "/_devhub/organizations", {"login": owner})
            new = {"owner": owner, "name": "project", "from": str(source / ".git")}
            repo = (await control.send("POST", "/_devhub/repositories", new))["full_name"]
            people = f"/_devhub/repositories/{repo}/collaborators/maintainer"
            await control.send("PUT", people, {"role": "maintain"})
            where = {"app": "greenroom", "account": owner, "sender": "maintainer"}
            await control.send("POST", "/_devhub/installations", where)
        async with Hub(self._world.url, self._world.token) as hub:
            issue = await hub.send("POST", f"/repos/{repo}/issues", {"title": "Something"})
            at = f"/repos/{repo}/issues/{issue['number']}"
            said = await hub.send("POST", f"{at}/comments", {"body": "A word."})
        while not (payload := self._delivered(said["id"])):
            self._world.check()
            await asyncio.sleep(0.1)
        about = payload["repository"]
        columns = {"installation": payload["installation"]["id"], "repo_id": about["id"]}
        return Place(columns={**columns, "repo": repo}, issue=at, payload=payload)

    def _delivered(self, comment: int) -> Mapping[str, Any] | None:
        query = "SELECT body FROM delivery_bodies JOIN deliveries USING (guid) WHERE event = ?"
        with closing(self._database()) as database:
            for (body,) in database.execute(f"{query} ORDER BY id DESC", ("issue_comment",)):
                if (payload := json.loads(body))["comment"]["id"] == comment:
                    return dict(payload)
        return None

    def _waiting(self, place: Place) -> str | None:
        query = "SELECT id FROM runs JOIN waits ON run = id WHERE repo = ? AND reason = 'answer'"
        with closing(self._database()) as database:
            found = database.execute(
                f"{query} AND state = 'parked' AND compute = 'none'", (place.columns["repo"],)
            ).fetchone()
        return found and found[0]

    def _of(self, number: int) -> Place:
        return self._places[ORGANIZATIONS[number % len(ORGANIZATIONS)]]

    async def wake(self) -> float:
        """Post all answers; return the seconds until no run waits, or until that is late."""
        answers = [
            {
                "name": "issue_comment",
                "body": self._of(number)
                .comment(number + 1_000_001, "Yes, please do.", self._clock.now())
                .decode(),
            }
            for number in range(FIRST, FIRST + WOKEN)
        ]
        payloads = self._world.root / "answers.json"
        payloads.write_text(json.dumps(answers))
        load = Load(
            port=self._world.port,
            path="/webhook",
            secret=self._secret(),
            payloads=str(payloads),
            deliveries=WOKEN,
        )
        began = time.monotonic()
        sender = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.load",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await sender.communicate(json.dumps(asdict(load)).encode())
        print(f"  {said.decode()}", file=sys.stderr, flush=True)
        with closing(self._database()) as database:
            while database.execute(LEFT, self._ids).fetchone()[0] and not _late(began):
                self._world.check()
                await asyncio.sleep(0.5)
        return time.monotonic() - began

    @asynccontextmanager
    async def streaming(self, stream: Stream) -> AsyncIterator[None]:
        """Send deliveries at a steady rate while the block runs."""
        async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(self._stream(http, stream, tasks))
            yield
            sending.cancel()

    async def _stream(
        self, http: aiohttp.ClientSession, stream: Stream, tasks: asyncio.TaskGroup
    ) -> None:
        while True:
            tasks.create_task(self._send(http, stream))
            await asyncio.sleep(1 / RATE)

    async def _send(self, http: aiohttp.ClientSession, stream: Stream) -> None:
        self._count += 1
        body = self._places[BYSTANDER].comment(self._count + 1, "/gr status", self._clock.now())
        guid = str(uuid.uuid1())
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "issue_comment",
            "X-GitHub-Delivery": guid,
            "X-Hub-Signature-256": "sha256="
            + hmac.digest(self._secret().encode(), body, "sha256").hex(),
        }
        url = f"http://127.0.0.1:{self._world.port}/webhook"
        stream.sent[guid] = time.time()
        began = time.perf_counter()
        async with http.post(url, data=body, headers=headers) as answer:
            answer.raise_for_status()
        stream.answered.append(time.perf_counter() - began)

    async def handled(self, stream: Stream) -> Sequence[float]:
        """Return the milliseconds from sending to handled of every delivery of a stream."""
        while True:
            lines = steps.lines(self._world.log("work"), min(stream.sent.values()))
            ended = {each["delivery"]: each["at"] for each in lines if "delivery" in each}
            if stream.sent.keys() <= ended.keys():
                return [(ended[guid] - sent) * 1000 for guid, sent in stream.sent.items()]
            self._world.check()
            await asyncio.sleep(0.5)

    def _secret(self) -> str:
        return str(json.loads((self._world.root / "app.json").read_text())["secret"])

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(self._world.home / "greenroom.db", timeout=30)


def _late(began: float) -> bool:
    return time.monotonic() - began > DRAINED
