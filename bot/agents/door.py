"""What a program in a box says to its door, and hears: JSON, patiently.

Runs under whichever interpreter the box has, with next to nothing imported.
"""

import json
import os
import time
from collections.abc import Callable, Mapping

from bot.agents.request import request

TYPE_CHECKING = False  # a look into `typing` takes as long as a request
if TYPE_CHECKING:
    from typing import Any

PATIENCE = 15 * 60.0
"""Seconds during which a door or gateway that is away is tried again."""

_ANSWER_WITHIN = 20 * 60.0
_MOST = 64 * 1024**2
_LONGEST_PAUSE = 5.0
_AWAY = frozenset({502, 503, 504})


class AwayError(Exception):
    """Nobody answered for as long as it was worth waiting."""


def exchange(
    method: str,
    path: str,
    payload: "Mapping[str, Any] | None" = None,
    sleep: Callable[[float], None] = time.sleep,
) -> "tuple[int, Mapping[str, Any]]":
    """Send a request to the door until it answers; return the status and what it says.

    A request that is repeated carries the same key.

    Raises:
        AwayError: nobody answered.
    """
    status, body = said(method, path, payload, sleep)
    return status, _understood(body)


def said(
    method: str,
    path: str,
    payload: "Mapping[str, Any] | None" = None,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[int, bytes]:
    """Do as `exchange` does; return the answer as it came."""
    body = b"" if payload is None else json.dumps(payload).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": os.urandom(16).hex()}
    pause, give_up = 0.1, time.monotonic() + PATIENCE
    while True:
        door = os.environ["GREENROOM_SOCKET"]
        try:
            status, answer = request(
                door, f"{method} {path}", headers, body, _ANSWER_WITHIN, _MOST
            )
        except (OSError, ValueError):
            status, answer = min(_AWAY), b""
        if status not in _AWAY:
            return status, answer
        if time.monotonic() + pause > give_up:
            raise AwayError("Greenroom does not answer.")
        sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _understood(body: bytes) -> "Mapping[str, Any]":
    try:
        said = json.loads(body) if body else {}
    except ValueError:
        said = {}
    return said if isinstance(said, dict) else {}
