"""Fields of what a program prints, which may be anything."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.agents.events import Usage

_OURS = re.compile(r"(?:mcp_+)?greenroom_+(\w+)", re.ASCII)


def text(said: Mapping[str, Any], field: str) -> str:
    """Return a text; an empty one where there is none, or something else."""
    found = said.get(field)
    return found if isinstance(found, str) else ""


def used(said: object, *fields: str) -> Iterator[Usage]:
    """Yield the sum of the tokens in these fields, if there is a number in each."""
    counts = [said.get(each) for each in fields] if isinstance(said, Mapping) else []
    known = [each for each in counts if isinstance(each, int)]
    if len(known) == len(fields):
        yield Usage(tokens=sum(known))


def tool(named: str) -> str:
    """Return a tool's name for people: ours are called as the small command that does the same."""
    ours = _OURS.fullmatch(named)
    return f"greenroom {ours[1]}" if ours else named
