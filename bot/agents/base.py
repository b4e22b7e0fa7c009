"""What Greenroom needs to know of a runtime to put it to work.

A driver is pure: it says what to write, what to start and what the end meant.  Exit codes
alone lie (several coding agents end with 0 after an error), so the meaning of an end is the
driver's to tell.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.model.runs import JobPlan
from bot.rules.endings import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How the agent's program ended.

    Attributes:
        exit: its exit status; None when a signal ended it.
        signal: the number of that signal.
    """

    cause: Cause
    exit: int | None = None
    signal: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What the harness does to start an agent.

    Attributes:
        program: argv inside the box.
        environment: variables beside those that every box has.
        files: texts to write into the folder that is `inside.DOOR` in the box.
    """

    program: tuple[str, ...]
    environment: Mapping[str, str]
    files: Mapping[str, str]


class Driver(Protocol):
    """One runtime."""

    def start(self, plan: JobPlan) -> Start:
        """Say how to start the plan's agent."""
        ...

    def ended(self, cause: Cause, status: int) -> Exit:
        """Say how the program ended, given the status that its box ended with."""
        ...
