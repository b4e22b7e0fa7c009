"""Watches CI of what runs have brought to GitHub: who waits is told, and goes on or is done.

Events only say that it is time to look; what is true is asked of GitHub, each time anew.
So a lost event costs the minutes until the next look, and a repeated one nothing.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import inf

import structlog

from bot.github.client import AtRepository
from bot.github.errors import NOT_FOUND
from bot.github.pulls import Pull
from bot.model.errors import Refused
from bot.model.facts import Waiting
from bot.model.ids import RunId, Sha
from bot.model.priorities import Priority
from bot.model.runs import Conclusion, Message
from bot.rules import cinow, watching
from bot.rules.cinow import CiNow
from bot.rules.cireport import Tried, message
from bot.rules.digest import Digest, digest
from bot.rules.endings import CHANGES, WORDS, Ending
from bot.rules.fingerprint import fingerprint, together
from bot.rules.lifecycle import Signal
from bot.rules.standings import Standing, standings
from bot.rules.verdict import Flaky, Red, Verdict, Watch, fold
from bot.rules.waiting import CI
from bot.rules.watching import Look, Met, Past, Rerun, Stop, Wake
from bot.store import mailbox, runs, story
from bot.store.run_row import RunRow
from bot.store.story import OutputRow
from bot.work import calling, resting, telling, waking
from bot.work.context import Context

log = structlog.get_logger()

SPACING = 1.0
"""Seconds between two looks at one run, so that a burst of events is one look."""

MOST_DIGESTS = 5
"""Failures of one commit that are looked into."""

PUSHED = "Somebody else has pushed `{sha}`. You start from there; keep what they did."

CLOSED = "Its pull request was closed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """CI of a commit as it stands; `digests` are of its failures."""

    verdict: Verdict
    rows: Sequence[Standing]
    digests: Sequence[Digest] = ()

    @property
    def mark(self) -> str:
        """By which these failures are known again; empty without any."""
        return together(map(fingerprint, self.digests)) if self.digests else ""


class CiWatch:
    """Looks at CI of the runs that wait for it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._looked: dict[RunId, float] = {}

    async def look(self, row: RunRow, wait: Waiting) -> float:
        """Do what CI of a run's head asks for; return the seconds until the next look.

        Raises:
            Unavailable: GitHub or the database did not answer.
            Fenced: the run has moved meanwhile.
        """
        now = self._context.now()
        if (soon := self._looked.get(row.id, -inf) + SPACING - now) > 0:
            return soon
        self._looked = {run: at for run, at in self._looked.items() if at > now - SPACING}
        self._looked[row.id] = now
        at = self._context.github.at(row.installation, row.repo)
        pull = await at.pulls.get(row.own_pull or row.number)
        if pull.state == "closed":
            return await self._end(row, Conclusion.CANCELLED, CLOSED)
        head = await _head(at, pull, wait.about)
        if head is None:
            words = f"The branch `{pull.head.ref}` is gone."
            return await self._end(row, Conclusion.FAILURE, words)
        if head != wait.about:
            return await self._moved(row, wait, head)
        try:
            found = await self._found(at, pull.base, head, wait.since)
        except Refused as problem:
            words = f"CI cannot be seen: {problem.words}"
            return await self._met(
                row, row.verdict, Met(conclusion=Conclusion.NEUTRAL, words=words)
            )
        return await self._judge(row, wait, found)

    async def _found(self, at: AtRepository, base: str, head: Sha, since: float) -> Found:
        """Ask for all that is known of the head, and what matters of its failures."""
        now = self._context.now()
        ours = (await self._context.github.app.identity()).id
        watch = Watch(ours=ours, since=since, required=await at.ci.required(base))
        seen = await at.ci.seen(head)
        rows = standings(seen, ours=ours)
        verdict = fold(seen, watch, now=now)
        if not isinstance(verdict, Red | Flaky):
            return Found(verdict=verdict, rows=rows)
        failures = await at.ci.failures(verdict.failures[:MOST_DIGESTS])
        digests = [digest(each) for each in failures]
        outside = frozenset(each.id for each in digests if each.outside and each.id)
        verdict = fold(seen, replace(watch, outside=outside), now=now)
        return Found(verdict=verdict, rows=rows, digests=digests)

    async def _judge(self, row: RunRow, wait: Waiting, found: Found) -> float:
        now = self._context.now()
        sha = Sha(wait.about or "")
        report = cinow.taken(row.verdict, sha, found.verdict, found.rows, since=wait.since)
        report = cinow.with_excerpts(report, found.digests)
        past = Past(
            rounds=report.rounds,
            handoffs=row.handoffs,
            most=row.terms.handoffs,
            rerun_at=report.rerun_at,
        )
        match watching.step(found.verdict, past, mark=found.mark, since=wait.since, now=now):
            case Look(seconds=seconds):
                await self._show(row, report)
                return seconds
            case Rerun() as rerun:
                return await self._rerun(row, report, rerun)
            case Met() as met:
                return await self._met(row, report, met)
            case Wake(words=words):
                return await self._wake(row, report, found, words)
            case Stop(words=words):
                return await self._end(row, Conclusion.FAILURE, words, report)

    async def _show(self, row: RunRow, report: CiNow) -> None:
        """Show how CI stands, if that is new."""
        if report != row.verdict:
            async with self._context.store.begin() as tx:
                noted = await runs.note(tx, row, verdict=asdict(report))
                await telling.refresh(tx, noted, now=self._context.now())

    async def _rerun(self, row: RunRow, report: CiNow, rerun: Rerun) -> float:
        """Have suspected flakes run again, where GitHub lets us."""
        at = self._context.github.at(row.installation, row.repo)
        try:
            for each in rerun.failures:
                await at.ci.rerun(each.id or 0, priority=Priority.RESULT)
        except Refused as problem:
            log.info("ci.not_rerun", run=row.id, reason=problem.reason)
            return await self._met(row, report, rerun.instead)
        now = self._context.now()
        asked = replace(report, rerun_at=now)
        async with self._context.store.begin() as tx:
            noted = await runs.note(tx, row, verdict=asdict(asked))
            await telling.tell(tx, noted, rerun.words, now=now)
        return watching.FIRST

    async def _met(self, row: RunRow, report: CiNow | None, met: Met) -> float:
        now = self._context.now()
        how = Ending(signal=Signal.SETTLED, conclusion=met.conclusion, words=met.words)
        async with self._context.store.begin() as tx:
            noted = await runs.note(tx, row, verdict=report and asdict(report))
            await resting.met(tx, noted, CI, how, now=now)
        return inf

    async def _wake(self, row: RunRow, report: CiNow, found: Found, words: str) -> float:
        now = self._context.now()
        async with self._context.store.read() as rows:
            asked = await story.asked(rows, row.id, row.fence)
        report = cinow.answered(report, _said(asked))
        tried = [Tried(mark=each.mark, said=each.said) for each in report.rounds]
        text = message(report.sha, found.digests, mark=found.mark, tried=tried)
        told = cinow.told(report, found.mark)
        # A job of the run may end without a new commit: then the same head may fail anew.
        key = f"ci:{report.sha}:{row.fence}"
        async with self._context.store.begin() as tx:
            noted = await runs.note(tx, row, verdict=asdict(told))
            await story.tell(tx, row.id, words, now=now)
            if report.theirs:
                push = Message(kind="push", text=PUSHED.format(sha=report.sha[:12]), at=now)
                await mailbox.post(tx, row.id, push, key=f"push:{report.sha}", now=now)
            ci = Message(kind="ci", text=text, at=now)
            await waking.wake(tx, noted, ci, key=key, now=now)
        log.info("ci.red", run=row.id, sha=report.sha, mark=found.mark)
        return inf

    async def _moved(self, row: RunRow, wait: Waiting, head: Sha) -> float:
        """Wait for CI of the commit that somebody has put in the place of ours, or on it."""
        now = self._context.now()
        async with self._context.store.begin() as tx:
            moved = await calling.move_on(tx, row, head, now=now)
            report = asdict(cinow.pushed(row.verdict, head, now))
            noted = await runs.note(tx, moved, verdict=report)
            await story.met(tx, row.id, CI)
            await story.wait(tx, row.id, CI, now=now, deadline=wait.deadline, about=head)
            words = f"Somebody has pushed `{head[:9]}`; waiting for its CI"
            await telling.tell(tx, noted, words, now=now)
        return SPACING

    async def _end(
        self, row: RunRow, conclusion: Conclusion, words: str, report: CiNow | None = None
    ) -> float:
        what = Signal.CANCELLED if conclusion is Conclusion.CANCELLED else Signal.FAILED
        how = Ending(signal=what, conclusion=conclusion, words=words)
        async with self._context.store.begin() as tx:
            noted = await runs.note(tx, row, verdict=asdict(report)) if report else row
            await telling.finish(tx, noted, how, now=self._context.now())
        return inf


async def _head(at: AtRepository, pull: Pull, known: Sha | None) -> Sha | None:
    """Return the head of a pull request; None when its branch is gone.

    GitHub may tell the pull request of a push a little later than the branch.
    """
    if pull.head.sha == known:
        return known
    try:
        return await at.repository.head(pull.head.ref)
    except Refused as problem:
        if problem.reason != NOT_FOUND:
            raise
        return None


def _said(asked: Sequence[OutputRow]) -> str:
    """Return what the agent of a job said that it did."""
    told = [each.payload for each in asked if each.kind in CHANGES or each.kind in WORDS]
    return ". ".join(str(each.get("title") or each.get("body") or "") for each in told)
