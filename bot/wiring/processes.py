"""How the app's processes run: one alone, or all of them as a group that keeps itself up.

The group's parent imports everything once and forks, so that the children share its
memory; it holds no connection, no thread and no event loop that a fork could break.
"""

import asyncio
import gc
import importlib
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any

import structlog
import uvloop

from bot.model.errors import Misconfigured, Unavailable
from bot.model.settings import Process, Settings
from bot.store.migrate import migrate

MISCONFIGURED = 78
"""Exit status for settings that are missing or broken: EX_CONFIG of sysexits.h."""

RESTART_PAUSE = 1.0
"""Seconds before a process that died is started again."""

log = structlog.get_logger()

Loop = Callable[[], asyncio.AbstractEventLoop]

LOOPS: Mapping[Process, Loop] = {Process.WEB: uvloop.new_event_loop}
"""The process that answers strangers has the quicker loop; the others start programs."""


def run_process(process: Process, settings: Settings) -> int:
    """Run one process until SIGTERM or SIGINT; return its exit status."""
    run = importlib.import_module(f"bot.wiring.{process}").run
    return run_once(run(settings), loop=LOOPS.get(process))


def run_once(work: Coroutine[Any, Any, None], loop: Loop | None = None) -> int:
    """Run a coroutine until it ends or a signal cancels it, on asyncio's own loop by default.

    Raises:
        Misconfigured: as `work` does, also out of a task group.
        Unavailable: likewise.
    """
    with suppress(asyncio.CancelledError):
        try:
            with asyncio.Runner(loop_factory=loop) as runner:
                runner.run(_until_told(work))
        except* (Misconfigured, Unavailable) as problems:
            raise _first(problems) from None
    return 0


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    await task


def _first(problems: BaseException) -> BaseException:
    while isinstance(problems, BaseExceptionGroup):
        problems = problems.exceptions[0]
    return problems


class Group:
    """The processes of `greenroom serve`: forked from one parent, started again when they die."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._running: dict[int, Process] = {}
        self._ending = False

    def run(self) -> int:
        """Run until SIGTERM or SIGINT; return the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        for process in Process:
            self._fork(process)
        status = 0
        while self._running:
            pid, how = os.wait()
            status = max(status, self._ended(pid, os.waitstatus_to_exitcode(how)))
        return status

    def _fork(self, process: Process) -> None:
        pid = os.fork()
        if pid == 0:
            os._exit(_child(lambda: run_process(process, self._settings), process))
        self._running[pid] = process

    def _ended(self, pid: int, code: int) -> int:
        process = self._running.pop(pid, None)
        if process is None or self._ending:
            return 0
        if code == MISCONFIGURED:
            self._end(signal.SIGTERM, None)
            return code
        log.error("process.died", process=process, code=code)
        time.sleep(RESTART_PAUSE)
        if not self._ending:
            self._fork(process)
        return 0

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._ending = True
        for pid in self._running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def _child(work: Callable[[], int], name: str) -> int:
    """Be one process of the group; whatever happens, end with a status."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    try:
        return work()
    except (Misconfigured, Unavailable) as problem:
        sys.stderr.write(f"greenroom {name}: {problem}\n")
        return MISCONFIGURED if isinstance(problem, Misconfigured) else os.EX_UNAVAILABLE


def serve(settings: Settings) -> int:
    """Run the whole app; brings the database up to date first, in a process of its own."""
    if pid := os.fork():
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code:
            return code
    else:
        os._exit(_child(lambda: run_once(migrate(settings.database_url)), "migrate"))
    for process in Process:
        importlib.import_module(f"bot.wiring.{process}")
    gc.collect()
    gc.freeze()  # the collector must not touch, and so copy, what the children share
    return Group(settings).run()
