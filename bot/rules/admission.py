"""Which queued runs may start now.

A run holds one numbered slot in each scope that bounds it.  The slots are rows
with a unique index: two workers that decide at once cannot both win one.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from bot.model.ids import Repo, RunId

EVERYWHERE = "all"
"""The scope of all runs together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A run that waits for a runner.

    Attributes:
        at_once: how many runs of its repository its configuration allows at the same time.
    """

    run: RunId
    repo: Repo
    at_once: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A run that may start, with the slot that it takes in each scope."""

    run: RunId
    slots: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How many runs may hold a runner at once, in all and for one repository."""

    everywhere: int
    repo: int


def admit(
    queued: Sequence[Queued], taken: Collection[tuple[str, int]], capacity: Capacity
) -> Iterator[Admission]:
    """Yield those that may start, oldest first.

    A run whose repository is full does not hold up the runs of others behind it.
    """
    held = set(taken)
    for each in queued:
        of_repo = min(capacity.repo, each.at_once)
        scopes = {EVERYWHERE: capacity.everywhere, f"repo:{each.repo}": of_repo}
        slots = {scope: _free(held, scope, size) for scope, size in scopes.items()}
        if all(number is not None for number in slots.values()):
            found = {scope: number for scope, number in slots.items() if number is not None}
            held |= set(found.items())
            yield Admission(run=each.run, slots=found)


def _free(held: Collection[tuple[str, int]], scope: str, size: int) -> int | None:
    numbers = {number for each, number in held if each == scope}
    if len(numbers) >= size:  # also when it was larger once, and higher numbers are held
        return None
    return next(number for number in count() if number not in numbers)
