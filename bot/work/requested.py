"""Validations that a person has asked for: on the head of a pull request, without an agent.

Each has a check run of its own on that head.  Once all that were asked for together are done,
one reply says what came of them.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import DeliveryGuid, RunId, ValidationId
from bot.model.intents import Validate
from bot.model.priorities import Priority
from bot.model.validations import Definition
from bot.rules import evidence, responses, setups
from bot.rules.evidence import Asked
from bot.rules.markdown import cut
from bot.rules.wording import MOST_SUMMARY
from bot.store import outbox, validations
from bot.store.outbox import Wish
from bot.store.validation_row import ValidationRow

CHECK = "greenroom / validate {}"
"""The name of the check run of a validation."""


async def ask(
    tx: AsyncConnection,
    intent: Validate,
    guid: DeliveryGuid,
    new_id: Callable[[], RunId],
    *,
    now: float,
) -> str:
    """Write down what a person asks for, each name once; return what came of it."""
    known = {row.name for row in await validations.together(tx, guid)}
    wanted = [each for each in intent.definitions if each.name not in known]
    for definition in wanted:
        await validations.add(tx, _row(intent, definition, guid, new_id(), now))
    await show(tx, guid, now=now)
    return f"asked for {len(wanted)} validations"


async def show(tx: AsyncConnection, request: str, *, now: float) -> None:
    """Wish for the check runs of what was asked for together, and for the reply at last."""
    rows = await validations.together(tx, request)
    for row in rows:
        await outbox.wish(tx, _check(row), now=now)
    if rows and not any(row.under_way for row in rows):
        text = "\n\n".join(evidence.summary(asked(row)) for row in rows)
        await outbox.wish(tx, _reply(rows[0], text), now=now)


def asked(row: ValidationRow) -> Asked:
    """Return what people are shown of a validation; one that follows another runs with it."""
    return Asked(
        name=row.name,
        state="running" if row.follows and row.under_way else row.state,
        tree=row.tree or "",
        at=row.created_at,
        until=row.ended_at,
        verdict=row.verdict,
        cached=row.cached,
        inputs=bool(row.definition.inputs),
        again=row.hits,
        notes=tuple((row.asked or {}).get("conflicts", ())),
    )


def _check(row: ValidationRow) -> Wish:
    shown = asked(row)
    wish: dict[str, Any] = {
        "head": row.head,
        "name": CHECK.format(row.name),
        "external_id": row.id,
        "title": evidence.title(shown),
        "summary": cut(evidence.page(shown), MOST_SUMMARY),
        "started": row.created_at,
        "conclusion": row.verdict and evidence.CONCLUSIONS[row.verdict.outcome],
        "completed": row.ended_at,
    }
    priority = Priority.RESULT if row.verdict else Priority.PROGRESS
    return _wish(row, f"check:validation:{row.id}", "check", priority, wish)


def _reply(row: ValidationRow, text: str) -> Wish:
    told = row.asked or {}
    guid = DeliveryGuid(row.request or "")
    body = responses.reply(told["by"], text, guid, later=True)
    marker = responses.reply_marker(guid, later=True)
    wish = {"number": row.number, "body": body, "marker": marker}
    return _wish(row, f"reply:validation:{row.request}", "comment", Priority.RESULT, wish)


def _wish(
    row: ValidationRow, target: str, kind: str, priority: Priority, wish: dict[str, Any]
) -> Wish:
    return Wish(
        target=target,
        kind=kind,
        run=None,
        installation=row.installation,
        repo=row.repo,
        wish=wish,
        priority=priority,
    )


def _row(
    intent: Validate, definition: Definition, guid: DeliveryGuid, new_id: str, now: float
) -> ValidationRow:
    named = [each for each in intent.toolboxes if each.name in definition.toolboxes]
    return ValidationRow(
        id=ValidationId(new_id),
        run=None,
        installation=intent.installation,
        repo_id=intent.repo_id,
        repo=intent.subject.repo,
        number=intent.subject.number,
        name=definition.name,
        key=None,
        tree=None,
        base=intent.head.sha,
        head=intent.head.sha,
        work=None,
        definition=definition,
        toolboxes=tuple(named),
        asked={"by": intent.person.login, "fork": intent.head.fork},
        request=guid,
        needs=setups.asked(intent.setup, intent.toolboxes, intent.head.sha)
        if intent.setup
        else None,
        created_at=now,
        next_attempt_at=now,
    )
