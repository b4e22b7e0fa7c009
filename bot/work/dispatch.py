"""Carry out what handlers want: rows, in the transaction that ends the delivery.

There is no network here.  What GitHub should see becomes a wish in the outbox.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.errors import Fenced, Unavailable
from bot.model.facts import Pause
from bot.model.ids import DeliveryGuid, RunId
from bot.model.intents import (
    Approve,
    AskAgain,
    DropBranch,
    DropLabel,
    FollowHead,
    ForgetConfig,
    Intent,
    LookAtChecks,
    MeetReview,
    React,
    RecordDecision,
    RecordHead,
    RecordInstallation,
    Refuse,
    Reply,
    ReportConfig,
    SendMessage,
    SetPause,
    StartRun,
    StopRepository,
    StopRuns,
    TellRuns,
    Validate,
    WarmMirror,
)
from bot.model.runs import Conclusion
from bot.rules.attempts import SETTLES
from bot.rules.delivering import DELIVERY
from bot.rules.endings import Ending
from bot.rules.lifecycle import Run, Signal
from bot.rules.waiting import CI, REVIEW, WAKES
from bot.rules.wording import plain
from bot.store import decisions, heads, installations, layers, pauses, queue, runs, story
from bot.store.run_row import RunRow
from bot.work import approvals, requested, resting, telling, waking
from bot.work.replies import Replies
from bot.work.telling import CONTINUES, REOPENS


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Where and when intents are carried out.

    Attributes:
        guid: the delivery they come from; part of the names of one-time acts.
        run_id: makes the id of a new run.
    """

    tx: AsyncConnection
    now: float
    guid: DeliveryGuid
    run_id: Callable[[], RunId]

    async def carry_out(self, intent: Intent) -> str:  # noqa: C901, PLR0911, PLR0912 - one row an intent
        """Turn one intent into rows; return what came of it, for the receipt."""
        match intent:
            case StartRun():
                return await self._start(intent)
            case StopRuns():
                open_runs = await runs.open_on(self.tx, intent.subject, intent.repo_id)
                wanted: Sequence[RunRow] = [
                    row for row in open_runs if intent.agent in {None, row.agent}
                ]
                if intent.merged:
                    wanted = await self._merged(wanted, intent.why)
                return await self._stop(
                    wanted,
                    intent.why,
                    labelled=not intent.unlabeled,
                    closed=intent.closed,
                    way_on="" if intent.merged else REOPENS if intent.closed else CONTINUES,
                )
            case StopRepository():
                found = await runs.open_of(self.tx, intent.installation, intent.repo)
                return await self._stop(found, intent.why, way_on="")
            case TellRuns():
                return await self._tell(intent)
            case Approve():
                return await approvals.approve(self.tx, intent, now=self.now)
            case SendMessage():
                row = await runs.get(self.tx, intent.run)
                return await waking.wake(
                    self.tx, row, intent.message, key=intent.key, now=self.now
                )
            case LookAtChecks():
                waiting = await runs.waiting_on(self.tx, intent.repo_id, intent.sha)
                for run in waiting:
                    await runs.poke(self.tx, run, now=self.now)
                return f"{len(waiting)} runs wait for it"
            case MeetReview():
                return await self._approved(intent)
            case FollowHead():
                return await self._follow(intent)
            case AskAgain():
                return await approvals.ask_again(self.tx, intent, now=self.now)
            case SetPause():
                return await self._pause(intent)
            case (
                React()
                | Reply()
                | Refuse()
                | ReportConfig()
                | DropBranch()
                | DropLabel()
                | WarmMirror()
            ):
                return await Replies(self.tx, self.now, self.guid).carry_out(intent)
            case Validate():
                return await requested.ask(self.tx, intent, self.guid, self.run_id, now=self.now)
            case RecordDecision():
                await decisions.record(self.tx, self.guid, intent, now=self.now)
                return f"{intent.act} {'allowed' if intent.allowed else 'refused'}: {intent.rule}"
            case RecordHead():
                about = intent.repo_id, intent.number, intent.sha
                new = await heads.record(self.tx, *about, at=intent.at)
                return "recorded a head" if new else "the head is known"
            case ForgetConfig():
                await layers.forget(self.tx, intent.repo)
                return f"forgot the configuration of {intent.repo}"
            case RecordInstallation():
                await installations.record(self.tx, intent)
                return f"recorded installation {intent.installation}"
            case _:
                assert_never(intent)

    async def _start(self, intent: StartRun) -> str:
        run = self.run_id()
        scopes = pauses.scopes(intent.subject.repo, intent.repo_id)
        held = await pauses.among(self.tx, scopes)
        if intent.per_day is not None:
            today = await queue.started_today(self.tx, intent.repo_id, now=self.now)
            if today >= intent.per_day:  # others were faster: to be decided anew
                raise Fenced("the runs of this day were started meanwhile")
        started = await telling.start(self.tx, intent, run, held, now=self.now)
        return f"queued run {run}" if started else "a run is open already"

    async def _stop(
        self,
        found: Sequence[RunRow],
        why: str,
        *,
        way_on: str,
        labelled: bool = True,
        closed: bool = False,
    ) -> str:
        stop = Ending(signal=Signal.CANCELLED, conclusion=Conclusion.CANCELLED, words=why)
        for row in found:
            await telling.finish(
                self.tx,
                row,
                stop,
                now=self.now,
                labelled=labelled,
                closed=closed,
                way_on=way_on,
            )
        return f"stopped {len(found)} runs"

    async def _approved(self, intent: MeetReview) -> str:
        """Take an approval for what it is: a yes to one head.

        Raises:
            Unavailable: the run is about to wait for it.
        """
        row = await runs.get(self.tx, intent.run)
        if row.head != intent.head:
            return f"run {row.id} has another head than the one that was approved"
        waits = (await story.waiting(self.tx, [row.id])).get(row.id, ())
        if {wait.reason for wait in waits} == {DELIVERY}:
            raise Unavailable("github", f"run {row.id} still delivers", retry_after=SETTLES / 4)
        how = _settled(f"{plain(intent.by.login)} approved it.")
        return await resting.met(self.tx, row, REVIEW, how, now=self.now)

    async def _follow(self, intent: FollowHead) -> str:
        """Have a run that waits for a review, and not for CI, wait at another head."""
        row = await runs.get(self.tx, intent.run)
        waits = (await story.waiting(self.tx, [row.id])).get(row.id, ())
        until = {wait.reason: wait.deadline for wait in waits}
        if row.state is not Run.PARKED or REVIEW not in until or CI in until:
            return f"run {row.id} does not wait for a review alone"
        await resting.follow(self.tx, row, intent.head, now=self.now, deadline=until[REVIEW])
        return f"run {row.id} waits at {intent.head}"

    async def _merged(self, found: Sequence[RunRow], why: str) -> Sequence[RunRow]:
        """End well the runs that only wait for CI and people; return the others."""
        waits = await story.waiting(self.tx, [row.id for row in found])
        rest = []
        for row in found:
            reasons = {wait.reason for wait in waits.get(row.id, ())}
            if row.state is Run.PARKED and reasons and reasons <= WAKES:
                await telling.finish(self.tx, row, _settled(why), now=self.now)
            else:
                rest.append(row)
        return rest

    async def _tell(self, intent: TellRuns) -> str:
        found = await runs.open_on(self.tx, intent.subject, intent.repo_id)
        for row in found:
            await telling.tell(self.tx, row, intent.text, now=self.now)
        return f"told {len(found)} runs"

    async def _pause(self, intent: SetPause) -> str:
        if intent.on:
            pause = Pause(scope=intent.scope, by=intent.by, at=self.now)
            new = await pauses.set_on(self.tx, pause)
            return f"paused {intent.scope}" if new else f"{intent.scope} is paused already"
        ended = await pauses.set_off(self.tx, intent.scope)
        return f"resumed {intent.scope}" if ended else f"{intent.scope} was not paused"


def _settled(words: str) -> Ending:
    return Ending(signal=Signal.SETTLED, conclusion=Conclusion.SUCCESS, words=words)
