"""The plan that an agent makes before it may change anything, and what a yes to it means.

A person decides by what they see.  So the comment that asks shows all of a plan: rendered
where nothing in it could go unseen, and else letter by letter.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from bot.model.ids import Fence, Login, RunId, Sha
from bot.model.runs import Message, MessageKind, Plan
from bot.rules.markdown import BREAK, COMMENT, quiet
from bot.rules.notices import SHORT, called, span
from bot.rules.wording import plain

LONG = 1500
"""Characters of a plan that is folded away."""

WIDEST = 100
"""Characters of a line of a plan that is shown as it was written."""

_UNSEEN = re.compile(
    r"<[A-Za-z!/?]"  # HTML
    r"|\][:(]"  # links, pictures and notes, which have more words than are shown
    r"|^[ \t>|:]*-+[ \t:]*\|"  # a table, which drops the cells that are too many
    r"|^[ \t>*+\-\d.)]*(?:`{3,}|~{3,})(?![`~]*[ \t]*[\w+#-]{0,12}[ \t]*$)",  # words behind a fence
    re.MULTILINE,
)
"""Markdown in which words may stand that GitHub does not show."""


def plan(text: str, sha: Sha) -> Plan:
    """Name a plan by its words and the commit that it was made on."""
    named = hashlib.sha256(f"{sha}\n{text}".encode()).hexdigest()
    return Plan(text=text, sha=sha, hash=named[:40])


def holds(made: Plan | None, base: Sha, *, pushed: bool) -> bool:
    """Tell whether a yes to a plan lets a job change things that starts from `base`.

    It is one for the commit that the plan was made on, until something of it is pushed.
    """
    return made is not None and (pushed or made.sha == base)


def is_void(kind: MessageKind, *, pushed: bool) -> bool:
    """Tell whether a yes to a plan counts no more since something else is wanted now.

    A review of what was planned and pushed is a part of it.
    """
    return kind == "steer" or (kind == "review" and not pushed)


def overtaken(sha: Sha, at: float) -> Message:
    """Tell an agent that its plan was for another commit than the one its branch stands at."""
    words = f"The branch stands at {sha} now, and your plan is for what it was before. Plan anew."
    return Message(kind="push", text=words, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A plan of a run's agent that a yes is asked to.

    Attributes:
        fence: of the job that has made it.
        prefix: the word after the slash of commands here.
        command: the word after the prefix that starts the agent; None without one.
    """

    run: RunId
    fence: Fence
    agent: str
    prefix: str
    command: str | None
    asked_by: Login
    plan: Plan


def plan_marker(run: RunId, fence: Fence) -> str:
    """Return the hidden mark of the comment that asks for a yes to the plan of a run's job."""
    return f"<!-- greenroom plan {run} {fence} -->"


def asking(asked: Asked, *, seconds: int) -> str:
    """Write the comment that asks for a yes to a plan, and calls who asked for the run.

    `seconds` are how long the answer may take.
    """
    slash, short = f"/{asked.prefix}", asked.plan.hash[:SHORT]
    has = f"**{asked.agent}** has a plan for `{asked.plan.sha[:9]}`"
    anew = f"After other words, `{slash} {asked.command or 'answer'} …`, it plans anew."
    until = f"Without a yes in {span(seconds)} the plan is dropped"
    lines = [
        plan_marker(asked.run, asked.fence),
        f"{called(asked.asked_by)}, {has} and changes nothing without a yes to it.",
        "",
        _shown(asked.plan.text, folds=len(asked.plan.text) > LONG),
        "",
        "Whoever may write here says yes with:",
        "",
        f"```\n{slash} approve {short}\n```",
        "",
        f"{anew} {until}; `{slash} stop` drops it now.",
    ]
    return "\n".join(lines)


def settled(asked: Asked, words: str) -> str:
    """Write the same comment when nothing is asked any more; `words` say what came of it."""
    lines = [
        plan_marker(asked.run, asked.fence),
        f"{plain(asked.asked_by)}, **{asked.agent}** had a plan for `{asked.plan.sha[:9]}`.",
        "",
        _shown(asked.plan.text, folds=True),
        "",
        f"`{asked.plan.hash[:SHORT]}`: {words}.",
    ]
    return "\n".join(lines)


def _shown(text: str, *, folds: bool) -> str:
    whole = _as_written(text) if _UNSEEN.search(text) else quiet(text)
    opens, closes = "<details><summary>The plan</summary>", "</details>"
    return f"{opens}\n\n{whole}\n\n{closes}" if folds else whole


def _as_written(text: str) -> str:
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", text)), default=0))
    return "\n".join([fence, *_lines(COMMENT.sub(f"<{BREAK}", text)), fence])


def _lines(text: str) -> Iterator[str]:
    """Wrap text, so that the end of no line is out of sight."""
    for line in text.splitlines():
        yield from wrap(line, WIDEST, drop_whitespace=False) or [""]
