"""What is wished for on GitHub: one row a target, with a version and one writer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import InstallationId, Repo, RunId
from bot.model.priorities import Priority
from bot.store.engine import upsert
from bot.store.leases import FREE, Lease, Moment, free
from bot.store.schema import outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one target should be like.

    Attributes:
        target: names the thing for ever, such as `comment:RUN`; the row's identity.
        kind: which of `bot.work.writers` brings it about.
        wish: the state, as that writer reads it.
    """

    target: str
    kind: str
    run: RunId | None
    installation: InstallationId
    repo: Repo
    wish: Mapping[str, Any]
    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow(Wish):
    """A wish as it stood when it was read."""

    id: int
    version: int
    done: int
    tried: bool
    external_id: str | None
    refused: str | None
    attempts: int

    @property
    def is_made(self) -> bool:
        """Whether GitHub has what is wished for."""
        return self.done >= self.version


COLUMNS = tuple(
    outbox.c[name]
    for name in (
        *("id", "target", "kind", "run", "installation", "repo", "wish", "priority"),
        *("version", "done", "tried", "external_id", "refused", "attempts"),
    )
)


def _row(row: Any) -> OutboxRow:
    return OutboxRow(**{**row, "priority": Priority(row["priority"])})


async def wish(tx: AsyncConnection, wanted: Wish, *, now: float, not_before: float = 0.0) -> None:
    """Wish for a state; a wish for the same target is replaced, an equal one changes nothing.

    It is brought about when `not_before` has come, of this wish and of the one that it replaces.
    What GitHub refused to an older wish says nothing of a new one.
    """
    before = await find(tx, wanted.target)
    if before is not None and before.wish == dict(wanted.wish):
        return
    insert = upsert(outbox, tx.dialect).values(
        target=wanted.target,
        kind=wanted.kind,
        run=wanted.run,
        installation=wanted.installation,
        repo=wanted.repo,
        wish=dict(wanted.wish),
        priority=wanted.priority,
        wished_at=now,
        not_before=not_before,
    )
    fresh = insert.excluded
    await tx.execute(
        insert.on_conflict_do_update(
            index_elements=["target"],
            set_={
                "wish": fresh.wish,
                "priority": fresh.priority,
                "wished_at": fresh.wished_at,
                "not_before": case(
                    (outbox.c.not_before > fresh.not_before, outbox.c.not_before),
                    else_=fresh.not_before,
                ),
                "version": outbox.c.version + 1,
                "attempts": 0,
                "refused": None,
            },
        )
    )


async def find(tx: AsyncConnection, target: str) -> OutboxRow | None:
    """Read the row of a target."""
    row = (await tx.execute(select(*COLUMNS).where(outbox.c.target == target))).mappings().first()
    return _row(row) if row else None


async def of_run(tx: AsyncConnection, run: RunId) -> Mapping[str, OutboxRow]:
    """Return what a run wishes for, by the kind of thing (the newest of each)."""
    query = select(*COLUMNS).where(outbox.c.run == run).order_by(outbox.c.id)
    return {row["kind"]: _row(row) for row in (await tx.execute(query)).mappings()}


def _due(now: Moment) -> ColumnElement[bool]:
    return and_(
        outbox.c.done < outbox.c.version,
        outbox.c.refused.is_(None),
        outbox.c.not_before <= now,
        free(outbox, now),
    )


def waiting(now: Moment) -> Select[tuple[int]]:
    """Select the wishes whose time has come, in SQL."""
    return select(outbox.c.id).where(_due(now))


async def due(tx: AsyncConnection, *, now: float) -> bool:
    """Tell whether `claim` would find something, without taking any lock."""
    return (await tx.execute(waiting(now).limit(1))).first() is not None


async def claim(tx: AsyncConnection, lease: Lease, *, most: int) -> Sequence[OutboxRow]:
    """Take wishes that GitHub does not have yet, the most urgent first."""
    query = (
        select(*COLUMNS)
        .where(_due(lease.now))
        .order_by(outbox.c.priority, outbox.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    rows = [_row(row) for row in (await tx.execute(query)).mappings()]
    if rows:
        await tx.execute(
            update(outbox)
            .where(outbox.c.id.in_([row.id for row in rows]))
            .values(**lease.values(), attempts=outbox.c.attempts + 1)
        )
    return [replace(row, attempts=row.attempts + 1) for row in rows]


async def trying(tx: AsyncConnection, row: OutboxRow, *, worker: str, until: float) -> bool:
    """Write down that a create is about to be sent; False when the lease was lost.

    Should no answer be heard, nobody looks for what it made before `until`: GitHub's
    lists lag.
    """
    return await _set(tx, row, worker, tried=True, not_before=until)


async def made(
    tx: AsyncConnection, row: OutboxRow, *, worker: str, external_id: str | None, until: float
) -> bool:
    """Write down that GitHub has this version; False when the lease was lost.

    The next version is not sent before `until`, so that changes which come close
    together make one write.
    """
    return await _set(
        tx,
        row,
        worker,
        done=row.version,
        external_id=external_id,
        not_before=until,
        # A wish that moved meanwhile starts its tries anew.
        attempts=0,
        **FREE,
    )


async def postpone(
    tx: AsyncConnection, row: OutboxRow, *, worker: str, until: float, counts: bool
) -> bool:
    """Give a wish back, to be tried again at `until`; the try counts if it was to blame."""
    tries = row.attempts if counts else row.attempts - 1
    # A wish that was replaced meanwhile has no tries against it.
    still = case((outbox.c.version == row.version, tries), else_=0)
    return await _set(tx, row, worker, not_before=until, attempts=still, **FREE)


async def refuse(tx: AsyncConnection, row: OutboxRow, *, worker: str, words: str) -> bool:
    """Give a wish up: GitHub said no, in these words; unless it was replaced meanwhile."""
    still = case((outbox.c.version == row.version, words), else_=None)
    return await _set(tx, row, worker, refused=still, **FREE)


async def withdraw(tx: AsyncConnection, run: RunId, *, kinds: Collection[str]) -> None:
    """Give up what a run still wishes for, of some kinds; not what may be under way already."""
    await tx.execute(
        update(outbox)
        .where(
            outbox.c.run == run,
            outbox.c.kind.in_(kinds),
            outbox.c.done < outbox.c.version,
            outbox.c.tried.is_(False),
            outbox.c.leased_by.is_(None),
        )
        .values(refused="The run has ended.")
    )


async def forget(tx: AsyncConnection, run: RunId, *, kinds: Collection[str]) -> None:
    """Know nothing any more of what a run wished for, of some kinds: it begins anew."""
    await tx.execute(delete(outbox).where(outbox.c.run == run, outbox.c.kind.in_(kinds)))


async def _set(tx: AsyncConnection, row: OutboxRow, worker: str, **values: Any) -> bool:
    changed = await tx.execute(
        update(outbox).where(outbox.c.id == row.id, outbox.c.leased_by == worker).values(**values)
    )
    return changed.rowcount == 1
