"""What a setup has added, on its way to the gateway: packed in a box, and sent as it comes.

Nothing of it is read here: the bytes go from the box to the gateway's socket.
"""

import json
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import IO

from bot.harness.boxes import for_packing, packer
from bot.harness.packer import TOO_MUCH
from bot.harness.program import bubblewrap
from bot.harness.say import say
from bot.harness.validate import OWN, Validation
from bot.model import inside
from bot.model.errors import Fenced
from bot.model.limits import Limits
from bot.rules.additions import BOUNDS, HOME, NEVER_HOME, NEVER_WORKSPACE, WORKSPACE
from bot.sandbox.box import Descriptors, argv
from bot.sandbox.ending import end
from bot.sandbox.folder import LOCK

SECONDS = 10 * 60
"""Seconds that packing it may take, and handing it over."""

PATIENCE = 5 * 60.0
"""Seconds during which a gateway that is away is tried again."""

AWAY = "What it has added could not be handed over."

UNPACKED = "What it has added could not be packed."

_CHUNK = 1 << 18
_MOST_SAID, _MOST_ANSWER = 300, 4096
_GONE = frozenset({401, 409})
_BAD, _LATER = 400, 500
_LONGEST_PAUSE = 5.0


def hand_over(it: Validation) -> Mapping[str, str]:
    """Hand over what a setup has added; return how it has ended otherwise, if it could not.

    Raises:
        Fenced: another job has taken over.
    """
    began = time.monotonic()
    pause, give_up = 0.1, began + PATIENCE
    while True:
        with _packed(it) as process:
            words = _sent(it, process)
        if words is None:
            say("setup.handed_over", seconds=round(time.monotonic() - began, 3))
            return {}
        if words or time.monotonic() + pause > give_up:
            say("setup.not_handed_over", why=words)
            return {"cause": "crashed", "words": words or AWAY}
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


@contextmanager
def _packed(it: Validation) -> Iterator["subprocess.Popen[bytes]"]:
    """Pack in a box, whose standard output is the tar; at the end all of it is over."""
    limits = replace(Limits(**it.order.limits), seconds=SECONDS)
    box = for_packing(it.folder, it.order, limits)
    with it.folder.filter.open("rb") as rules:
        descriptors = Descriptors(seccomp=rules.fileno(), alive=LOCK)
        process = subprocess.Popen(
            argv(box, packer(), bubblewrap(it.order), descriptors),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(rules.fileno(), LOCK),
            env={},
            cwd="/",
        )
    with process:
        try:
            with suppress(BrokenPipeError):
                _pipe(process.stdin).write(_asked())
                _pipe(process.stdin).close()
            yield process
        finally:
            if process.poll() is None:
                end(process.pid)


def _asked() -> bytes:
    """Say what is to be packed."""
    folders = (
        (inside.WORKSPACE, WORKSPACE, NEVER_WORKSPACE),
        (inside.HOME, HOME, NEVER_HOME),
    )
    asked = {
        "bounds": {"entries": BOUNDS.entries, "size": BOUNDS.size, "beside": BOUNDS.beside},
        "own": f"{inside.RESULT_REPO}/{OWN}",
        "folders": [
            {"top": top, "name": name, "tracked": name == WORKSPACE, "left": left}
            for top, name, left in folders
        ],
    }
    return json.dumps(asked).encode()


def _sent(it: Validation, process: "subprocess.Popen[bytes]") -> str | None:
    """Send what is packed; None where it was taken, no words where to try again.

    Raises:
        Fenced: another job has taken over.
    """
    head = (
        f"POST /validation/layer HTTP/1.1\r\nHost: greenroom\r\nConnection: close\r\n"
        f"Authorization: Bearer {it.token}\r\nContent-Type: application/octet-stream\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    try:
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(SECONDS)
            wire.connect(it.gateway)
            with suppress(BrokenPipeError, ConnectionResetError):  # its answer says why
                wire.sendall(head.encode("ascii"))
                _pass_on(_pipe(process.stdout), wire)
                if process.wait(SECONDS) != 0:
                    return _complaint(process)
                wire.sendall(b"0\r\n\r\n")
            with wire.makefile("rb") as answer:
                status, said = _status(answer.read(_MOST_ANSWER))
    except OSError:
        return ""
    if status in _GONE:
        raise Fenced("the gateway no longer knows this job")
    if status < _LATER:
        return None if status < _BAD else said or AWAY
    return ""


def _pass_on(packed: IO[bytes], wire: socket.socket) -> None:
    """Send bytes in pieces that each say how long they are.

    https://www.rfc-editor.org/rfc/rfc9112#section-7.1
    """
    while chunk := packed.read(_CHUNK):
        wire.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk))


def _complaint(process: "subprocess.Popen[bytes]") -> str:
    """Return what the packer had against it; of what it broke off with, only that it did."""
    said = _pipe(process.stderr).read(_MOST_SAID).decode("utf-8", "replace")
    return f"It {said.strip()}" if process.returncode == TOO_MUCH else UNPACKED


def _status(answer: bytes) -> tuple[int, str]:
    """Read the status of an answer, and the words of a refusal."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1]) if head else _LATER
    try:
        return status, str(json.loads(body)["words"])
    except (ValueError, KeyError, TypeError):
        return status, ""


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe
