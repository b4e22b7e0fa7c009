"""What an agent tells of its work, in the same words whatever its runtime is.

They are the words of the Agent Client Protocol's session updates, and a few of ours: that the
agent has begun, that it waits for a person, and how it came to its end.  The protocol's own
classes would cost each job half a second, and most runtimes do not speak it.

https://agentclientprotocol.com/protocol/prompt-turn
"""

from dataclasses import dataclass
from typing import Literal

from bot.rules.causes import Cause

Status = Literal["pending", "in_progress", "completed", "failed"]
"""How far a call of a tool, or an entry of a plan, has come; only a call can have failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """It is at work in a session, by the name that its program gives to it; told once or often."""

    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """It says something to people.

    Attributes:
        whole: whether the message ends here; what comes next belongs to it otherwise.
    """

    text: str
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """It says something to itself, or a piece of it."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """It uses a tool.

    Attributes:
        id: what the call is known by from then on; empty when its program does not say.
        title: what it does, for people: a command, or a tool and a file.
    """

    id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallUpdate:
    """A call has come further.

    Attributes:
        id: of the call.
        status: None when that is as it was.
        title: a new one; empty when that is as it was.
    """

    id: str
    status: Status | None
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that it means to do."""

    content: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What it means to do, all of it, in place of what it meant before."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens, as its own program counts them: of a step, a job or a session, each in its way.

    What is paid for is counted at the gateway, which is not told by those who spend it.
    """

    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """It has asked a person something, and the answer comes another day."""

    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How a turn of it ended, as it told of that itself.

    Attributes:
        stop: the agent's own reason, in the protocol's words; empty when it gave none.
        asked: whether a question of it went to a person.
        trouble: what went wrong, in one line for people; empty when nothing did.
    """

    stop: str = ""
    asked: bool = False
    trouble: str = ""

    @property
    def went_well(self) -> bool:
        """Whether the turn came to its end; one that waits for a person may be broken off."""
        return self.stop == "end_turn" or (self.asked and self.stop == "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How its program ended; what comes last, and is not for the program to say.

    Attributes:
        cause: why it no longer runs.
        exit: its exit status; None when a signal ended it.
        signal: the number of that signal.
        words: what went wrong, in one line; empty when nothing is known but the status.
    """

    cause: Cause
    exit: int | None = None
    signal: int | None = None
    words: str = ""


Event = Started | Message | Thought | ToolCall | ToolCallUpdate | Plan | Usage | Waiting | Turn
"""What a runtime can tell while it is at work."""
