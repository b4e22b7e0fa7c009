"""Writes the log of a process that handles many requests at once, many lines in one write.

A write for each line lets go of the interpreter each time, and costs a delivery a tenth of
all that is done for it.  Lines that come in one round of the event loop go out at its end;
a kill loses those of the last round alone, never the deliveries that they tell of.
"""

import asyncio
from typing import TextIO


class Lines:
    """A text file for `structlog.WriteLoggerFactory`; outside an event loop it writes at once."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._waiting: list[str] = []
        self._due: asyncio.AbstractEventLoop | None = None

    def write(self, text: str) -> None:
        """Take a line."""
        self._waiting.append(text)

    def flush(self) -> None:
        """Write what was taken: now, or at the end of this round of the event loop."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._write()
            return
        if loop is not self._due:
            self._due = loop
            loop.call_soon(self._write)

    def _write(self) -> None:
        lines, self._waiting, self._due = self._waiting, [], None
        self._file.write("".join(lines))
        self._file.flush()
