"""The files of a configuration as they were written: YAML in which everything has its line.

Anybody who can open a pull request can have such a file read, so that reading is bounded
before it begins: by size, by brackets in a line, by depth, and by what aliases stand for.
Tags, several documents and other keys than text are refused; YAML is that of version 1.2,
in which `on` and `yes` are text.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from bot.rules.markdown import clip
from bot.rules.mistakes import Mistake, shown

MOST_SIZE = 256 * 1024
"""Bytes of one file."""

MOST_NODES = 10_000
"""Texts, lists and mappings of one file, counted as often as aliases repeat them."""

MOST_DEPTH = 32
"""Lists and mappings inside each other."""

MOST_BRACKETS = 100
"""Brackets that one line may open.  The scanner's time grows with their square and more."""

UNREADABLE = re.compile(
    r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufeff\uff00-\ufffc\U00010000-\U0010ffff]"
)
"""Characters that YAML has no place for.

https://yaml.org/spec/1.2.2/#51-character-set

U+FFFD is among them here: it is what is left of broken UTF-8.
"""

NULL = frozenset({"", "~", "null", "Null", "NULL"})
TRUE = frozenset({"true", "True", "TRUE"})
FALSE = frozenset({"false", "False", "FALSE"})
WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
"""What unquoted text means, by the core schema of YAML 1.2 without the forms nobody needs here.

https://yaml.org/spec/1.2.2/#1032-tag-resolution
"""

Value = str | int | float | bool | None
Opening = AliasEvent | ScalarEvent | SequenceStartEvent | MappingStartEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value with its place.

    Attributes:
        path: the file that it stands in.
        line: where it begins, counted from 1.
        value: of a list its nodes, of a mapping its nodes by key.
        keys: of a mapping, the line of each key.
        size: how many nodes it has in all, itself included.
    """

    path: str
    line: int
    value: "Value | tuple[Node, ...] | Mapping[str, Node]"
    keys: Mapping[str, int] = field(default_factory=dict)
    size: int = 1


def plain(node: Node) -> object:
    """Return a node's value without places: mappings as `dict`, lists as `tuple`."""
    if isinstance(node.value, Mapping):
        return {key: plain(each) for key, each in node.value.items()}
    if isinstance(node.value, tuple):
        return tuple(map(plain, node.value))
    return node.value


def found(node: Node) -> str:
    """Say what a node is, for the words of a mistake."""
    match node.value:
        case None:
            return "nothing"
        case bool() as value:
            return f"`{str(value).lower()}`"
        case int() | float() as value:
            return f"the number {value}"
        case str() as value:
            return f"the text {shown(value)}"
        case tuple():
            return "a list"
        case _:
            return "a mapping"


def compose(path: str, text: str, first: int = 1) -> tuple[Node | None, tuple[Mistake, ...]]:
    """Read YAML; `first` is the line of the file at which the text begins.

    Returns:
        What the text says, which is None for an empty one and for one that cannot be read,
        and what is wrong with it.
    """
    reading = _Reading(path, first)
    try:
        return reading.document(text), tuple(reading.mistakes)
    except _UnreadableError as problem:
        return None, (*reading.mistakes, problem.mistake)


class _UnreadableError(Exception):
    """Nothing more can be read of this file."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(mistake.words)
        self.mistake = mistake


class _Reading:
    """The reading of one text, event by event, so that a bound stops the parser itself."""

    def __init__(self, path: str, first: int) -> None:
        self.mistakes: list[Mistake] = []
        self._path = path
        self._first = first
        self._left = MOST_NODES
        self._anchors: dict[str, Node] = {}
        self._events: Iterator[Any] = iter(())

    def document(self, text: str) -> Node | None:
        self._look_over(text)
        self._events = self._parse(text)
        root = None
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    words = "A second document begins here."
                    raise self._stop(
                        event, words, "Take out this line with `---`, or what follows."
                    )
                root = self._node(next(self._events), 1)
        return root

    def _look_over(self, text: str) -> None:
        """Refuse what would be dear or impossible to parse."""
        if (size := len(text.encode(errors="replace"))) > MOST_SIZE:
            words = f"The file has {size} bytes; up to {MOST_SIZE} are read."
            raise _UnreadableError(self._mistake(self._first, words, "Make it shorter."))
        for number, line in enumerate(text.split("\n"), self._first):
            if line.count("[") + line.count("{") > MOST_BRACKETS:
                words = f"This line opens more than {MOST_BRACKETS} brackets."
                raise _UnreadableError(self._mistake(number, words, "Write it in several lines."))
        if bad := UNREADABLE.search(text):
            number = self._first + text.count("\n", 0, bad.start())
            words = f"The character U+{ord(bad[0]):04X} cannot stand in YAML."
            raise _UnreadableError(self._mistake(number, words, "Take it out; save as UTF-8."))

    def _parse(self, text: str) -> Iterator[Any]:
        """Yield the parser's events; its complaints become mistakes with their line."""
        event = None
        try:
            for event in YAML(typ="safe", pure=True).parse(text):
                yield event
        except MarkedYAMLError as problem:
            mark = problem.problem_mark or problem.context_mark
            words = f"This is no YAML: {clip(str(problem.problem), 100)}."
            remedy = "Look for a missing quote, bracket or colon, or a tab, here or just before."
            raise _UnreadableError(
                self._mistake(self._first + (mark.line if mark else 0), words, remedy)
            ) from None
        except (YAMLError, ValueError):
            # ruamel.yaml raises a bare ValueError for an escape such as "\U00110000".
            line = self._first + (event.end_mark.line if event else 0)
            words = "This is no YAML: something here cannot be read."
            raise _UnreadableError(
                self._mistake(line, words, "Write it in another way.")
            ) from None

    def _node(self, event: Opening, depth: int) -> Node:
        self._spend(event, 1)
        if isinstance(event, AliasEvent):
            return self._repeated(event)
        if event.tag is not None:
            words = f"{shown(str(event.tag))} is a tag, and tags are not read."
            self.mistakes.append(self._at(event, words, "Take it out."))
        if isinstance(event, ScalarEvent):
            node = Node(path=self._path, line=self._line(event), value=self._scalar(event))
        elif depth > MOST_DEPTH:
            words = f"More than {MOST_DEPTH} lists and mappings are inside each other here."
            raise self._stop(event, words, "Take some of them out.")
        elif isinstance(event, SequenceStartEvent):
            node = self._sequence(event, depth)
        else:
            node = self._mapping(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _repeated(self, event: AliasEvent) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            words = f"The alias {shown('*' + event.anchor)} names nothing that ends before it."
            raise self._stop(
                event, words, f"Write {shown('&' + event.anchor)} where it is first said."
            )
        self._spend(event, node.size)
        return replace(node, line=self._line(event))

    def _sequence(self, opening: Event, depth: int) -> Node:
        nodes = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            nodes.append(self._node(event, depth + 1))
        size = 1 + sum(node.size for node in nodes)
        line = self._line(opening)
        return Node(path=self._path, line=line, value=tuple(nodes), size=size)

    def _mapping(self, opening: Event, depth: int) -> Node:
        entries: dict[str, Node] = {}
        keys: dict[str, int] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._node(event, depth + 1)
            node = self._node(next(self._events), depth + 1)
            if self._may_stand(key, keys):
                name = str(key.value)
                keys[name] = key.line
                # The parser puts a value that is missing on the line of what comes next.
                entries[name] = replace(node, line=key.line) if node.value is None else node
        size = 1 + sum(1 + node.size for node in entries.values())
        line = self._line(opening)
        return Node(path=self._path, line=line, value=entries, keys=keys, size=size)

    def _may_stand(self, key: Node, keys: Mapping[str, int]) -> bool:
        """Tell whether a key is text and new; if not, note what is wrong."""
        if not isinstance(key.value, str):
            words = f"A key is text; {found(key)} is none."
            self.mistakes.append(self._mistake(key.line, words, "Put it in quotes."))
            return False
        if key.value in keys:
            words = f"{shown(key.value)} is said in line {keys[key.value]} already."
            self.mistakes.append(self._mistake(key.line, words, "Keep one of the two."))
            return False
        return True

    def _scalar(self, event: ScalarEvent) -> Value:
        text: str = event.value
        if bad := UNREADABLE.search(text):
            words = f"The character U+{ord(bad[0]):04X} cannot be kept."
            self.mistakes.append(self._at(event, words, "Take it out."))
        return meaning(text) if event.implicit[0] else text

    def _spend(self, event: Event, nodes: int) -> None:
        self._left -= nodes
        if self._left < 0:
            words = f"The file stands for more than {MOST_NODES} values."
            raise self._stop(event, words, "Make it shorter, or repeat less by aliases.")

    def _stop(self, event: Event, words: str, remedy: str) -> _UnreadableError:
        return _UnreadableError(self._at(event, words, remedy))

    def _at(self, event: Event, words: str, remedy: str) -> Mistake:
        return self._mistake(self._line(event), words, remedy)

    def _mistake(self, line: int, words: str, remedy: str) -> Mistake:
        return Mistake(path=self._path, line=line, words=words, remedy=remedy)

    def _line(self, event: Event) -> int:
        line: int = event.start_mark.line
        return self._first + line


def meaning(text: str) -> Value:
    """Return what text without quotes means."""
    if text in NULL:
        return None
    if text in TRUE | FALSE:
        return text in TRUE
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if NUMBER.fullmatch(text) else text
