"""`POST /graphql`: a document in, data and errors out, with status 200 for both.

https://docs.github.com/en/graphql/guides/forming-calls-with-graphql
"""

from collections.abc import Mapping
from typing import Any

from bot.devhub.api.calls import Call, Reply, Route
from bot.devhub.graphql.document import Field, Malformed, parsed
from bot.devhub.graphql.threads import ROOTS, Refused


class _Unknown(Exception):
    """A type has no such field: nothing of the document is carried out then."""


async def answer(call: Call) -> Reply:
    """Carry out a document."""
    try:
        asked = parsed(call.text("query"), call.body.get("variables") or {})
        return Reply(body=_answered(call, asked.fields, asked.kind))
    except (Malformed, _Unknown) as problem:
        return Reply(body={"errors": [{"message": str(problem)}]})


def _answered(call: Call, fields: tuple[Field, ...], kind: str) -> dict[str, Any]:
    data: dict[str, Any] = {}
    errors, roots = [], ROOTS[kind]
    if unknown := [each.name for each in fields if each.name not in roots]:
        raise _Unknown(_words(unknown[0], kind.capitalize()))
    for each in fields:
        try:
            node = roots[each.name](call, each.arguments)
            data[each.alias] = _selected(node, each)
        except Refused as refusal:
            data[each.alias] = None
            error = {"type": refusal.kind, "path": [each.alias], "message": str(refusal)}
            errors.append(error)
    return {"data": data, **({"errors": errors} if errors else {})}


def _selected(value: Any, field: Field) -> Any:
    """Return what a field selects of its value; lists are gone through."""
    if isinstance(value, list):
        return [_selected(each, field) for each in value]
    if not isinstance(value, Mapping):
        return value
    return {each.alias: _field(value, each) for each in field.fields}


def _field(node: Mapping[str, Any], field: Field) -> Any:
    if field.name not in node:
        raise _Unknown(_words(field.name, node["__typename"]))
    value = node[field.name]
    return _selected(value(field.arguments) if callable(value) else value, field)


def _words(name: str, kind: str) -> str:
    return f"Field '{name}' doesn't exist on type '{kind}'"


ROUTE = Route("POST /graphql", answer, "graphql")
