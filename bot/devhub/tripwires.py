"""Kills a process just before, or just after, one of its requests takes effect.

`before`: the request arrives, the process dies, nothing is done.  `after`: it is
done, the process dies, and the answer finds nobody.
"""

import asyncio
import contextlib
import os
import re
import signal
from dataclasses import dataclass, field
from typing import Literal


@dataclass(slots=True, kw_only=True)
class Tripwire:
    """Armed once, fires once.

    Attributes:
        moment: on which side of the effect; None when it is not armed.
        left: matching requests until it fires, that one included.
        pids: whom SIGKILL goes to; a negative number is a process group.
        match: a regular expression searched in `METHOD /path`.
        mutating: count only requests that change something.
        fired: the request that it fired at.
    """

    moment: Literal["before", "after"] | None = None
    left: int = 0
    pids: tuple[int, ...] = ()
    match: str = ""
    mutating: bool = False
    fired: str | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def arm(
        self,
        moment: Literal["before", "after"],
        nth: int,
        pids: tuple[int, ...],
        *,
        match: str = "",
        mutating: bool = False,
    ) -> None:
        """Wait for the nth matching request from now on."""
        self.moment, self.left, self.pids = moment, nth, pids
        self.match, self.mutating = match, mutating
        self.fired = None
        self.changed.clear()

    def disarm(self) -> None:
        """Let everything pass."""
        self.moment, self.left = None, 0

    def counts(self, request: str, *, mutating: bool) -> bool:
        """Count a request of an app that arrives; return whether it is the one."""
        wanted = (mutating or not self.mutating) and re.search(self.match, request)
        if self.moment is None or not wanted:
            return False
        self.left -= 1
        return self.left == 0

    def fire(self, request: str) -> None:
        """Kill whom it was armed against."""
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.fired = request
        self.disarm()
        self.changed.set()
