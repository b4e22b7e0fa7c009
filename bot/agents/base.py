"""What Greenroom needs to know of a runtime to put it to work.

A driver is pure: it says what to write, what to start, what a line of output tells and what
the end meant.  Exit codes alone lie (several coding agents end with 0 after an error), so the
meaning of an end is the driver's to tell.  A program either just runs, or speaks the Agent
Client Protocol over its standard input and output (https://agentclientprotocol.com), or
prints what it does as lines of JSON of its own kind; either way it is heard in the words of
`bot.agents.events`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from bot.agents.events import Event, Finished, Turn
from bot.model.runs import JobPlan
from bot.rules.causes import MOST_WORDS, Cause
from bot.rules.markdown import clip

_SIGNALLED = 128
_NOT_THERE = 127

NOT_THERE = "Its program is not there: no toolbox of this runner has it."
"""Said of an agent whose program could not be started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What to say to an agent that speaks the protocol.

    Attributes:
        prompt: what it is to do, whole, since its session may be a new one.
        allowed: kinds of tool call, in the protocol's words, that it may go on with when it
            asks; each is allowed once.
        session: the session to go on with; None for a new one.
        tools: address of the server of our tools; None for none.
    """

    prompt: str
    allowed: frozenset[str] = frozenset()
    session: str | None = None
    tools: str | None = None


Parse = Callable[[bytes], Iterable[Event]]
"""Returns what a program tells in one line that it prints.

Raises:
    ValueError: the program prints no such line of itself; it is noise.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What the harness does to start an agent.

    Attributes:
        program: argv inside the box.
        environment: variables beside those that every box has.
        files: texts to write into the folder that is `inside.DOOR` in the box.
        packages: names of installed packages that the program imports beside ours.
        talk: what to say to it; None for a program that just runs.
        parse: makes sense of its standard output; None where that is for people.
        stdin: the name of one of `files` that is its standard input; None for no input.
        home: texts to write below its home, unless they are there.
        port: the port of its loopback interface that leads to the door; None for none.
        masks: paths below the workspace that it finds empty.
        reserves: whether it reserves far more addresses than it uses, see `Box.reserves`.
    """

    program: tuple[str, ...]
    environment: Mapping[str, str]
    files: Mapping[str, str]
    packages: tuple[str, ...] = ()
    talk: Talk | None = None
    parse: Parse | None = None
    stdin: str | None = None
    home: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    masks: tuple[str, ...] = ()
    reserves: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What to say to an agent whose turn is over, since something has come meanwhile.

    Attributes:
        prompt: the next one of its session.
        files: texts to write anew into the folder that is `inside.DOOR` in the box.
    """

    prompt: str
    files: Mapping[str, str]


class Driver(Protocol):
    """One runtime.

    Attributes:
        session: globs below the agent's home of the files that a session consists of; a `*`
            stands for any part of one name.
    """

    session: ClassVar[tuple[str, ...]]

    def start(self, plan: JobPlan, session: str | None = None) -> Start:
        """Say how to start the plan's agent.

        Args:
            plan: the job's.
            session: what `resumed` found; None for a new session.
        """
        ...

    def resumed(self, files: Sequence[str]) -> str | None:
        """Say which session to go on with.

        Args:
            files: paths below the home that were put back, the one written to last at the end.
        """
        ...

    def outcome(self, cause: Cause, status: int, turn: Turn | None = None) -> Finished:
        """Say how the program ended.

        Args:
            cause: why the program no longer runs.
            status: what its box ended with.
            turn: how its last turn ended, if it talks or tells of that.
        """
        ...


def by_status(cause: Cause, status: int) -> Finished:
    """Take an exit status at its word: 0 is success.

    Args:
        cause: why the program no longer runs.
        status: of its box: above 128, as in shells, a signal ended the program; below 0 one
            ended the box itself.
    """
    if status < 0:
        return Finished(cause=cause, signal=-status)
    if status > _SIGNALLED:
        return Finished(cause=cause, signal=status - _SIGNALLED)
    return Finished(cause=cause, exit=status)


def by_turn(cause: Cause, status: int, turn: Turn | None) -> Finished:
    """Believe a good exit status only of a turn that came to its end.

    Args:
        cause: why the program no longer runs.
        status: of its box, as in `by_status`.
        turn: how its last turn ended; None where nothing was heard of one.
    """
    plain = by_status(cause, status)
    if cause != "exited" or (turn is not None and turn.went_well):
        return plain
    if plain.exit == _NOT_THERE:
        return Finished(cause="crashed", words=NOT_THERE)
    words = clip(turn.trouble if turn else "", MOST_WORDS)
    return Finished(cause="crashed", signal=plain.signal, words=words)
