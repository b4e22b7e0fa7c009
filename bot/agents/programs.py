"""Running the repository's own programs: one at a time, for so long, and stoppable."""

import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

MINUTES = 15
"""How long one program may take."""

KEPT = 16_000
"""Bytes that are kept of what a watched program prints: its end."""

_CHUNK = 1 << 16
_LAST_WORDS_WITHIN = 1.0  # seconds; what a program left running may hold its output open


class Stopped(Exception):
    """Somebody wants no more programs to be run."""


class Programs:
    """Runs programs in one folder.

    Args:
        top: the folder.
        seconds: how long one program may take.
    """

    def __init__(self, top: Path, seconds: float = MINUTES * 60) -> None:
        self.top = top
        self._seconds = seconds
        self._running: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a program with these variables to its end; keep all that it says.

        Raises:
            Stopped: `stop` was called.
        """
        settings = ["env", *(f"{name}={value}" for name, value in variables.items())]
        with self._started([*settings, *words], subprocess.PIPE) as process:
            try:
                said, complaint = process.communicate(timeout=self._seconds)
            except subprocess.TimeoutExpired:
                self._kill()
                said, complaint = b"", self._late().encode()
        self._check()
        status = process.returncode
        return subprocess.CompletedProcess(words, status, _text(said), _text(complaint))

    def watch(self, *words: str) -> tuple[int, str]:
        """Run a program that may say much; return its status and the end of what it said.

        Raises:
            Stopped: `stop` was called.
        """
        process = self._started(words, subprocess.STDOUT)
        assert process.stdout is not None
        tail = bytearray()
        reader = threading.Thread(target=_keep_the_end, args=(process.stdout, tail), daemon=True)
        reader.start()
        late = ""
        try:
            process.wait(self._seconds)
        except subprocess.TimeoutExpired:
            self._kill()
            process.wait()
            late = self._late()
        reader.join(_LAST_WORDS_WITHIN)
        self._check()
        return process.returncode, _text(bytes(tail[-KEPT:])) + late

    def stop(self) -> None:
        """End what runs, and start nothing more."""
        self._stopped = True
        self._kill()

    def _started(self, words: Sequence[str], stderr: int) -> subprocess.Popen[bytes]:
        self._check()
        self._running = subprocess.Popen(
            words,
            cwd=self.top,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
        return self._running

    def _kill(self) -> None:
        """End the program with all that it started."""
        if self._running is not None and self._running.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._running.pid, signal.SIGKILL)

    def _check(self) -> None:
        if self._stopped:
            raise Stopped

    def _late(self) -> str:
        return f"\nIt took more than {self._seconds / 60:.0f} minutes."


def _keep_the_end(source: IO[bytes], tail: bytearray) -> None:
    with source:
        while data := source.read1(_CHUNK):  # type: ignore[attr-defined]
            tail += data
            del tail[:-KEPT]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
