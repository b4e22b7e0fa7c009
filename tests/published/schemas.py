"""What is done to GitHub's JSON schemas: each function takes a schema and returns another.

Nothing here reads a file.  The pruning script uses `modern` and `references` once; the
checker uses `strict` whenever it loads what was committed.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from typing import Any

Schema = dict[str, Any]

NAMED = ("properties", "patternProperties")
LISTED = ("allOf", "anyOf", "oneOf")
SINGLE = ("items", "additionalProperties", "not")

# Everything else (descriptions, titles, defaults, examples, deprecations) decides nothing.
DECIDES = frozenset({
    *NAMED, *LISTED, *SINGLE, "$ref", "type", "format", "enum", "const", "required", "pattern",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
    "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
})  # fmt: skip

MERGES = frozenset({"type", "properties", "required", "items"})
"""Words of schemas that can be written as one schema when both hold."""


def mapped(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """Return the schema with `change` done to each schema directly inside it."""
    result = dict(schema)
    for word in NAMED:
        if word in schema:
            result[word] = {name: change(part) for name, part in schema[word].items()}
    for word in LISTED:
        if word in schema:
            result[word] = [change(part) for part in schema[word]]
    for word in SINGLE:
        if isinstance(schema.get(word), dict):
            result[word] = change(schema[word])
    return result


def modern(schema: Schema) -> Schema:
    """Return an OpenAPI 3.0 schema as plain JSON Schema, with the same meaning.

    `nullable` becomes a type, and two sides of an object that are both written out become one.
    """
    kept = mapped({word: value for word, value in schema.items() if word in DECIDES}, modern)
    if set(kept) == {"allOf"}:
        kept = reduce(_both, kept["allOf"])
    return _nullable(kept) if schema.get("nullable") else kept


def _nullable(schema: Schema) -> Schema:
    if not schema:
        return schema
    if "type" not in schema or any(word in schema for word in LISTED):
        return {"anyOf": [schema, {"type": "null"}]}
    also = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, **also, "type": [schema["type"], "null"]}


def _both(one: Schema, other: Schema) -> Schema:
    """Return what holds where both schemas do, written as one as deep as that is possible.

    GitHub describes some keys of an issue on two sides, each time with other keys inside:
    only as one schema do they say which keys are known.
    """
    words = set(one) | set(other)
    if not words <= MERGES or "type" not in one or "type" not in other:
        return {"allOf": [one, other]}
    result: Schema = {"type": _common(one["type"], other["type"])}
    if "required" in one or "required" in other:
        result["required"] = sorted({*one.get("required", ()), *other.get("required", ())})
    if "items" in one or "items" in other:
        each = [side["items"] for side in (one, other) if "items" in side]
        result["items"] = reduce(_both, each)
    first, second = one.get("properties", {}), other.get("properties", {})
    if first or second:
        shared = {name: _both(first[name], second[name]) for name in first if name in second}
        result["properties"] = {**first, **second, **shared}
    return result


def _common(one: str | list[str], other: str | list[str]) -> str | list[str]:
    """Return the types that both sides allow; an integer is a number too."""
    kept = [kind for kind in _listed(one) if kind in _listed(other)]
    if {"integer", "number"} <= {*_listed(one), *_listed(other)} - {*kept}:
        kept.append("integer")
    return kept[0] if len(kept) == 1 else kept


def _listed(kinds: str | list[str]) -> list[str]:
    return [kinds] if isinstance(kinds, str) else kinds


def references(value: Any) -> Iterator[str]:
    """Yield the names of all component schemas that a piece of a description points to."""
    if isinstance(value, Mapping):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rpartition("/")[2]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def strict(schema: Schema) -> Schema:
    """Return a schema that refuses every key that no part of it names.

    It stands where one value is described as a whole; the branches of `oneOf` and its
    kin, and components, describe only a side of a value, and are `opened` instead.
    """
    inner = opened(schema)
    types = inner.get("type", [])
    if "object" in types or "$ref" in inner or any(word in inner for word in LISTED):
        return {**inner, "unevaluatedProperties": False}
    return inner


def opened(schema: Schema) -> Schema:
    """Return a side of a value: strict in what lies inside it, open itself.

    An object without a word on its keys is free: GitHub means any keys by that.
    """
    result = mapped(schema, strict)
    for word in LISTED:
        if word in schema:
            result[word] = [_branch(part) for part in schema[word]]
    described = any(word in schema for word in (*NAMED, *LISTED, "$ref", "additionalProperties"))
    if "object" in schema.get("type", []) and not described:
        result["additionalProperties"] = True
    return result


def _branch(schema: Schema) -> Schema:
    """Return one of several sides of a value: its "and any other key" speaks of the others."""
    rest = {word: value for word, value in schema.items() if word != "additionalProperties"}
    return opened(schema if schema.get("additionalProperties") is not True else rest)
