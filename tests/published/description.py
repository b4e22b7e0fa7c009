"""Holds requests, answers and webhooks against what GitHub publishes about them.

GitHub's schemas alone let through what GitHub itself would refuse or ignore, so three
things are looked at: the schema, with every key at any depth known to it; the parameters;
and the rules that the description states in words only (`prose`).

Each check returns its problems as sentences, an empty list when there are none.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from tests.published import graphql, prose
from tests.published.document import Document
from tests.published.routes import Operation, Routes

JSON_TYPE = "application/json"
GRAPHQL = "/graphql"
ERRORS_FROM = 400

# "If the resource hasn't changed, the API responds with a 304 Not Modified", for any GET.
# https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
NOT_MODIFIED = 304

# "API v3 uses HTTP redirection where appropriate. Clients should assume that any request may
# result in a redirection."
# https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
REDIRECTED = frozenset({301, 302, 307})


def check_request(
    method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None
) -> list[str]:
    """Return what GitHub would not take, or would silently ignore, in a request.

    Args:
        path: as sent, percent-encoded, from the root of the API.
        query: decoded parameters.
        body: parsed JSON; None where nothing was sent.
    """
    if path == GRAPHQL:
        return [f"graphql: {problem}" for problem in graphql.check_document(body)]
    found = _routes().find(method, path)
    if found is None:
        return [f"{method} {path}: not among the operations we keep"]
    operation, values = found
    asked_query = query or {}
    problems = [
        *_parameter_problems(operation, "path", values),
        *_parameter_problems(operation, "query", asked_query),
        *_body_problems(operation, body),
    ]
    if not problems:
        said = body if isinstance(body, dict) else {}
        asked = prose.Asked(path=values, query=asked_query, body=said)
        problems = list(prose.problems(operation.id, asked))
    return [f"{operation.id}: {problem}" for problem in problems]


def check_response(method: str, path: str, status: int, body: Any = None) -> list[str]:
    """Return where an answer is not what GitHub describes.

    An error that GitHub does not describe for the operation is no problem (it lists few
    of its 401s), as long as its body is shaped like the other errors.

    Args:
        body: parsed JSON; None where nothing was sent.
    """
    found = _routes().find(method, path)
    if found is None:
        return [f"{method} {path}: not among the operations we keep"]
    operation, _ = found
    problems = _answer_problems(operation, status, body)
    return [f"{operation.id} {status}: {problem}" for problem in problems]


def check_webhook(event: str, payload: Mapping[str, Any]) -> list[str]:
    """Return where the payload of a webhook is not what GitHub describes."""
    action = payload.get("action")
    for named in (f"{event}-{action}", event):
        name = named.replace("_", "-")
        if name in _webhooks().content["webhooks"]:
            problems = _webhooks().problems(("webhooks", name, "schema"), payload)
            return [f"{event}.{action}: {problem}" for problem in problems]
    return [f"{event}.{action}: not among the webhooks we keep"]


def operations() -> list[Operation]:
    """Return every operation that is kept."""
    return list(_routes())


@cache
def _api() -> Document:
    return Document("api.json")


@cache
def _webhooks() -> Document:
    return Document("webhooks.json")


@cache
def _routes() -> Routes:
    return Routes(_api().content["paths"])


def _parameter_problems(operation: Operation, place: str, values: Mapping[str, str]) -> list[str]:
    known = operation.parameters(place)
    problems = [f"unknown {place} parameter {name}" for name in values if name not in known]
    for index, parameter in enumerate(operation.described["parameters"]):
        name = parameter["name"]
        if parameter["in"] != place:
            continue
        if name in values:
            keys = ("paths", operation.template, operation.method, "parameters", str(index))
            value = _typed(parameter["schema"], values[name])
            wrong = _api().problems((*keys, "schema"), value)
            problems += [f"{place} parameter {name} {words}" for words in wrong]
        elif parameter.get("required"):
            problems.append(f"missing {place} parameter {name}")
    return problems


def _typed(schema: Mapping[str, Any], text: str) -> int | bool | str:
    """Return what the text of a parameter means; the text itself where it means nothing else."""
    kind = schema.get("type")
    if kind == "integer" and text.lstrip("-").isdecimal():
        return int(text)
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    return text


def _body_problems(operation: Operation, body: Any) -> list[str]:
    described = operation.described.get("requestBody")
    if described is None:
        return [] if body in (None, {}) else ["takes no body"]
    if body is None:
        return ["needs a body"] if described["required"] else []
    keys = ("paths", operation.template, operation.method, "requestBody")
    return _api().problems((*keys, "content", JSON_TYPE, "schema"), body)


def _answer_problems(operation: Operation, status: int, body: Any) -> list[str]:
    described = operation.described["responses"].get(str(status))
    if described is not None and "content" in described:
        keys = ("paths", operation.template, operation.method, "responses", str(status))
        return _api().problems((*keys, "content", JSON_TYPE, "schema"), body)
    if status >= ERRORS_FROM or status in REDIRECTED:
        return [] if body is None else _api().component("basic-error", body)
    if described is None and status != NOT_MODIFIED:
        return ["not a status that GitHub describes"]
    return [] if body is None else ["has no body"]
