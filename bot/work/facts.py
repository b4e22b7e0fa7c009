"""The facts that handlers name, each fetched once for an event and only when asked for.

A handler's Facts is a dataclass; its fields' names are looked up here.  One fact may need
another, and asks for it by the same way.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from bot.github.beside import together
from bot.github.client import AtRepository
from bot.model.errors import Unavailable
from bot.model.events import (
    ButtonPressed,
    Event,
    HeadSeen,
    InstallationChanged,
    Pushed,
    RepositoryEvent,
    ReviewGiven,
    SubjectEvent,
    SubjectOpened,
    TextWritten,
)
from bot.model.facts import PastDecision, Pause, PullNow, RunNow
from bot.model.ids import Sha
from bot.model.runs import Start, Subject, Text
from bot.reactions import Reaction
from bot.rules.asking import may_answer
from bot.rules.attempts import FRESH, SETTLES
from bot.rules.conditions import Moment
from bot.rules.grammar import Command, might_command
from bot.rules.policy import Actor
from bot.rules.reading import grammar_of, read
from bot.rules.repoconfig import Config, Mistake
from bot.rules.roles import Role
from bot.rules.starting import by_event
from bot.rules.verbs import EVERYWHERE, VALIDATE, VERBS, adds_money
from bot.rules.waiting import CI, REVIEW, START
from bot.store import decisions, heads, pauses, queue, runs
from bot.work import present
from bot.work.actors import actor
from bot.work.configs import Configs, judged
from bot.work.context import Context
from bot.work.runs_now import open_on, run_now, shown_by

F = TypeVar("F")

MOST_PAST = 20
"""Finished runs and decisions that a fact goes back."""

LONG = 4_000
"""Characters of a text that are parsed at once; a longer one beside the event loop."""


class FactSource:
    """What can be known of one event."""

    def __init__(self, context: Context, configs: Configs, event: Event) -> None:
        self._context = context
        self._configs = configs
        self._event = event
        self._known: dict[str, asyncio.Task[Any]] = {}

    async def fetch(self, facts: type[F]) -> F:
        """Make a handler's Facts.

        Raises:
            Unavailable: GitHub or the database did not answer.
        """
        names = [field.name for field in fields(facts)]  # type: ignore[arg-type]
        answers = await together(self._fact(name) for name in names)
        return facts(**dict(zip(names, answers, strict=True)))

    async def _fact(self, name: str) -> Any:
        """Fetch a fact, once for all who ask."""
        if name not in self._known:
            self._known[name] = asyncio.ensure_future(FETCHERS[name](self))
        return await self._known[name]

    def _in_repository(self) -> RepositoryEvent:
        if not isinstance(self._event, RepositoryEvent):
            raise TypeError(f"{type(self._event).__name__} is about no repository")
        return self._event

    async def _subject(self) -> Subject | None:
        """Return what the event is about; for a button what its run was asked on."""
        if isinstance(self._event, SubjectEvent):
            return self._event.subject
        run: RunNow | None = await self._fact("run")
        return run.subject if run else None

    def _at(self) -> AtRepository:
        event = self._in_repository()
        return self._context.github.at(event.installation, event.repo)

    async def _idle(self) -> bool:
        """Tell whether nobody asks for anything, so that nothing more has to be known."""
        match self._event:
            case TextWritten():
                return not (await self._fact("commands") or await self._fact("asking"))
            case ReviewGiven() as review:
                return await self._is_nobodys(review)
            case SubjectOpened(subject=subject, name=name):
                starts = any(by_event(await self._fact("config"), name))
                return not starts and not await self._was_closed(subject)
            case _:
                return False

    async def _is_nobodys(self, review: ReviewGiven) -> bool:
        """Tell whether a review is about nothing that a run has made.

        Raises:
            Unavailable: a run has pushed what was reviewed, and will know its pull request soon.
        """
        if await self._open_on(review.subject):
            return False
        async with self._context.store.read() as rows:
            if await runs.opens(rows, review.repo_id, review.head):
                words = "a run has still to hear what became of its pull request"
                raise Unavailable("github", words, retry_after=SETTLES / 4)
        return True

    async def _was_closed(self, subject: Subject) -> bool:
        """Tell whether runs that a closing has ended could go on."""
        async with self._context.store.read() as rows:
            return await runs.was_closed(rows, subject, self._in_repository().repo_id)

    async def config(self) -> Config:
        """Read what is in force in the repository."""
        event = self._in_repository()
        return await self._configs.of(event.installation, event.repo, event.repo_id)

    async def commands(self) -> Sequence[Command]:
        """Read the commands that are new in a text."""
        event = self._event
        if not isinstance(event, TextWritten):
            raise TypeError(f"{type(event).__name__} is no text")
        if not might_command(event.text):
            return ()
        grammar = grammar_of(await self._fact("config"))
        old = self._context.now() - event.at >= FRESH
        now = await present.text(self._at(), event) if old else None
        if max(len(event.text), len(now or "")) < LONG:
            return read(event, grammar, now)
        return await asyncio.to_thread(read, event, grammar, now)

    async def actor(self) -> Actor:
        """Ask who the sender is here."""
        event = self._in_repository()
        if await self._idle():
            return Actor(person=event.sender, role=Role.NONE)
        said = await self._fact("commands") if isinstance(event, TextWritten) else ()
        org = any(
            (each.verb in VERBS and VERBS[each.verb].wide and EVERYWHERE in each.args)
            or adds_money(each.verb, each.args)
            for each in said
        )
        return await actor(self._context, event, await self._fact("config"), org=org)

    async def by_us(self) -> bool:
        """Tell whether the app itself did it."""
        if not self._event.sender.bot:
            return False
        return (await self._context.github.app.identity()).bot.id == self._event.sender.id

    async def ours(self) -> bool:
        """Tell whether a check run is one of this app."""
        if not isinstance(self._event, ButtonPressed):
            return False
        return (await self._context.github.app.identity()).id == self._event.app

    async def still_holds(self) -> bool:
        """Ask whether what the event says is still so: events overtake one another.

        Raises:
            Unavailable: it is not so, but the event is so new that GitHub may only not
                show yet what it has told; to be asked again.
        """
        event = self._event
        if not isinstance(event, SubjectEvent):
            raise TypeError(f"{type(event).__name__} is about no subject")
        if await present.holds(self._at(), event):
            return True
        if self._context.now() - event.at < SETTLES:
            words = "what an event told is not shown yet"
            raise Unavailable("github", words, retry_after=SETTLES / 4)
        return False

    async def works_there(self) -> bool:
        """Ask whether the app is installed there now, and not suspended."""
        if not isinstance(self._event, InstallationChanged):
            raise TypeError(f"{type(self._event).__name__} is about no installation")
        return await self._context.github.app.works_at(self._event.installation)

    async def proposed(self) -> Config | None:
        """Read what would be in force with a pull request's own files, where that is asked for.

        A fork's files are not read.
        """
        event, said = self._in_repository(), await self._fact("commands")
        pull: PullNow | None = await self._fact("pull")
        asks = any(each.verb == VALIDATE for each in said)
        if not asks or pull is None or pull.head.fork:
            return None
        return await self._configs.proposed(event.installation, event.repo, pull.head.sha)

    async def pull(self) -> PullNow | None:
        """Ask how a pull request stands now; None for issues, or when a push matters to nobody."""
        subject = await self._subject()
        if subject is None or subject.kind == "issue" or await self._idle():
            return None
        if isinstance(self._event, HeadSeen) and not await self._waits_for_head():
            return None
        found = await self._at().pulls.get(subject.number)
        return PullNow(
            head=Start(sha=found.head.sha, branch=found.head.ref, fork=found.fork),
            base=found.base,
            open=found.state == "open",
            draft=found.draft,
        )

    async def _waits_for_head(self) -> bool:
        found: Sequence[RunNow] = await self._fact("open_runs")
        return any(wait.reason in {START, CI, REVIEW} for run in found for wait in run.waits)

    async def moment(self) -> Moment:
        """Gather what a condition of the configuration may speak of."""
        event, actor = self._event, await self._fact("actor")
        if not isinstance(event, SubjectOpened):
            raise TypeError(f"{type(event).__name__} starts no agent")
        pull: PullNow | None = await self._fact("pull")
        idle = await self._idle()
        labels = () if idle else (await self._at().issues.get(event.subject.number)).labels
        return Moment(
            name=event.name,
            actor=event.sender,
            role=actor.role,
            subject=event.subject,
            title=event.title,
            author=event.author,
            labels=sorted(labels),
            draft=pull.draft if pull else False,
            fork=pull.head.fork if pull else False,
            base=pull.base if pull else "",
            head=pull.head.branch if pull else "",
        )

    async def seen_head(self) -> Sha | None:
        """Look up which head of a pull request could be seen when the event happened."""
        event, subject = self._in_repository(), await self._subject()
        if subject is None or subject.kind == "issue" or await self._idle():
            return None
        if isinstance(event, ButtonPressed):
            return event.head
        async with self._context.store.read() as rows:
            return await heads.seen(rows, event.repo_id, subject.number, before=event.at)

    async def open_runs(self) -> Sequence[RunNow]:
        """Look up the open runs of the subject, oldest first."""
        subject = await self._subject()
        if subject is None or await self._idle():
            return ()
        return await self._open_on(subject)

    async def asking(self) -> Sequence[RunNow]:
        """Look up the open runs of which a comment may answer a question, oldest first."""
        event = self._event
        if not isinstance(event, TextWritten) or not may_answer(event):
            return ()
        return [run for run in await self._open_on(event.subject) if run.question]

    async def _open_on(self, subject: Subject) -> Sequence[RunNow]:
        async with self._context.store.read() as rows:
            return await open_on(rows, subject, self._in_repository().repo_id)

    async def closed_pulls(self) -> frozenset[int]:
        """Ask which of the pull requests that the open runs have opened are not open any more."""
        numbers = [run.pull for run in await self._fact("open_runs") if run.pull]
        found = await together(self._at().pulls.get(number) for number in numbers)
        return frozenset(each.number for each in found if each.state != "open")

    async def threads(self) -> Sequence[Text]:
        """Read what a review says beside lines; its comments are all by the reviewer."""
        event = self._event
        if isinstance(event, ReviewGiven) and not await self._idle():
            return await present.beside(self._at(), event)
        return ()

    async def past_runs(self) -> Sequence[RunNow]:
        """Look up the finished runs of the subject, newest first."""
        subject = await self._subject()
        if subject is None or await self._idle():
            return ()
        about = subject, self._in_repository().repo_id
        async with self._context.store.read() as rows:
            found = await runs.finished_on(rows, *about, most=MOST_PAST)
            return [run_now(row, await runs.opened(rows, row.id)) for row in found]

    async def run(self) -> RunNow | None:
        """Look up the run that a check run shows."""
        event = self._event
        if not isinstance(event, ButtonPressed):
            return None
        async with self._context.store.read() as rows:
            return await shown_by(rows, event)

    async def is_open(self) -> bool:
        """Ask whether the issue or pull request is open now."""
        subject = await self._subject()
        if subject is None or await self._idle():
            return False
        return (await self._at().issues.get(subject.number)).state == "open"

    async def pauses(self) -> Sequence[Pause]:
        """Look up who holds the repository's runs back."""
        event = self._in_repository()
        async with self._context.store.read() as rows:
            return await pauses.among(rows, pauses.scopes(event.repo, event.repo_id))

    async def decisions(self) -> Sequence[PastDecision]:
        """Look up what was decided of what the sender asked for on the subject before."""
        event, subject = self._in_repository(), await self._subject()
        if subject is None or await self._idle():
            return ()
        about = event.repo_id, subject.number, event.sender.id
        async with self._context.store.read() as rows:
            return await decisions.of(rows, *about, most=MOST_PAST)

    async def left_today(self) -> int:
        """Count how many more runs the repository may start within its day of 24 hours."""
        event = self._in_repository()
        config: Config = await self._fact("config")
        async with self._context.store.read() as rows:
            started = await queue.started_today(rows, event.repo_id, now=self._context.now())
        return max(config.limits.runs.per_day - started, 0)

    async def mistakes(self) -> Sequence[Mistake] | None:
        """Look for mistakes in the configuration at a commit; None when it has none at all."""
        event = self._event
        if not isinstance(event, Pushed):
            raise TypeError(f"{type(event).__name__} is no push")
        where = event.installation, event.repo
        if event.default:
            layer = await self._configs.pushed(*where, event.repo_id, event.sha)
        else:
            layer = await self._configs.at(*where, event.sha)
        return await asyncio.to_thread(judged, layer) if layer.files else None


FETCHERS: Mapping[str, Callable[[FactSource], Coroutine[Any, Any, Any]]] = {
    "actor": FactSource.actor,
    "asking": FactSource.asking,
    "by_us": FactSource.by_us,
    "closed_pulls": FactSource.closed_pulls,
    "commands": FactSource.commands,
    "config": FactSource.config,
    "decisions": FactSource.decisions,
    "is_open": FactSource.is_open,
    "left_today": FactSource.left_today,
    "mistakes": FactSource.mistakes,
    "moment": FactSource.moment,
    "open_runs": FactSource.open_runs,
    "ours": FactSource.ours,
    "past_runs": FactSource.past_runs,
    "pauses": FactSource.pauses,
    "proposed": FactSource.proposed,
    "pull": FactSource.pull,
    "run": FactSource.run,
    "seen_head": FactSource.seen_head,
    "still_holds": FactSource.still_holds,
    "threads": FactSource.threads,
    "works_there": FactSource.works_there,
}
"""Every fact that a handler may name."""


def check_facts(reactions: Iterable[Reaction[Any, Any]]) -> None:
    """See that every fact a handler names can be fetched; raises LookupError when one cannot."""
    for reaction in reactions:
        if unknown := {field.name for field in fields(reaction.facts)} - FETCHERS.keys():
            raise LookupError(f"{reaction.name} names facts that nobody fetches: {unknown}")
