"""What the end of a job means for its run.

An agent's word is not enough.  Only outputs that were accepted, and then applied,
make a success; a program that ended well and asked for nothing has failed to say
what it did.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.model.runs import Conclusion
from bot.rules.causes import MOST_WORDS, Cause
from bot.rules.lifecycle import Signal
from bot.rules.markdown import clip, inline

CHANGES: Mapping[str, str] = {"pull_request": "a pull request", "push": "a push"}
"""Outputs that come to nothing without a changed file, and what people call them."""

WORDS = frozenset({"comment", "question", "plan", "noop"})
"""Outputs that are an answer without any."""


KILLED = 9
"""The number of SIGKILL, which no program sends to itself by mistake."""

MOST_KILLS = 3
"""Jobs in a row whose agent may be killed from outside before its run gives up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a harness reports of its job.

    Attributes:
        exit: the program's exit status, None when a signal ended it.
        result: the commit that reached quarantine, None when nothing was changed.
        words: what went wrong between the harness and the agent, in one line; may be empty.
        log: the end of what the program wrote, kept for the operator.
    """

    exit: int | None
    signal: int | None
    cause: Cause
    result: str | None
    words: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What happens to the run; `conclusion` only where it finishes."""

    signal: Signal
    conclusion: Conclusion | None
    words: str


BROKEN_OFF = frozenset({Conclusion.FAILURE, Conclusion.CANCELLED, Conclusion.TIMED_OUT})
"""How runs end whose work was not done."""


def broke_off(conclusion: Conclusion | None) -> bool:
    """Tell whether a run has ended before its work was done."""
    return conclusion in BROKEN_OFF


def _finish(conclusion: Conclusion, words: str) -> Ending:
    return Ending(signal=Signal.FAILED, conclusion=conclusion, words=words)


def ending(ended: Ended, asked: Collection[str]) -> Ending:
    """Judge the end of a job by how it ended and which kinds of output it asked for."""
    if ended.cause == "timeout":
        return _finish(Conclusion.TIMED_OUT, "The agent ran out of time and was stopped.")
    if ended.cause == "cancelled":
        return Ending(
            signal=Signal.CANCELLED, conclusion=Conclusion.CANCELLED, words="The run was stopped."
        )
    if ended.words:
        words = clip(inline(ended.words), MOST_WORDS)
        return _finish(Conclusion.FAILURE, f"The agent broke off: {words}")
    if ended.cause == "crashed" or ended.exit != 0:
        return _finish(Conclusion.FAILURE, f"The agent's program {_how(ended)}.")
    return _of_a_good_exit(ended, asked)


def goes_again(last: Sequence[Ended]) -> bool:
    """Tell whether a run has its agent started again, from where the last job has stopped.

    Something outside has killed it: the kernel in want of memory, or a person on the machine.
    `last` are the ends of the run's jobs, the newest first.
    """
    killed = [_was_killed(each) for each in last[:MOST_KILLS]]
    return killed[0] and not (all(killed) and len(killed) == MOST_KILLS)


def _was_killed(ended: Ended) -> bool:
    return ended.cause in {"exited", "crashed"} and ended.signal == KILLED


def _how(ended: Ended) -> str:
    if ended.signal is not None:
        return f"was ended by signal {ended.signal}"
    return (
        "did not end by itself" if ended.exit is None else f"failed with exit status {ended.exit}"
    )


def _of_a_good_exit(ended: Ended, asked: Collection[str]) -> Ending:
    wanted = [name for kind, name in CHANGES.items() if kind in asked and "plan" not in asked]
    if wanted and ended.result is None:
        words = f"The agent asked for {wanted[0]} but changed no file."
        return _finish(Conclusion.FAILURE, words)
    if wanted or not WORDS.isdisjoint(asked):
        return Ending(signal=Signal.DELIVERS, conclusion=None, words="")
    if "missing_tool" in asked:
        return _finish(Conclusion.FAILURE, "A tool that the agent needs is missing.")
    return _finish(Conclusion.FAILURE, "The agent ended without saying what it did.")
