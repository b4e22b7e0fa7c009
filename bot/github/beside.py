"""Requests side by side: what needs several answers waits for the slowest, not for their sum."""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
One = TypeVar("One")
Other = TypeVar("Other")


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run coroutines side by side; when one raises, cancel the others and raise the same."""
    with _single():
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
    return [task.result() for task in tasks]


async def both(
    one: Coroutine[Any, Any, One], other: Coroutine[Any, Any, Other]
) -> tuple[One, Other]:
    """Do the same with two that answer differently."""
    with _single():
        async with asyncio.TaskGroup() as group:
            first, second = group.create_task(one), group.create_task(other)
    return first.result(), second.result()


@contextmanager
def _single() -> Iterator[None]:
    """Raise the first problem of a group as it is."""
    try:
        yield
    except ExceptionGroup as problems:
        raise problems.exceptions[0] from problems
