"""The log of an app's deliveries, and sending one again by hand.

https://docs.github.com/en/rest/apps/webhooks
"""

import base64
import dataclasses

from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.pages import address, link_header, page_size
from bot.devhub.problems import Problem, not_found
from bot.devhub.records import App, Delivery
from bot.devhub.shapes import apps as shapes

# https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
KEPT = 3 * 24 * 3600.0

# https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook
_STATUSES = {"success": range(200, 400), "failure": range(400, 600)}


def _kept(call: Call) -> tuple[App, list[Delivery]]:
    """Return the asking app and its deliveries that were attempted, newest first."""
    assert call.app is not None
    since = call.hub.now() - KEPT
    kept = [
        each
        for each in reversed(call.app.deliveries)
        if each.status != "pending" and each.delivered_at >= since
    ]
    return call.app, kept


async def index(call: Call) -> Reply:
    """Return the log, newest first, a cursor at a time."""
    _, kept = _kept(call)
    if wanted := call.query.get("status"):
        if wanted not in _STATUSES:
            raise Problem(422, "Invalid status: must be success or failure.")
        kept = [each for each in kept if each.status_code in _STATUSES[wanted]]
    size = page_size(call)
    after = _after(call.query.get("cursor"))
    rest = [each for each in kept if after is None or each.id < after]
    body = [shapes.delivery_item(each) for each in rest[:size]]
    if len(rest) <= size:
        return Reply(body=body)
    cursor = base64.urlsafe_b64encode(f"v1_{rest[size - 1].id}".encode()).decode()
    return Reply(body=body, headers=link_header({"next": address(call, cursor=cursor)}))


def _after(cursor: str | None) -> int | None:
    if not cursor:
        return None
    try:
        return int(base64.urlsafe_b64decode(cursor).decode().removeprefix("v1_"))
    except ValueError as error:
        raise Problem(400, "Invalid cursor") from error


def _one(call: Call) -> tuple[App, Delivery]:
    app, kept = _kept(call)
    for each in kept:
        if str(each.id) == call.params["delivery_id"]:
            return app, each
    raise not_found()


async def show(call: Call) -> Reply:
    """Return one delivery with its payload."""
    return Reply(body=shapes.delivery(*_one(call)))


async def redeliver(call: Call) -> Reply:
    """Send the same payload again under the same GUID."""
    app, delivery = _one(call)
    again = dataclasses.replace(
        delivery,
        id=call.hub.next_id(),
        redelivery=True,
        delivered_at=call.hub.now(),
        status="pending",
        status_code=0,
        response_headers={},
        response_body="",
    )
    call.hub.hookshot.post(app, again)
    return Reply(body={}, status=202)
