"""Asking for things from inside a box: one request over the door's socket, patiently.

Runs with the standard library alone, under whichever interpreter the box has.
"""

import http.client
import json
import os
import socket
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

PATIENCE = 15 * 60.0
"""Seconds during which a door or gateway that is away is tried again."""

_ANSWER_WITHIN = 20 * 60.0
_LONGEST_PAUSE = 5.0
_AWAY = frozenset({502, 503, 504})
_TAKEN = frozenset({200, 204})


class AwayError(Exception):
    """Nobody answered for as long as it was worth waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the broker said.

    Attributes:
        accepted: whether it will be done.
        words: why not, or a sentence that it will be.
        left: how many more of this kind may be asked for, where that is known.
    """

    accepted: bool
    words: str
    left: int | None = None


class _Door(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("greenroom", timeout=_ANSWER_WITHIN)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket instead of a host."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def ask(
    path: str, payload: Mapping[str, Any], sleep: Callable[[float], None] = time.sleep
) -> Answer:
    """Post to the door until it answers; a repeated request carries the same key.

    Raises:
        AwayError: nobody answered.
    """
    status, said = exchange("POST", path, payload, sleep)
    accepted = status in _TAKEN and said.get("accepted", True) is True
    words = str(said.get("words") or ("Accepted." if accepted else f"Refused ({status})."))
    left = said.get("left")
    return Answer(accepted=accepted, words=words, left=left if isinstance(left, int) else None)


def exchange(
    method: str,
    path: str,
    payload: Mapping[str, Any] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[int, Mapping[str, Any]]:
    """Send a request to the door until it answers; return the status and what it says.

    Raises:
        AwayError: nobody answered.
    """
    key, pause, give_up = uuid.uuid4().hex, 0.1, time.monotonic() + PATIENCE
    while True:
        try:
            status, body = _send(method, path, payload, key)
        except (OSError, http.client.HTTPException):
            status, body = min(_AWAY), b""
        if status not in _AWAY:
            return status, _understood(body)
        if time.monotonic() + pause > give_up:
            raise AwayError("Greenroom does not answer.")
        sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def handing_in() -> str:
    """Return the kind of output that hands changes in here, as the environment tells.

    On a fork's pull request it is a comment: what was changed is shown below it.
    """
    kind = "push" if os.environ.get("GREENROOM_KIND") == "pull" else "pull_request"
    granted = os.environ.get("GREENROOM_OUTPUTS", kind).split()
    return "comment" if kind not in granted and "comment" in granted else kind


def plans() -> bool:
    """Say whether a plan is all that may be handed in here, as the environment tells.

    A person's yes to one is what brings the other kinds.
    """
    granted = set(os.environ.get("GREENROOM_OUTPUTS", "").split())
    return "plan" in granted and granted.isdisjoint({"pull_request", "push"})


def base() -> str:
    """Return the commit that changes are compared with; empty where nobody says."""
    return os.environ.get("GREENROOM_BASE", "")


def validations() -> tuple[str, ...]:
    """Return the names of the validations that may be asked for, as the environment tells."""
    return tuple(os.environ.get("GREENROOM_VALIDATIONS", "").split())


def _send(
    method: str, path: str, payload: Mapping[str, Any] | None, key: str
) -> tuple[int, bytes]:
    door = _Door(os.environ["GREENROOM_SOCKET"])
    try:
        body = None if payload is None else json.dumps(payload).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        door.request(method, path, body, headers)
        answer = door.getresponse()
        return answer.status, answer.read()
    finally:
        door.close()


def _understood(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body) if body else {}
    except ValueError:
        said = {}
    return said if isinstance(said, dict) else {}
