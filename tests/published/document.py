"""A file of GitHub's description, its schemas made strict and compiled when first used."""

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jsonschema_rs import Draft202012Validator, Registry

from tests.published.complaints import complaints
from tests.published.schemas import Schema, opened, strict

FOLDER = Path(__file__).parent.parent / "data" / "published"
URI = "urn:published"

# The address of a bot has brackets, and people commit with whatever they like.
FORMATS = {"email": lambda _: True}


class Document:
    """One description.  A schema is named by the keys that lead to it."""

    def __init__(self, name: str) -> None:
        content = json.loads((FOLDER / name).read_bytes())
        components = content.pop("components")["schemas"]
        self.content: dict[str, Any] = _with_schemas(content, strict)
        described = {
            **self.content,
            "components": {"schemas": {name: opened(part) for name, part in components.items()}},
            "wholes": {
                name: strict({"$ref": _uri("components", "schemas", name)}) for name in components
            },
        }
        self._registry = Registry([(URI, described)])
        self._validator = lru_cache(maxsize=None)(self._compiled)

    def component(self, name: str, value: Any) -> list[str]:
        """Return what is wrong with a whole value that one component describes."""
        return self.problems(("wholes", name), value)

    def problems(self, keys: tuple[str, ...], value: Any) -> list[str]:
        """Return what is wrong with a value, each with where in it; empty when nothing is."""
        return complaints(self._validator(keys).iter_errors(value))

    def _compiled(self, keys: tuple[str, ...]) -> Draft202012Validator:
        schema = {"$ref": _uri(*keys)}
        return Draft202012Validator(
            schema, registry=self._registry, validate_formats=True, formats=FORMATS
        )


def _uri(*keys: str) -> str:
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
