"""Conditions of `when`, in CEL: whether an event is one that an agent is meant for.

The interpreter has no bound on cost, so the language here is smaller: nothing that makes
new text or lists, few macros, and in a macro nothing but its own name and plain values.
What is left takes time in proportion to the condition and to what it is asked about, both
of which are short.
https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.model.ids import Login, Repo, UserId
from bot.model.runs import Person, Subject
from bot.rules.grammar import nearest
from bot.rules.markdown import clip
from bot.rules.mistakes import shown
from bot.rules.roles import Role

if TYPE_CHECKING:
    import cel

MOST_CHARACTERS = 500
"""Characters of a condition."""

MOST_MACROS = 4
"""Uses of `all` and `exists` in one condition."""

MOST_TEXT = 256
"""Characters of a title, a name or a path that a condition sees."""

MOST_WORDS = 150
"""Characters of the interpreter's own words that are repeated."""

MOST_LABELS = 100
MOST_PATHS = 300
"""Paths that a condition sees; of a larger change it sees none."""

FUNCTIONS = ("size", "startsWith", "endsWith", "contains")
MACROS = ("all", "exists")
OTHER_MACROS = ("map", "filter", "exists_one")
OPERATORS = frozenset(
    {"!_", "_!=_", "_==_", "_<_", "_<=_", "_>_", "_>=_", "_&&_", "_||_", "_?_:_", "_[_]", "@in"}
)
MADE_BY_MACROS = frozenset({"@not_strictly_false"})

_FORBIDDEN = re.compile(r"\\|`|\"\"\"|'''")
_PART = re.compile(r"\"[^\"]*\"|'[^']*'|//[^\n]*|[A-Za-z_]\w*|\S", re.ASCII)
_FAILURES = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a condition may speak of.

    Attributes:
        name: GitHub's name of the event with its action, such as `issues.opened`.
        role: of the actor in this repository.
        base: the branch that a pull request goes to; empty for an issue.
        head: the branch that it comes from; empty for an issue.
        paths: the files that a pull request changes; None where they are not known.
    """

    name: str
    actor: Person
    role: Role
    subject: Subject
    title: str
    author: Person
    labels: Sequence[str] = ()
    draft: bool = False
    fork: bool = False
    base: str = ""
    head: str = ""
    paths: Sequence[str] | None = None


def context(moment: Moment) -> dict[str, dict[str, object]]:
    """Return the names that a condition knows, with their values cut to their bounds."""
    event, _, action = moment.name.partition(".")
    subject: dict[str, object] = {
        "kind": moment.subject.kind,
        "number": moment.subject.number,
        "title": moment.title[:MOST_TEXT],
        "labels": [label[:MOST_TEXT] for label in moment.labels[:MOST_LABELS]],
        "author": moment.author.login[:MOST_TEXT],
        "draft": moment.draft,
        "fork": moment.fork,
        "base": moment.base[:MOST_TEXT],
        "head": moment.head[:MOST_TEXT],
    }
    if moment.paths is not None and len(moment.paths) <= MOST_PATHS:
        # Not a part of them: `all` would hold for that part.
        subject["paths"] = [path[:MOST_TEXT] for path in moment.paths]
    actor: dict[str, object] = {
        "login": moment.actor.login[:MOST_TEXT],
        "role": str(moment.role),
        "bot": moment.actor.bot,
    }
    return {"event": {"name": event, "action": action}, "actor": actor, "subject": subject}


EXAMPLE = Moment(
    name="pull_request.opened",
    actor=Person(id=UserId(1), login=Login("ann")),
    role=Role.WRITE,
    subject=Subject(repo=Repo("acme/app"), number=1, kind="pull"),
    title="Fix the cache",
    author=Person(id=UserId(1), login=Login("ann")),
    labels=("bug",),
    base="main",
    head="fix-cache",
    paths=("src/cache.py",),
)
"""On this a condition is tried when it is checked."""

NAMES: Mapping[str, Sequence[str]] = {
    name: tuple(fields) for name, fields in context(EXAMPLE).items()
}
"""What a condition may speak of, and the fields of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Whether a condition holds; `words` say why it could not be told, and are else empty."""

    holds: bool
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is wrong with a condition, and what to do about it."""

    words: str
    remedy: str


def holds(condition: str, moment: Moment) -> bool:
    """Tell whether a condition is met.  One that cannot be worked out is not."""
    return answer(condition, moment).holds


def answer(condition: str, moment: Moment) -> Answer:
    """Work out a condition."""
    if problem := trouble(condition):
        return Answer(holds=False, words=problem.words)
    return _execute(condition, moment)


@lru_cache(maxsize=1024)
def trouble(condition: str) -> Trouble | None:
    """Return what is wrong with a condition; None when it may be worked out."""
    if len(condition) > MOST_CHARACTERS:
        words = f"The condition has {len(condition)} characters; up to {MOST_CHARACTERS} are read."
        return Trouble(words=words, remedy="Make it shorter, or make two agents of it.")
    if bad := _FORBIDDEN.search(condition):
        words = f"A condition cannot hold {shown(bad[0])}."
        return Trouble(words=words, remedy="Write text in plain single or double quotes.")
    return _trouble_of_macros(condition) or _trouble_of_names(condition)


def _trouble_of_macros(condition: str) -> Trouble | None:
    """Look at macros before compiling, which replaces them by what they stand for."""
    depth, inside, count = 0, 0, 0
    for part, after in pairwise([*_parts(condition), ""]):
        depth += (part == "(") - (part == ")")
        inside = 0 if depth < inside else inside
        if inside and part in NAMES:
            # The interpreter copies all of a name's value each time.
            words = f"`{part}` cannot be used inside `all` or `exists`."
            return Trouble(words=words, remedy="Ask it outside, and join the two with `&&`.")
        if part in OTHER_MACROS and after == "(":
            words = f"`{part}` cannot be used in a condition."
            return Trouble(words=words, remedy="Write it with `exists` or `all`.")
        if part in MACROS and after == "(":
            count += 1
            if inside or count > MOST_MACROS:
                words = f"`{part}` stands inside another, or is one of more than {MOST_MACROS}."
                return Trouble(words=words, remedy="Ask one thing after the other, with `&&`.")
            inside = depth + 1
    return None


def _trouble_of_names(condition: str) -> Trouble | None:
    try:
        program = _program(condition)
    except ValueError as problem:
        words = f"This is no condition in CEL: {_first_line(problem)}"
        return Trouble(words=words, remedy='Write for example `subject.title.contains("cache")`.')
    known = OPERATORS | MADE_BY_MACROS | set(FUNCTIONS)
    if strange := sorted(set(program.functions()) - known):
        words = f"{shown(strange[0].replace('_', ''))} cannot be used in a condition."
        usable = ", ".join(f"`{name}`" for name in (*FUNCTIONS, *MACROS))
        return Trouble(words=words, remedy=f"There are comparisons, `&&`, `||`, `!`, {usable}.")
    parts = _parts(condition)
    triples = [*zip(parts, parts[1:], parts[2:], strict=False)]
    bound = {third for first, second, third in triples if first in MACROS and second == "("}
    if unknown := sorted(set(program.variables()) - bound - NAMES.keys()):
        return _unknown(unknown[0], tuple(NAMES), "A condition knows")
    for name, dot, field in triples:
        if name in NAMES and dot == "." and field not in NAMES[name]:
            return _unknown(
                f"{name}.{field}", [f"{name}.{each}" for each in NAMES[name]], "There are"
            )
    return _trouble_of_outcome(condition)


def _unknown(name: str, known: Sequence[str], words: str) -> Trouble:
    near = nearest(name, known)
    remedy = (
        f"Write `{near}`." if near else f"{words}: {', '.join(f'`{each}`' for each in known)}."
    )
    return Trouble(words=f"There is no {shown(name)} for conditions.", remedy=remedy)


def _trouble_of_outcome(condition: str) -> Trouble | None:
    """Try it once: types are found out only by working it out."""
    try:
        value = _program(condition).execute(context(EXAMPLE))
    except TypeError:
        words = "The condition compares or joins values of different types."
        return Trouble(words=words, remedy="Put text in quotes, and write numbers without.")
    except _FAILURES:
        return None  # it may be right for another event
    if not isinstance(value, bool):
        words = f"The condition gives {shown(str(value))}, not true or false."
        return Trouble(words=words, remedy="Compare it, as in `subject.number > 100`.")
    return None


def _execute(condition: str, moment: Moment) -> Answer:
    try:
        value = _program(condition).execute(context(moment))
    except _FAILURES as problem:
        return Answer(holds=False, words=f"The condition failed: {_first_line(problem)}")
    if not isinstance(value, bool):
        return Answer(holds=False, words=f"The condition gave {shown(str(value))}.")
    return Answer(holds=value)


@lru_cache(maxsize=1024)
def _program(condition: str) -> "cel.Program":
    import cel  # noqa: PLC0415 - brings a command line of 10 MB along; few have conditions

    return cel.compile(condition)


def _parts(condition: str) -> Sequence[str]:
    """Split a condition; without backslashes and triple quotes this is all that CEL has."""
    return [part for part in _PART.findall(condition) if not part.startswith("//")]


def _first_line(problem: Exception) -> str:
    """Cut the interpreter's words down to the place and the complaint."""
    text = str(problem).rpartition("ERROR: <input>:")[2].partition("\n")[0]
    return clip(text.partition(" expecting ")[0], MOST_WORDS)
