"""What the CI writes on its check runs."""

import re
import shlex
from collections.abc import Sequence
from typing import Any

from bot.devhub.ci.boxed import Outcome

NAME = "ci / test"

# Codes for colors and cursors mean nothing in Markdown.
_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f]")


def done(command: Sequence[str], outcome: Outcome) -> dict[str, Any]:
    """Return the body of the request that completes a check run."""
    took = f"{outcome.duration:.1f} s"
    if outcome.status is None:
        return _body("timed_out", f"Stopped after {took}", command, outcome)
    if outcome.status == 0:
        return _body("success", f"Passed in {took}", command, outcome)
    return _body("failure", f"Failed with status {outcome.status} in {took}", command, outcome)


def impossible(words: str) -> dict[str, Any]:
    """Return the same for a command that was not run at all."""
    return {
        "conclusion": "neutral",
        "output": {"title": "Not run", "summary": f"Nothing was run.\n\n{words}"},
    }


def _body(conclusion: str, title: str, command: Sequence[str], outcome: Outcome) -> dict[str, Any]:
    printed = _CODES.sub("", outcome.output.replace("\r\n", "\n")).strip("\n")
    longest = max((len(ticks) for ticks in re.findall("`{3,}", printed)), default=2)
    fence = "`" * (longest + 1)
    parts = [f"{title}.", f"{fence}\n$ {shlex.join(command)}\n{printed}\n{fence}"]
    return {
        "conclusion": conclusion,
        "output": {"title": title, "summary": "\n\n".join(parts)},
    }
