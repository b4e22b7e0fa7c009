"""What a job says to us, answered at once and written down under its fence.

The gateway is only the face of this: every call names its job by a token, and every
write checks in its own transaction that this job is still the run's current one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import structlog
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.clock import Clock
from bot.model.errors import Fenced, Refused
from bot.model.runs import Conclusion, JobPlan, Message
from bot.rules import agenttools, credentials, outputs
from bot.rules.attempts import DELIVERING_PATIENCE
from bot.rules.budget import tells_the_way
from bot.rules.delivering import DELIVERY
from bot.rules.endings import MOST_KILLS, Ended, Ending, ending, goes_again
from bot.rules.lifecycle import Compute, Run, Signal
from bot.rules.outputs import Accepted, Place, Rejected
from bot.store import jobs, mailbox, runs, spending, story
from bot.store.engine import Store
from bot.store.jobs import JobRow
from bot.store.run_row import RunRow
from bot.store.story import OutputRow
from bot.work import questions, telling

log = structlog.get_logger()

MOST_STEPS = 200
"""Lines of progress and notes that one run may add; the rest are dropped."""

DROPPED = f"It was dropped: a run may add {MOST_STEPS} lines and notes."
"""Said to an agent that adds one too many."""

MOST_TURNS = 20
"""How often one job is told of something new; what comes then is for another, with time anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a harness gets for its launch token."""

    plan: JobPlan
    run_token: SecretStr


class Broker:
    """Answers the jobs.

    Every method but `claim` takes the run token.  All raise Refused `unknown_token` for
    a token that nobody has, and Fenced for the token of a job that is not current.
    """

    def __init__(self, store: Store, clock: Clock, token: Callable[[], str]) -> None:
        self._store = store
        self._clock = clock
        self._token = token

    async def claim(self, launch: SecretStr) -> Claim:
        """Exchange a launch token, once, for the plan and a run token."""
        run_token = SecretStr(self._token())
        now = self._clock.now()
        async with self._store.begin() as tx:
            job = _known(await jobs.by_launch_token(tx, launch))
            row = await self._current(tx, job)
            if not await jobs.claim(tx, job.name, run_token, now=now):
                raise Fenced(f"job {job.name} was claimed already")
            if row.state is not Run.RUNNING or row.compute is not Compute.STARTING:
                raise Fenced(f"job {job.name} is not wanted any more")
            live = await runs.signal(tx, row, Signal.CAME_UP, now=now)
            await telling.tell(tx, live, "The agent is at work", now=now)
        log.info("job.claimed", run=job.run, job=job.name)
        return Claim(plan=job.plan, run_token=run_token)

    async def of(self, token: SecretStr) -> JobRow:
        """Return the job of a run token, if it is its run's current one."""
        async with self._store.read() as tx:
            job = _known(await jobs.by_run_token(tx, token))
            await self._current(tx, job)
        return job

    async def beat(self, token: SecretStr) -> bool:
        """Note that a harness is alive; False tells it to stop."""
        async with self._store.begin() as tx:
            job = _known(await jobs.by_run_token(tx, token))
            row = await self._current(tx, job)
            await jobs.beat(tx, job.name, now=self._clock.now())
        return row.state is Run.RUNNING and row.compute is Compute.LIVE

    async def messages(self, token: SecretStr, *, after: int) -> Sequence[Message]:
        """Hand out what has come for a live job, whose agent was told `after` messages so far.

        They become a part of the job's plan, and its agent may ask for its outputs once more.
        They are read when the job says how it ended: were it lost before, the next one is
        told of them.  Asking again is answered with the same.

        What was said against a plan with a yes is for another job, which may change nothing
        before a yes to another plan.
        """
        now = self._clock.now()
        async with self._store.begin() as tx:
            row = await self._current(tx, _known(await jobs.by_run_token(tx, token)))
            job = _known(await jobs.by_run_token(tx, token))  # once more, now that the run is held
            if row.state is not Run.RUNNING or row.compute is not Compute.LIVE or job.ended_at:
                return ()
            told = job.plan
            come = [each for each in await mailbox.unread(tx, row.id) if each[0] not in told.mail]
            if come and job.turn < MOST_TURNS and not _is_bound(told, row):
                told = _told(told, come)
                await jobs.tell(tx, job.name, told)
                what = "a new message" if len(come) == 1 else f"{len(come)} new messages"
                await telling.tell(tx, row, f"Told the agent of {what}", now=now)
                log.info("job.told", run=job.run, job=job.name, messages=len(come))
        return told.messages[after:]

    async def step(self, token: SecretStr, text: str, *, key: str | None = None) -> bool:
        """Show one line of the agent's progress, once for each `key` of the caller's.

        False where the run has had `MOST_STEPS`, and nothing came of it.
        """
        now = self._clock.now()
        async with self._store.begin() as tx:
            job, row = await self._working(tx, token)
            if await story.count(tx, job.run) >= MOST_STEPS:
                return False
            await story.hear(tx, job.run, credentials.without_secrets(text), now=now, key=key)
            await telling.refresh(tx, row, now=now)
        return True

    async def note(self, token: SecretStr, text: str, *, key: str | None = None) -> bool:
        """Keep a note for the run's next job, once for each `key` of the caller's.

        False where the run has had `MOST_STEPS`, and nothing came of it.
        """
        now = self._clock.now()
        async with self._store.begin() as tx:
            job, _ = await self._working(tx, token)
            if await story.count(tx, job.run) >= MOST_STEPS:
                return False
            await story.keep_note(tx, job.run, credentials.storable(text), now=now, key=key)
        return True

    async def ask(
        self, token: SecretStr, kind: str, payload: Mapping[str, object], *, key: str | None = None
    ) -> Accepted | Rejected:
        """Decide on an output, and keep it when it is accepted.

        A caller that heard no answer asks again with the same `key` and is told what
        was decided the first time.
        """
        now = self._clock.now()
        async with self._store.begin() as tx:
            job, row = await self._working(tx, token)
            grants = job.plan.agent.outputs
            used = await story.used(tx, job.run, job.fence, kind, turn=job.turn)
            if key and (before := await story.was_asked(tx, job.run, key)):
                return Accepted(payload=before.payload, left=max(grants.get(kind, 0) - used, 0))
            place = place_of(row)
            answer = outputs.check(kind, payload, grants=grants, used=used, place=place)
            if isinstance(answer, Accepted):
                kept = OutputRow(kind=kind, payload=answer.payload, key=key)
                await story.ask(tx, job.run, job.fence, kept, now=now, turn=job.turn)
        log.info("output.asked", run=job.run, kind=kind, accepted=isinstance(answer, Accepted))
        return answer

    async def checks(self, token: SecretStr) -> str:
        """Say how CI stood on the head of a job's run when that was last looked at."""
        async with self._store.read() as tx:
            _, row = await self._working(tx, token)
        return agenttools.checks(row.head, row.verdict)

    async def finish(self, token: SecretStr, ended: Ended, *, told: int | None = None) -> None:
        """Take a job's last word; repeating it changes nothing.

        `told` is how many of its plan's messages its agent was told; None stands for all.
        """
        now = self._clock.now()
        async with self._store.begin() as tx:
            job = _known(await jobs.by_run_token(tx, token))
            if job.ended_at is not None:
                return
            row = await self._current(tx, job)
            await jobs.end(tx, job.name, asdict(ended), now=now)
            again = await self._again(tx, row, job.plan.mail[:told], now)
            if row.state is Run.RUNNING and again:
                await telling.tell(tx, row, again, now=now)
            elif row.state is Run.RUNNING:
                await self._conclude(tx, row, ended, now)
        log.info("job.ended", run=job.run, job=job.name, exit=ended.exit, cause=ended.cause)

    async def _again(
        self, tx: AsyncConnection, row: RunRow, mail: Sequence[int], now: float
    ) -> str:
        """Say why a run has another job at once; what a killed one was told is for that one."""
        if goes_again(await jobs.endings(tx, row.id, most=MOST_KILLS)):
            return "The agent was killed; starting it again"
        await mailbox.read(tx, mail, now=now)
        return "Something new has come; going on" if await runs.unread(tx, row.id) else ""

    async def _conclude(self, tx: AsyncConnection, row: RunRow, ended: Ended, now: float) -> None:
        asked = await story.asked(tx, row.id, row.fence)
        how = ending(ended, {each.kind for each in asked})
        if how.conclusion is Conclusion.FAILURE:
            await self._fail(tx, row, how, now)
            return
        if how.signal is not Signal.DELIVERS:
            await telling.finish(tx, row, how, now=now)
            return
        parked = await runs.signal(tx, row, Signal.DELIVERS, now=now, result=ended.result)
        await story.wait(tx, row.id, DELIVERY, now=now, deadline=now + DELIVERING_PATIENCE)
        await telling.tell(tx, parked, "The agent is done; checking what it made", now=now)
        await questions.ask(tx, parked, now=now)

    async def _fail(self, tx: AsyncConnection, row: RunRow, how: Ending, now: float) -> None:
        """End a run whose agent failed: for want of an answer from its model, if that is why."""
        why = await spending.stopped(tx, row.id, row.fence)
        if why is None:
            await telling.finish(tx, row, how, now=now)
            return
        way_on = "" if tells_the_way(why) else telling.CONTINUES
        await telling.finish(tx, row, replace(how, words=why), now=now, way_on=way_on)

    async def _working(self, tx: AsyncConnection, token: SecretStr) -> tuple[JobRow, RunRow]:
        job = _known(await jobs.by_run_token(tx, token))
        row = await self._current(tx, job)
        if row.state is not Run.RUNNING:
            raise Fenced(f"run {job.run} is {row.state}")
        return job, row

    async def _current(self, tx: AsyncConnection, job: JobRow) -> RunRow:
        row = await runs.get(tx, job.run)
        if row.fence != job.fence:
            raise Fenced(f"job {job.name} was replaced")
        return row


def place_of(row: RunRow) -> Place:
    """Say where a run's outputs go: its own pull request once there is one."""
    return Place(kind="pull" if row.on_branch else "issue", fork=row.fork)


def _is_bound(plan: JobPlan, row: RunRow) -> bool:
    """Tell whether a job does what a yes was given to which counts no more: it hears no more."""
    granted = plan.agent.outputs.keys()
    return "plan" in granted and row.plan is None and not granted.isdisjoint(outputs.CHANGES)


def _told(plan: JobPlan, come: Sequence[tuple[int, Message]]) -> JobPlan:
    """Return a plan with numbered messages added to it."""
    return replace(
        plan,
        messages=(*plan.messages, *(message for _, message in come)),
        mail=(*plan.mail, *(number for number, _ in come)),
    )


def _known(job: JobRow | None) -> JobRow:
    if job is None:
        raise Refused("unknown_token", "This token opens nothing.")
    return job
