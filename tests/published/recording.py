"""Holds everything that the embedded GitHub wrote down against GitHub's description.

Each line of the file is JSON, of one exchange or of one webhook:

    {"kind": "api", "method", "path", "query", "request", "status", "response"}
    {"kind": "webhook", "event", "payload"}

`request` and `response` are parsed bodies, null where there was none.  Other keys are
not looked at.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.published.description import check_request, check_response, check_webhook


def check_recording(path: Path) -> list[str]:
    """Return every problem of every line, each with the number of its line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [
        f"line {number}: {problem}"
        for number, line in enumerate(lines, start=1)
        for problem in _problems(json.loads(line))
    ]


def _problems(line: Mapping[str, Any]) -> Iterator[str]:
    if line["kind"] == "webhook":
        yield from check_webhook(line["event"], line["payload"])
        return
    method, path = line["method"], line["path"]
    yield from check_request(method, path, line["query"], line["request"])
    yield from check_response(method, path, line["status"], line["response"])
