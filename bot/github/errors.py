"""GitHub's refusals and failures, in the app's own errors.

A refusal keeps GitHub's words, since people can act on them: "A pull request already
exists for octo:fix" is better than any text of ours.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from bot.github.permissions import Operation, spelled
from bot.model.errors import Refused, Unavailable

# Reasons of refusals, all of them.
UNAUTHORIZED = "unauthorized"
FORBIDDEN = "forbidden"
NOT_FOUND = "not_found"
CONFLICT = "conflict"
GONE = "gone"
MOVED = "moved"
UNPROCESSABLE = "unprocessable"
REJECTED = "rejected"
NOT_INSTALLED = "not_installed"
PERMISSION = "permission"
IDENTITY = "identity"
TOO_LONG = "too_long"

# https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
REASONS: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: UNAUTHORIZED,
    HTTPStatus.FORBIDDEN: FORBIDDEN,
    HTTPStatus.NOT_FOUND: NOT_FOUND,
    HTTPStatus.CONFLICT: CONFLICT,
    HTTPStatus.GONE: GONE,
    HTTPStatus.UNPROCESSABLE_ENTITY: UNPROCESSABLE,
}

RETRY_AFTER = 5.0
"""Seconds until the next try when GitHub failed without naming a time."""

WORDS = 500
"""Characters kept of what GitHub said."""


class Interrupted(Unavailable):
    """The connection or GitHub itself failed; a read may be tried again at once."""


def words_of(body: bytes) -> str:
    """Return what GitHub said, with the details of each invalid field; empty if nothing."""
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(answer, dict):
        return ""
    said = [str(answer.get("message") or ""), *_details(answer.get("errors"))]
    return ": ".join(part for part in said if part)[:WORDS]


def _details(errors: Any) -> list[str]:
    """Flatten GitHub's `errors`, which is a text, a list of texts, or a list of objects."""
    if isinstance(errors, str):
        return [errors]
    if not isinstance(errors, list):
        return []
    return [_detail(error) for error in errors]


def _detail(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    told = error.get("message")
    return str(told or f"{error.get('field', 'something')} is {error.get('code', 'invalid')}")


# https://docs.github.com/en/graphql/guides/using-graphql-clients names no list; seen in answers.
_GRAPHQL: Mapping[str, str] = {
    "FORBIDDEN": FORBIDDEN,
    "INSUFFICIENT_SCOPES": FORBIDDEN,
    "NOT_FOUND": NOT_FOUND,
    "UNPROCESSABLE": UNPROCESSABLE,
}


def graphql_error(body: bytes) -> tuple[str, str] | None:
    """Return the type and the words of the first error in an answer of GraphQL; None for none."""
    try:
        found = json.loads(body)["errors"]
    except (ValueError, KeyError, TypeError):
        return None
    first = found[0] if isinstance(found, list) and found else {}
    kind = str(first.get("type") or "") if isinstance(first, dict) else ""
    return kind, ": ".join(_details(found))[:WORDS]


def refused_graphql(operation: Operation, kind: str, words: str) -> Refused:
    """Return the refusal that an error of GraphQL means."""
    text = f"GitHub answered {kind or 'with an error'}: {words or 'no reason given'}"
    reason = _GRAPHQL.get(kind, REJECTED)
    if reason == FORBIDDEN:
        text += f" (this needs {spelled(operation.needs)})"
    return Refused(reason, text)


def refusal(operation: Operation, status: int, words: str) -> Refused:
    """Return the refusal that a 3xx or 4xx answer means."""
    if status < HTTPStatus.BAD_REQUEST:
        return Refused(MOVED, "GitHub says that this has moved; was the repository renamed?")
    reason = REASONS.get(status, REJECTED)
    text = f"GitHub answered {status}: {words or 'no reason given'}"
    if reason == FORBIDDEN and operation.needs:
        text += f" (this needs {spelled(operation.needs)})"
    return Refused(reason, text)


def failure(operation: Operation, words: str) -> Interrupted:
    """Return the failure of a request that may have arrived: a write may have taken effect.

    A token that was made and never seen does not count, nobody notices it.
    """
    sent = operation.pace.serial
    return Interrupted("github", words, retry_after=RETRY_AFTER, sent=sent)


def unsent(words: str) -> Interrupted:
    """Return the failure of a request that never left."""
    return Interrupted("github", words, retry_after=RETRY_AFTER, sent=False)
