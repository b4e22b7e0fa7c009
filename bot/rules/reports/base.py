"""What a harness hands in of a validation, and what every kind of report tells."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.errors import Refused
from bot.rules.causes import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How the command of a validation ended; all text is what the tree made of it.

    Attributes:
        exit: its exit status; None when a signal ended it, or it never began.
        signal: the number of that signal.
        cause: why it ended; `crashed` where the machine did not do as it should.
        seconds: wall-clock time of the command.
        log: what it printed, or the end of that.
        report: the bytes of the file that the definition names; None where there is no such
            file, or none that may be read.
        words: what went wrong around the command, in one line; else empty.
        built: what buildah says of the images that were built, as JSON; empty for nothing.
        lacks: which image a build could not have, in one line; empty for none.
    """

    exit: int | None
    signal: int | None
    cause: Cause
    seconds: float
    log: str = ""
    report: bytes | None = None
    words: str = ""
    built: str = ""
    lacks: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A test that failed, and what is said of it in its report."""

    name: str
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tests:
    """What a report tells.

    Attributes:
        ran: how many tests, without those that were skipped; None where no report tells.
        failing: those that failed, in the order of the report.
        trouble: why these are not all, as a sentence; a test that is not told of has not passed.
    """

    ran: int | None = None
    failing: Sequence[Failing] = ()
    trouble: str = ""


def unreadable(words: str) -> Refused:
    """Make the refusal of a report; `words` go on after `Its report`."""
    return Refused("report", f"Its report {words}.")
