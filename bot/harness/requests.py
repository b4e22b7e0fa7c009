"""Requests to the gateway while nothing better has been imported: one at a time."""

import json
import time
from collections.abc import Callable
from typing import Any

from bot.agents.request import request as send
from bot.model.errors import Fenced, Unavailable

PATIENCE = 15 * 60
"""Seconds during which a gateway that is away is tried again."""

FETCH_PATIENCE = 60.0
"""Seconds during which what another job left is asked for; then the job goes on without."""

_ANSWER_WITHIN = 30
_MOST_PLAN = 64 * 1024**2
_LONGEST_PAUSE = 2.0
_CONFLICT, _OK, _UNAUTHORIZED, _SERVER_ERROR = 409, 200, 401, 500
JSON, BYTES = "application/json", "application/octet-stream"


def exchange(gateway: str, path: str, token: str, go_on: Callable[[], bool]) -> Any:
    """Exchange a launch token for what the job is told, waiting for a gateway that is away.

    Args:
        gateway: path of its socket.
        path: where this kind of job is claimed.
        token: the launch token.
        go_on: asked before each try whether it is still worth it.

    Raises:
        Fenced: another claimed this job, or it is no longer current.
        Unavailable: no gateway answered in time.
    """
    pause, give_up = 0.02, time.monotonic() + PATIENCE
    while go_on() and time.monotonic() < give_up:
        try:
            status, body = request(gateway, "POST", path, token)
        except (OSError, ValueError):
            status, body = _SERVER_ERROR, b""
        if status in (_CONFLICT, _UNAUTHORIZED):
            raise Fenced(f"the launch token was refused with {status}")
        if status == _OK:
            return json.loads(body)
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
    raise Unavailable("gateway", "it gave no plan for this job", retry_after=0)


def fetch(gateway: str, token: str, path: str, most: int) -> bytes:
    """Return a blob that the plan names, waiting a moment for a gateway that is away.

    Raises:
        Fenced: a newer job has taken over.
        LookupError: there is no such blob.
        Unavailable: no gateway gave it in time, or it is larger than `most` bytes.
    """
    pause, give_up = 0.02, time.monotonic() + FETCH_PATIENCE
    while True:
        try:
            status, body = request(gateway, "GET", path, token, most=most)
        except (OSError, ValueError):
            status, body = _SERVER_ERROR, b""
        if status in (_CONFLICT, _UNAUTHORIZED):
            raise Fenced(f"a blob was refused with {status}")
        if status == _OK:
            return body
        if status < _SERVER_ERROR:
            raise LookupError(path)
        if time.monotonic() + pause > give_up:
            raise Unavailable("gateway", "it gave no blob", retry_after=0)
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def request(  # noqa: PLR0913 - the parts of a request
    gateway: str,
    method: str,
    path: str,
    token: str,
    given: bytes = b"{}",
    *,
    kind: str = JSON,
    most: int = _MOST_PLAN,
) -> tuple[int, bytes]:
    """Send one request, and return the status and body of its answer.

    Raises:
        OSError: nobody is there, or answers.
        ValueError: the answer broke off.
    """
    headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
    body = given if method == "POST" else b""
    return send(gateway, f"{method} {path}", headers, body, _ANSWER_WITHIN, most)
