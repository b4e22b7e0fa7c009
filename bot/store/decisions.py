"""What was decided of what people asked for, each with its rule."""

from collections.abc import Sequence

from sqlalchemy import delete, desc, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.facts import PastDecision
from bot.model.ids import DeliveryGuid, UserId
from bot.model.intents import RecordDecision
from bot.store.schema import decisions


async def record(
    tx: AsyncConnection, guid: DeliveryGuid, what: RecordDecision, *, now: float
) -> None:
    """Write a decision down."""
    await tx.execute(
        decisions.insert().values(
            guid=guid,
            at=now,
            repo_id=what.repo_id,
            number=what.subject.number,
            person_id=what.person.id,
            person=what.person.login,
            role=what.role,
            act=what.act,
            allowed=what.allowed,
            rule=what.rule,
            words=what.words,
        )
    )


async def of(
    tx: AsyncConnection, repo_id: int, number: int, person: UserId, *, most: int
) -> Sequence[PastDecision]:
    """Return the newest decisions about a person's requests on a subject."""
    columns = (
        *(decisions.c.person, decisions.c.act, decisions.c.allowed),
        *(decisions.c.rule, decisions.c.words, decisions.c.at),
    )
    query = select(*columns).where(
        decisions.c.repo_id == repo_id,
        decisions.c.number == number,
        decisions.c.person_id == person,
    )
    rows = await tx.execute(query.order_by(desc(decisions.c.id)).limit(most))
    return [PastDecision(**row) for row in rows.mappings()]


async def refused(tx: AsyncConnection, repo_id: int, number: int, person: UserId) -> int:
    """Count the refusals that a person has had on a subject."""
    query = select(func.count()).where(
        decisions.c.repo_id == repo_id,
        decisions.c.number == number,
        decisions.c.person_id == person,
        decisions.c.allowed.is_(False),
    )
    return (await tx.execute(query)).scalar_one()


async def forget(tx: AsyncConnection, *, before: float) -> int:
    """Delete decisions older than a moment; return how many."""
    gone = await tx.execute(delete(decisions).where(decisions.c.at < before))
    return gone.rowcount
