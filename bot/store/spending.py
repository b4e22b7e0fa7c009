"""Money that is spoken for, and every request to a model that it was for."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pydantic import TypeAdapter
from sqlalchemy import BigInteger, bindparam, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import Fence, RunId
from bot.model.models import Ask, Spent, Usage
from bot.model.money import Micros
from bot.rules.budget import Hold
from bot.store.engine import insert_or_skip
from bot.store.schema import budgets, model_calls

USAGE = TypeAdapter(Usage)

ANSWERED = 200
"""The status of an answer; https://www.rfc-editor.org/rfc/rfc9110#section-15.3.1"""


# What comes with every request is made once: that takes longer than SQLite takes to answer it.
_amount = bindparam("amount", type_=BigInteger)
_budget = update(budgets).where(
    budgets.c.scope == bindparam("of"), budgets.c.day == bindparam("on")
)
_CHANGE = _budget.values(reserved=budgets.c.reserved + _amount)
_TAKE = _CHANGE.where(budgets.c.reserved + _amount <= bindparam("limit"))
_BEGIN = model_calls.insert().returning(model_calls.c.id)
_END = update(model_calls).where(
    model_calls.c.id == bindparam("which"), model_calls.c.ended_at.is_(None)
)
_TURNS = select(func.count()).where(
    model_calls.c.run == bindparam("of"),
    model_calls.c.fence == bindparam("under"),
    model_calls.c.refused.is_(None) | model_calls.c.status.is_not(None),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The job that asks a model."""

    run: RunId
    fence: Fence
    repo_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a request.

    Attributes:
        cost: None where no price is known.
        status: what the provider answered; None for nothing.
        refused: one sentence that says why there was no answer.
    """

    cost: Micros | None
    usage: Usage | None = None
    status: int | None = None
    refused: str | None = None


async def take(tx: AsyncConnection, hold: Hold, amount: Micros) -> bool:
    """Set money aside; False when the limit would be passed, however many ask at once."""
    given = _row(hold, amount) | {"limit": hold.limit}
    if (await tx.execute(_TAKE, given)).rowcount == 1:
        return True
    empty = insert_or_skip(budgets, tx.dialect)
    await tx.execute(empty.values(scope=hold.scope, day=hold.day, reserved=0))
    return (await tx.execute(_TAKE, given)).rowcount == 1


async def change(tx: AsyncConnection, holds: Sequence[Hold], by: int) -> None:
    """Put right what was set aside, when it is known what it has come to."""
    if holds:
        await tx.execute(_CHANGE, [_row(hold, by) for hold in holds])


async def begin(
    tx: AsyncConnection, caller: Caller, ask: Ask, reserved: Micros, *, now: float
) -> int:
    """Write a request down before it goes out; return its number."""
    values = _values(caller, ask.provider, ask.model, now)
    number: int = (await tx.execute(_BEGIN, values | {"reserved": reserved})).scalar_one()
    return number


async def end(tx: AsyncConnection, call: int, outcome: Outcome, *, now: float) -> bool:
    """Write down what came of a request; False when that is known already."""
    values = {
        "which": call,
        "cost": outcome.cost,
        "usage": asdict(outcome.usage) if outcome.usage else None,
        "status": outcome.status,
        "refused": outcome.refused,
        "ended_at": now,
    }
    return (await tx.execute(_END, values)).rowcount == 1


async def refuse(  # noqa: PLR0913 - the columns of a call
    tx: AsyncConnection, caller: Caller, provider: str, model: str, words: str, *, now: float
) -> None:
    """Note a request that does not go out; the same again is noted once."""
    if await stopped(tx, caller.run, caller.fence) == words:
        return
    values = _values(caller, provider, model, now) | {"reserved": 0, "cost": 0}
    await tx.execute(model_calls.insert().values(**values, refused=words, ended_at=now))


async def stopped(tx: AsyncConnection, run: RunId, fence: Fence) -> str | None:
    """Return why the last request of a job was not answered; None when it was."""
    query = select(model_calls.c.refused).order_by(model_calls.c.id.desc()).limit(1)
    mine = query.where(model_calls.c.run == run, model_calls.c.fence == fence)
    return (await tx.execute(mine)).scalar_one_or_none()


async def turns(tx: AsyncConnection, run: RunId, fence: Fence) -> int:
    """Count the requests of a job that went out."""
    count: int = (await tx.execute(_TURNS, {"of": run, "under": fence})).scalar_one()
    return count


async def close(tx: AsyncConnection, run: RunId, *, below: Fence, now: float) -> None:
    """Take requests of a run's earlier jobs for spent whose end nobody has seen."""
    lost = update(model_calls).where(model_calls.c.run == run, model_calls.c.fence < below)
    spent_all = case((model_calls.c.reserved > 0, model_calls.c.reserved))
    await tx.execute(
        lost.where(model_calls.c.ended_at.is_(None)).values(cost=spent_all, ended_at=now)
    )


async def spent(tx: AsyncConnection, run: RunId) -> Spent:
    """Add up what a run has used of models; a request under way counts as what is set aside."""
    query = select(model_calls).where(model_calls.c.run == run).order_by(model_calls.c.id)
    rows = (await tx.execute(query)).all()
    answered = [row for row in rows if row.status == ANSWERED and row.refused is None]
    costs = [row.cost if row.ended_at is not None else row.reserved or None for row in rows]
    known = [each for each in costs if each is not None]
    unknown = any(row.cost is None for row in answered)
    return Spent(
        models=tuple(dict.fromkeys(row.model for row in answered)),
        turns=len(answered),
        usage=_added([USAGE.validate_python(row.usage) for row in answered if row.usage]),
        cost=None if unknown or not known else Micros(sum(known)),
    )


def _row(hold: Hold, amount: int) -> dict[str, object]:
    return {"of": hold.scope, "on": hold.day, "amount": amount}


def _values(caller: Caller, provider: str, model: str, now: float) -> dict[str, object]:
    return {**asdict(caller), "provider": provider, "model": model, "at": now}


def _added(some: list[Usage]) -> Usage:
    return Usage(
        input=sum(each.input for each in some),
        cached=sum(each.cached for each in some),
        written=sum(each.written for each in some),
        output=sum(each.output for each in some),
    )
