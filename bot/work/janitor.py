"""Cleans up behind the others, and fetches deliveries that GitHub could not hand over."""

import structlog

from bot.github.hooks import HookDelivery
from bot.model.errors import Refused
from bot.model.ids import RunId
from bot.runners.base import Runner
from bot.store import inbox, jobs, runs
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
"""Seconds until a redelivery that did not arrive is asked for once more."""

KEEPS_BODIES = LOOKS_BACK
"""Seconds after which the body of a delivery that was handled is deleted."""


class Janitor:
    """Does a round of cleaning once a minute."""

    def __init__(self, context: Context, runner: Runner, workspaces: Workspaces) -> None:
        self._context = context
        self._runner = runner
        self._workspaces = workspaces
        self._next = 0.0
        self._seen_until = context.now() - LOOKS_BACK
        self._asked: dict[str, float] = {}

    async def step(self) -> bool:
        """Clean when it is time; never busy."""
        now = self._context.now()
        if now >= self._next:
            self._next = now + EVERY
            await self._clean(now)
            await self._fetch_lost(now)
        return False

    async def _clean(self, now: float) -> None:
        async with self._context.store.begin() as tx:
            forgotten = await inbox.forget(tx, before=now - KEEPS_BODIES)
        async with self._context.store.read() as rows:
            alive = await jobs.alive(rows)
            open_runs = await runs.open_among(rows, self._workspaces.quarantines.opened())
        removed = await self._runner.sweep(alive)
        for job in self._workspaces.lowers.held() - alive:
            self._workspaces.lowers.release(job)
        closed = self._workspaces.quarantines.opened() - open_runs
        for run in closed:
            self._workspaces.quarantines.close(RunId(run))
        if forgotten or removed or closed:
            log.info("janitor.cleaned", bodies=forgotten, jobs=len(removed), runs=len(closed))

    async def _fetch_lost(self, now: float) -> None:
        """Have GitHub send again what failed and never reached us."""
        try:
            found = await self._lost(self._seen_until - OVERLAP)
        except Refused as problem:
            log.warning("deliveries.refused", words=problem.words)
            return
        for lost in found:
            if now - self._asked.get(lost.guid, 0.0) < ASKS_AGAIN:
                continue
            self._asked[lost.guid] = now
            try:
                await self._context.github.hooks.redeliver(lost.id)
            except Refused as problem:
                log.warning("delivery.lost", delivery=lost.guid, words=problem.words)
            else:
                log.info("delivery.fetched", delivery=lost.guid, event_name=lost.event)
        self._asked = {guid: at for guid, at in self._asked.items() if now - at < LOOKS_BACK}
        self._seen_until = now

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
