"""From what somebody asked for to what is to be done, by rules that are always the same.

Everything here is pure.  What cannot be decided becomes a question, and every answer that a
question offers is an instruction that these rules understand.

Whose words count: the instruction is from a person who may start the agent, and a change in
it is made.  A change in somebody else's words is made when the instruction points to it, or
when it is the only one there and its author may write to the repository.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.agents.playbook.blocks import blocks, without_blocks
from bot.agents.playbook.changes import Change, Patch, Replace, collide, in_order, whose
from bot.agents.playbook.task import Task, Text


@dataclass(frozen=True, slots=True)
class Apply:
    """Make these changes, in this order."""

    changes: tuple[Change, ...]

    def __str__(self) -> str:
        first, *more = self.changes
        if more:
            return f"Applying {len(self.changes)} changes"
        fails = first.fails if isinstance(first, Patch) else ""
        return f"Applying {first}{f', since “{fails}” fails' if fails else ''}"


@dataclass(frozen=True, slots=True)
class Autofix:
    """Let the repository's own tools change what they can."""

    def __str__(self) -> str:
        return "Formatting and linting"


@dataclass(frozen=True, slots=True)
class Check:
    """Try what was made.

    Attributes:
        anyway: whether changes are handed in even if they break a test.
        mends: changes that are made when the test fails which each is for.
    """

    anyway: bool = False
    mends: tuple[Patch, ...] = ()

    def __str__(self) -> str:
        return "Running the tests"


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a person, and do nothing more."""

    text: str
    choices: tuple[str, ...]

    def __str__(self) -> str:
        return "Asking a person"


@dataclass(frozen=True, slots=True)
class Leave:
    """Do nothing, for this reason."""

    why: str

    def __str__(self) -> str:
        return "Leaving everything as it is"


@dataclass(frozen=True, slots=True)
class Keep:
    """Go on with the tree as it was found, and hand in what differs from the base.

    Where nothing does, `otherwise` is a reason to leave it at that; empty to go on.
    """

    otherwise: str = ""

    def __str__(self) -> str:
        return "Looking at what was made before"


@dataclass(frozen=True, slots=True)
class Propose:
    """Say what would be done, in Markdown, and do nothing of it."""

    text: str

    def __str__(self) -> str:
        return "Making a plan"


Move = Apply | Autofix | Check | Ask | Leave | Keep | Propose

FORMAT = "Format and lint"
TEST = "Run the tests"
LEAVE = "Leave it"
THEIRS = "Keep what was pushed"
GO_ON = "Go on"
"""The words of somebody who said nothing, by a label or a bare command."""
ANYWAY = "although the tests fail"
"""What an instruction says to hand in changes that break a test."""

MOST_CHOICES = 4
"""Answers that a question may offer, as the broker takes them."""

_FORMATS = re.compile(
    r"^format\b|\breformat|\bformat (?:and|it|this|the|all|code|everything|files)\b"
    r"|\bformatters?\b|\blint|\btidy\b|\bauto-?fix"
)
_TESTS = re.compile(r"\b(?:run|check|try)\b.*\btests?\b|^tests?\b")
_LEAVES = re.compile(r"^(?:leave it|do nothing|nothing|keep what)\b")
_GOES_ON = re.compile(r"^go on\b")
_ANYWAY = re.compile(r"\b(?:although|even if|even though) (?:the |its )?tests? (?:fail|break)")
_POINTS = re.compile(
    r"\b(?:apply|accept|commit|take)\b.*?\b(?:suggest|patch|diff|change)"
    r"|\b(?:apply|accept) (?:this|these|it|them|all|both)\b"
)
_NEGATES = re.compile(
    r"(?:\b(?:not|never|without)|n['\u2019]t) (?:\w+ ){0,2}"
    r"(?:apply|accept|commit|tak[ei]|(?:re)?format|lint|tidy|run)"
)
_ALL = re.compile(r"\ball\b|\bboth\b|\bevery\b")
_LAST = re.compile(r"\babove\b|\bthis\b|\blast\b|\blatest\b")
_NAMED = re.compile(
    r"@([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)"
    r"|\b(?:of|by|from) ([a-z0-9-]+)(?= and |[.,;:!]|$)"
    r"|\b([a-z0-9-]+)['\u2019]s (?:\w+ )?(?:suggest|patch|diff|change)"
)
"""A login where a sentence has room for no other word: some are called `the` or `last`."""


def moves(task: Task) -> tuple[Move, ...]:
    """Decide what is to be done, in order; the last one is what the work ends with."""
    words = without_blocks(task.instruction).lower()
    if _LEAVES.search(words):
        return (Leave("Nothing was to be done."),)
    if _NEGATES.search(words):
        return (_unsure(task, "I am not sure what you do not want."),)
    anyway = bool(_ANYWAY.search(words))
    if _GOES_ON.search(words):
        words = ""
    found = _wanted(task, words)
    if isinstance(found, Ask):
        return (found,)
    mends = tuple(each for each in found if isinstance(each, Patch) and each.fails)
    changes = [each for each in found if each not in mends]
    steps: list[Move] = [Apply(tuple(in_order(changes)))] if changes else []
    if _FORMATS.search(words) or not (found or words):
        steps.append(Autofix())
    if not (steps or mends) and not _TESTS.search(words):
        return (_unsure(task, "I follow fixed rules, and none of them fits what you wrote."),)
    return (*steps, Check(anyway=anyway, mends=mends))


def _wanted(task: Task, words: str) -> Sequence[Change] | Ask:
    """Return the changes that are to be made; none where nobody speaks of any."""
    if blocks(task.instruction):
        return _changes(task, [_asked(task)])
    if _POINTS.search(words):
        return _pointed_to(task, words)
    return [] if words else _only_one(task)


def _asked(task: Task) -> Text:
    """Return the instruction as a text; the comment that it stands in knows its lines."""
    own = set(blocks(task.instruction))
    around = (t for t in reversed(task.texts) if t.trusted and own <= set(blocks(t.body)))
    asked = next(around, Text(author="", trusted=True, body=""))
    return replace(asked, author="", body=task.instruction)


def _pointed_to(task: Task, words: str) -> Sequence[Change] | Ask:
    named = _authors(task, words)
    found = [t for t in _suggesting(task) if not named or t.author.casefold() in named]
    if not found:
        whose = " by them" if named else ""
        return _unsure(task, f"I find no suggested change{whose} that I could apply.")
    if _ALL.search(words):
        meant = [text for text in found if text.trusted or named]
        words = "All of them are by people who may not write here. Whose are wanted?"
        return _changes(task, meant) if meant else _unsure(task, words)
    last = found[-1]
    # a stranger may have been quicker than the person who wrote `this`
    meant_last = _LAST.search(words) and (last.trusted or named)
    if len(found) == 1 or meant_last:
        return _changes(task, [last])
    return _unsure(task, "There are several suggested changes. Which one?")


def _only_one(task: Task) -> Sequence[Change] | Ask:
    """Decide for somebody who said nothing, by a label or a bare command."""
    found = _suggesting(task)
    if not found:
        return []
    if len(found) == 1 and found[0].trusted:
        return _changes(task, found)
    if len(found) == 1:
        words = f"{found[0].author} suggested a change, and may not write here. Is it wanted?"
        return _unsure(task, words)
    return _unsure(task, "There are several suggested changes. Which one?")


def _authors(task: Task, words: str) -> set[str]:
    """Return who is named: anybody by a mention, without one only who wrote there."""
    wrote = {text.author.casefold() for text in task.texts}
    found = [match.groups() for match in _NAMED.finditer(words)]
    plain = {name for _, *others in found for name in others if name}
    return {mentioned for mentioned, *_ in found if mentioned} | plain & wrote


def _suggesting(task: Task) -> list[Text]:
    return [text for text in task.texts if blocks(text.body)]


def _changes(task: Task, texts: Sequence[Text]) -> Sequence[Change] | Ask:
    """Return the changes in some texts, if they can all be made."""
    changes: list[Change] = []
    for text in texts:
        for block in blocks(text.body):
            if block.kind == "patch":
                changes.append(Patch(author=text.author, text=block.text, fails=block.fails))
            elif text.path is None or text.line is None:
                words = f"I cannot tell which lines {whose(text.author, 'suggestion')} is about."
                return _unsure(task, words, but=text)
            else:
                changes.append(_replace(text, text.path, text.line, block.text))
    if collide(changes):
        return _unsure(task, "Some of the suggested changes are about the same lines.")
    return changes


def _replace(text: Text, path: str, line: int, new: str) -> Replace:
    first = text.start_line or line
    return Replace(author=text.author, path=path, first=first, last=line, text=new)


def _unsure(task: Task, words: str, but: Text | None = None) -> Ask:
    """Ask with everything that could be done instead."""
    found = Counter(text.author for text in reversed(_suggesting(task)) if text is not but)
    offers = [
        f"Apply {'all suggestions' if every else 'the last suggestion'} of @{author}"
        for author, count in found.items()
        for every in (False, True)[: min(count, 2)]
    ]
    return Ask(words, (*[*offers, FORMAT, TEST][: MOST_CHOICES - 1], LEAVE))
