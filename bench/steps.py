"""When each step of something was taken, as the logs of the app's processes tell it."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from bench.table import Row, bounded

Line = dict[str, Any]
Taken = dict[str, float]
"""Steps by name, each with the Unix time at which it was taken."""


def lines(log: Path, since: float) -> Iterator[Line]:
    """Read what a process has logged since a Unix time, which each line has as `at`."""
    for text in log.read_text().splitlines():
        if text.startswith("{"):
            line = json.loads(text)
            line["at"] = datetime.fromisoformat(line["timestamp"]).timestamp()
            if line["at"] >= since:
                yield line


def first(some: Iterable[Line], **fields: str) -> Line:
    """Return the first line that has these fields."""
    return next(line for line in some if fields.items() <= line.items())


def agent_started(jobs: Path, job: str) -> float:
    """Return when a job's harness had exec'ed its agent."""
    offset = time.time() - time.monotonic()
    log = (jobs / job / "log").read_text().splitlines()
    started = next(json.loads(text) for text in log if '"agent.started"' in text)
    return float(started["monotonic"]) + offset


def rows(what: str, steps: Sequence[str], seen: Sequence[Taken], *, at_most: float) -> list[Row]:
    """Give a row for each step, and one for them all, which the bar is for; in milliseconds."""
    each = [
        _step(f"{what}: {before} to {after}", _took(seen, before, after))
        for before, after in pairwise(steps)
    ]
    return [*each, bounded(what, "ms", _took(seen, steps[0], steps[-1]), at_most=at_most)]


def _step(name: str, took: Sequence[float]) -> Row:
    spread = (round(min(took), 1), round(max(took), 1))
    return Row(name=name, value=round(median(took), 1), unit="ms", spread=spread)


def _took(seen: Sequence[Taken], before: str, after: str) -> list[float]:
    return [(each[after] - each[before]) * 1000 for each in seen]
