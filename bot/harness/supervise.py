"""From the agent's start to the report of its end.

Four things end an agent: itself, its time, somebody's wish, and a newer job.  The first
three lead to the same delivery of what it made; the last to silence, since nothing that a
superseded job says counts.
"""

import asyncio
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bot.agents.base import Driver, Parse, Talk
from bot.agents.events import Finished, Turn
from bot.clocks import system_clock
from bot.harness.agent import start
from bot.harness.beside import beside, until_over
from bot.harness.checkpoint import Checkpoints
from bot.harness.door import MOST_OPEN, agents_door, push_door
from bot.harness.fate import Fate
from bot.harness.gateway_client import Answer, Gateway
from bot.harness.log import BoundedLog, pump
from bot.harness.news import Keep, News
from bot.harness.program import Program, listen
from bot.harness.quiet import ask_ahead
from bot.harness.reading import reading, teller
from bot.harness.result import Result
from bot.harness.room import overfull
from bot.harness.say import say
from bot.harness.session import forget
from bot.harness.tunnel import MOST_HEAD, Tunnels
from bot.model.errors import Fenced, Unavailable
from bot.model.ids import Sha
from bot.model.inside import EGRESS
from bot.model.runs import JobPlan
from bot.rules.causes import Cause
from bot.rules.greeting import Listed
from bot.sandbox.folder import JobFolder, Order
from bot.wires import serve
from bot.workspace.snapshot import GitFailed

if TYPE_CHECKING:
    from bot.agents.acp.conversation import More
    from bot.harness.talk import Talking

HEARTBEAT = 2.0
"""Seconds between two heartbeats."""

ANEW = "The agent's last session could not be gone on with: a new one begins."
"""Told where an agent that was given a session has ended before it asked any model."""

_LOOK = 0.25
_CONFLICTS = frozenset({401, 409})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job as the start left it.

    Attributes:
        token: the run token; it stays in this process.
        gateway: path of the gateway's socket.
        talk: what to say to the agent, where it listens.
        parse: makes sense of what it prints, where it tells of itself there.
        listener: the agent's door, already listening.
        egress: its way to allowed hosts, likewise; None where there are none.
        lines: what people are told of how it begins.
        started: when the agent's program was, in seconds of the monotonic clock.
        groups: open files by which the agent's box entered its cgroups.
        session: what the agent is to go on with; None for a new one.
        tools: what it is offered, as the gateway says.
    """

    folder: JobFolder
    order: Order
    plan: JobPlan
    token: str = field(repr=False)
    gateway: str
    driver: Driver
    talk: Talk | None
    agent: Program
    listener: socket.socket
    started: float
    egress: socket.socket | None = None
    lines: tuple[str, ...] = ()
    parse: Parse | None = None
    groups: Sequence[int] = ()
    session: str | None = None
    tools: Listed = ()


def supervise(job: Job, *, stopping_already: Callable[[], bool]) -> int:
    """Stay with the agent until its end is reported, and return the exit status 0.

    Raises:
        Fenced: a newer job has taken over.
        Unavailable: the gateway stayed away too long to report to.
    """
    return asyncio.run(_Supervision(job).run(stopping_already))


class _Supervision:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._agent = job.agent
        self._asked = False
        self._fate = Fate()
        self._title: str | None = None
        self._clock = system_clock(Path(job.order.clock) if job.order.clock else None)
        self._result = Result(folder=job.folder, order=job.order, plan=job.plan)
        self._output = BoundedLog(job.folder.agent_log)
        self._news = News(job.plan, job.folder.door)

    async def run(self, stopping_already: Callable[[], bool]) -> int:
        job, fate = self._job, self._fate
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, fate.decide, "cancelled")
        if stopping_already():
            fate.decide("cancelled")
        say("harness.ready")
        gateway = Gateway(job.gateway, job.token)
        async with beside(self._beat(gateway)), beside(self._tell(gateway)):
            globs = job.driver.session
            checkpoints = Checkpoints(self._result, globs, gateway, self._clock)
            try:
                async with (
                    agents_door(
                        job.listener,
                        gateway,
                        self._hear,
                        self._ask,
                        checkpoints.taken,
                        tools=job.tools,
                    ),
                    beside(self._lead()),
                    beside(self._expire()),
                    beside(self._overfill()),
                    beside(self._keep(checkpoints)),
                    beside(ask_ahead(job.plan.ahead, gateway, checkpoints.taken)),
                ):
                    status, turn = await self._lives(gateway, checkpoints.make)
                await self._report(gateway, checkpoints, status, turn)
            finally:
                self._result.close()
                self._output.close()
        return 0

    async def _lives(self, gateway: Gateway, keep: Keep) -> tuple[int, Turn | None]:
        """Wait for the end of the agent, which begins anew where it cannot go on."""
        status, turn = await self._live(gateway, keep)
        done = status == 0 or self._asked or self._fate.changed.is_set()
        if done or self._job.session is None or self._job.parse is None:
            return status, turn
        await self._say(ANEW, gateway)
        self._agent = self._begin_anew()
        return await self._live(gateway, keep)

    def _begin_anew(self) -> Program:
        """Start the agent without its session, of which nothing is left that it could read."""
        job = self._job
        forget(job.folder.home, job.driver.session)
        what = job.driver.start(job.plan)
        return start(job.folder, job.order, what, job.plan, job.groups)

    async def _live(self, gateway: Gateway, keep: Keep) -> tuple[int, Turn | None]:
        """Wait for the end of the agent; return its status, and how its last turn ended."""
        output = asyncio.create_task(pump(self._agent.output, self._output))
        over = asyncio.create_task(until_over(self._agent.pid))

        async def more() -> str | None:
            """Return what to say next; what cannot be had now, another job is told."""
            try:
                return await self._news.next(gateway, keep, is_there=lambda: not over.done())
            except Fenced:
                self._fate.fence()
            except Unavailable as problem:
                say("gateway.away", why=str(problem))
            return None

        async with self._talking(gateway, more) as talking, self._reading(gateway) as read:
            await self._until_due(over, talking)
            self._agent.kill()
            await over
            told = talking.turn if talking else read
            turn = await told if told and not self._fate.fenced else None
        await output
        status = self._agent.status()
        say("agent.ended", status=status)
        return -signal.SIGKILL if status is None else status, turn

    async def _until_due(self, over: asyncio.Task[None], talking: "Talking | None") -> None:
        """Return when the agent has ended, or has had every chance to."""
        changed = asyncio.create_task(self._fate.changed.wait())
        turn = {talking.turn} if talking else set()
        await asyncio.wait({over, changed, *turn}, return_when=asyncio.FIRST_COMPLETED)
        changed.cancel()
        if talking and not (over.done() or self._fate.at_once):
            await talking.cancel()  # means nothing to one whose turn is over
            await asyncio.wait({over}, timeout=self._job.order.grace)
        if not (over.done() or self._fate.at_once):
            self._agent.terminate()
            await asyncio.wait({over}, timeout=self._job.order.grace)

    @asynccontextmanager
    async def _talking(self, gateway: Gateway, more: "More") -> AsyncIterator["Talking | None"]:
        """Talk to an agent that listens; there is nothing to say to others."""
        if self._job.talk is None:
            yield None
            return
        from bot.harness import talk  # noqa: PLC0415 - half a second of imports

        async with talk.talking(
            self._agent,
            self._job.talk,
            tell=teller(gateway, self._output),
            ask=talk.asker(gateway, self._hear),
            more=more,
            log=self._output,
        ) as talking:
            yield talking

    @asynccontextmanager
    async def _reading(self, gateway: Gateway) -> AsyncIterator[asyncio.Task[Turn] | None]:
        """Follow an agent that tells of itself in what it prints."""
        if self._job.parse is None:
            yield None
            return
        tell = teller(gateway, self._output)
        told = self._agent.told
        async with reading(told, self._job.parse, tell, self._output) as turn:
            yield turn

    async def _tell(self, gateway: Gateway) -> None:
        """Tell people what of the last job could not be had."""
        for line in self._job.lines:
            await self._say(line, gateway)

    async def _say(self, line: str, gateway: Gateway) -> None:
        self._output.write(f"[{line}]\n".encode())
        with suppress(Unavailable):
            await gateway.post("/steps", {"text": line})

    async def _lead(self) -> None:
        """Lead the agent to the hosts that its plan names, if there are any."""
        job = self._job
        if job.egress is not None:
            tunnels = Tunnels(str(Path(job.gateway).with_name(EGRESS)), job.token)
            await serve(job.egress, tunnels.answer, most_head=MOST_HEAD, most=MOST_OPEN)

    async def _keep(self, checkpoints: Checkpoints) -> None:
        try:
            await checkpoints.keep(self._fate.changed)
        except Fenced:
            self._fate.fence()

    async def _report(
        self, gateway: Gateway, checkpoints: Checkpoints, status: int, turn: Turn | None
    ) -> None:
        if self._fate.fenced:
            raise Fenced("a newer job has taken over")
        await checkpoints.make(patiently=True)
        ended = self._ended(status, turn)
        # handing in writes all of it once more
        sha = None if self._fate.words else await self._deliver(gateway)
        told = {"log": self._output.tail(), "told": self._news.said}
        await gateway.finish({**asdict(ended), "result": sha, **told})
        say("harness.finished", cause=ended.cause, result=sha)

    def _ended(self, status: int, turn: Turn | None) -> Finished:
        if self._fate.words:
            return Finished(cause="crashed", words=self._fate.words)
        own_end: Cause = "exited" if self._agent.came_up else "crashed"
        return self._job.driver.outcome(self._fate.cause or own_end, status, turn)

    async def _deliver(self, gateway: Gateway) -> Sha | None:
        """Push what is in the workspace; what cannot be pushed is told in the log."""
        job = self._job
        try:
            sha = await self._result.commit(self._message())
            if sha is not None:
                async with push_door(listen(job.folder.push), gateway):
                    await self._result.push(sha, gateway.answers)
        except (GitFailed, Unavailable, TimeoutError) as problem:
            say("result.lost", why=str(problem))
            words = f"\n[What was changed could not be handed in: {problem}]\n"
            self._output.write(words.encode("utf-8", "replace"))
            return None
        return sha

    def _message(self) -> str:
        plan = self._job.plan
        return f"{self._title or f'{plan.agent.name}: work on #{plan.subject}'}\n"

    def _hear(self, path: str, payload: object, answer: Answer) -> None:
        """Note the title of what was accepted: it is the commit's first line too."""
        if answer.status in _CONFLICTS:
            self._fate.fence()
        match path, answer.status, payload:
            case "/outputs", 200, {"kind": "pull_request" | "push", "title": str(title)}:
                self._title = title
            # refused or not: the commit that reaches GitHub is the app's, with words of its own
            case "/mcp", 200, {"params": {"arguments": {"title": str(title)}}}:
                self._title = title
            case _:
                pass

    def _ask(self) -> None:
        """Note that the agent has asked a model: whatever it goes on with is good enough."""
        self._asked = True

    async def _beat(self, gateway: Gateway) -> None:
        while True:
            try:
                if not await gateway.heartbeat():
                    self._fate.decide("cancelled")
            except Fenced:
                self._fate.fence()
                return
            except Unavailable as problem:
                say("gateway.away", why=str(problem))
            await asyncio.sleep(HEARTBEAT)

    async def _expire(self) -> None:
        already = time.monotonic() - self._job.started
        over = self._clock.now() - already + self._job.plan.agent.limits.seconds
        while self._clock.now() < over:  # noqa: ASYNC110 - a clock that moves tells nobody
            await asyncio.sleep(_LOOK)
        self._fate.decide("timeout")

    async def _overfill(self) -> None:
        job = self._job
        self._fate.break_off(await overfull(job.folder, job.order, lambda: (self._agent.first,)))
