"""A GraphQL document as fields: names, arguments and what is selected of them.

https://spec.graphql.org/October2021/#sec-Document-Syntax
One operation a document; no fragments, no directives.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TOKENS = re.compile(
    r"""[\s,]+|\#[^\n]*|(?P<token>\$?[_A-Za-z]\w*|-?\d+(?:\.\d+)?|"(?:[^"\\]|\\.)*"|[!():=@\[\]{}])"""
)
_WORDS: Mapping[str, object] = {"true": True, "false": False, "null": None}


class Malformed(Exception):
    """The document is none, or uses more than the hub understands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field that is asked for, under its alias if it has one."""

    name: str
    alias: str
    arguments: Mapping[str, Any]
    fields: "tuple[Field, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A query or a mutation."""

    kind: str
    fields: tuple[Field, ...]


def parsed(text: str, variables: Mapping[str, Any]) -> Operation:
    """Return what a document asks for, with the variables put in.

    Raises:
        Malformed: it cannot be read.
    """
    return _Reader(_tokens(text), variables).operation()


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None:
            raise Malformed(f"Parse error on {text[at]!r}")
        found += [match["token"]] if match["token"] else []
        at = match.end()
    return found


class _Reader:
    """Reads tokens from first to last."""

    def __init__(self, tokens: list[str], variables: Mapping[str, Any]) -> None:
        self._tokens = tokens
        self._variables = dict(variables)

    def operation(self) -> Operation:
        kind = self._next() if self._peek() != "{" else "query"
        if kind not in {"query", "mutation"}:
            raise Malformed(f"Parse error on {kind!r}")
        if self._peek() not in {"{", "("}:
            self._next()
        if self._peek() == "(":
            self._declarations()
        fields = self._selection()
        if self._tokens:
            raise Malformed(f"Parse error on {self._tokens[0]!r}")
        return Operation(kind=kind, fields=fields)

    def _peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _next(self, wanted: str = "") -> str:
        if not self._tokens or (wanted and self._tokens[0] != wanted):
            raise Malformed(f"Expected {wanted or 'more'}, got {self._peek() or 'the end'}")
        return self._tokens.pop(0)

    def _declarations(self) -> None:
        """Pass over the types of the variables, and take in their defaults."""
        self._next("(")
        while self._peek() != ")":
            name = self._next()
            self._next(":")
            while self._peek()[:1] not in {"$", ")", "="}:
                self._next()
            if self._peek() == "=":
                self._next()
                self._variables.setdefault(name[1:], self._value())
        self._next(")")

    def _selection(self) -> tuple[Field, ...]:
        self._next("{")
        fields = []
        while self._peek() != "}":
            fields.append(self._field())
        self._next("}")
        return tuple(fields)

    def _field(self) -> Field:
        name = alias = self._next()
        if self._peek() == ":":
            self._next()
            name = self._next()
        arguments = self._pairs("(", ")") if self._peek() == "(" else {}
        fields = self._selection() if self._peek() == "{" else ()
        return Field(name=name, alias=alias, arguments=arguments, fields=fields)

    def _pairs(self, first: str, last: str) -> dict[str, Any]:
        self._next(first)
        pairs = {}
        while self._peek() != last:
            name = self._next()
            self._next(":")
            pairs[name] = self._value()
        self._next(last)
        return pairs

    def _value(self) -> Any:
        match self._peek()[:1]:
            case "{":
                return self._pairs("{", "}")
            case "[":
                return self._list()
            case "$":
                return self._variables.get(self._next()[1:])
            case '"' | "-" | "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9":
                return json.loads(self._next())
            case _:
                word = self._next()
                return _WORDS.get(word, word)

    def _list(self) -> list[Any]:
        self._next("[")
        values = []
        while self._peek() != "]":
            values.append(self._value())
        self._next("]")
        return values
