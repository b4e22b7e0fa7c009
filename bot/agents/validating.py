"""Asking for validations from inside a box, and hearing of them as they run.

An agent waits for it, so as little as possible is imported.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.agents.door import AwayError, exchange

TYPE_CHECKING = False  # a look into `typing` takes as long as a request
if TYPE_CHECKING:
    from typing import Any

PASSED, FAILED, REFUSED = 0, 1, 2
"""Exit statuses of the command; a validation that is no verdict on the tree has not passed."""

MOST_NAMED = 50
"""Failing tests that are named."""

_OK = 200

Hear = Callable[[str], None]
"""Told of what a validation prints, as it comes, and at last of what came of it."""


class Outcome:  # a dataclass takes longer to import than all else that is needed here
    """What came of a validation.

    Attributes:
        status: one of the exit statuses.
        outcome: the verdict in one word; empty where it was refused.
        failing: the tests that failed, by name.
        words: the same, for people.
        left: the id under which the files are that it has left; empty for none.
    """

    def __init__(
        self,
        *,
        status: int,
        words: str,
        outcome: str = "",
        failing: tuple[str, ...] = (),
        left: str = "",
    ) -> None:
        self.status = status
        self.left = left
        self.outcome = outcome
        self.failing = failing
        self.words = words


def validate(name: str, hear: Hear) -> Outcome:
    """Have the tree validated as it is, and return what came of it.

    Raises:
        AwayError: nobody answered.
    """
    status, said = exchange("POST", "/validations", {"name": name})
    if status != _OK:
        return Outcome(status=REFUSED, words=str(said.get("words") or f"Refused ({status})."))
    if left_out := said.get("left_out"):
        hear(f"Not in the tree that is validated, since they are too large: {left_out} files.\n")
    said = _heard(said, hear)
    verdict = said.get("verdict")
    if not isinstance(verdict, dict):
        raise AwayError(f"{name}: it was given up; ask again.")
    excerpt = verdict["excerpt"]
    if excerpt and not said["after"]:  # nothing was run, so nothing was heard
        hear(f"{excerpt.rstrip()}\n")
    return Outcome(
        status=PASSED if verdict["outcome"] == "passed" else FAILED,
        outcome=verdict["outcome"],
        failing=tuple(verdict["failing"]),
        words="\n".join(_lines(name, verdict, cached=said["cached"])),
        left=said["id"] if verdict.get("artifacts") else "",
    )


def _heard(said: "Mapping[str, Any]", hear: Hear) -> "Mapping[str, Any]":
    """Follow one to its end, and return the last that is told of it."""
    after, ends = 0, True
    while said["under_way"]:
        status, news = exchange("GET", f"/validations/{said['id']}?after={after}")
        if status != _OK:
            raise AwayError(str(news.get("words") or f"It ended with {status}."))
        said, after, printed = news, news["after"], news["output"]
        hear(printed)
        ends = printed.endswith("\n") if printed else ends
    if not ends:
        hear("\n")
    return said


def _lines(name: str, verdict: "Mapping[str, Any]", *, cached: bool) -> Iterator[str]:
    tests = "" if verdict["tests"] is None else f", {verdict['tests']} tests"
    known = ", known from before" if cached else ""
    yield f"{name}: {verdict['outcome']} ({verdict['seconds']:.1f} s{tests}{known})"
    if verdict["words"]:
        yield verdict["words"]
    failing: Sequence[str] = verdict["failing"]
    yield from (f"  failed: {test}" for test in failing[:MOST_NAMED])
    if len(failing) > MOST_NAMED:
        yield f"  and {len(failing) - MOST_NAMED} more"
    if artifacts := verdict.get("artifacts"):
        left_out = artifacts["left_out"]
        beside = f", and {left_out} that are too large or too many" if left_out else ""
        yield f"It has left {artifacts['kept']} files{beside}: --artifacts DIR fetches them."
