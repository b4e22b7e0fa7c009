"""What GitHub shows of a run beside its one comment: what calls somebody, what it left behind."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import Sha
from bot.model.priorities import Priority
from bot.model.runs import Conclusion
from bot.rules import notices, wording
from bot.rules.notices import Files
from bot.store import outbox, runs
from bot.store.outbox import Wish
from bot.store.run_row import RunRow
from bot.work import telling


async def ask_for_yes(  # noqa: PLR0913 - what would be pushed, in three parts
    tx: AsyncConnection, row: RunRow, sha: Sha, *, files: Files, diff: str, now: float
) -> None:
    """Ask whoever may write here for a yes to a commit."""
    seen = await telling.view(tx, row)
    body = notices.approval(seen, sha, seconds=row.terms.parked, files=files, diff=diff)
    marker = notices.approval_marker(row.id, sha)
    wish = _wish(row, f"approval:{sha}", "comment", body=body, marker=marker)
    await outbox.wish(tx, wish, now=now)


async def move_on(tx: AsyncConnection, row: RunRow, head: Sha, *, now: float) -> RunRow:
    """Go on at a new head: the check run of the old one is completed, or it would never be.

    Raises:
        Fenced: the run has moved meanwhile.
    """
    if row.head not in {None, head}:
        left = wording.check_run(await telling.view(tx, row))
        left |= {"title": f"Went on at {head[:9]}", "conclusion": Conclusion.NEUTRAL}
        left |= {"completed": now}
        target = f"check:{row.head}:{row.round}"
        wish = _wish(row, target, "check", head=row.head, **left)
        await outbox.wish(tx, wish, now=now)
    return await runs.note(tx, row, head=head, tree=None)


def _wish(row: RunRow, target: str, kind: str, /, **wish: object) -> Wish:
    return Wish(
        target=f"{target}:{row.id}",
        kind=kind,
        run=row.id,
        installation=row.installation,
        repo=row.repo,
        wish={"number": row.number, **wish},
        priority=Priority.RESULT,
    )
