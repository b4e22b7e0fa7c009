"""Runs as handlers are told of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.events import ButtonPressed
from bot.model.facts import RunNow
from bot.model.ids import RunId
from bot.model.runs import Person, Subject
from bot.store import runs, story
from bot.store.run_row import RunRow


async def open_on(rows: AsyncConnection, subject: Subject, repo_id: int) -> Sequence[RunNow]:
    """Return the open runs of a subject with what they wait for and have asked, oldest first."""
    found = await runs.open_on(rows, subject, repo_id)
    waits = await story.waiting(rows, [row.id for row in found])
    return [
        replace(
            run_now(row, await runs.opened(rows, row.id), waits.get(row.id, ())),
            question=await story.question(rows, row.id, row.fence),
        )
        for row in found
    ]


async def shown_by(rows: AsyncConnection, event: ButtonPressed) -> RunNow | None:
    """Return the run that a check run shows; of a whole suite the newest at its commit."""
    named = RunId(event.run.partition(".")[0])
    if named:
        row = await runs.find(rows, named)
    else:
        row = await runs.at_head(rows, event.repo, event.head)
    if row is None or row.repo_id != event.repo_id:
        return None
    waits = await story.waiting(rows, [row.id])
    return run_now(row, await runs.opened(rows, row.id), waits.get(row.id, ()))


def run_now(row: RunRow, pull: int | None, waits: Sequence[Any] = ()) -> RunNow:
    """Make of a row what handlers are told of a run."""
    return RunNow(
        id=row.id,
        agent=row.agent,
        subject=row.subject,
        title=row.title,
        body=row.body,
        author=Person(id=row.author_id, login=row.author),
        instruction=row.instruction,
        asked_by=row.asked_by,
        asked_by_id=row.asked_by_id,
        asked_at=row.asked_at,
        state=row.state,
        conclusion=row.conclusion,
        words=row.words or "",
        changed_at=row.changed_at,
        fork=row.fork,
        outsiders=row.outsiders,
        round=row.round,
        head=row.head,
        branch=row.head_branch,
        closed=row.closed,
        theirs=row.verdict is not None and row.verdict.theirs and row.verdict.sha == row.head,
        left=row.leaves_something,
        budget=row.budget,
        extra=row.extra,
        pull=pull,
        waits=tuple(waits),
    )
