"""What an agent is shown of the conversation, fetched when its job is launched.

What strangers wrote goes along as theirs: GitHub is asked once for each author who may
write to the repository.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from bot.github.app import Identity
from bot.github.beside import both, together
from bot.github.client import AtRepository
from bot.github.remarks import Remark
from bot.model.errors import Refused
from bot.model.ids import Login
from bot.model.runs import Person, Text, Trigger
from bot.rules.brief import Task
from bot.rules.roles import Role, role_of
from bot.rules.thread import GHOST, Said, choose, readable, resolved, texts
from bot.rules.visible import visible
from bot.store.run_row import RunRow

BOT = "[bot]"
"""How the login of an app's account ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What an agent is told, and whether somebody who may not write here wrote part of it."""

    task: Task
    outsiders: bool


async def read(
    at: AtRepository, row: RunRow, app: Identity, *, own: bool = False, done: Collection[int] = ()
) -> Read:
    """Read what the agent of a run is to be shown.

    Args:
        at: the repository.
        row: the run.
        app: ours, whose comments are left out.
        own: whether the description is the app's own, of a run that no stranger had a word in.
        done: threads that were resolved, which are left out.

    Raises:
        Unavailable: GitHub did not answer.
        Refused: it does not let us read.
    """
    people = _People(at)
    asker = Person(id=row.asked_by_id, login=row.asked_by, bot=row.asked_by.endswith(BOT))
    instruction = visible(row.instruction)
    if row.terms.agent.context == "none":
        told = row.instruction != "" and not await people.may_write(asker)
        task = Task(subject=row.subject, asked_by=row.asked_by, instruction=instruction)
        return Read(task=task, outsiders=told)
    author = Person(id=row.author_id, login=row.author, bot=row.author.endswith(BOT))
    wrote = [*([asker] if row.instruction else []), *([] if own else [author])]
    writes, remarks = await both(people.writers(wrote), _remarks(at, row))
    told = row.instruction != "" and asker not in writes
    trusted = own or author in writes
    there = _open(remarks, done, row.trigger)
    chosen = choose([_of(each, app) for each in there], row.trigger, row.asked_at)
    writers = await people.writers(each.author for each in chosen.kept)
    description = _by(author, row.body, trusted=trusted) if row.body.strip() else None
    shown, left_out = await asyncio.to_thread(texts, description, chosen, writers)
    task = Task(
        subject=row.subject,
        asked_by=row.asked_by,
        instruction=instruction,
        title=_by(author, row.title, trusted=trusted),
        texts=shown,
        left_out=[*left_out, *resolved(len(remarks) - len(there))],
    )
    return Read(task=task, outsiders=told or task.has_strangers)


def _by(author: Person, body: str, *, trusted: bool) -> Text:
    return Text(author=author.login or GHOST, trusted=trusted, body=readable(body))


async def _remarks(at: AtRepository, row: RunRow) -> Sequence[Remark]:
    asked = [at.remarks.comments(row.number)]
    if row.kind == "pull":
        asked += [at.remarks.review_comments(row.number), at.remarks.reviews(row.number)]
    return [each for some in await together(asked) for each in some]


def _open(remarks: Sequence[Remark], done: Collection[int], trigger: Trigger) -> Sequence[Remark]:
    """Leave resolved threads out, but not the one that the agent was asked for in."""
    asked = trigger.kind, trigger.id
    asked_in = {each.thread for each in remarks if (each.kind, each.id) == asked}
    return [each for each in remarks if each.thread not in done or each.thread in asked_in]


def _of(remark: Remark, app: Identity) -> Said:
    # Of what stands beside lines GitHub names no app.
    by_us = remark.author is not None and remark.author.id == app.bot.id
    return Said(
        kind=remark.kind,
        id=remark.id,
        author=remark.author,
        ours=by_us or remark.app == app.id,
        at=remark.created,
        edited=None if remark.kind == "review" else remark.updated,
        body=remark.body,
        path=remark.path,
        start_line=remark.start_line,
        line=remark.line,
    )


class _People:
    """Who may write to a repository, each asked for once.  Bots are never trusted."""

    def __init__(self, at: AtRepository) -> None:
        self._at = at
        self._known: dict[Person, bool] = {}

    async def may_write(self, person: Person) -> bool:
        if person not in self._known:
            self._known[person] = await self._ask(person)
        return self._known[person]

    async def writers(self, some: Iterable[Person | None]) -> Sequence[Person]:
        people = sorted({each for each in some if each}, key=lambda each: each.id)
        answers = await together(self.may_write(each) for each in people)
        return [each for each, may in zip(people, answers, strict=True) if may]

    async def _ask(self, person: Person) -> bool:
        if person.bot or not person.login:
            return False
        try:
            answer = await self._at.repository.role(Login(person.login), person.id)
        except Refused as problem:
            if problem.reason not in {"not_found", "identity"}:
                raise
            return False
        return role_of(answer.role, answer.permissions) >= Role.WRITE
