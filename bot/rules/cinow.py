"""What a run keeps of CI on its head: what people are shown, and what its agent was told of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from bot.model.ids import Sha
from bot.rules.digest import Digest
from bot.rules.standings import Standing
from bot.rules.verdict import Flaky, Green, Pending, Red, Silent, Verdict
from bot.rules.watching import Round

MOST_ROWS = 30
"""Checks that are kept and shown, the worst first."""

MOST_EXCERPTS = 5
"""Failures of which an excerpt is kept."""

MOST_KEPT = 2_000
"""Characters of an excerpt that are kept."""

MOST_SAID = 500
"""Characters of an agent's own words that are kept of each."""

MOST_ROUNDS = 20
"""Failures that a run remembers."""

Word = Literal["pending", "green", "red", "flaky", "silent"]

WORDS: Mapping[type[Verdict], Word] = {
    Pending: "pending",
    Green: "green",
    Red: "red",
    Flaky: "flaky",
    Silent: "silent",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A check, as a line of a table; its name, word and address are others' text.

    Attributes:
        state: one of `bot.rules.standings.State`.
        seconds: how long it took; None while it runs, or when nobody tells.
    """

    name: str
    state: str
    word: str
    url: str
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """What matters of a failure; others' text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CiNow:
    """CI of one commit.

    Attributes:
        hidden: how many checks there are beyond `rows`.
        since: Unix time from which it is waited for.
        feedback: seconds from then until the last check that has ended.
        rounds: failures that the agent was told of, also on earlier commits.
        rerun_at: Unix time at which GitHub was asked to run flakes again.
        theirs: whether somebody else has pushed it.
        at: Unix time at which it was looked at, 0 for not yet; a later look that finds the same
            is no news.
    """

    sha: Sha
    word: Word
    rows: tuple[Row, ...] = ()
    hidden: int = 0
    excerpts: tuple[Excerpt, ...] = ()
    since: float = 0.0
    feedback: float | None = None
    rounds: tuple[Round, ...] = ()
    rerun_at: float | None = None
    theirs: bool = False
    at: float = field(default=0.0, compare=False)


def pushed(before: CiNow | None, sha: Sha, now: float) -> CiNow:
    """Begin anew with a commit that somebody else has pushed."""
    rounds = before.rounds if before else ()
    return CiNow(sha=sha, word="pending", since=now, rounds=rounds, theirs=True)


def taken(
    before: CiNow | None,
    sha: Sha,
    verdict: Verdict,
    rows: Sequence[Standing],
    *,
    since: float,
) -> CiNow:
    """Write down how a commit stands now; what was known of it and of others stays."""
    same = before is not None and before.sha == sha
    ended = [each.completed for each in rows if each.completed is not None]
    return CiNow(
        sha=sha,
        word=WORDS[type(verdict)],
        rows=tuple(map(_row, rows[:MOST_ROWS])),
        hidden=max(len(rows) - MOST_ROWS, 0),
        excerpts=before.excerpts if before and same else (),
        since=since,
        feedback=max(max(ended) - since, 0.0) if ended else None,
        rounds=before.rounds if before else (),
        rerun_at=before.rerun_at if before and same else None,
        theirs=before.theirs if before and same else False,
    )


def with_excerpts(now: CiNow, digests: Iterable[Digest]) -> CiNow:
    """Add what matters of the failures."""
    found = [Excerpt(name=each.name, text=each.excerpt[:MOST_KEPT]) for each in digests]
    return replace(now, excerpts=tuple(each for each in found if each.text)[:MOST_EXCERPTS])


def answered(now: CiNow, said: str) -> CiNow:
    """Write down what the agent said that it did about the last failure."""
    if not now.rounds:
        return now
    last = replace(now.rounds[-1], said=said[:MOST_SAID])
    return replace(now, rounds=(*now.rounds[:-1], last))


def told(now: CiNow, mark: str) -> CiNow:
    """Remember that the agent was told of a failure."""
    new = Round(sha=now.sha, mark=mark)
    return replace(now, rounds=(*now.rounds, new)[-MOST_ROUNDS:])


def _row(standing: Standing) -> Row:
    took = None
    if standing.started is not None and standing.completed is not None:
        took = max(standing.completed - standing.started, 0.0)
    return Row(
        name=standing.name,
        state=str(standing.state),
        word=standing.word,
        url=standing.url,
        seconds=took,
    )
