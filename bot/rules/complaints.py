"""What pydantic finds wrong, as mistakes: the line, what stands there, what to write."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from bot.rules.configfile import Node, found, plain
from bot.rules.configwords import OURS
from bot.rules.grammar import nearest
from bot.rules.mistakes import MOST_MISTAKES, Mistake, shown

T = TypeVar("T")

JsonSchema = Mapping[str, Any]
Shape = Callable[..., T]
"""A class; as `type[T]`, mypy would not have it as the key of a cache."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"

WANTED: Mapping[str, str] = {
    "bool_type": "`true` or `false`",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "tuple_type": "a list",
    "dict_type": "a mapping, with lines of `key: value`",
    "dataclass_type": "a mapping, with lines of `key: value`",
    "literal_error": "{expected}",
    "greater_than_equal": "a number from {ge} on",
    "less_than_equal": "a number up to {le}",
    "too_long": "at most {max_length} entries",
}
"""What was wanted, by pydantic's types of errors: all that the shapes here can raise.

https://docs.pydantic.dev/latest/errors/validation_errors/
"""

KEY = "[key]"
"""How pydantic marks that a key is wrong, not its value."""

UNKNOWN = "unexpected_keyword_argument"
MISSING = "missing"


@lru_cache
def schema(shape: Shape[T]) -> JsonSchema:
    """Return the JSON Schema of a shape."""
    return {"$schema": DIALECT, **_adapter(shape).json_schema()}


def check(node: Node, shape: Shape[T]) -> tuple[T | None, tuple[Mistake, ...]]:
    """Read a node as a shape.

    Returns:
        What it says, and no mistakes; or None, and as many of them as are told at once.
    """
    read: T
    try:
        read = _adapter(shape).validate_python(plain(node))
    except ValidationError as problem:
        errors = problem.errors(include_url=False, include_input=False)
        told = errors[:MOST_MISTAKES]
        return None, tuple(_mistake(error, node, schema(shape)) for error in told)
    return read, ()


@lru_cache
def _adapter(shape: Shape[Any]) -> TypeAdapter[Any]:
    """Make the reader of a shape, which takes long, once."""
    return TypeAdapter(cast("type[Any]", shape))


def _mistake(error: ErrorDetails, root: Node, whole: JsonSchema) -> Mistake:
    steps = error["loc"]
    is_key = error["type"] == OURS and steps[-1] == KEY
    steps = steps[:-1] if is_key else steps
    node, line = place(root, steps)
    if is_key:
        node = Node(path=root.path, line=line, value=str(steps[-1]))
    words, remedy = _words(error, steps, node, whole)
    return Mistake(path=root.path, line=line, words=words, remedy=remedy)


def _words(
    error: ErrorDetails, steps: Sequence[str | int], node: Node, whole: JsonSchema
) -> tuple[str, str]:
    kind, context = error["type"], error.get("ctx", {})
    about, name = _at(whole, steps), dotted(steps)
    if kind == OURS:
        value = shown(node.value) if isinstance(node.value, str) else found(node)
        words = str(context["words"]).replace("{found}", value)
        return f"`{name}`: {words}", str(context["remedy"])
    if kind == UNKNOWN:
        return _unknown(str(steps[-1]), steps[:-1], _at(whole, steps[:-1]))
    if kind == MISSING:
        return f"`{name}` is missing.", _example(steps, about, whole)
    wanted = WANTED[kind].format(**context)
    return f"`{name}` is {found(node)}, and is to be {wanted}.", _example(steps, about, whole)


def _unknown(name: str, above: Sequence[str | int], about: JsonSchema) -> tuple[str, str]:
    known = [*about["properties"]]
    where = f" in `{dotted(above)}`" if above else ""
    near = nearest(name, known)
    listed = ", ".join(f"`{each}`" for each in known)
    remedy = f"Write `{near}`." if near else f"There are: {listed}."
    return f"There is no setting {shown(name)}{where}.", remedy


def place(root: Node, steps: Sequence[str | int]) -> tuple[Node, int]:
    """Find a node and the line of its key; for a key that is missing, those of its mapping."""
    node, line = root, root.line
    for step in steps:
        if isinstance(node.value, Mapping) and step in node.value:
            node, line = node.value[str(step)], node.keys[str(step)]
        elif isinstance(node.value, tuple) and isinstance(step, int):
            node = node.value[step]
            line = node.line
    return node, line


def dotted(steps: Sequence[str | int]) -> str:
    """Name a setting: `limits.runs`, or `protect[2]` for the third entry of a list."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return shown("".join(parts).removeprefix(".") or "the file").strip("`")


def _example(steps: Sequence[str | int], about: JsonSchema, whole: JsonSchema) -> str:
    key = f"{steps[-1]}:" if steps and isinstance(steps[-1], str) else "-"
    value = json.dumps(_value(about, whole), ensure_ascii=False)
    return f"Write for example `{key} {value}`."


def _value(about: JsonSchema, whole: JsonSchema) -> object:
    """Return an example of a value; of a mapping, one with its first key."""
    if "properties" in about:
        key, inner = next(iter(about["properties"].items()))
        return {key: _value(resolved(whole, inner), whole)}
    return next(iter(about.get("examples", ())), about.get("default"))


def _at(whole: JsonSchema, steps: Sequence[str | int]) -> JsonSchema:
    """Follow the steps in a schema; what it says beside a reference counts too."""
    here = resolved(whole, whole)
    for step in steps:
        inner = here.get("items") if isinstance(step, int) else _property(here, str(step))
        here = resolved(whole, inner or {})
    return here


def _property(here: JsonSchema, name: str) -> JsonSchema | None:
    if name in here.get("properties", {}):
        found_here: JsonSchema = here["properties"][name]
        return found_here
    named = [*here.get("patternProperties", {}).values(), here.get("additionalProperties")]
    return next((each for each in named if isinstance(each, Mapping)), None)


def resolved(whole: JsonSchema, here: JsonSchema) -> JsonSchema:
    """Put what a reference or an optional value stands for in its place."""
    options = [each for each in here.get("anyOf", ()) if each.get("type") != "null"]
    if len(options) == 1:
        here = {**options[0], **here}
    if "$ref" in here:
        here = {**whole["$defs"][here["$ref"].rpartition("/")[2]], **here}
    return here
