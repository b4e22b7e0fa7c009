"""Deliveries, one after another for each ordering key, from stored bytes to rows.

Whatever happens to one delivery stays its own: it is tried again later, and set
aside for a person once it has failed too often.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.errors import Fenced, Refused, Unavailable
from bot.model.events import Event
from bot.model.ids import RunId
from bot.model.intents import Intent
from bot.model.readers import Unreadable, parse
from bot.reactions import Reaction, reactions_to
from bot.rules.attempts import MOST_DELIVERY_TRIES, pause
from bot.rules.unanswered import unanswered
from bot.rules.wording import plain
from bot.store import inbox
from bot.store.inbox import Claimed
from bot.work.configs import Configs
from bot.work.context import Context
from bot.work.dispatch import Dispatch
from bot.work.facts import FactSource, check_facts
from bot.work.replies import Replies

log = structlog.get_logger()

SOON = 0.1
"""Seconds until a delivery that lost a race is tried again."""

BROKEN = "something went wrong here, and the log of whoever runs this app says what."
"""What people are told of a mistake of ours."""

AT_ONCE = 16
"""Deliveries of different ordering keys that are handled side by side."""


class Inbox:
    """Claims deliveries and has them handled."""

    def __init__(
        self,
        context: Context,
        configs: Configs,
        reactions: Sequence[Reaction[Any, Any]],
        run_id: Callable[[], RunId],
    ) -> None:
        check_facts(reactions)
        self._context = context
        self._configs = configs
        self._pool = context.pool(AT_ONCE)
        self._reactions = reactions
        self._run_id = run_id

    async def step(self) -> bool:
        """Handle what is due; True when there was something."""
        room = self._pool.room
        async with self._context.store.read() as rows:
            if not room or not await inbox.due(rows, now=self._context.now()):
                return False
        async with self._context.store.begin() as tx:
            claimed = await inbox.claim(tx, self._context.lease(), most=room)
        for delivery in claimed:
            self._pool.add(delivery.id, delivery, self._handle, self._failed)
        return bool(claimed)

    async def _failed(self, delivery: Claimed, problem: Exception) -> None:
        match problem:
            case Unavailable():
                await self._again(_blameless(delivery), str(problem), problem.retry_after)
            case Fenced():
                await self._again(_blameless(delivery), str(problem), SOON)
            case Unreadable():
                await self._end(delivery, "set_aside", str(problem))
            case Refused(reason="repository"):
                await self._end(delivery, "ignored", problem.words)
            case Refused():
                await self._bad(delivery, problem.words, problem.words)
            case _:
                log.error("delivery.failed", delivery=delivery.guid, exc_info=problem)
                await self._bad(delivery, type(problem).__name__, BROKEN)

    async def _bad(self, delivery: Claimed, note: str, words: str) -> None:
        """Try a delivery that broke a handler some more times, then set it aside and say so."""
        if delivery.attempts < MOST_DELIVERY_TRIES:
            await self._again(delivery, note, pause(delivery.attempts))
            return
        events = parse(delivery.event, delivery.body, received_at=delivery.received_at)
        async with self._context.store.begin() as tx:
            replies = Replies(tx, self._context.now(), delivery.guid)
            for event in events:
                if told := unanswered(event, plain(words)):
                    await replies.carry_out(told)
            await self._finish(tx, delivery, "set_aside", note)
        log.info("delivery.ended", delivery=delivery.guid, state="set_aside", note=note)

    async def _handle(self, delivery: Claimed) -> None:
        events = parse(delivery.event, delivery.body, received_at=delivery.received_at)
        wanted = [(event, list(reactions_to(event, self._reactions))) for event in events]
        if not any(reactions for _, reactions in wanted):
            await self._end(delivery, "ignored", "nothing here reacts to it")
            return
        decided = [each for event, some in wanted for each in await self._decide(event, some)]
        async with self._context.store.begin() as tx:
            dispatch = Dispatch(
                tx=tx, now=self._context.now(), guid=delivery.guid, run_id=self._run_id
            )
            for reaction, intents in decided:
                outcomes = [await dispatch.carry_out(intent) for intent in intents]
                outcome = "; ".join(outcomes) or "nothing to do"
                await inbox.receipt(tx, delivery.guid, reaction.name, outcome)
                log.info(
                    "delivery.handled", delivery=delivery.guid, by=reaction.name, outcome=outcome
                )
            await self._finish(tx, delivery, "done", "")

    async def _decide(
        self, event: Event, wanted: Sequence[Reaction[Any, Any]]
    ) -> list[tuple[Reaction[Any, Any], Sequence[Intent]]]:
        source = FactSource(self._context, self._configs, event)
        return [
            (reaction, reaction.decide(event, await source.fetch(reaction.facts)))
            for reaction in wanted
        ]

    async def _end(self, delivery: Claimed, state: str, note: str) -> None:
        async with self._context.store.begin() as tx:
            await self._finish(tx, delivery, state, note)
        log.info("delivery.ended", delivery=delivery.guid, state=state, note=note)

    async def _finish(self, tx: AsyncConnection, delivery: Claimed, state: str, note: str) -> None:
        worker = self._context.worker
        if not await inbox.finish(tx, delivery, worker=worker, state=state, note=note):
            raise Fenced(f"delivery {delivery.guid} was taken over")

    async def _again(self, delivery: Claimed, note: str, seconds: float) -> None:
        worker, until = self._context.worker, self._context.now() + seconds
        async with self._context.store.begin() as tx:
            await inbox.postpone(tx, delivery, worker=worker, until=until, note=note)
        log.warning("delivery.postponed", delivery=delivery.guid, note=note, seconds=seconds)


def _blameless(delivery: Claimed) -> Claimed:
    """Take back a try that failed for reasons outside the delivery."""
    return replace(delivery, attempts=delivery.attempts - 1)
