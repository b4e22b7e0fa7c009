"""How handlers are found.

A reaction is a plain function from an event and the facts that it names to the
intents that it wants.  It does no I/O: the facts are fetched before it is called,
the intents carried out after it returns.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.model.events import Event
from bot.model.intents import Intent

E = TypeVar("E", bound=Event)
F = TypeVar("F")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoFacts:
    """The facts of a reaction that needs nothing but the event."""


def always(_event: Event) -> bool:
    """Want every event of the kind."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction(Generic[E, F]):
    """One function, the events that it wants and the facts that it needs.

    Attributes:
        facts: a dataclass; `bot.work.facts` knows how to fetch each of its fields.
        when: says by the event alone whether it is ours, before anything is fetched.
    """

    event: type[E]
    facts: type[F]
    decide: Callable[[E, F], Sequence[Intent]]
    when: Callable[[E], bool] = always

    @property
    def name(self) -> str:
        """Name it in logs and in receipts."""
        return f"{self.decide.__module__}.{self.decide.__qualname__}"


def reactions_to(
    event: Event, among: Iterable[Reaction[Any, Any]]
) -> Iterator[Reaction[Any, Any]]:
    """Yield those that want this event, in their order."""
    return (each for each in among if isinstance(event, each.event) and each.when(event))
