"""The threads of reviews that a run went on with, answered when its changes are on GitHub."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.github.client import AtRepository
from bot.model.ids import Sha
from bot.model.priorities import Priority
from bot.rules import responses
from bot.store import jobs, outbox
from bot.store.outbox import OutboxRow, Wish
from bot.store.run_row import RunRow


async def answer(tx: AsyncConnection, row: RunRow, head: Sha, *, now: float) -> None:
    """Say in each thread that the run's last job was told of where the changes are."""
    job = await jobs.latest(tx, row.id)
    messages = job.plan.messages if job else ()
    found = [text.thread for message in messages for text in message.texts if text.thread]
    for thread in dict.fromkeys(found):
        wish = Wish(
            target=f"thread:{thread}:{head}:{row.id}",
            kind="thread",
            run=row.id,
            installation=row.installation,
            repo=row.repo,
            wish={
                "number": row.own_pull or row.number,
                "thread": thread,
                "body": responses.done_in(row.id, head),
                "marker": responses.thread_marker(row.id, head),
            },
            priority=Priority.RESULT,
        )
        await outbox.wish(tx, wish, now=now)


class Thread:
    """Our answer in the thread of a review, known by its hidden mark."""

    async def find(self, at: AtRepository, row: OutboxRow) -> str | None:
        """Look through the comments beside lines."""
        wish = row.wish
        for each in await at.remarks.review_comments(wish["number"]):
            by_bot = each.author is not None and each.author.bot
            if by_bot and each.thread == wish["thread"] and wish["marker"] in each.body:
                return str(each.id)
        return None

    async def create(self, at: AtRepository, row: OutboxRow) -> str:
        """Write it."""
        first = await at.remarks.review_comment(row.wish["thread"])
        made = await at.remarks.reply(
            row.wish["number"], first, row.wish["body"], priority=row.priority
        )
        return str(made.id)

    async def edit(self, at: AtRepository, row: OutboxRow, external_id: str) -> None:
        """Leave it as it is: one commit is told once."""
