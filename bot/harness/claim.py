"""Trading the launch token for the plan, with as little of Python as possible.

This is on the way from a label to an agent.  `http.client` alone would cost more than the
whole exchange, so it is spelled out here: one request of HTTP/1.0, one answer, end.
"""

import json
import re
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.model.errors import Fenced, Unavailable
from bot.model.ids import Fence, JobName, Repo, RunId, Sha
from bot.model.runs import AgentSpec, Checkpoint, JobPlan, Limits, Message, Text

PATIENCE = 15 * 60
"""Seconds during which a gateway that is away is tried again."""

FETCH_PATIENCE = 60.0
"""Seconds during which what the last job left is asked for; then the job goes on without."""

_ANSWER_WITHIN = 30
_MOST_PLAN = 64 * 1024**2
_MOST_HEAD = 16 * 1024
_LENGTH = re.compile(rb"\r\nContent-Length: *(\d+)", re.IGNORECASE)
_LONGEST_PAUSE = 2.0
_CONFLICT, _OK, _UNAUTHORIZED, _SERVER_ERROR = 409, 200, 401, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the gateway gave for the launch token."""

    plan: JobPlan
    run_token: str = field(repr=False)


def claim(gateway: str, token: str, go_on: Callable[[], bool]) -> Claim:
    """Exchange the launch token, waiting for a gateway that is away.

    Args:
        gateway: path of its socket.
        token: the launch token.
        go_on: asked before each try whether it is still worth it.

    Raises:
        Fenced: another claimed this job, or it is no longer current.
        Unavailable: no gateway answered in time.
    """
    pause, give_up = 0.02, time.monotonic() + PATIENCE
    while go_on() and time.monotonic() < give_up:
        try:
            status, body = _request(gateway, "POST", "/launch", token)
        except (OSError, ValueError):
            status, body = _SERVER_ERROR, b""
        if status in (_CONFLICT, _UNAUTHORIZED):
            raise Fenced(f"the launch token was refused with {status}")
        if status == _OK:
            answer = json.loads(body)
            return Claim(plan=plan_from(answer["plan"]), run_token=answer["run_token"])
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
    raise Unavailable("gateway", "it gave no plan for this job", retry_after=0)


def fetch(gateway: str, token: str, name: str, most: int) -> bytes:
    """Return a blob that the plan names, waiting a moment for a gateway that is away.

    Raises:
        Fenced: a newer job has taken over.
        LookupError: there is no such blob.
        Unavailable: no gateway gave it in time, or it is larger than `most` bytes.
    """
    pause, give_up = 0.02, time.monotonic() + FETCH_PATIENCE
    while True:
        try:
            status, body = _request(gateway, "GET", f"/blobs/{name}", token, most)
        except (OSError, ValueError):
            status, body = _SERVER_ERROR, b""
        if status in (_CONFLICT, _UNAUTHORIZED):
            raise Fenced(f"a blob was refused with {status}")
        if status == _OK:
            return body
        if status < _SERVER_ERROR:
            raise LookupError(name)
        if time.monotonic() + pause > give_up:
            raise Unavailable("gateway", "it gave no blob", retry_after=0)
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _request(
    gateway: str, method: str, path: str, token: str, most: int = _MOST_PLAN
) -> tuple[int, bytes]:
    given = b"{}" if method == "POST" else b""
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(_ANSWER_WITHIN)
        wire.connect(gateway)
        wire.sendall(
            f"{method} {path} HTTP/1.0\r\nHost: greenroom\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(given)}\r\n\r\n".encode(
                "ascii"
            )
            + given
        )
        with wire.makefile("rb") as answer:
            head, _, body = answer.read(most + _MOST_HEAD).partition(b"\r\n\r\n")
    if (size := _LENGTH.search(head)) and int(size[1]) != len(body):
        raise ValueError("the answer broke off")
    return int(head.split(b" ", 2)[1]) if head else _SERVER_ERROR, body


def plan_from(fields: Mapping[str, Any]) -> JobPlan:
    """Return the plan that `dataclasses.asdict` had made into JSON."""
    agent = fields["agent"]
    return JobPlan(
        job=JobName(fields["job"]),
        run=RunId(fields["run"]),
        fence=Fence(fields["fence"]),
        repo=Repo(fields["repo"]),
        shelf=Repo(fields["shelf"]),
        subject=fields["subject"],
        kind=fields["kind"],
        base=Sha(fields["base"]),
        base_branch=fields["base_branch"],
        agent=AgentSpec(
            name=agent["name"],
            description=agent["description"],
            runtime=agent["runtime"],
            command=tuple(agent["command"]),
            prompt=agent["prompt"],
            context=agent["context"],
            model=agent["model"],
            turns=agent["turns"],
            waits=tuple(agent["waits"]),
            outputs=agent["outputs"],
            limits=Limits(**agent["limits"]),
        ),
        brief=fields["brief"],
        title=fields["title"],
        instruction=fields["instruction"],
        texts=tuple(Text(**text) for text in fields["texts"]),
        own=fields["own"],
        messages=tuple(map(message_from, fields["messages"])),
        mail=tuple(fields["mail"]),
        checkpoint=Checkpoint(**fields["checkpoint"]) if fields["checkpoint"] else None,
        egress=tuple(fields["egress"]),
    )


def message_from(fields: Mapping[str, Any]) -> Message:
    """Return the message that `dataclasses.asdict` had made into JSON."""
    return Message(**{**fields, "texts": tuple(Text(**text) for text in fields["texts"])})
