"""A file of GitHub's description, its schemas made strict and compiled when first used."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jsonschema_rs import Draft202012Validator, Registry, ValidationError, ValidationErrorKind

from tests.published.schemas import LISTED, Schema, opened, strict

FOLDER = Path(__file__).parent.parent / "data" / "published"
URI = "urn:published"

MESSAGE_LIMIT = 300
"""Characters of one problem: a validator quotes the whole value otherwise."""


class Document:
    """One description.  A schema is named by the keys that lead to it."""

    def __init__(self, name: str) -> None:
        content = json.loads((FOLDER / name).read_bytes())
        components = content.pop("components")["schemas"]
        self.content: dict[str, Any] = _with_schemas(content, strict)
        sides = {name: opened(component) for name, component in components.items()}
        described = {**self.content, "components": {"schemas": sides}}
        self._registry = Registry([(URI, described)])
        self._validator = lru_cache(maxsize=None)(self._compiled)

    def component(self, name: str, value: Any) -> list[str]:
        """Return what is wrong with a whole value that one component describes."""
        return self._told(strict({"$ref": _uri(("components", "schemas", name))}), value)

    def problems(self, keys: tuple[str, ...], value: Any) -> list[str]:
        """Return what is wrong with a value, each with where in it; empty when nothing is."""
        return self._told({"$ref": _uri(keys)}, value)

    def _told(self, schema: Schema, value: Any) -> list[str]:
        validator = self._validator(json.dumps(schema))
        words = (_words(error) for error in _telling(validator.iter_errors(value)))
        return list(dict.fromkeys(words))

    def _compiled(self, schema: str) -> Draft202012Validator:
        return Draft202012Validator(
            json.loads(schema), registry=self._registry, validate_formats=True
        )


def _uri(keys: tuple[str, ...]) -> str:
    steps = (quote(key.replace("~", "~0").replace("/", "~1")) for key in keys)
    return f"{URI}#/{'/'.join(steps)}"


def _with_schemas(value: Any, change: Callable[[Schema], Schema]) -> Any:
    """Return a piece of a description with each member called `schema` changed."""
    if isinstance(value, list):
        return [_with_schemas(part, change) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        key: change(part) if key == "schema" else _with_schemas(part, change)
        for key, part in value.items()
    }


def _telling(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Yield the errors that say what is wrong.

    Where no branch of a `oneOf` or `anyOf` fits, the nearest branch says why.  The keys
    that only a failed branch names then count as unknown, which says nothing.
    """
    held = list(errors)
    for error in held:
        branches = _branches(error)
        if branches:
            yield from _telling(_nearest(error, branches))
        elif not (_unknown(error) and any(_failed_side(error, other) for other in held)):
            yield error


def _failed_side(error: ValidationError, other: ValidationError) -> bool:
    """Return whether `other` is why a side of the value that `error` is about failed."""
    whole = error.evaluation_path[:-1]
    inside = other.evaluation_path[len(whole) :]
    first = next((step for step in inside if step != "$ref"), None)
    return other.evaluation_path[: len(whole)] == whole and first in LISTED


def _branches(error: ValidationError) -> list[list[ValidationError]]:
    match error.kind:
        case ValidationErrorKind.AnyOf(context) | ValidationErrorKind.OneOfNotValid(context):
            return context
        case _:
            return []


def _nearest(
    error: ValidationError, branches: list[list[ValidationError]]
) -> list[ValidationError]:
    def distance(branch: list[ValidationError]) -> tuple[bool, int]:
        kinds = [one.kind for one in branch if one.instance_path == error.instance_path]
        return any(isinstance(kind, ValidationErrorKind.Type) for kind in kinds), len(branch)

    return min(branches, key=distance)


def _unknown(error: ValidationError) -> bool:
    return isinstance(error.kind, ValidationErrorKind.UnevaluatedProperties)


def _words(error: ValidationError) -> str:
    where = "".join(f"/{key}" for key in error.instance_path) or "/"
    match error.kind:
        case ValidationErrorKind.UnevaluatedProperties(unknown):
            return f"at {where}: unknown keys {', '.join(sorted(unknown))}"
        case _:
            return f"at {where}: {error.message[-MESSAGE_LIMIT:]}"
