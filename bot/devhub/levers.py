"""The control API's second half: switches, waits, counts, the tripwire, pressed buttons."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from aiohttp import web

from bot.devhub.events import Scene, check_run_event
from bot.devhub.hub import Hub
from bot.devhub.permissions import reaches
from bot.devhub.problems import Problem, not_found

# A long poll that takes longer should ask again.
_LONGEST_WAIT = 60.0


async def switches(hub: Hub, _request: web.Request, _body: dict[str, Any]) -> Any:
    """-> every switch (see `bot.devhub.switches`)."""
    return dataclasses.asdict(hub.switches)


async def switch(hub: Hub, _request: web.Request, body: dict[str, Any]) -> Any:
    """{switch: value, …} -> every switch."""
    hub.switches.turn(body)
    hub.hookshot.release()
    return dataclasses.asdict(hub.switches)


def _seconds(request: web.Request) -> float:
    return min(float(request.query.get("seconds", 10)), _LONGEST_WAIT)


async def drained(hub: Hub, request: web.Request, _body: dict[str, Any]) -> Any:
    """?seconds= -> {drained}: whether every delivery was attempted within that time."""
    return {"drained": await _within(_seconds(request), hub.hookshot.drained())}


async def _within(seconds: float, wait: Awaitable[object]) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await wait
    except TimeoutError:
        return False
    return True


async def requests(hub: Hub, _request: web.Request, _body: dict[str, Any]) -> Any:
    """-> {count, mutating, requests}: what apps asked since the list was cleared, git included."""
    seen = hub.journal.requests
    mutating = sum(each["mutating"] for each in seen)
    return {"count": len(seen), "mutating": mutating, "requests": seen}


async def clear_requests(hub: Hub, _request: web.Request, _body: dict[str, Any]) -> Any:
    """Count from zero."""
    hub.journal.requests.clear()
    return {}


async def arm(hub: Hub, _request: web.Request, body: dict[str, Any]) -> Any:
    """{before or after: n, pids: […], match?, mutating?} -> {}."""
    moment: Literal["before", "after"] = "before" if "before" in body else "after"
    hub.tripwire.arm(
        moment,
        body[moment],
        tuple(body["pids"]),
        match=body.get("match", ""),
        mutating=body.get("mutating", False),
    )
    return {}


async def tripwire(hub: Hub, request: web.Request, _body: dict[str, Any]) -> Any:
    """?seconds= -> {fired: request or null, left}; waits that long for it to fire."""
    if hub.tripwire.moment is not None and "seconds" in request.query:
        await _within(_seconds(request), hub.tripwire.changed.wait())
    return {"fired": hub.tripwire.fired, "left": hub.tripwire.left}


async def disarm(hub: Hub, _request: web.Request, _body: dict[str, Any]) -> Any:
    """Let everything pass."""
    hub.tripwire.disarm()
    return {}


async def press(hub: Hub, _request: web.Request, body: dict[str, Any]) -> Any:
    """{repository, check_run, identifier, login} -> {}: a person presses a check run's button.

    "After a user clicks on a requested action, the `check_run.requested_action` is sent."
    Buttons are there once the run is completed.
    """
    repository = hub.repository(*body["repository"].split("/"))
    if (run := repository.check_runs.get(body["check_run"])) is None:
        raise not_found()
    shown = {each["identifier"] for each in run.actions if run.status == "completed"}
    if body["identifier"] not in shown:
        raise Problem(422, "there is no such button now")
    scene = Scene(hub=hub, repository=repository, actor=hub.account(body["login"]))
    if not reaches(hub.role(repository, scene.actor), "write"):
        raise Problem(403, "only people who may write see buttons")
    check_run_event(scene, run, "requested_action", identifier=body["identifier"])
    return {}


TABLE: dict[str, Callable[[Hub, web.Request, dict[str, Any]], Awaitable[Any]]] = {
    "GET /switches": switches,
    "PATCH /switches": switch,
    "GET /drained": drained,
    "GET /requests": requests,
    "DELETE /requests": clear_requests,
    "PUT /tripwire": arm,
    "GET /tripwire": tripwire,
    "DELETE /tripwire": disarm,
    "POST /press": press,
}
