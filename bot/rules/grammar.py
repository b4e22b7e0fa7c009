"""What a comment tells the app to do: the commands in it, and nothing that only looks like one.

A command stands at the start of a line of its author's own plain text.  Quotes, code,
HTML and tables never command, and neither does a copy of what the app itself wrote.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache

from bot.rules.paragraphs import Paragraph, paragraphs, seen
from bot.rules.shellwords import words

MOST_COMMANDS = 20
"""Commands that are read from one comment."""

OURS = "<!-- greenroom "
"""How every text of the app begins, as the person who copies it may not know."""

BEGINS = re.compile(r"(?:^|\r)[ \t*+\-0-9.)]*[/@]", re.MULTILINE)
"""The start of a line, after the marks of lists, where a command could be."""

FOREIGN = re.compile(r" {0,3}/[a-z][a-z0-9-]*[ \t]*", re.IGNORECASE | re.ASCII)
"""A line that is nothing but the command of some other app."""

LONGEST_NAME = 64
"""Characters of a verb; what is longer is cut, and is nobody's verb."""

GAP = "[ \t\u00a0]"
"""What stands between words; the no-break space looks like any other and is easily typed."""

WORD = "[^ \t\u00a0]+"
NEVER = "(?!)"
ENDS = f"[.,:;!?]*(?={GAP}|$)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command.

    Attributes:
        verb: in lower case; what follows the prefix, an agent's name, or `ask`.  It is `help`
            after the prefix alone, and for a question that asks nothing.
        args: the words on its line.
        instruction: all that was said: the rest of its paragraph and the block below that.
        line: where it stands in the comment, from 1.
        bare: it was written without the prefix.
        problem: why `args` are no more than what stands between spaces; empty when they are.
        left_out: of the last one alone: how many more there are in the comment, not read.
    """

    verb: str
    args: tuple[str, ...] = ()
    instruction: str = ""
    line: int
    bare: bool = False
    problem: str = ""
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """How commands are written in a repository.

    Attributes:
        prefix: `gr` for `/gr VERB`.
        bare: agents' names that are commands by themselves, as in `/fix`.
        mention: the name by which `@NAME TEXT` is a question; None when nobody is asked so.
    """

    prefix: str = "gr"
    bare: frozenset[str] = frozenset()
    mention: str | None = "greenroom"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The line of a command: what it begins with, and what is left of it."""

    verb: str
    rest: str
    bare: bool
    paragraph: Paragraph
    number: int

    @property
    def line(self) -> int:
        return self.paragraph.first + self.number

    @property
    def said(self) -> tuple[str, ...]:
        """What makes it the same command in another version of the text."""
        return (self.verb, *self.rest.split())


def commands(text: str, grammar: Grammar) -> tuple[Command, ...]:
    """Return the commands of a comment, review or description, in their order.

    Never raises.  Takes about as long as reading the Markdown does, up to a second for
    the longest of GitHub's comments at their worst: long texts are to be read in a thread.
    """
    heads = _heads(text, grammar)
    return _bounded(heads, heads)


def added(before: str, after: str, grammar: Grammar) -> tuple[Command, ...]:
    """Return the commands that an edit added.

    One that was there before is not given again, wherever it stands now and whatever is
    written below it now.
    """
    known = Counter(head.said for head in _heads(before, grammar))
    heads, fresh = _heads(after, grammar), []
    for head in heads:
        if known[head.said]:
            known[head.said] -= 1
        else:
            fresh.append(head)
    return _bounded(fresh, heads)


def might_command(text: str) -> bool:
    """Tell quickly whether it is worth reading a text for commands."""
    return BEGINS.search(text) is not None and not text.lstrip().startswith(OURS)


def nearest(word: str, known: Collection[str]) -> str | None:
    """Return the known name that was probably meant.

    That is one that begins so, has the same letters in another order, or is spelled alike.
    """
    word, names = word.lower()[:LONGEST_NAME], sorted(known)
    begun = [name for name in names if len(word) > 1 and name.startswith(word)]
    turned = [name for name in names if sorted(name) == sorted(word)]
    alike = get_close_matches(word, names, n=1, cutoff=0.6)
    return begun[0] if len(begun) == 1 else next(iter([*turned, *alike]), None)


def _heads(text: str, grammar: Grammar) -> Sequence[_Head]:
    if not might_command(text):
        return []
    found: list[_Head] = []
    pattern = _pattern(grammar)
    for paragraph in paragraphs(text):
        if written := _written(paragraph, pattern):
            numbers = sorted(seen(paragraph, written))
            found += (_head(paragraph, number, written[number]) for number in numbers)
    return found


def _written(paragraph: Paragraph, pattern: re.Pattern[str]) -> Mapping[int, re.Match[str]]:
    """Find the lines of a paragraph that would be commands, were their start plain text."""
    return {
        number: match
        for number, line in enumerate(paragraph.lines)
        if line.lstrip(" ")[:1] in {"/", "@"} and (match := pattern.fullmatch(line.rstrip()))
    }


def _head(paragraph: Paragraph, number: int, match: re.Match[str]) -> _Head:
    verb = "ask" if match["mention"] else match["verb"] or match["bare"] or "help"
    return _Head(
        verb=_name(verb),
        rest=_shown(match["rest"] or ""),
        bare=match["bare"] is not None,
        paragraph=paragraph,
        number=number,
    )


def _name(verb: str) -> str:
    """Return a verb as it is known: without the sentence's full stop, and in lower case.

    Letters of other alphabets stay: some of them become ours when they are lowered.
    """
    name = (verb.rstrip(".,:;!?") or verb)[:LONGEST_NAME]
    return name.lower() if name.isascii() else name


def _shown(rest: str) -> str:
    """Leave out the comment in HTML that services add to what a person wrote."""
    before, opened, hidden = rest.partition("<!--")
    _, closed, after = hidden.partition("-->")
    return (before + after if opened and closed and "`" not in before else rest).strip()


@lru_cache(maxsize=64)
def _pattern(grammar: Grammar) -> re.Pattern[str]:
    names = "|".join(map(re.escape, sorted(grammar.bare)))
    ways = [f"/{re.escape(grammar.prefix)}(?:{GAP}+(?P<verb>{WORD}))?"]
    ways.append(f"/(?P<bare>{names or NEVER}){ENDS}")
    mention = re.escape(grammar.mention) if grammar.mention else NEVER
    ways.append(rf"(?P<mention>@{mention}(?:\[bot\])?){ENDS}")
    return re.compile(
        f" {{0,3}}(?:{'|'.join(ways)})(?:{GAP}+(?P<rest>.*))?",
        re.IGNORECASE | re.ASCII | re.DOTALL,
    )


def _bounded(wanted: Sequence[_Head], among: Sequence[_Head]) -> tuple[Command, ...]:
    """Read as many of the `wanted` commands as may be, each up to the next one `among` all."""
    taken = wanted[:MOST_COMMANDS]
    lines = [head.line for head in among]
    ends = dict(zip(lines, [*lines[1:], None], strict=False))
    read = [_command(head, ends[head.line]) for head in taken]
    if left_out := len(wanted) - len(taken):
        read[-1] = replace(read[-1], left_out=left_out)
    return tuple(read)


def _command(head: _Head, end: int | None) -> Command:
    args, problem = words(head.rest)
    instruction = "\n".join([head.rest, *_following(head, end)]).strip()
    nothing_asked = head.verb == "ask" and not instruction
    return Command(
        verb="help" if nothing_asked else head.verb,
        args=tuple(args),
        instruction=instruction,
        line=head.line + 1,
        bare=head.bare,
        problem=problem,
    )


def _following(head: _Head, end: int | None) -> Iterator[str]:
    """Yield the lines after a command's own, up to the next command."""
    paragraph = head.paragraph
    own = paragraph.lines[head.number + 1 :]
    for number, line in enumerate(own, head.line + 1):
        if number == end or FOREIGN.fullmatch(line):
            return
        yield line
    below = paragraph.said_below()
    if below and not FOREIGN.fullmatch(below[0]):
        yield ""
        for number, line in enumerate(below, paragraph.below.start):
            if number == end:
                return
            yield line
