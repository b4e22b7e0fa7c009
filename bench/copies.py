"""Runs that wait, made of one that does: its rows, all that there are, copied."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any

COPIED = "SELECT * FROM {} WHERE {} = ?"
MOVED = {"number": 1_000_000, "next_attempt_at": 1e9, "created_at": -1e7}
"""What is added to numbers of a copy: time wakes none, and none counts as begun today."""

OF_A_RUN: Mapping[str, str] = {
    "runs": "id",
    "run_subjects": "run",
    "run_steps": "run",
    "waits": "run",
    "mailbox": "run",
    "jobs": "run",
    "outputs": "run",
    "outbox": "run",
}
"""Every table that has rows of a run, and the column that names it."""

Own = Callable[[int], Mapping[str, Any]]
"""Gives columns that a copy has of its own, by its number."""


def copied(
    database: sqlite3.Connection,
    run: str,
    numbers: Iterable[int],
    own: Own = lambda _: {},
) -> int:
    """Copy all rows of a run, once for each number; return how many rows that are."""
    some = list(numbers)
    return sum(_copied(database, table, run, some, own) for table in OF_A_RUN)


def name_of(run: str, number: int) -> str:
    """Return the id of a copy of a run."""
    return f"{number:0{len(run)}}"


def _copied(
    database: sqlite3.Connection, table: str, run: str, numbers: Iterable[int], own: Own
) -> int:
    found = database.execute(COPIED.format(table, OF_A_RUN[table]), (run,))
    names = [column[0] for column in found.description]
    rows = found.fetchall()
    marks = ", ".join("?" * len(names))
    into = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"
    copies = (
        tuple(
            own(number).get(name, _other(name, value, run, number))
            for name, value in zip(names, row, strict=True)
        )
        for number in numbers
        for row in rows
    )
    return database.executemany(into, copies).rowcount


def _other(name: str, value: Any, run: str, number: int) -> Any:
    """Give a value of a copy: what there may be once is its own, and it began long ago."""
    if name == "id" and isinstance(value, int):
        return None  # the database numbers these rows by itself
    if name in MOVED:
        return value + MOVED[name] + (number if name == "number" else 0)
    if name in {"about", "head", "launch_hash", "run_hash"} and value:
        return f"{number:0{len(value)}x}"
    other = name_of(run, number)
    return value.replace(run, other).replace(run.lower(), other) if type(value) is str else value
