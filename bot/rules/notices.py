"""Comments that call somebody: a yes to a push is wanted, or an answer to a question.

The run's own comment is edited, which notifies nobody; these are written once, each
under a mark of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.ids import Login, RunId, Sha
from bot.rules.credentials import blacked_out
from bot.rules.markdown import BREAK, COMMENT, clip, cut, inline, quiet
from bot.rules.visible import shown
from bot.rules.wording import RunView, plain

MOST_DIFF = 30_000
"""Characters of a diff that a comment shows."""

MOST_CHARACTERS = 60_000
"""Characters of a comment that we send; GitHub refuses more than 65,536."""

MOST_FILES = 30
"""Changed files that are listed by name."""

TOO_LONG = "It is too long to be shown.\n"
"""What stands in the place of a diff that is not even read."""

SHORT = 12
"""Digits of a commit's name in the command that says yes to it."""

WHY = (
    "Part of what the agent was told is by somebody who may not write to this repository, or "
    "quoted, and a push starts CI with the repository's secrets. Whoever may write here can read "
    "the changes below and answer:"
)
"""Why a person is asked, and who may answer."""

NOT_ALL = (
    "**Not all of the changes can be shown here.** A yes pushes what is not shown as well: it is "
    "too long, binary, or looks like a credential."
)
"""What stands above the way to say yes then."""

WIDEST_GAP = 80
"""Blanks in a row that stay what they are; more would put the end of a line out of sight."""

UNITS = ((24 * 3600, "days"), (3600, "hours"), (60, "minutes"))

_GAP = re.compile(rf"[ \t]{{{WIDEST_GAP + 1},}}")
_BINARY = re.compile(r"^Binary files .* differ$", re.MULTILINE)

_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,99})", re.ASCII)

Files = Sequence[tuple[str, int, int]]
"""(path, lines added, lines removed)."""


def approval_marker(run: RunId, sha: Sha) -> str:
    """Return the hidden mark of the comment that asks for a yes to a commit."""
    return f"<!-- greenroom approval {run} {sha} -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of a run's agent to the person who asked for the run.

    Attributes:
        name: tells it from the run's other questions.
        prefix: the word after the slash of commands here.
    """

    run: RunId
    name: str
    agent: str
    prefix: str
    asked_by: Login
    text: str
    choices: Sequence[str] = ()


def question_marker(run: RunId, name: str) -> str:
    """Return the hidden mark of the comment that asks a run's question."""
    return f"<!-- greenroom question {run} {name} -->"


def approval(view: RunView, sha: Sha, *, seconds: int, files: Files, diff: str) -> str:
    """Write the comment that asks for a yes to a push, with all that would be pushed.

    `seconds` are how long the answer may take.
    """
    listed = [f"- `{_path(path)}` +{more} -{less}" for path, more, less in files[:MOST_FILES]]
    if len(files) > MOST_FILES:
        listed.append(f"- and {len(files) - MOST_FILES} more")
    lines = [
        approval_marker(view.id, sha),
        f"**{view.agent}** has made `{sha[:SHORT]}` and waits for a yes before it is pushed.",
        "",
        WHY,
        "",
        *([] if is_whole(diff, MOST_DIFF) else [NOT_ALL, ""]),
        f"```\n/{view.prefix} approve {sha[:SHORT]}\n```",
        "",
        *listed,
        "",
        folded("The changes", diff, MOST_DIFF),
        "",
        f"Without a yes in {span(seconds)} it is dropped; `/{view.prefix} stop` drops it now.",
    ]
    return "\n".join(lines)


def answered(run: RunId, sha: Sha, words: str) -> str:
    """Write what becomes of that comment when nothing is asked any more."""
    return f"{approval_marker(run, sha)}\n`{sha[:SHORT]}`: {words}."


def question(asked: Question) -> str:
    """Write the comment that asks a question of the person who started a run, and calls them."""
    way = f"Answer below this comment, or with `/{asked.prefix} answer …`."
    return _question(asked, called(asked.asked_by), way)


def settled(asked: Question, words: str) -> str:
    """Write the same comment when nothing is asked any more; `words` say what came of it."""
    return _question(asked, plain(asked.asked_by), f"{words}.")


def _question(asked: Question, who: str, last: str) -> str:
    offered = [f"- {inline(choice)}" for choice in asked.choices]
    head = [question_marker(asked.run, asked.name), f"{who}, **{asked.agent}** asks:", ""]
    foot = ["", *offered, *([""] if offered else []), last]
    room = MOST_CHARACTERS - len("\n".join([*head, *foot])) - 2
    return "\n".join([*head, cut(quiet(asked.text), room), *foot])


def folded(title: str, diff: str, most: int) -> str:
    """Write a diff as a block that is folded away, with nothing in it that cannot be seen.

    What would end the block does not, and what looks like a credential is blacked out.
    """
    kept, whole = _told(diff, most)
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", kept)), default=0))
    note = "" if whole else "\nThe rest is not shown here; it is too long.\n"
    return (
        f"<details><summary>{title}</summary>\n\n{fence}diff\n{kept}\n{fence}\n{note}\n</details>"
    )


def is_whole(diff: str, most: int) -> bool:
    """Tell whether a block of a diff shows all that it would change, in so many characters."""
    shows_all = blacked_out(diff[:most]) == diff[:most] and not _BINARY.search(diff)
    return diff != TOO_LONG and _told(diff, most)[1] and shows_all


def _told(diff: str, most: int) -> tuple[str, bool]:
    """Return what is shown of a diff, and whether it goes on to the diff's end."""
    # The cut comes first, and once more: a number is longer than what it stands for.
    seen = _GAP.sub(lambda gap: f"⟨{len(gap[0])} blanks⟩", shown(blacked_out(diff[:most])))
    told = COMMENT.sub(f"<{BREAK}", seen)[:most]
    if whole := len(diff) <= most and len(told) < most:
        return told.removesuffix("\n"), whole
    return told[: told.rfind("\n") + 1].removesuffix("\n"), whole


def span(seconds: int) -> str:
    """Say a length of time in the largest unit that has at least two of it."""
    for unit, name in UNITS:
        if seconds >= 2 * unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} seconds"


def called(login: Login) -> str:
    """Mention a person; a bot's name has brackets and is nobody to call."""
    return f"@{login}" if _LOGIN.fullmatch(login) else plain(login)


def _path(path: str) -> str:
    return clip(inline(path.replace("`", "'")), 200)
