"""Measures, prints a table, writes bench/latest.json; exit status 1 when a bar does not hold.

    python -m bench [NAME …]

A bench is a module here whose `rows()`, plain or async, returns rows: `bench.table.Row`, or
dicts of its fields.
"""

import asyncio
import importlib
import inspect
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.table import Row, table

BENCHES = (
    "intake",
    "workspace",
    "checkpoint",
    "latency",
    "waking",
    "waiting",
    "rest",
    "door",
    "agents",
    "comments",
    "conditions",
    "toolboxes",
    "validations",
)
LATEST = Path(__file__).with_name("latest.json")


def main(names: list[str]) -> int:
    if unknown := set(names) - set(BENCHES):
        print(f"There is no bench {', '.join(unknown)}; there is {', '.join(BENCHES)}.")
        return 2
    found = [row for name in names or BENCHES for row in _rows(name)]
    print(table(found))
    LATEST.write_text(json.dumps([asdict(row) for row in found], indent=1) + "\n")
    return int(any(row.holds is False for row in found))


def _rows(name: str) -> list[Row]:
    print(f"{name}:", file=sys.stderr, flush=True)
    return [
        row if isinstance(row, Row) else Row(**row)
        for row in asyncio.run(_all(importlib.import_module(f"bench.{name}").rows()))
    ]


async def _all(rows: Any) -> list[Any]:
    """Take rows however a bench gives them: at once, awaited, or one after another."""
    if inspect.isasyncgen(rows):
        return [row async for row in rows]
    return list(await rows if inspect.iscoroutine(rows) else rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
