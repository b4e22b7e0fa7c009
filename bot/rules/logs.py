"""The lines of a job's log as a person would want to read them.

A log may be a gigabyte, and most of it is colours, clocks and progress.  Only its first and
its last part are ever looked at, and each line of these is cut before anything searches it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from bot.rules.credentials import blacked_out
from bot.rules.visible import shown

WINDOW = 256 * 1024
"""Characters, or bytes where it is fetched, of each end of a log that is looked at."""

MOST_LINE = 400
"""Characters of a line that are shown."""

MOST_RAW = 4_000
"""Characters of a line that are looked at: a minified file is no sentence."""

STAMP = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ?")
"""What Actions writes before each line."""

CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
"""Colours, moves of the cursor and titles of windows.

https://ecma-international.org/publications-and-standards/standards/ecma-48/
"""

MARK = re.compile(r"^(?:##\[([a-z-]+)\]|::([a-z-]+)[^:]*::|\[(command)\](?=/))")
"""Commands to the runner.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

SAID = {"error": "Error: ", "warning": "Warning: ", "notice": "Notice: "}
SHOWN = {"group": "", "command": "$ ", "section": ""} | SAID
"""Marks whose line is kept, and with which word; of all others nothing is shown."""

PROGRESS = re.compile(
    r"^\s*(?:"
    r"(?:remote: )?(?:Enumerating|Counting|Compressing|Receiving|Resolving|Updating) \w+: +\d"
    r"|(?:Collecting|Downloading|Using cached|Requirement already satisfied:) "
    r"|(?:Downloaded|Downloading|Compiling|Checking|Fresh) \S+ v\d"
    r"|(?:Get:\d+|Selecting previously|Preparing to unpack|Unpacking|Setting up) "
    r"|npm (?:http|timing) "
    r"|[0-9a-f]{12}: (?:Pull|Wait|Down|Verif|Extr|Alr)"
    r"|[^\w%]*\d{1,3}(?:\.\d+)?% *(?:$|[|\[(#=━█])"
    r")"
)
"""Lines that only tell that something goes on."""

CLEANING = "Post job cleanup."
"""What Actions writes when the job has had its say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The two ends of a log, and how many bytes between them were not fetched."""

    head: str
    tail: str = ""
    left_out: int = 0


def ends(text: str) -> Log:
    """Return the two ends of a log that is at hand."""
    between = len(text) - 2 * WINDOW
    if between <= 0:
        return Log(head=text)
    return Log(head=text[:WINDOW], tail=text[-WINDOW:], left_out=between)


def lines(log: Log) -> list[str]:
    """Return what is worth reading: no colours, clocks, progress, credentials, repetitions."""
    head, tail = log.head[:WINDOW], log.tail[-WINDOW:]
    if log.left_out:
        # What the cut went through is no line, and may be half of a credential.
        head, tail = head.rpartition("\n")[0], tail.partition("\n")[2]
        between = ["", f"… {log.left_out:,} bytes of the log left out …", ""]
        found = [*_clean(head), *between, *_clean(tail)]
    else:
        found = [*_clean(head + tail)]
    return list(_once(_without_cleaning(found)))


def _clean(text: str) -> Iterator[str]:
    kept = (cleaned for line in text.split("\n") if (cleaned := _line(line)) is not None)
    for line in blacked_out("\n".join(kept)).split("\n"):
        yield line if len(line) <= MOST_LINE else f"{line[:MOST_LINE]}…"


def _line(raw: str) -> str | None:
    """Return a line as a terminal would show it; None for one that says nothing."""
    last = raw.rstrip("\r")[-MOST_RAW:] if "\r" in raw.rstrip("\r") else raw[:MOST_RAW]
    line = CONTROL.sub("", STAMP.sub("", last.rstrip("\r").rpartition("\r")[2])).rstrip()
    if mark := MARK.match(line):
        word = SHOWN.get(mark[1] or mark[2] or mark[3])
        return None if word is None else shown(word + line[mark.end() :])
    return None if PROGRESS.match(line) else shown(line)


def _without_cleaning(found: list[str]) -> list[str]:
    """Leave out what comes after the last error when it is the runner's own tidying."""
    last = max((at for at, line in enumerate(found) if line.startswith("Error: ")), default=0)
    try:
        return found[: found.index(CLEANING, last)]
    except ValueError:
        return found


def _once(found: list[str]) -> Iterator[str]:
    for line, same in groupby(found):
        count = sum(1 for _ in same)
        yield line
        if count > 1 and line:
            yield f"… {count - 1} more like this"
