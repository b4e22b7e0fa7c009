"""The events of an answer that comes piece by piece, found in its bytes.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

import json
from collections.abc import Iterator

from bot.rules.dialects.base import Body

TELLS = b'"usage'
"""What stands in every event that tells a cost, in each of the dialects; few others have it."""

LONGEST = 8 << 20
"""Bytes of a line that is looked into: the last event of Responses holds the whole answer."""


class Events:
    """Finds the events that tell something of the cost; the others are not even parsed."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._rest = bytearray()
        self._skips = False

    def feed(self, data: bytes) -> Iterator[Body]:
        """Yield the events that some more bytes have completed."""
        *lines, rest = data.replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            whole = bytes(self._rest) + line
            self._rest.clear()
            if not self._skips and (said := _event(whole)) is not None:
                yield said
            self._skips = False
        self._rest += rest
        if len(self._rest) > self._longest:
            self._rest.clear()
            self._skips = True

    def close(self) -> Iterator[Body]:
        """Yield the event of a last line that has no end."""
        yield from self.feed(b"\n")


def _event(line: bytes) -> Body | None:
    if not line.startswith(b"data:") or TELLS not in line:
        return None
    try:
        said = json.loads(line.removeprefix(b"data:"))
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
