"""What happened in a run, what its agent asked for, and what it waits for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.facts import Question, Waiting
from bot.model.ids import Fence, RunId, Sha
from bot.model.runs import Plan
from bot.rules.outputs import CHANGES
from bot.rules.waiting import PLAN
from bot.rules.wording import Step
from bot.store.engine import insert_or_skip, upsert
from bot.store.schema import jobs, outputs, run_steps, waits

MOST_STEPS = 40
"""Lines of a story that are shown; the oldest and the newest matter."""


OVERTAKEN = frozenset({"question", "plan", "noop"})
"""Outputs that end a turn.  A message that comes after one of them takes its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputRow:
    """An output that was accepted."""

    kind: str
    payload: Mapping[str, Any]
    key: str | None = None


async def tell(tx: AsyncConnection, run: RunId, text: str, *, now: float) -> None:
    """Add one line of ours to a run's story."""
    await tx.execute(run_steps.insert().values(run=run, at=now, by="us", text=text))


async def tell_once(tx: AsyncConnection, run: RunId, text: str, *, now: float, key: str) -> bool:
    """Add a line of ours once for each `key`; False when it was there before."""
    line = {"run": run, "at": now, "by": "us", "text": text, "key": key}
    added = await tx.execute(insert_or_skip(run_steps, tx.dialect).values(**line))
    return added.rowcount == 1


async def hear(tx: AsyncConnection, run: RunId, text: str, *, now: float, key: str | None) -> None:
    """Add one line of the agent's to a run's story, once for each `key`."""
    line = {"run": run, "at": now, "by": "agent", "text": text, "key": key}
    await tx.execute(insert_or_skip(run_steps, tx.dialect).values(**line))


async def keep_note(
    tx: AsyncConnection, run: RunId, text: str, *, now: float, key: str | None
) -> None:
    """Keep what an agent wants its run's next job to know, once for each `key`."""
    line = {"run": run, "at": now, "by": "note", "text": text, "key": key}
    await tx.execute(insert_or_skip(run_steps, tx.dialect).values(**line))


async def notes(tx: AsyncConnection, line: Collection[RunId]) -> Sequence[str]:
    """Return the notes that the agents of some runs have left, oldest first."""
    query = select(run_steps.c.text).where(run_steps.c.run.in_(line), run_steps.c.by == "note")
    return (await tx.execute(query.order_by(run_steps.c.id))).scalars().all()


async def steps(tx: AsyncConnection, run: RunId) -> Sequence[Step]:
    """Return a run's story, oldest first.

    A long one is without the agent's older lines, and a longer one without its middle.
    """
    query = (
        select(run_steps.c.at, run_steps.c.by, run_steps.c.text)
        .where(run_steps.c.run == run, run_steps.c.by != "note")
        .order_by(run_steps.c.id)
    )
    rows = (await tx.execute(query)).all()
    told = [Step(at=at, text=text, agent=by == "agent") for at, by, text in rows]
    agents = [at for at, step in enumerate(told) if step.agent]
    older = frozenset(agents[: max(len(told) - MOST_STEPS, 0)])
    told = [step for at, step in enumerate(told) if at not in older]
    half = MOST_STEPS // 2
    return told if len(told) <= MOST_STEPS else [*told[:half], *told[-half:]]


async def count(tx: AsyncConnection, run: RunId) -> int:
    """Count the lines of a run's story, and its notes."""
    query = select(func.count()).where(run_steps.c.run == run)
    return (await tx.execute(query)).scalar_one()


async def ask(  # noqa: PLR0913 - the columns of an output
    tx: AsyncConnection,
    run: RunId,
    fence: Fence,
    output: OutputRow,
    *,
    now: float,
    turn: int = 0,
) -> None:
    """Keep an output that was accepted in a turn of a job."""
    values = {"kind": output.kind, "payload": dict(output.payload), "key": output.key, "at": now}
    await tx.execute(outputs.insert().values(run=run, fence=fence, turn=turn, **values))


async def was_asked(tx: AsyncConnection, run: RunId, key: str) -> OutputRow | None:
    """Return the output that was accepted under a caller's key."""
    query = select(outputs.c.kind, outputs.c.payload, outputs.c.key).where(
        outputs.c.run == run, outputs.c.key == key
    )
    row = (await tx.execute(query)).mappings().first()
    return OutputRow(**row) if row else None


async def asked(tx: AsyncConnection, run: RunId, fence: Fence) -> Sequence[OutputRow]:
    """Return the outputs of a job that stand, in their order; of its changes the last ones."""
    query = (
        select(outputs.c.kind, outputs.c.payload)
        .where(outputs.c.run == run, outputs.c.fence == fence, _stands())
        .order_by(outputs.c.id)
    )
    rows = [OutputRow(kind=kind, payload=payload) for kind, payload in await tx.execute(query)]
    last = {each.kind: each for each in rows}
    return [each for each in rows if each.kind not in CHANGES or each is last[each.kind]]


def _stands() -> ColumnElement[bool]:
    """Say in SQL that no message has taken an output's place."""
    turn = select(jobs.c.turn).where(jobs.c.run == outputs.c.run, jobs.c.fence == outputs.c.fence)
    now = func.coalesce(turn.correlate(outputs).scalar_subquery(), 0)
    return or_(outputs.c.kind.not_in(OVERTAKEN), outputs.c.turn == now)


async def question(tx: AsyncConnection, run: RunId, fence: Fence) -> Question | None:
    """Return what a run has asked last, all that one job has as one text.

    `fence` is the run's: when a job with another has asked, the next one was told the answer.
    """
    of_run = outputs.c.run == run, outputs.c.kind == "question", _stands()
    last = select(func.max(outputs.c.fence)).where(*of_run).scalar_subquery()
    query = select(outputs).where(*of_run, outputs.c.fence == last).order_by(outputs.c.id)
    rows = (await tx.execute(query)).all()
    if not rows:
        return None
    lines = [line for row in rows for line in (row.payload["text"], *row.payload["choices"])]
    began = select(jobs.c.created_at).where(jobs.c.run == run, jobs.c.fence == rows[-1].fence + 1)
    closed = None if rows[-1].fence == fence else (await tx.execute(began)).scalar()
    return Question(text="\n".join(lines), at=rows[-1].at, closed=closed)


async def used(tx: AsyncConnection, run: RunId, fence: Fence, kind: str, *, turn: int = 0) -> int:
    """Count the outputs of a kind that a turn of a job has had."""
    of_turn = outputs.c.run == run, outputs.c.fence == fence, outputs.c.turn == turn
    query = select(func.count()).where(*of_turn, outputs.c.kind == kind)
    return (await tx.execute(query)).scalar_one()


async def wait(  # noqa: PLR0913 - the columns of a wait
    tx: AsyncConnection,
    run: RunId,
    reason: str,
    *,
    now: float,
    deadline: float,
    about: Sha | None = None,
    asked: Mapping[str, Any] | None = None,
) -> None:
    """Write down what a parked run waits for, or until when it goes on waiting.

    `about` is the commit or the plan that a person is asked about, or the commit that CI is
    awaited on; `asked` is the question that an answer is awaited to, or the plan.
    """
    row: dict[str, Any] = {"run": run, "reason": reason, "since": now, "deadline": deadline}
    insert = upsert(waits, tx.dialect).values(**row, about=about, asked=asked)
    await tx.execute(
        insert.on_conflict_do_update(
            index_elements=["run", "reason"],
            set_={"deadline": deadline, "about": about, "asked": asked},
        )
    )


async def waiting(tx: AsyncConnection, some: Collection[RunId]) -> Mapping[RunId, list[Waiting]]:
    """Return what each of some runs waits for."""
    query = select(waits).where(waits.c.run.in_(some)).order_by(waits.c.reason)
    found: dict[RunId, list[Waiting]] = {}
    for row in await tx.execute(query):
        each = Waiting(
            reason=row.reason,
            about=row.about,
            since=row.since,
            deadline=row.deadline,
            plan=Plan(**row.asked) if row.reason == PLAN else None,
        )
        found.setdefault(row.run, []).append(each)
    return found


async def met(tx: AsyncConnection, run: RunId, reason: str | None = None) -> bool:
    """Forget what a run waited for, all of it or one thing; False when it waited for none."""
    query = delete(waits).where(waits.c.run == run)
    gone = await tx.execute(query if reason is None else query.where(waits.c.reason == reason))
    return gone.rowcount > 0


async def remind(tx: AsyncConnection, run: RunId, reason: str, *, now: float) -> bool:
    """Write down that people are reminded of a wait; False when they were before."""
    query = update(waits).where(
        waits.c.run == run, waits.c.reason == reason, waits.c.reminded_at.is_(None)
    )
    changed = await tx.execute(query.values(reminded_at=now))
    return changed.rowcount == 1


async def is_late(tx: AsyncConnection, run: RunId, *, now: float) -> bool:
    """Tell whether something that a run waits for is past its deadline."""
    query = select(waits.c.run).where(waits.c.run == run, waits.c.deadline < now).limit(1)
    return (await tx.execute(query)).first() is not None
