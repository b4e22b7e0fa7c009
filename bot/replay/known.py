"""What a replay knows beside the delivery: given, recorded, or assumed and said.

Nothing is asked of GitHub.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.errors import Misconfigured
from bot.model.events import Event, RepositoryEvent, SubjectEvent, TextWritten
from bot.model.facts import PullNow
from bot.model.ids import Repo, Sha
from bot.model.runs import Start
from bot.rules.conditions import Moment
from bot.rules.policy import Actor
from bot.rules.reading import grammar_of, read
from bot.rules.repoconfig import Config, Layer
from bot.rules.roles import NAMES
from bot.store import decisions, heads, layers, pauses, queue, runs
from bot.store.engine import Store
from bot.work.configs import in_force
from bot.work.facts import MOST_PAST
from bot.work.runs_now import open_on, run_now

Lay = Callable[[Layer | None, Layer | None], Config]

NO_COMMIT = Sha("0" * 40)
"""The head of a pull request of which nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is known beside the delivery.

    Attributes:
        facts: by name, as handlers are to be told them.
        lay: lays a repository's layer over its organization's, as the operator has it.
        assumed: what to say of the facts that nobody gave, filled as they are used.
    """

    facts: dict[str, Any]
    lay: Lay
    assumed: dict[str, str] = field(default_factory=dict)


READS: Mapping[str, TypeAdapter[Any]] = {
    "by_us": TypeAdapter(bool),
    "still_holds": TypeAdapter(bool),
    "works_there": TypeAdapter(bool),
    "ours": TypeAdapter(bool),
    "is_open": TypeAdapter(bool),
    "left_today": TypeAdapter(int),
    "seen_head": TypeAdapter(Sha | None),
    "pull": TypeAdapter(PullNow | None),
    "actor": TypeAdapter(Actor),
}
"""The facts that a file may give, and their shapes."""


def given_in(file: str) -> dict[str, Any]:
    """Read facts by name from a file.

    Raises:
        Misconfigured: it cannot be read, or holds something else.
    """
    return {name: _given(file, name, value) for name, value in json_in(file).items()}


def _given(file: str, name: str, value: object) -> Any:
    if (reader := READS.get(name)) is None:
        raise Misconfigured(f"{file}: no fact is named {name!r}; there are {', '.join(READS)}.")
    try:
        return reader.validate_python(value)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(map(str, (name, *first["loc"])))
        raise Misconfigured(f"{file}: {where}: {first['msg']}.") from None


def json_in(file: str) -> dict[str, Any]:
    """Read a JSON object from a file; `-` is the standard input.

    Raises:
        Misconfigured: it cannot be read, or holds something else.
    """
    try:
        found = json.loads(sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes())
    except OSError as problem:
        raise Misconfigured(f"{file} cannot be read: {problem.strerror}.") from None
    except (ValueError, RecursionError) as problem:
        raise Misconfigured(f"{file} is not JSON: {problem}.") from None
    if not isinstance(found, dict):
        raise Misconfigured(f"{file} is JSON, and no object.")
    return found


async def recorded(store: Store, given: Given, event: Event, repo: Repo, now: float) -> None:
    """Add what the database knows of a repository and of what the event is about.

    Raises:
        Misconfigured: it knows nothing of the repository.
    """
    if not isinstance(event, RepositoryEvent):
        return
    facts = given.facts
    async with store.read() as rows:
        if await layers.find(rows, repo) is None:
            raise Misconfigured(f"--against {repo}: nothing was asked for there yet.")
        org = Repo(f"{repo.partition('/')[0]}/.github")
        found = [await layers.find(rows, name) for name in (org, repo)]
        good = [await in_force(rows, row) for row in found]
        facts.setdefault("config", given.lay(*good))
        scopes = pauses.scopes(repo, event.repo_id)
        facts.setdefault("pauses", await pauses.among(rows, scopes))
        since = await queue.started_today(rows, event.repo_id, now=now)
        left = facts["config"].limits.runs.per_day - since
        facts.setdefault("left_today", max(left, 0))
        if isinstance(event, SubjectEvent):
            await _recorded_of_subject(rows, facts, event, repo)


async def _recorded_of_subject(
    rows: AsyncConnection, facts: dict[str, Any], event: SubjectEvent, repo: Repo
) -> None:
    subject, sender = replace(event.subject, repo=repo), event.sender
    number = subject.number
    said = await decisions.of(rows, event.repo_id, number, sender.id, most=MOST_PAST)
    facts.setdefault("decisions", said)
    head = await heads.seen(rows, event.repo_id, number, before=event.at)
    facts.setdefault("seen_head", head)
    found = await open_on(rows, subject, event.repo_id)
    facts.setdefault("open_runs", found)
    facts.setdefault("asking", [run for run in found if run.question])
    past = await runs.finished_on(rows, subject, event.repo_id, most=MOST_PAST)
    over = [run_now(row, await runs.opened(rows, row.id)) for row in past]
    facts.setdefault("past_runs", over)


def fact(name: str, event: Event, given: Given) -> Any:
    """Return a fact, and remember when it is an assumption."""
    if name in given.facts:
        return given.facts[name]
    if name == "commands" and isinstance(event, TextWritten):
        return read(event, grammar_of(fact("config", event, given)))
    if name == "moment" and isinstance(event, SubjectEvent):
        return _moment(event, given)
    value, words = _assumed(name, event, given)
    given.assumed[name] = words
    return value


ASSUMED: Mapping[str, tuple[Any, str]] = {
    "asking": ((), "none"),
    "by_us": (False, "somebody else did it"),
    "closed_pulls": (frozenset(), "none"),
    "decisions": ((), "none"),
    "is_open": (True, "it is open"),
    "left_today": (1, "another run may be started today"),
    "open_runs": ((), "none"),
    "ours": (True, "the check run is ours"),
    "past_runs": ((), "none"),
    "pauses": ((), "none"),
    "proposed": (None, "what is in force"),
    "still_holds": (True, "it is still so"),
    "threads": ((), "none"),
    "works_there": (True, "it is still so"),
}
"""What is taken for facts that nobody gave, and the words that say so."""


def _assumed(name: str, event: Event, given: Given) -> tuple[Any, str]:
    if name == "actor":
        role = NAMES[given.facts.get("role", "write")]
        return Actor(person=event.sender, role=role), f"the sender's role is {role} (--role)"
    if name == "pull" and isinstance(event, SubjectEvent) and event.subject.kind == "pull":
        head = Start(sha=NO_COMMIT, branch="a-branch", fork=False)
        pull = PullNow(head=head, base="main", open=event.open, draft=False)
        return pull, "a pull request of the same repository (--facts)"
    if name == "config":
        config = given.lay(None, None)
        words = f"the built-in configuration (--against), runtime {config.runtime} (--runtime)"
        return config, words
    return ASSUMED.get(name, (None, "unknown"))


def _moment(event: SubjectEvent, given: Given) -> Moment:
    actor: Actor = fact("actor", event, given)
    return Moment(
        name=getattr(event, "name", ""),
        actor=event.sender,
        role=actor.role,
        subject=event.subject,
        title=event.title,
        author=event.author,
    )
