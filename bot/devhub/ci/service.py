"""The CI itself: hears of commits, runs the repository's command, and says how it went."""

import asyncio
import itertools
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.devhub import workflows
from bot.devhub.ci import boxed, parties, reports
from bot.devhub.ci.boxed import Outcome
from bot.devhub.ci.checkout import check_out
from bot.devhub.ci.client import Client
from bot.devhub.git import GitFailed
from bot.devhub.hub import Hub
from bot.devhub.problems import Problem
from bot.devhub.records import Installation, Repository
from bot.devhub.timestamps import iso
from bot.devhub.workflow_records import Log
from bot.model.errors import Misconfigured

SLUG = "ci"
SECONDS = 300
"""How long a command may take unless the repository says otherwise."""

# What a network says that was busy: nothing that a change could have done.
_FLAKE = "curl: (56) Recv failure: Connection reset by peer\n"
_GLANCE = 0.02
_FROM_FORKS = frozenset({"opened", "reopened", "synchronize"})


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """What one repository wants run.

    Attributes:
        toolboxes: read-only tool trees by name; what lies in them must be readable by all.
        check: what its check runs are called.
        slug: the app that reports: the CI's own, or Actions.
        delay: seconds of the hub's clock between the start of a run and its command.
        flake: how often a commit fails for nothing before its command is run.
        flaked: how often each commit has.
        turn: held by the command that runs, since there is one at a time.
    """

    repository: Repository
    command: tuple[str, ...] = ()
    check: str = reports.NAME
    slug: str = SLUG
    delay: float = 0
    flake: int = 0
    flaked: Counter[str] = field(default_factory=Counter)
    seconds: int = SECONDS
    toolboxes: Mapping[str, Path] = field(default_factory=dict)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Ci:
    """All repositories that have CI, and the commands that run or wait."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._jobs: dict[int, Job] = {}
        self._numbers = itertools.count()
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run commands while the body runs; what still runs at its end is ended."""
        async with asyncio.TaskGroup() as self._group:
            yield
            for task in self._tasks:
                task.cancel()

    async def add(self, hub: Hub, _request: web.Request, body: dict[str, Any]) -> Any:
        """{owner, name, command, seconds?, toolboxes? ({name: folder}), …} -> {app, bot}.

        Further fields: check, actions (true: as GitHub Actions), delay, flake.
        """
        repository = hub.repository(body["owner"], body["name"])
        command = body["command"]
        if not isinstance(command, list) or not command:
            raise Problem(422, "command has to be a list of words")
        slug = workflows.SLUG if body.get("actions") else SLUG
        app = await parties.registered(hub, slug, repository.owner)
        app.ear = self._hear
        job = self._jobs.setdefault(repository.id, Job(repository=repository))
        job.command = tuple(str(word) for word in command)
        job.seconds = int(body.get("seconds", SECONDS))
        job.toolboxes = {name: Path(path) for name, path in body.get("toolboxes", {}).items()}
        job.check, job.slug = body.get("check", reports.NAME), slug
        job.delay, job.flake = float(body.get("delay", 0)), int(body.get("flake", 0))
        parties.installed(hub, app, repository)
        return {"app": app.slug, "bot": app.bot.login}

    async def idle(self, _hub: Hub, request: web.Request, _body: dict[str, Any]) -> Any:
        """?seconds= -> {idle}: whether everything so far was reported within that time."""
        seconds = float(request.query.get("seconds", 10))
        if not self._tasks:
            return {"idle": True}
        _, left = await asyncio.wait(set(self._tasks), timeout=seconds)
        return {"idle": not left}

    def _hear(self, installation: Installation, event: str, payload: Mapping[str, Any]) -> None:
        """Take note of what calls for a run; it begins once whoever tells is done."""
        sha = _wanted(event, payload)
        if sha is None or self._group is None:
            return
        job = self._jobs.get(payload["repository"]["id"])
        if job is not None and job.slug == installation.app.slug:
            client = Client(hub=self._hub, installation=installation, repository=job.repository)
            task = self._group.create_task(self._serve(client, job, sha, _cause(event)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: Client, job: Job, sha: str, event: str) -> None:
        """See one commit through: queued, in progress, completed."""
        # the repository may be renamed, given away or taken from us at any time
        with suppress(Problem):
            run = await client.create(job.check, sha, event)
            async with job.turn:
                begun = iso(self._hub.now())
                await client.update(run, {"status": "in_progress", "started_at": begun})
                await self._passed(self._hub.now() + job.delay)
                body, log = await self._result(job, sha)
                await client.update(run, body, log)

    async def _passed(self, due: float) -> None:
        while self._hub.now() < due:  # noqa: ASYNC110 - a clock that is moved wakes nobody
            await asyncio.sleep(_GLANCE)

    async def _result(self, job: Job, sha: str) -> tuple[dict[str, Any], Log]:
        """Return the body that completes the check run, and the job's log."""
        try:
            outcome = self._flaked(job, sha) or await self._outcome(job, sha)
        except (Misconfigured, GitFailed, OSError) as problem:
            return reports.impossible(str(problem)), Log(text=f"{problem}\n".encode())
        text = reports.log(job.command, outcome, iso(self._hub.now()))
        if job.slug == workflows.SLUG:
            return reports.done_by_actions(outcome), Log(text=text)
        return reports.done(job.command, outcome), Log(text=text)

    def _flaked(self, job: Job, sha: str) -> Outcome | None:
        """Return a failure that has nothing to do with the commit, as often as is wanted."""
        if job.flaked[sha] >= job.flake:
            return None
        job.flaked[sha] += 1
        return Outcome(status=56, output=_FLAKE, duration=0.0)

    async def _outcome(self, job: Job, sha: str) -> Outcome:
        uid = boxed.uid_of(next(self._numbers))
        # below the system's own folder for such things, where a job of another uid can pass
        with tempfile.TemporaryDirectory(prefix="devhub-ci-", ignore_cleanup_errors=True) as made:
            folder = Path(made)
            boxed.make_room(folder, uid)
            await check_out(job.repository.path, sha, folder / "work", uid)
            return await boxed.run(
                job.command, folder, seconds=job.seconds, uid=uid, toolboxes=job.toolboxes
            )


def _cause(event: str) -> str:
    """Return what Actions names as the cause of a run."""
    return "pull_request" if event == "pull_request" else "push"


def _wanted(event: str, payload: Mapping[str, Any]) -> str | None:
    """Return the commit that an event wants to be run.

    A push asks for a check suite; one to a fork does not, so its pull request does.
    """
    match event, payload.get("action"):
        case "check_suite", "requested" | "rerequested":
            return str(payload["check_suite"]["head_sha"])
        case "check_run", "rerequested":
            return str(payload["check_run"]["head_sha"])
        case "pull_request", action if action in _FROM_FORKS:
            head = payload["pull_request"]["head"]
            at_home = head["repo"]["id"] == payload["repository"]["id"]
            return None if at_home else str(head["sha"])
        case _:
            return None
