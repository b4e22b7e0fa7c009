"""Holds documents of GraphQL, and the answers to them, against the schema that GitHub publishes.

Documents are read as the embedded GitHub reads them, with the declared type of each variable
in its place, so that a variable is held against the argument that it is given to.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.devhub.graphql.document import Field, Malformed, parsed

FILE = Path(__file__).parents[1] / "data/published/graphql.json"

Types = Mapping[str, Mapping[str, Any]]

ROOTS = {"query": "Query", "mutation": "Mutation"}

SCALARS: Mapping[str, type] = {
    "Boolean": bool,
    "Int": int,
    "BigInt": str,
    "DateTime": str,
    "ID": str,
    "String": str,
    "URI": str,
}
"""How scalars are written in JSON; GitHub writes a BigInt as text."""

_DECLARED = re.compile(r"\$(\w+)\s*:\s*([\w\[\]!]+)(\s*=)?")


@dataclass(frozen=True, slots=True)
class Declared:
    """A variable in the place of its value, by its declared type."""

    type: str
    has_default: bool


def check_document(body: Any) -> list[str]:
    """Return what GitHub would not take of a request to `/graphql`."""
    text, given = body["query"], body.get("variables") or {}
    declared = {name: Declared(kind, bool(more)) for name, kind, more in _DECLARED.findall(text)}
    try:
        asked = parsed(text, declared)
    except Malformed as problem:
        return [str(problem)]
    unknown = [f"unknown variable {name}" for name in given if name not in declared]
    missing = [
        f"missing variable {name}"
        for name, kind in declared.items()
        if kind.type.endswith("!") and not kind.has_default and given.get(name) is None
    ]
    return [*unknown, *missing, *_selection(ROOTS[asked.kind], asked.fields)]


def check_answer(body: Any, answer: Any) -> list[str]:
    """Return where the data of an answer is not what the schema says of the fields asked for."""
    data = answer.get("data")
    if data is None:
        return [] if answer.get("errors") else ["neither data nor errors"]
    asked = parsed(body["query"], body.get("variables") or {})
    fields = _types()[ROOTS[asked.kind]]["fields"]
    return [
        problem
        for field in asked.fields
        for problem in _value(fields[field.name]["type"], data.get(field.alias), field)
    ]


@cache
def _types() -> Types:
    found: Types = json.loads(FILE.read_text(encoding="utf-8"))["types"]
    return found


def _selection(name: str, fields: tuple[Field, ...]) -> Iterator[str]:
    known = _types()[name]["fields"]
    for field in fields:
        if field.name not in known:
            yield f"{name} has no field {field.name}"
            continue
        described = known[field.name]
        yield from _arguments(f"{name}.{field.name}", described["args"], field.arguments)
        inner = _named(described["type"])
        has_fields = "fields" in _types().get(inner, {})
        if has_fields != bool(field.fields):
            yield f"{name}.{field.name} is {'an object' if has_fields else 'a scalar'}"
        elif has_fields:
            yield from _selection(inner, field.fields)


def _arguments(where: str, known: Mapping[str, str], given: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{where} takes no {name}" for name in given if name not in known)
    for name, kind in known.items():
        if name in given:
            yield from _argument(f"{where}({name})", kind, given[name])
        elif kind.endswith("!"):
            yield f"{where} needs {name}"


def _argument(where: str, kind: str, value: Any) -> Iterator[str]:
    inner = _named(kind)
    if isinstance(value, Declared):
        if value.type.rstrip("!") != kind.rstrip("!") or value.type.count("!") < kind.count("!"):
            yield f"{where} is {kind}, not {value.type}"
    elif inner in SCALARS:
        if not isinstance(value, SCALARS[inner]):
            yield f"{where} is {kind}, not {value!r}"
    elif isinstance(value, Mapping):
        yield from _arguments(where, _types()[inner]["inputs"], value)


def _value(kind: str, value: Any, field: Field) -> Iterator[str]:
    if value is None:
        # GitHub answers null for what it refuses, and says why beside it
        yield from (f"{field.name} is null",) if kind.endswith("!") else ()
        return
    kind = kind.removesuffix("!")
    if kind.startswith("["):
        for each in value:
            yield from _value(kind[1:-1], each, field)
        return
    described = _types().get(kind, {})
    if "fields" in described:
        for each in field.fields:
            inner = described["fields"][each.name]["type"]
            yield from _value(inner, value.get(each.alias), each)
    elif kind in SCALARS and not isinstance(value, SCALARS[kind]):
        yield f"{field.name} is {value!r}, not {kind}"
    elif "values" in described and value not in described["values"]:
        yield f"{field.name} is {value!r}, none of {kind}"


def _named(kind: str) -> str:
    return kind.strip("[]!")
