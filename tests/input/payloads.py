"""Recorded payloads, and how they would look had they come from where the app is installed."""

import json
import lzma
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "data/webhooks/payloads.jsonl.xz"


@lru_cache(maxsize=1)
def payloads() -> list[tuple[str, dict[str, Any]]]:
    """Every recorded payload with the name of its event."""
    lines = lzma.decompress(FILE.read_bytes()).decode().split("\n")
    return [(event, payload) for event, payload in map(json.loads, lines)]


def at_home(payload: Any, home: dict[str, Any]) -> Any:
    """Put what `home` has in place of an installation, a repository and a sender of anybody's.

    What a payload does not have it does not get, except the installation: every delivery
    to an app has one.
    """
    named = {
        key: {**payload[key], **home[key]} for key in home if isinstance(payload.get(key), dict)
    }
    return (
        {**payload, **named}
        if "installation" in named
        else {**payload, **named, "installation": home["installation"]}
    )


def broken(payload: Any, wrong: list[Any]) -> Iterator[Any]:
    """Yield the payload with each of its values, one at a time, made into each of `wrong`."""
    if isinstance(payload, dict):
        for key, value in payload.items():
            for other in [*wrong, *broken(value, wrong)]:
                yield {**payload, key: other}
            yield {name: kept for name, kept in payload.items() if name != key}
    if isinstance(payload, list):
        for number, value in enumerate(payload[:2]):
            for other in [*wrong, *broken(value, wrong)]:
                yield [*payload[:number], other, *payload[number + 1 :]]
