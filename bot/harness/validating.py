"""From a validation's command to its verdict, which the gateway makes of what is told here.

Imported beside the command.  Its time, its disk, what it prints and somebody's wish can end
it; whatever does, all of its box is gone before its report is read.
"""

import asyncio
import json
import os
import signal
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from bot.clocks import system_clock
from bot.harness import plainfile
from bot.harness.beside import beside, until_over
from bot.harness.fate import Fate
from bot.harness.printed import TOO_MUCH
from bot.harness.requests import request
from bot.harness.room import overfull
from bot.harness.say import say
from bot.harness.validate import Command, Trouble, Validation
from bot.model.errors import Fenced, Unavailable
from bot.model.inside import BASES, EGRESS
from bot.model.validations import MOST_REPORT

PATIENCE = 10 * 60.0
"""Seconds during which a gateway that is away is tried again."""

NO_BOX = "Its box could not be made."

_LOOK = 0.25
_LONGEST_PAUSE = 5.0
_SIGNALLED, _SIGNALS = 128, 64  # as in shells: above 128, a signal by its number
_GONE = frozenset({401, 409})
_SERVER_ERROR, _BAD = 500, 400


def end(
    it: Validation,
    command: Command | None,
    trouble: Trouble | None,
    stopping: Callable[[], bool],
) -> int:
    """Stay with a command to its end, and hand in how that was; returns the exit status 0.

    Args:
        it: the validation.
        command: runs; None where nothing does.
        trouble: why nothing does; None where something does.
        stopping: whether it is to stop at once.

    Raises:
        Fenced: another job has taken over.
        Unavailable: the gateway stayed away too long to report to.
    """
    if command is None:
        why = trouble or Trouble(NO_BOX)
        never = {"exit": None, "signal": None, "seconds": 0.0, "log": why.printed}
        _hand_in(it, {**never, **_crashed(why.words)}, {})
        return 0
    fate = asyncio.run(_Watch(it, command).until_over(stopping))
    printed = command.printed.end()
    took = command.printed.ended - command.started
    if fate.fenced:
        raise Fenced("nobody waits for this validation any more")
    ended = {
        **_status(command),
        "seconds": round(took, 3),
        "log": printed + (command.servers.last_words() if command.servers else ""),
        **_cause(fate, command),
    }
    if it.plan.sets_up and ended["exit"] == 0:
        from bot.harness.settingup import hand_over  # noqa: PLC0415 - few need it

        ended |= hand_over(it)
    if it.plan.definition.kind == "builder":
        from bot.harness.built import told  # noqa: PLC0415 - few need it

        ended |= told(it, ended)
    counted, parts = _left(it) if ended["exit"] is not None else ({}, {})
    _hand_in(it, {**ended, **counted}, parts)
    say("validation.over", **{name: ended[name] for name in ("cause", "exit", "seconds")})
    return 0


class _Watch:
    """What goes on beside a command."""

    def __init__(self, it: Validation, command: Command) -> None:
        self._it = it
        self._command = command
        self._fate = Fate()
        self._clock = system_clock(Path(it.order.clock) if it.order.clock else None)

    async def until_over(self, stopping: Callable[[], bool]) -> Fate:
        """Return how it was decided once the command and all of its box are gone."""
        loop, fate, program = asyncio.get_running_loop(), self._fate, self._command.program
        loop.add_signal_handler(signal.SIGTERM, fate.decide, "cancelled")
        loop.add_reader(self._command.printed.news, self._hear)
        if stopping():
            fate.decide("cancelled")
        async with (
            beside(self._lead()),
            beside(self._supply()),
            beside(self._expire()),
            beside(self._overfill()),
        ):
            over = asyncio.create_task(until_over(program.pid))
            changed = asyncio.create_task(fate.changed.wait())
            await asyncio.wait({over, changed}, return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
            program.kill()
            await over
        return fate

    def _hear(self) -> None:
        """Take note of what the output has come to."""
        printed = self._command.printed
        with suppress(BlockingIOError):
            os.eventfd_read(printed.news)
        if printed.unwanted or printed.superseded:
            self._fate.fence()
        elif printed.too_much:
            self._fate.break_off(TOO_MUCH)

    async def _expire(self) -> None:
        already = time.monotonic() - self._command.started
        over = self._clock.now() - already + self._it.plan.definition.seconds
        while self._clock.now() < over:  # noqa: ASYNC110 - a clock that moves tells nobody
            await asyncio.sleep(_LOOK)
        self._fate.decide("timeout")

    async def _overfill(self) -> None:
        it = self._it
        self._fate.break_off(await overfull(it.folder, it.order, self._firsts))

    def _firsts(self) -> Sequence[int | None]:
        """Return the first process of each box."""
        servers = self._command.servers
        return (self._command.program.first, *(servers.firsts if servers else ()))

    async def _lead(self) -> None:
        """Lead the command to the hosts that its definition names, if there are any."""
        if EGRESS in self._it.ways:
            from bot.harness.tunnel import MOST_HEAD, Tunnels  # noqa: PLC0415 - few need it
            from bot.wires import serve  # noqa: PLC0415 - likewise

            tunnels = Tunnels(str(Path(self._it.gateway).with_name(EGRESS)), self._it.token)
            await serve(self._it.ways[EGRESS], tunnels.answer, most_head=MOST_HEAD)

    async def _supply(self) -> None:
        """Have it have the images that a build begins with, if its definition names places."""
        if BASES in self._it.ways:
            from bot.harness.bases import Bases  # noqa: PLC0415 - few need it
            from bot.harness.gateway_client import Gateway  # noqa: PLC0415 - likewise
            from bot.wires import CHUNK, serve  # noqa: PLC0415 - likewise

            it = self._it
            bases = Bases(Gateway(it.gateway, it.token), it.plan.definition.bases)
            await serve(self._it.ways[BASES], bases.answer, most_head=CHUNK)


def _status(command: Command) -> Mapping[str, int | None]:
    status = command.program.status()
    if status is None or status < 0:
        return {"exit": None, "signal": -status if status else None}
    if _SIGNALLED < status <= _SIGNALLED + _SIGNALS:
        return {"exit": None, "signal": status - _SIGNALLED}
    return {"exit": status, "signal": None}


def _cause(fate: Fate, command: Command) -> Mapping[str, str]:
    if not command.program.came_up:
        return _crashed(NO_BOX)
    return {"cause": fate.cause or "exited", "words": fate.words}


def _crashed(words: str) -> Mapping[str, str]:
    return {"cause": "crashed", "words": words}


def _left(it: Validation) -> tuple[Mapping[str, int], Mapping[str, bytes]]:
    """Return what a command has left for us, and how much else it has left."""
    report = _report(it)
    parts = {} if report is None else {"report": report}
    globs = it.plan.definition.artifacts
    if not globs:
        return {}, parts
    from bot.harness.artifacts import pack  # noqa: PLC0415 - few need it

    try:
        packed = pack(it.folder.workspace, globs)
    except OSError as problem:
        say("validation.no_artifacts", why=str(problem))
        return {}, parts
    counted = {"kept": packed.kept, "left_out": packed.left_out}
    return counted, {**parts, **({"artifacts": packed.tar} if packed.kept else {})}


def _report(it: Validation) -> bytes | None:
    """Read the report, if it is a plain file of the workspace and no larger than it may be."""
    name = it.plan.definition.report
    if name is None:
        return None
    try:
        top = os.open(it.folder.workspace, plainfile.FOLDER)
    except OSError:
        return None
    try:
        return plainfile.read(top, name, MOST_REPORT)
    finally:
        os.close(top)


def _hand_in(it: Validation, ended: Mapping[str, object], left: Mapping[str, bytes]) -> None:
    """Hand in how it ended until the gateway takes it.

    Raises:
        Fenced: another job has taken over.
        Unavailable: it did not.
    """
    kind, body = _form({"ended": json.dumps(ended).encode(), **left})
    pause, give_up = 0.05, time.monotonic() + PATIENCE
    while True:
        try:
            status, _ = request(
                it.gateway, "POST", "/validation/verdict", it.token, body, kind=kind
            )
        except (OSError, ValueError):
            status = _SERVER_ERROR
        if status in _GONE:
            raise Fenced("the gateway no longer knows this job")
        if status < _BAD:
            return
        if status < _SERVER_ERROR or time.monotonic() + pause > give_up:
            raise Unavailable("gateway", f"the verdict was answered {status}", retry_after=0)
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _form(parts: Mapping[str, bytes]) -> tuple[str, bytes]:
    """Write a form; nobody who wrote a part can know what stands between two.

    https://www.rfc-editor.org/rfc/rfc7578
    """
    between = uuid.uuid4().hex
    written = b"".join(
        f'--{between}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        + data
        + b"\r\n"
        for name, data in parts.items()
    )
    return f"multipart/form-data; boundary={between}", written + f"--{between}--\r\n".encode()
