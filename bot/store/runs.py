"""Runs: opened once, moved by compare-and-set, found by what they are about."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    desc,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.errors import Fenced
from bot.model.ids import InstallationId, Repo, RunId, Sha
from bot.model.runs import Subject
from bot.rules.delivering import DELIVERY
from bot.rules.lifecycle import COMPUTE, RUN, Compute, Run, Signal, after
from bot.store.engine import insert_or_skip
from bot.store.leases import FREE, Lease, Moment, free
from bot.store.run_row import COLUMNS, RunRow, from_columns, to_columns
from bot.store.schema import PARKED, UNDER_WAY, mailbox, run_subjects, runs, slots, waits

FOR_GOOD = frozenset({Signal.CANCELLED, Signal.EXPIRED, Signal.FAILED})
"""What ends a run whatever has come for it: nobody is there any more to be told."""

MOST_BEFORE = 6
"""Runs of which one is told, when each goes on from the one before."""


async def all_rows(tx: AsyncConnection, query: Select[Any]) -> Sequence[RunRow]:
    """Return the runs that a query over `COLUMNS` finds."""
    return [from_columns(row) for row in (await tx.execute(query)).mappings()]


async def start(tx: AsyncConnection, row: RunRow) -> bool:
    """Insert a new run and its first subject; False when one like it is open already."""
    added = await tx.execute(insert_or_skip(runs, tx.dialect).values(**to_columns(row)))
    if added.rowcount != 1:
        return False
    await own(tx, row.id, row.subject, how="asked")
    return True


async def own(tx: AsyncConnection, run: RunId, subject: Subject, *, how: str) -> bool:
    """Write down that a subject belongs to a run: `asked` on it, or `opened` by it.

    False when that is known already.
    """
    added = await tx.execute(
        insert_or_skip(run_subjects, tx.dialect).values(
            run=run, repo=subject.repo, number=subject.number, kind=subject.kind, how=how
        )
    )
    return added.rowcount == 1


async def disown(tx: AsyncConnection, run: RunId, number: int) -> None:
    """Forget that a run has opened a pull request."""
    where = run_subjects.c.run == run, run_subjects.c.number == number
    await tx.execute(delete(run_subjects).where(*where, run_subjects.c.how == "opened"))


async def opened(tx: AsyncConnection, run: RunId) -> int | None:
    """Return the number of the pull request that a run opened."""
    query = select(run_subjects.c.number).where(
        run_subjects.c.run == run, run_subjects.c.how == "opened"
    )
    return (await tx.execute(query)).scalars().first()


async def get(tx: AsyncConnection, run: RunId) -> RunRow:
    """Read one run, and keep it from changing until the transaction ends.

    Raises:
        LookupError: there is no such run.
    """
    found = await all_rows(tx, select(*COLUMNS).where(runs.c.id == run).with_for_update())
    if not found:
        raise LookupError(run)
    return found[0]


def _owns(subject: Subject, repo_id: int) -> ColumnElement[bool]:
    """Say in SQL that a run owns a subject.

    It is a join: SQLite would look at every run of the repository for a subquery.
    """
    return and_(
        run_subjects.c.run == runs.c.id,
        run_subjects.c.repo == subject.repo,
        run_subjects.c.number == subject.number,
        runs.c.repo_id == repo_id,
    )


async def open_on(tx: AsyncConnection, subject: Subject, repo_id: int) -> Sequence[RunRow]:
    """Return the unfinished runs that own a subject, oldest first.

    `repo_id` is GitHub's number of its repository: another may have the name by now.
    """
    query = (
        select(*COLUMNS)
        .where(runs.c.state != Run.FINISHED, _owns(subject, repo_id))
        .order_by(runs.c.id)
    )
    return await all_rows(tx, query)


async def finished_on(
    tx: AsyncConnection, subject: Subject, repo_id: int, *, most: int
) -> Sequence[RunRow]:
    """Return the finished runs that were asked for on a subject or opened it, newest first."""
    query = select(*COLUMNS).where(runs.c.state == Run.FINISHED, _owns(subject, repo_id))
    return await all_rows(tx, query.order_by(desc(runs.c.id)).limit(most))


async def at_head(tx: AsyncConnection, repo: Repo, head: Sha) -> RunRow | None:
    """Return the newest run that shows on a commit."""
    query = select(*COLUMNS).where(runs.c.repo == repo, runs.c.head == head)
    return next(iter(await all_rows(tx, query.order_by(desc(runs.c.id)).limit(1))), None)


async def openers(tx: AsyncConnection, pull: Subject, repo_id: int) -> Sequence[RunRow]:
    """Return the run that has opened a pull request, and those that went on with it."""
    query = select(*COLUMNS).join(run_subjects, run_subjects.c.run == runs.c.id)
    query = query.where(
        run_subjects.c.repo == pull.repo,
        run_subjects.c.number == pull.number,
        run_subjects.c.how == "opened",
        runs.c.repo_id == repo_id,
    )
    return await all_rows(tx, query.order_by(runs.c.id))


async def find(tx: AsyncConnection, run: RunId) -> RunRow | None:
    """Return a run, if there is one of that id."""
    return next(iter(await all_rows(tx, select(*COLUMNS).where(runs.c.id == run))), None)


async def open_of(
    tx: AsyncConnection, installation: InstallationId, repo: Repo | None
) -> Sequence[RunRow]:
    """Return the unfinished runs of an installation, or of one of its repositories."""
    query = select(*COLUMNS).where(
        runs.c.state != Run.FINISHED, runs.c.installation == installation
    )
    return await all_rows(tx, query if repo is None else query.where(runs.c.repo == repo))


async def open_among(tx: AsyncConnection, some: Collection[RunId]) -> frozenset[RunId]:
    """Return those of some runs that are not finished."""
    query = select(runs.c.id).where(runs.c.id.in_(some), runs.c.state != Run.FINISHED)
    return frozenset((await tx.execute(query)).scalars())


OWED: ColumnElement[bool] = and_(
    text(UNDER_WAY), or_(runs.c.compute != Compute.NONE, runs.c.state == Run.RUNNING)
)
"""Runs to which the supervisor owes something."""


def parked_for(*reasons: str) -> ColumnElement[bool]:
    """Say in SQL that a run is parked and waits for one of `reasons`."""
    waiting = exists().where(waits.c.run == runs.c.id, waits.c.reason.in_(reasons))
    return and_(text(PARKED), waiting)


async def waiting_on(tx: AsyncConnection, repo_id: int, sha: Sha) -> Sequence[RunId]:
    """Return the runs that are parked and wait for something about a commit."""
    query = (
        select(runs.c.id)
        .join(waits, waits.c.run == runs.c.id)
        .where(runs.c.repo_id == repo_id, waits.c.about == sha, runs.c.state == Run.PARKED)
    )
    return (await tx.execute(query.distinct())).scalars().all()


async def opens(tx: AsyncConnection, repo_id: int, head: Sha) -> bool:
    """Tell whether a run has pushed a commit and is about to have a pull request of it."""
    query = select(runs.c.id).where(
        runs.c.repo_id == repo_id,
        runs.c.head == head,
        runs.c.kind == "issue",
        runs.c.own_pull.is_(None),
        parked_for(DELIVERY),
    )
    return (await tx.execute(query.limit(1))).first() is not None


async def earlier(tx: AsyncConnection, row: RunRow) -> int:
    """Count the runs of the same agent on the same subject that came before and have a branch."""
    query = select(func.count()).where(
        runs.c.repo == row.repo,
        runs.c.number == row.number,
        runs.c.agent == row.agent,
        runs.c.head_branch.is_not(None),
        runs.c.id < row.id,
    )
    return (await tx.execute(query)).scalar_one()


async def line(tx: AsyncConnection, row: RunRow) -> Sequence[RunId]:
    """Return the runs that a run goes on from, one from the other, and itself; oldest first."""
    found, before = [row.id], row.after
    while before and len(found) < MOST_BEFORE:
        found.insert(0, before)
        query = select(runs.c.after).where(runs.c.id == before)
        before = (await tx.execute(query)).scalar_one_or_none()
    return found


async def first(tx: AsyncConnection, run: RunId, after: RunId | None) -> RunId:
    """Return the run that it all began with, however many have gone on from one another."""
    if after is None:
        return run
    columns = select(runs.c.id, runs.c.after)
    before = columns.where(runs.c.id == after).cte("before", recursive=True)
    before = before.union(columns.join(before, runs.c.id == before.c.after))
    query = select(before.c.id).where(before.c.after.is_(None))
    return (await tx.execute(query)).scalar_one_or_none() or after


async def was_closed(tx: AsyncConnection, subject: Subject, repo_id: int) -> bool:
    """Tell whether a run of a subject ended because that was closed."""
    query = select(runs.c.id).where(runs.c.closed, _owns(subject, repo_id)).limit(1)
    return (await tx.execute(query)).first() is not None


async def poke(tx: AsyncConnection, run: RunId, *, now: float) -> None:
    """Have a run looked at now."""
    await tx.execute(update(runs).where(runs.c.id == run).values(next_attempt_at=now))


def _due(which: ColumnElement[bool], now: Moment) -> tuple[ColumnElement[bool], ...]:
    return which, free(runs, now), runs.c.next_attempt_at <= now


def waiting(which: ColumnElement[bool], now: Moment) -> Select[tuple[str]]:
    """Select the runs for which `which` holds and whose next attempt is due, in SQL."""
    return select(runs.c.id).where(*_due(which, now))


async def due(tx: AsyncConnection, which: ColumnElement[bool], *, now: float) -> bool:
    """Tell whether `claim` would find something, without taking any lock."""
    return (await tx.execute(waiting(which, now).limit(1))).first() is not None


async def claim(
    tx: AsyncConnection, lease: Lease, which: ColumnElement[bool], *, most: int
) -> Sequence[RunRow]:
    """Take runs for which `which` holds and whose next attempt is due."""
    query = (
        select(*COLUMNS)
        .where(*_due(which, lease.now))
        .order_by(runs.c.next_attempt_at, runs.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    found = await all_rows(tx, query)
    if found:
        taken = runs.c.id.in_([row.id for row in found])
        await tx.execute(update(runs).where(taken).values(**lease.values()))
    return found


async def release(
    tx: AsyncConnection, row: RunRow, *, worker: str, next_at: float, failures: int
) -> None:
    """Give a run back, to be looked at again at `next_at`, or when whoever moved it says."""
    unpoked = and_(runs.c.next_attempt_at == row.next_attempt_at, runs.c.state == row.state)
    await tx.execute(
        update(runs)
        .where(runs.c.id == row.id, runs.c.leased_by == worker)
        .values(
            **FREE,
            failures=failures,
            next_attempt_at=case((unpoked, next_at), else_=runs.c.next_attempt_at),
        )
    )


async def unmoved(tx: AsyncConnection, row: RunRow) -> None:
    """See that a run still stands as it was read, and keep it so until the transaction ends.

    Raises:
        Fenced: it does not.
    """
    query = select(runs.c.id).where(_unmoved(row)).with_for_update()
    if (await tx.execute(query)).first() is None:
        raise Fenced(f"run {row.id} has moved on")


async def note(tx: AsyncConnection, row: RunRow, **values: Any) -> RunRow:
    """Change columns that are no state, if the run still stands as it was read.

    Raises:
        Fenced: it does not.
    """
    changed = await tx.execute(update(runs).where(_unmoved(row)).values(**values))
    if changed.rowcount != 1:
        raise Fenced(f"run {row.id} has moved on")
    return await get(tx, row.id)


def _unmoved(row: RunRow) -> ColumnElement[bool]:
    return and_(
        runs.c.id == row.id,
        runs.c.state == row.state,
        runs.c.compute == row.compute,
        runs.c.fence == row.fence,
    )


async def signal(
    tx: AsyncConnection, row: RunRow, what: Signal, *, now: float, **values: Any
) -> RunRow:
    """Move one of the two machines of a run, and write `values` beside it.

    Raises:
        IllegalTransition: the table has no row for it.
        Fenced: the run has moved since `row` was read, or has unread messages and
            may therefore neither park nor end well.
    """
    if any(what in signals for signals in RUN.values()):
        then = after(RUN, row.state, what)
        values |= {"state": then, "changed_at": now, "next_attempt_at": now, "failures": 0}
        rests = then in {Run.PARKED, Run.FINISHED}
        if rests and what not in FOR_GOOD and await unread(tx, row.id):
            raise Fenced(f"run {row.id} has unread messages")
        if rests and row.compute is Compute.NONE:
            await free_slots(tx, row.id)
    else:
        gone = after(COMPUTE, row.compute, what)
        values |= {"compute": gone}
        if gone is Compute.NONE and row.state is not Run.RUNNING:
            await free_slots(tx, row.id)
    return await note(tx, row, **values)


async def unread(tx: AsyncConnection, run: RunId) -> bool:
    """Tell whether messages wait in a run's mailbox."""
    query = select(mailbox.c.id).where(mailbox.c.run == run, mailbox.c.read_at.is_(None)).limit(1)
    return (await tx.execute(query)).first() is not None


async def free_slots(tx: AsyncConnection, run: RunId) -> None:
    """Let others have the slots of a run."""
    await tx.execute(delete(slots).where(slots.c.run == run))
