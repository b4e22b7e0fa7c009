"""Deliveries of the app's webhook: which ones failed, and another try.

https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.github.calls import PER_PAGE, Caller
from bot.github.moments import unix
from bot.github.permissions import Operation
from bot.model.ids import DeliveryGuid
from bot.model.priorities import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class HookDelivery:
    """One attempt at a delivery.

    Attributes:
        id: names the attempt; redeliveries share the guid and have ids of their own.
        delivered: Unix time of the attempt.
        ok: whether we answered 2xx or 3xx; a failed connection may have any other code.
    """

    id: int
    guid: DeliveryGuid
    delivered: float
    ok: bool
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPage:
    """Deliveries, newest first; `following` is the cursor of the page of older ones."""

    deliveries: tuple[HookDelivery, ...]
    following: str | None


class Hooks:
    """What is asked about the app's webhook."""

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    async def deliveries(self, cursor: str | None = None) -> DeliveryPage:
        """Return up to a hundred deliveries; GitHub keeps those of the last three days."""
        query = {"per_page": PER_PAGE} | ({"cursor": cursor} if cursor else {})
        found, following = await self._calls.page(Operation.DELIVERIES, query)
        return DeliveryPage(
            deliveries=tuple(_delivery(row) for row in found), following=following.get("cursor")
        )

    async def redeliver(self, delivery: int) -> None:
        """Ask GitHub to send it again, by the id of an attempt."""
        await self._calls.send(
            Operation.REDELIVER, None, Priority.ACKNOWLEDGE, delivery_id=delivery
        )


def _delivery(row: Mapping[str, Any]) -> HookDelivery:
    return HookDelivery(
        id=row["id"],
        guid=DeliveryGuid(row["guid"]),
        delivered=unix(row["delivered_at"]),
        ok=200 <= row["status_code"] < 400,  # noqa: PLR2004 - GitHub's own bounds of success
        event=row["event"],
    )
