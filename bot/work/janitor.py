"""Cleans up behind the others, and fetches deliveries that GitHub could not hand over."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace

import structlog

from bot.github.hooks import HookDelivery
from bot.model.errors import Refused
from bot.model.ids import JobName, RunId, run_of, validation_of
from bot.runners.base import Runner
from bot.store import decisions, inbox, jobs, runs, validation_jobs, validations
from bot.work.context import Context
from bot.work.launching import Workspaces

log = structlog.get_logger()

EVERY = 60.0
"""Seconds between two rounds; a lost delivery is asked for in the first round after it."""

LOOKS_BACK = 3 * 86_400.0
"""Seconds for which GitHub keeps deliveries.

https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
"""

OVERLAP = 15 * 60.0
"""Seconds that a round looks back beyond the one before."""

ASKS_AGAIN = 5 * 60.0
"""Seconds until a redelivery that did not arrive is asked for once more; doubled each time."""

KEEPS_BODIES = LOOKS_BACK
"""Seconds after which the body of a delivery that was handled is deleted."""


KEEPS_DECISIONS = 90 * 24 * 3600.0
"""Seconds for which it is known why somebody was refused."""

KEEPS_VALIDATIONS = 60 * 24 * 3600.0
"""Seconds for which it is known what came of a validation; longer than its verdict is reused."""

MOST_ASKS = 6
"""Times that one delivery is asked for, over some five hours."""

BODIES_AT_ONCE = 5_000
"""Bodies that one transaction deletes, so that others get their turn."""

VALIDATIONS_AT_ONCE = 1_000
"""The same of validations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How often a lost delivery was asked for, and until when that is remembered."""

    tries: int
    next_at: float
    forgotten_at: float


class Janitor:
    """Does a round of cleaning once a minute.

    Args:
        prune: removes images that nobody wants any more, and counts them.
    """

    def __init__(
        self,
        context: Context,
        runner: Runner,
        workspaces: Workspaces,
        prune: Callable[[], Awaitable[int]],
    ) -> None:
        self._context = context
        self._runner = runner
        self._workspaces = workspaces
        self._prune = prune
        self._next = 0.0
        self._seen_until = context.now() - LOOKS_BACK
        self._asked: dict[str, Asked] = {}
        self._pool = context.pool(2)

    async def step(self) -> bool:
        """Begin a round when it is time; never busy."""
        now = self._context.now()
        if now >= self._next:
            self._next = now + EVERY
            self._pool.add("clean", now, self._clean, self._failed)
            self._pool.add("fetch", now, self._fetch_lost, self._failed)
        return False

    async def _failed(self, _now: float, problem: Exception) -> None:
        """Leave it for the next round."""
        log.error("janitor.failed", exc_info=problem)

    async def _clean(self, now: float) -> None:
        """Remove what no row wants; what exists is always listed before the rows are read."""
        async with self._context.store.begin() as tx:
            forgotten = await inbox.forget(tx, before=now - KEEPS_BODIES, most=BODIES_AT_ONCE)
            await decisions.forget(tx, before=now - KEEPS_DECISIONS)
            await validations.forget(tx, before=now - KEEPS_VALIDATIONS, most=VALIDATIONS_AT_ONCE)
        removed = await self._runner.sweep(self._alive)
        quarantines = self._workspaces.quarantines
        opened = quarantines.opened()
        closed = opened - await self._open(opened)
        for run in closed:
            quarantines.close(run)
        await self._release_trees()
        images = await self._prune()
        if forgotten or removed or closed or images:
            counts = {"bodies": forgotten, "jobs": len(removed), "runs": len(closed)}
            log.info("janitor.cleaned", **counts, images=images)

    async def _release_trees(self) -> None:
        """Let go of the trees of jobs that are over, not of those about to be written down."""
        lowers = self._workspaces.lowers
        held = lowers.held()
        open_runs = await self._open({run_of(job) for job in held if validation_of(job) is None})
        async with self._context.store.read() as rows:
            over = await jobs.written_down(rows, held) - await jobs.alive(rows, held)
            needed = await validation_jobs.needed(rows, held)
        for job in held:
            if validation_of(job) is not None:
                unheld = job not in needed
            else:
                unheld = job in over or run_of(job) not in open_runs
            if unheld:
                lowers.release(job)

    async def _alive(self, found: Collection[JobName]) -> Collection[JobName]:
        async with self._context.store.read() as rows:
            return await jobs.alive(rows, found) | await validation_jobs.alive(rows, found)

    async def _open(self, found: Collection[RunId]) -> frozenset[RunId]:
        async with self._context.store.read() as rows:
            return await runs.open_among(rows, found)

    async def _fetch_lost(self, now: float) -> None:
        """Have GitHub send again what failed and never reached us."""
        try:
            found = await self._lost(self._seen_until - OVERLAP)
        except Refused as problem:
            log.warning("deliveries.refused", words=problem.words)
            return
        for lost in found:
            if self._is_due(lost.guid, now):
                await self._ask_for(lost)
        self._asked = {guid: each for guid, each in self._asked.items() if now < each.forgotten_at}
        self._seen_until = now

    def _is_due(self, guid: str, now: float) -> bool:
        """Space the tries for one delivery out, and end them: it may be refused for good."""
        before = self._asked.get(guid, Asked(tries=0, next_at=0.0, forgotten_at=now + LOOKS_BACK))
        if before.tries >= MOST_ASKS or now < before.next_at:
            return False
        next_at = now + ASKS_AGAIN * 2**before.tries
        self._asked[guid] = replace(before, tries=before.tries + 1, next_at=next_at)
        return True

    async def _ask_for(self, lost: HookDelivery) -> None:
        try:
            await self._context.github.hooks.redeliver(lost.id)
        except Refused as problem:
            log.warning("delivery.lost", delivery=lost.guid, words=problem.words)
        else:
            log.info("delivery.fetched", delivery=lost.guid, event_name=lost.event)

    async def _lost(self, since: float) -> list[HookDelivery]:
        """Return one failed attempt of each delivery that we have no row of."""
        failed: dict[str, HookDelivery] = {}
        arrived: set[str] = set()
        cursor: str | None = None
        while True:
            page = await self._context.github.hooks.deliveries(cursor)
            for each in page.deliveries:
                if each.ok:
                    arrived.add(each.guid)
                else:
                    failed[each.guid] = each
            cursor = page.following
            if cursor is None or min(each.delivered for each in page.deliveries) < since:
                break
        async with self._context.store.read() as rows:
            known = await inbox.known(rows, sorted(failed))
        return [each for guid, each in failed.items() if guid not in known | arrived]
