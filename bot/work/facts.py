"""The facts that handlers name, each fetched once for an event and only when asked for.

A handler's Facts is a dataclass; its fields' names are looked up here.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from bot.github.client import AtRepository
from bot.model.errors import Refused, Unavailable
from bot.model.events import (
    Event,
    SubjectClosed,
    SubjectLabeled,
    SubjectUnlabeled,
)
from bot.model.runs import Subject
from bot.reactions import Reaction
from bot.rules.attempts import SETTLES
from bot.rules.policy import Role, role_of
from bot.store import runs
from bot.work.context import Context
from bot.work.loop import together

F = TypeVar("F")


class FactSource:
    """What can be known of one event."""

    def __init__(self, context: Context, event: Event) -> None:
        self._context = context
        self._event = event
        self._known: dict[str, Any] = {}

    async def fetch(self, facts: type[F]) -> F:
        """Make a handler's Facts.

        Raises:
            Unavailable: GitHub or the database did not answer.
        """
        wanted = [field.name for field in fields(facts)]  # type: ignore[arg-type]
        missing = [name for name in wanted if name not in self._known]
        answers = await together(FETCHERS[name](self) for name in missing)
        self._known |= dict(zip(missing, answers, strict=True))
        return facts(**{name: self._known[name] for name in wanted})

    def _subject(self) -> Subject:
        match self._event:
            case (
                SubjectLabeled(subject=subject)
                | SubjectUnlabeled(subject=subject)
                | SubjectClosed(subject=subject)
            ):
                return subject
            case _:
                raise TypeError(f"{type(self._event).__name__} is about no subject")

    def _at(self) -> AtRepository:
        return self._context.github.at(self._event.installation, self._subject().repo)

    async def role(self) -> Role:
        """Ask for the sender's role; whoever GitHub does not know has none."""
        sender = self._event.sender
        if sender.bot:
            return Role.NONE
        try:
            answer = await self._at().repository.role(sender.login, sender.id)
        except Refused as problem:
            if problem.reason not in {"not_found", "identity"}:
                raise
            return Role.NONE
        return role_of(answer.role, answer.permissions)

    async def by_us(self) -> bool:
        """Tell whether the app itself did it."""
        if not self._event.sender.bot:
            return False
        return (await self._context.github.app.identity()).bot.id == self._event.sender.id

    async def still_holds(self) -> bool:
        """Ask whether what the event says is still so: events overtake one another.

        Raises:
            Unavailable: it is not so, but the event is so new that GitHub may only not
                show yet what it has told; to be asked again.
        """
        if await self._holds():
            return True
        if self._context.now() - self._event.at < SETTLES:
            words = "what an event told is not shown yet"
            raise Unavailable("github", words, retry_after=SETTLES / 4)
        return False

    async def _holds(self) -> bool:
        try:
            issue = await self._at().issues.get(self._subject().number)
        except Refused as problem:
            if problem.reason not in {"not_found", "gone"}:
                raise
            return isinstance(self._event, SubjectClosed)  # what is gone is closed for good
        match self._event:
            case SubjectLabeled(label=label):
                return label in issue.labels and issue.state == "open"
            case SubjectUnlabeled(label=label):
                return label not in issue.labels
            case _:
                return issue.state == "closed"

    async def works_there(self) -> bool:
        """Ask whether the app is installed there now, and not suspended."""
        return await self._context.github.app.works_at(self._event.installation)

    async def open_agents(self) -> frozenset[str]:
        """Look up which agents have an open run on the subject."""
        async with self._context.store.read() as rows:
            return frozenset(row.agent for row in await runs.open_on(rows, self._subject()))


FETCHERS: Mapping[str, Callable[[FactSource], Coroutine[Any, Any, Any]]] = {
    "role": FactSource.role,
    "by_us": FactSource.by_us,
    "still_holds": FactSource.still_holds,
    "open_agents": FactSource.open_agents,
    "works_there": FactSource.works_there,
}
"""Every fact that a handler may name."""


def check_facts(reactions: Iterable[Reaction[Any, Any]]) -> None:
    """See that every fact a handler names can be fetched; raises LookupError when one cannot."""
    for reaction in reactions:
        if unknown := {field.name for field in fields(reaction.facts)} - FETCHERS.keys():
            raise LookupError(f"{reaction.name} names facts that nobody fetches: {unknown}")
