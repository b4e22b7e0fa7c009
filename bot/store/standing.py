"""How the whole installation stands: what an operator asks who looks at all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.schema import deliveries, installations, pauses, runs, waits


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A delivery that waits for a person, and why."""

    guid: str
    event: str
    received_at: float
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How many deliveries wait, and since when the oldest does."""

    count: int
    oldest: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRun:
    """A run that is not finished; `waits` are the reasons for which it is parked."""

    id: str
    agent: str
    repo: str
    number: int
    state: str
    since: float
    waits: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An installation as the last event told it."""

    id: int
    account: str
    permissions: Mapping[str, str]
    active: bool


async def set_aside(tx: AsyncConnection, *, most: int) -> Sequence[SetAside]:
    """Return up to `most` deliveries that were set aside, oldest first."""
    columns = (deliveries.c[name] for name in ("guid", "event", "received_at", "note"))
    query = select(*columns).where(deliveries.c.state == "set_aside")
    rows = await tx.execute(query.order_by(deliveries.c.id).limit(most))
    return [SetAside(**row) for row in rows.mappings()]


async def backlog(tx: AsyncConnection) -> Backlog:
    """Return what waits, whether its time has come or not."""
    query = select(func.count().label("count"), func.min(deliveries.c.received_at).label("oldest"))
    rows = await tx.execute(query.where(deliveries.c.state == "waiting"))
    return Backlog(**rows.mappings().one())


async def open_runs(tx: AsyncConnection, *, most: int) -> Sequence[OpenRun]:
    """Return up to `most` unfinished runs, those first that nothing has happened to longest."""
    columns = (runs.c[name] for name in ("id", "agent", "repo", "number", "state"))
    query = select(*columns, runs.c.changed_at.label("since")).where(runs.c.state != "finished")
    found = (await tx.execute(query.order_by(runs.c.changed_at).limit(most))).mappings().all()
    reasons: dict[str, list[str]] = {row["id"]: [] for row in found}
    of_these = select(waits.c.run, waits.c.reason).where(waits.c.run.in_(reasons))
    for run, reason in await tx.execute(of_these.order_by(waits.c.reason)):
        reasons[run].append(reason)
    return [OpenRun(**row, waits=reasons[row["id"]]) for row in found]


async def paused(tx: AsyncConnection) -> Sequence[str]:
    """Return the scopes whose runs people hold back."""
    return (await tx.execute(select(pauses.c.scope).order_by(pauses.c.scope))).scalars().all()


async def installed(tx: AsyncConnection) -> Sequence[Installed]:
    """Return every installation that is known, also those that are gone."""
    columns = (installations.c[name] for name in ("id", "account", "permissions", "active"))
    rows = await tx.execute(select(*columns).order_by(installations.c.id))
    return [Installed(**row) for row in rows.mappings()]
