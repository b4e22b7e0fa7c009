"""The threads of reviews: which an agent is told of, and what stands in them afterwards.

Which are resolved GitHub tells by GraphQL alone.  Where it does not tell, or resolves none for
us, the rest goes on without.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.github.client import AtRepository
from bot.model.errors import Refused
from bot.model.ids import Sha
from bot.model.priorities import Priority
from bot.model.runs import Message, Text
from bot.rules import responses
from bot.store import jobs, outbox
from bot.store.outbox import OutboxRow, Wish
from bot.store.run_row import RunRow

log = structlog.get_logger()

Mail = tuple[int, Message]
"""A message to a run, with its number."""


async def resolved(at: AtRepository, row: RunRow) -> frozenset[int]:
    """Ask which threads of a run's pull request are resolved, by their first comments' numbers."""
    pull = row.own_pull or (row.number if row.kind == "pull" else None)
    if pull is None:
        return frozenset()
    try:
        found = await at.threads.of(pull)
    except Refused as problem:
        log.info("threads.unknown", run=row.id, reason=problem.reason)
        return frozenset()
    return frozenset(each.first for each in found if each.resolved and each.first)


def still_open(mail: Sequence[Mail], done: Collection[int]) -> Sequence[Mail]:
    """Leave the threads that were resolved meanwhile out of what has come for an agent."""
    return [(number, _open(message, done)) for number, message in mail]


def _open(message: Message, done: Collection[int]) -> Message:
    return replace(message, texts=tuple(each for each in message.texts if each.thread not in done))


async def told_of(tx: AsyncConnection, row: RunRow) -> Sequence[Text]:
    """Return what a run's last job was told that stands in threads."""
    job = await jobs.latest(tx, row.id)
    messages = job.plan.messages if job else ()
    return [text for message in messages for text in message.texts if text.thread]


async def answer(
    tx: AsyncConnection, row: RunRow, head: Sha, files: Collection[str], *, now: float
) -> None:
    """Say where the changes are in each thread that the run's last job was told of.

    A thread is resolved with it when its file is one of those that were changed.  The first
    push is told in the thread in which the run was asked for, too; that one stays open.
    """
    told = await told_of(tx, row)
    found = {text.thread: text.path in files for text in told if text.thread}
    if row.trigger.kind == "review_comment" and row.head_branch is None:
        found = {row.trigger.id: False, **found}
    for thread, resolves in found.items():
        wish = Wish(
            target=f"thread:{thread}:{head}:{row.id}",
            kind="thread",
            run=row.id,
            installation=row.installation,
            repo=row.repo,
            wish={
                "number": row.own_pull or row.number,
                "thread": thread,
                "body": responses.done_in(row.id, thread, head),
                "marker": responses.thread_marker(row.id, thread, head),
                "resolves": resolves,
            },
            priority=Priority.RESULT,
        )
        await outbox.wish(tx, wish, now=now)


class Thread:
    """Our answer in the thread of a review, known by its hidden mark; then it may be resolved."""

    async def find(self, at: AtRepository, row: OutboxRow) -> str | None:
        """Look through the comments beside lines."""
        wish = row.wish
        for each in await at.remarks.review_comments(wish["number"]):
            by_bot = each.author is not None and each.author.bot
            if by_bot and wish["marker"] in each.body:
                return str(each.id)
        return None

    async def create(self, at: AtRepository, row: OutboxRow) -> str:
        """Write it, and resolve the thread."""
        first = await at.remarks.review_comment(row.wish["thread"])
        made = await at.remarks.reply(
            row.wish["number"], first, row.wish["body"], priority=row.priority
        )
        await self._resolve(at, row)
        return str(made.id)

    async def edit(self, at: AtRepository, row: OutboxRow, external_id: str) -> None:  # noqa: ARG002 - a Thing's
        """Leave it as it is, as one commit is told once; resolve what a try before did not."""
        await self._resolve(at, row)

    async def _resolve(self, at: AtRepository, row: OutboxRow) -> None:
        wish = row.wish
        if not wish.get("resolves"):
            return
        try:
            await at.threads.resolve(wish["number"], wish["thread"], priority=row.priority)
        except Refused as problem:
            log.info("thread.not_resolved", thread=wish["thread"], reason=problem.reason)
