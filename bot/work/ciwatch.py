"""Watches CI of what runs have brought to GitHub: who waits is told, and goes on or is done.

Events only say that it is time to look; what is true is asked of GitHub, each time anew.
So a lost event costs the minutes until the next look, and a repeated one nothing.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import inf

import structlog

from bot.github.beside import both
from bot.github.client import AtRepository
from bot.github.errors import NOT_FOUND
from bot.github.pulls import Pull
from bot.model.errors import Refused
from bot.model.facts import Waiting
from bot.model.ids import Sha
from bot.model.priorities import Priority
from bot.model.runs import Conclusion, Message
from bot.rules import cinow, watching
from bot.rules.cinow import CiNow
from bot.rules.cireport import Tried, message
from bot.rules.digest import Digest, digest
from bot.rules.endings import CHANGES, WORDS, Ending
from bot.rules.fingerprint import fingerprint, together
from bot.rules.lifecycle import Signal
from bot.rules.standings import Seen, Standing, standings
from bot.rules.verdict import Flaky, Red, Verdict, Watch, fold
from bot.rules.waiting import CI
from bot.rules.watching import Look, Met, Past, Rerun, Stop, Wake
from bot.store import mailbox, runs, story
from bot.store.run_row import RunRow
from bot.store.story import OutputRow
from bot.work import resting, telling, waking
from bot.work.context import Context
from bot.work.turns import Turns

log = structlog.get_logger()

SPACING = 1.0
"""Seconds between two looks at one run, or at runs of one installation, when there are many."""

AT_ONCE = 3
"""Looks without that spacing: the last event of a burst, which counts, is not held up."""

TOGETHER = 15
"""Looks at runs of one installation without a second between them.

GitHub lets it read 900 times a minute and a look reads six times: half of that is left to
others when a thousand runs are woken at once.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#calculating-points-for-the-secondary-rate-limit
"""

MOST_DIGESTS = 5
"""Failures of one commit that are looked into."""

PUSHED = "Somebody else has pushed `{sha}`. You start from there; keep what they did."

CLOSED = "Its pull request was closed."

MERGED = "Its pull request was merged."


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
        self._of_run = Turns(SPACING, AT_ONCE)
        self._of_installation = Turns(SPACING, TOGETHER)

    async def look(self, row: RunRow, wait: Waiting) -> float:
        """Do what CI of a run's head asks for; return the seconds until the next look.

        Raises:
            Unavailable: GitHub or the database did not answer.
            Fenced: the run has moved meanwhile.
        """
        if (soon := self._too_soon(row)) > 0:
            return soon
        at = self._context.github.at(row.installation, row.repo)
        asked = at.pulls.get(row.own_pull or row.number)
        # Nearly always the head is the one that is waited for: both are asked at once.
        pull, seen = await both(asked, _seen(at, wait.about))
        if pull.state == "closed":
            return await self._closed(row, merged=pull.merged)
        head = await _head(at, pull, wait.about)
        if head is None:
            return await self._fail(row, f"The branch `{pull.head.ref}` is gone.")
        if head != wait.about:
            return await self._moved(row, wait, head)
        if isinstance(seen, Refused):
            how = Met(conclusion=Conclusion.NEUTRAL, words=f"CI cannot be seen: {seen.words}")
            return await self._met(row, row.verdict, how)
        return await self._judge(row, wait, await self._found(at, pull.base, seen, wait.since))

    def _too_soon(self, row: RunRow) -> float:
        """Return the seconds until a run may be looked at; with none it is looked at now."""
        now = self._context.now()
        of_run = self._of_run.wait(row.id, row.id, now)
        return of_run or self._of_installation.wait(row.installation, row.id, now)

    async def _found(self, at: AtRepository, base: str, seen: Seen, since: float) -> Found:
        """Make out what is known of the head, and ask for what matters of its failures."""
        now = self._context.now()
        ours = (await self._context.github.app.identity()).id
        watch = Watch(ours=ours, since=since, required=await at.ci.required(base))
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
        report = replace(cinow.with_excerpts(report, found.digests), at=now)
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
                return await self._fail(row, words, report)

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
            await resting.follow(tx, row, head, now=now, deadline=wait.deadline)
        return SPACING

    async def _closed(self, row: RunRow, *, merged: bool) -> float:
        """End with the pull request, of which no event has told; merged, it ends well."""
        how = (
            Ending(signal=Signal.SETTLED, conclusion=Conclusion.SUCCESS, words=MERGED)
            if merged
            else Ending(signal=Signal.CANCELLED, conclusion=Conclusion.CANCELLED, words=CLOSED)
        )
        way_on = "" if merged else telling.REOPENS
        async with self._context.store.begin() as tx:
            now = self._context.now()
            await telling.finish(tx, row, how, now=now, closed=not merged, way_on=way_on)
        return inf

    async def _fail(self, row: RunRow, words: str, report: CiNow | None = None) -> float:
        how = Ending(signal=Signal.FAILED, conclusion=Conclusion.FAILURE, words=words)
        async with self._context.store.begin() as tx:
            noted = await runs.note(tx, row, verdict=asdict(report)) if report else row
            await telling.finish(tx, noted, how, now=self._context.now())
        return inf


async def _seen(at: AtRepository, sha: Sha | None) -> Seen | Refused:
    """Return all that is reported on a commit, or why that cannot be read."""
    if sha is None:
        return Seen()
    try:
        return await at.ci.seen(sha)
    except Refused as problem:
        return problem


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
