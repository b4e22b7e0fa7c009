"""Holds everything that the embedded GitHub wrote down against GitHub's description.

Each line of its record is JSON: an exchange of the API or an attempt to deliver a webhook.

    {"kind": "api", "method", "path", "query", "request_headers": [NAME], "request_body",
     "status", "response_headers": {}, "response_body"}
    {"kind": "webhook", "event", "headers": {}, "payload"}

Bodies are parsed, text where they are no JSON, null where there was none.  Other keys
are not looked at.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.published.description import (
    GRAPHQL,
    JSON_TYPE,
    check_request,
    check_response,
    check_webhook,
)
from tests.published.graphql import check_answer

Line = Mapping[str, Any]

# https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#user-agent
ASKED_WITH = ("User-Agent",)

# https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers
DELIVERED_WITH = (
    "User-Agent",
    "X-GitHub-Delivery",
    "X-GitHub-Event",
    "X-GitHub-Hook-ID",
    "X-GitHub-Hook-Installation-Target-ID",
    "X-GitHub-Hook-Installation-Target-Type",
    "X-Hub-Signature-256",
)


def check_recording(path: Path) -> list[str]:
    """Return every problem of every line, each with the number of its line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        f"line {number}: {problem}"
        for number, line in enumerate(lines, start=1)
        for problem in check_line(json.loads(line))
    ]


def check_line(line: Line) -> list[str]:
    """Return the problems of one line: of both sides of an exchange, or of a webhook."""
    problems = _webhook(line) if line["kind"] == "webhook" else _exchange(line)
    return list(problems)


def _exchange(line: Line) -> Iterator[str]:
    method, path = line["method"], line["path"]
    yield from _missing(ASKED_WITH, line["request_headers"])
    yield from check_request(method, path, line["query"], line["request_body"])
    if path == GRAPHQL:
        yield from check_answer(line["request_body"], line["response_body"])
        return
    body, media = line["response_body"], line["response_headers"].get("Content-Type", "")
    if body is None or media.startswith(JSON_TYPE):
        yield from check_response(method, path, line["status"], body)


def _webhook(line: Line) -> Iterator[str]:
    if line["headers"]:  # a delivery that was lost on purpose was never sent
        yield from _missing(DELIVERED_WITH, line["headers"])
    yield from check_webhook(line["event"], line["payload"])


def _missing(names: Collection[str], sent: Collection[str]) -> Iterator[str]:
    known = {name.lower() for name in sent}
    for name in names:
        if name.lower() not in known:
            yield f"no header {name}"
