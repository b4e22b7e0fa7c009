"""The comments by which runs ask people something, and what becomes of them."""

from collections.abc import Iterator, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.priorities import Priority
from bot.rules import notices
from bot.rules.notices import Question
from bot.store import outbox, story
from bot.store.outbox import Wish
from bot.store.run_row import RunRow
from bot.store.story import OutputRow


async def ask(tx: AsyncConnection, row: RunRow, *, now: float) -> None:
    """Put what a run's job has asked to the person who asked for the run."""
    for each in _questions(row, await story.asked(tx, row.id, row.fence)):
        await outbox.wish(tx, _comment(row, each, notices.question(each)), now=now)


async def settle(tx: AsyncConnection, row: RunRow, words: str, *, now: float) -> None:
    """Have the comments with a run's last questions say what came of them."""
    for each in _questions(row, await story.asked(tx, row.id, row.fence)):
        wish = _comment(row, each, notices.settled(each, words))
        if await outbox.find(tx, wish.target) is not None:
            await outbox.wish(tx, wish, now=now)


def _questions(row: RunRow, asked: Sequence[OutputRow]) -> Iterator[Question]:
    payloads = [each.payload for each in asked if each.kind == "question"]
    for number, payload in enumerate(payloads, start=1):
        yield Question(
            run=row.id,
            name=f"{row.fence}.{number}",
            agent=row.agent,
            prefix=row.terms.prefix,
            asked_by=row.asked_by,
            text=payload["text"],
            choices=payload["choices"],
        )


def _comment(row: RunRow, question: Question, body: str) -> Wish:
    marker = notices.question_marker(row.id, question.name)
    return Wish(
        target=f"question:{question.name}:{row.id}",
        kind="comment",
        run=row.id,
        installation=row.installation,
        repo=row.repo,
        wish={"number": row.number, "body": body, "marker": marker},
        priority=Priority.RESULT,
    )
