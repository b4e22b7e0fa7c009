"""What the CI writes on its check runs, and into the logs of its jobs."""

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from bot.devhub.api.check_rules import MOST_ANNOTATIONS
from bot.devhub.ci import boxed
from bot.devhub.ci.boxed import Outcome

NAME = "ci / test"

SHOWN = 32 * 1024
"""Characters of the output's end that a check run's summary shows."""

# Codes for colors and cursors mean nothing in Markdown.
_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f]")

# What compilers, linters and tests say of a line: `file:line: message`, or with a column.
_PLACED = re.compile(rf"(?:\./|{boxed.WORK}/)?([\w.-][\w./-]*\.\w+):(\d+):(?:\d+:)?\s*(\S.*)")


def done(command: Sequence[str], outcome: Outcome) -> dict[str, Any]:
    """Return the body of the request that completes a check run."""
    conclusion, title = _verdict(outcome)
    fenced = _fenced(f"$ {shlex.join(command)}\n{_plain(outcome)[-SHOWN:]}")
    output: dict[str, Any] = {"title": title, "summary": f"{title}.\n\n{fenced}"}
    if conclusion == "failure":
        output["annotations"] = list(annotations(_plain(outcome)))[:MOST_ANNOTATIONS]
    return {"conclusion": conclusion, "output": output}


def done_by_actions(outcome: Outcome) -> dict[str, Any]:
    """Return the same as Actions has it: no words, and an annotation for each failed step."""
    conclusion, _ = _verdict(outcome)
    output: dict[str, Any] = {"summary": ""}
    if conclusion == "failure":
        found = list(annotations(_plain(outcome)))[: MOST_ANNOTATIONS - 1]
        last = _annotation(".github", 1, f"Process completed with exit code {outcome.status}.")
        output["annotations"] = [*found, last]
    return {"conclusion": conclusion, "output": output}


def impossible(words: str) -> dict[str, Any]:
    """Return the same for a command that was not run at all."""
    return {
        "conclusion": "neutral",
        "output": {"title": "Not run", "summary": f"Nothing was run.\n\n{words}"},
    }


def log(command: Sequence[str], outcome: Outcome, moment: str) -> bytes:
    """Return a job's log as Actions writes it: a time before each line, words in `##[…]`.

    Args:
        command: what was run.
        outcome: what it printed, and how it ended.
        moment: when it ended, as ISO 8601 in UTC to the second.
    """
    how = f"Process completed with exit code {outcome.status}."
    how = "The operation was canceled." if outcome.status is None else how
    ended = [] if outcome.status == 0 else [f"##[error]{how}"]
    lines = [f"##[group]Run {shlex.join(command)}", "##[endgroup]", *outcome.output.splitlines()]
    stamp = moment.replace("Z", ".0000000Z")
    return "".join(f"{stamp} {line}\n" for line in (*lines, *ended)).encode()


def annotations(printed: str) -> Iterator[dict[str, Any]]:
    """Yield what the output says of lines of files, each once."""
    seen = set()
    for line in printed.splitlines():
        if (said := _PLACED.match(line)) and said.groups() not in seen:
            seen.add(said.groups())
            yield _annotation(said[1], int(said[2]), said[3])


def _annotation(path: str, line: int, message: str) -> dict[str, Any]:
    place = {"path": path, "start_line": line, "end_line": line}
    return {**place, "annotation_level": "failure", "message": message}


def _verdict(outcome: Outcome) -> tuple[str, str]:
    took = f"{outcome.duration:.1f} s"
    if outcome.status is None:
        return "timed_out", f"Stopped after {took}"
    if outcome.status == 0:
        return "success", f"Passed in {took}"
    return "failure", f"Failed with status {outcome.status} in {took}"


def _plain(outcome: Outcome) -> str:
    return _CODES.sub("", outcome.output.replace("\r\n", "\n")).strip("\n")


def _fenced(text: str) -> str:
    longest = max((len(ticks) for ticks in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}\n{text}\n{fence}"
