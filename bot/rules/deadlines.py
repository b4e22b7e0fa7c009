"""When somebody who is waited for is reminded, and what is said when the time is over."""

from collections.abc import Mapping

from bot.model.facts import Waiting
from bot.model.ids import RunId
from bot.rules.notices import SHORT, called, span
from bot.rules.waiting import ANSWER, CI, PLAN, REVIEW
from bot.rules.wording import RunView

A_DAY = 24 * 3600.0

LAST_WORDS: Mapping[str, str] = {
    CI: "CI has not ended",
    REVIEW: "Nobody has reviewed it",
    ANSWER: "Nobody has answered",
    PLAN: "Nobody has said yes to the plan",
}
"""What a run says that ends because its time is over."""

WANTED: Mapping[str, str] = {
    REVIEW: "waits for a review",
    ANSWER: "waits for an answer",
    PLAN: "waits for a yes to its plan",
}
"""What people are reminded of; CI cannot be."""


def reminds_at(wait: Waiting) -> float:
    """Return the Unix time of the one reminder: a day before the deadline, or half the time."""
    return max(wait.deadline - A_DAY, (wait.since + wait.deadline) / 2)


def last_words(wait: Waiting) -> str:
    """Say that the time is over."""
    return f"{LAST_WORDS[wait.reason]} in {span(int(wait.deadline - wait.since))}."


def reminder_marker(run: RunId, wait: Waiting) -> str:
    """Return the hidden mark of the comment that reminds of a wait."""
    return f"<!-- greenroom reminder {run} {wait.reason} {wait.since:.0f} -->"


def reminder(view: RunView, wait: Waiting, now: float) -> str:
    """Write the comment that reminds whoever asked for a run of what it waits for."""
    left = span(int(wait.deadline - now))
    told = f"{called(view.asked_by)}, **{view.agent}** still {WANTED[wait.reason]}"
    way = f": `/{view.prefix} approve {wait.about[:SHORT]}`" if wait.about else ""
    last = f"It ends in {left} without; `/{view.prefix} stop` ends it now."
    return f"{reminder_marker(view.id, wait)}\n{told}{way}. {last}"
