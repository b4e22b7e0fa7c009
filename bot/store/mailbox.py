"""What reaches a run after it was asked for, until one of its jobs is told."""

from collections.abc import Collection, Sequence
from dataclasses import asdict

from pydantic import TypeAdapter
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import RunId
from bot.model.runs import Message, MessageKind
from bot.store.engine import insert_or_skip
from bot.store.schema import mailbox

MESSAGE = TypeAdapter(Message)
"""Reads a message back from the JSON that is stored."""


async def post(tx: AsyncConnection, run: RunId, message: Message, *, key: str, now: float) -> bool:
    """Put a message into a run's mailbox, once for each `key`; False when it was there."""
    row = {"run": run, "at": now, "message": asdict(message), "key": key}
    added = await tx.execute(insert_or_skip(mailbox, tx.dialect).values(**row))
    return added.rowcount == 1


async def unread(tx: AsyncConnection, run: RunId) -> Sequence[tuple[int, Message]]:
    """Return the messages that no job was told of, oldest first, with their numbers."""
    query = select(mailbox.c.id, mailbox.c.message).where(
        mailbox.c.run == run, mailbox.c.read_at.is_(None)
    )
    rows = await tx.execute(query.order_by(mailbox.c.id))
    return [(number, MESSAGE.validate_python(message)) for number, message in rows]


async def read(tx: AsyncConnection, numbers: Collection[int], *, now: float) -> None:
    """Write down that a job was told of these."""
    changed = update(mailbox).where(mailbox.c.id.in_(numbers), mailbox.c.read_at.is_(None))
    await tx.execute(changed.values(read_at=now))


async def drop(tx: AsyncConnection, run: RunId, kind: MessageKind, *, now: float) -> None:
    """Let no job be told any more of what has come of one kind."""
    found = [number for number, message in await unread(tx, run) if message.kind == kind]
    await read(tx, found, now=now)
