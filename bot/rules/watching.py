"""What a run does next about CI: wait, go on with what failed, be content, or give up.

An agent is told of a failure as long as that helps: not when the failure is the one that it
was told of last, and not more often in a row than configuration says.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.model.ids import Sha
from bot.model.runs import Conclusion
from bot.rules.markdown import clip, inline
from bot.rules.standings import Standing
from bot.rules.verdict import Flaky, Green, Pending, Silent, Verdict

FIRST, LAST = 15.0, 300.0
"""Seconds between two looks at CI of which nothing is heard, at first and in the end."""

SLOWER = 8
"""Of the time that it has been waiting, the part that passes until the next look."""

RERUN_PATIENCE = 600.0
"""Seconds in which a check that was asked to run again has to have begun."""

MOST_NAMES = 3
"""Checks that one line names."""

MOST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Something that failed and that the agent was told of.

    Attributes:
        mark: the fingerprint of all that failed together.
        said: what the agent then said it did; empty while it is at it.
    """

    sha: Sha
    mark: str
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What came before.

    Attributes:
        rounds: failures that the agent was told of, oldest first.
        handoffs: how often CI has woken it since a person had a word, as `most` bounds it.
        rerun_at: Unix time at which GitHub was asked to run flakes of this commit again.
    """

    rounds: Sequence[Round] = ()
    handoffs: int = 0
    most: int = 5
    rerun_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Look again."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """Have GitHub run these again, once: they are suspected flakes.

    Attributes:
        instead: what comes next where GitHub does not.
    """

    failures: tuple[Standing, ...]
    words: str
    instead: "Met"


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """Wait for CI no longer."""

    conclusion: Conclusion
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """Have the agent go on, told of what failed."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Give up, and say what is known."""

    words: str


Step = Look | Rerun | Met | Wake | Stop


def step(verdict: Verdict, past: Past, *, mark: str, since: float, now: float) -> Step:
    """Choose what comes next.

    `mark` is of the failures, empty where there are none; CI is waited for from `since` on.
    """
    match verdict:
        case Pending(until=until):
            return Look(seconds=min(interval(since, now), max(until - now, 0.0)))
        case Green(unfinished=names):
            but = f", but for what never ended: {named(names)}" if names else ""
            return Met(conclusion=Conclusion.SUCCESS, words=f"CI is green{but}.")
        case Silent(missing=()):
            return Met(conclusion=Conclusion.SUCCESS, words="No CI has reported a result.")
        case Silent(missing=names):
            words = f"These checks are required and never ended: {named(names)}."
            return Met(conclusion=Conclusion.NEUTRAL, words=words)
        case Flaky():
            return _flaky(verdict, past, now)
        case _:
            return _red([each.name for each in verdict.failures], past, mark)


def interval(since: float, now: float) -> float:
    """Return the seconds until the next look at CI that nobody has asked for."""
    return min(max((now - since) / SLOWER, FIRST), LAST)


def named(names: Collection[str]) -> str:
    """List a few names of checks, which are others' text."""
    shown = [f"`{clip(inline(each.replace('`', chr(39))), MOST_NAME)}`" for each in names]
    more = f" and {len(shown) - MOST_NAMES} more" if len(shown) > MOST_NAMES else ""
    return ", ".join(shown[:MOST_NAMES]) + more


def _flaky(verdict: Flaky, past: Past, now: float) -> Step:
    names = named([each.name for each in verdict.failures])
    words = f"CI failed in {names}: a suspected flake, as nothing points to the change."
    met = Met(conclusion=Conclusion.NEUTRAL, words=words)
    if past.rerun_at is not None:
        return Look(seconds=FIRST) if now < past.rerun_at + RERUN_PATIENCE else met
    if not verdict.rerunnable:
        return met
    words = f"CI failed in {names}: a suspected flake, running it again"
    return Rerun(failures=verdict.rerunnable, words=words, instead=met)


def _red(names: Sequence[str], past: Past, mark: str) -> Step:
    if past.rounds and past.rounds[-1].mark == mark:
        return Stop(words=f"CI fails as it did before: {named(names)}.")
    if past.handoffs >= past.most:
        times = "once" if past.handoffs == 1 else f"{past.handoffs} times"
        tried = f" after going on {times}" if past.handoffs else ""
        return Stop(words=f"CI still fails{tried}: {named(names)}.")
    turn = f"{past.handoffs + 1} of {past.most}"
    return Wake(words=f"CI failed: {named(names)}; going on ({turn})")
