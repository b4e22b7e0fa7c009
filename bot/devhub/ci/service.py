"""The CI itself: hears of commits, runs the repository's command, and says how it went."""

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.devhub import founding
from bot.devhub.ci import boxed, reports
from bot.devhub.ci.checkout import check_out
from bot.devhub.ci.client import Client
from bot.devhub.git import GitFailed
from bot.devhub.hub import Hub
from bot.devhub.problems import Problem
from bot.devhub.records import Account, App, Installation, Repository
from bot.model.errors import Misconfigured

SLUG = "ci"
SECONDS = 300
"""How long a command may take unless the repository says otherwise."""

_PERMISSIONS: dict[str, Any] = {"checks": "write", "contents": "read", "pull_requests": "read"}
_FROM_FORKS = frozenset({"opened", "reopened", "synchronize"})


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """What one repository wants run.

    Attributes:
        toolboxes: read-only tool trees by name; what lies in them must be readable by all.
        turn: held by the command that runs, since there is one at a time.
    """

    repository: Repository
    command: tuple[str, ...] = ()
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
        """{owner, name, command, seconds?, toolboxes? ({name: folder})} -> {app, bot}."""
        repository = hub.repository(body["owner"], body["name"])
        command = body["command"]
        if not isinstance(command, list) or not command:
            raise Problem(422, "command has to be a list of words")
        app = await self._app(repository.owner)
        job = self._jobs.setdefault(repository.id, Job(repository=repository))
        job.command = tuple(str(word) for word in command)
        job.seconds = int(body.get("seconds", SECONDS))
        job.toolboxes = {name: Path(path) for name, path in body.get("toolboxes", {}).items()}
        self._install(app, repository)
        return {"app": app.slug, "bot": app.bot.login}

    async def idle(self, _hub: Hub, request: web.Request, _body: dict[str, Any]) -> Any:
        """?seconds= -> {idle}: whether everything so far was reported within that time."""
        seconds = float(request.query.get("seconds", 10))
        if not self._tasks:
            return {"idle": True}
        _, left = await asyncio.wait(set(self._tasks), timeout=seconds)
        return {"idle": not left}

    async def _app(self, owner: Account) -> App:
        """Return the CI's app, registered when it is first wanted."""
        for app in self._hub.apps.values():
            if app.slug == SLUG:
                return app
        app, _ = await founding.app(
            self._hub,
            slug=SLUG,
            owner=owner,
            hook_url="",
            hook_secret="",
            permissions=_PERMISSIONS,
            events=("pull_request",),
        )
        app.ear = self._hear
        return app

    def _install(self, app: App, repository: Repository) -> None:
        for each in self._hub.installations.values():
            if each.app is app and each.account is repository.owner and each.selected is not None:
                each.selected.add(repository.id)
                return
        founding.install(self._hub, app, repository.owner, {repository.id}, repository.owner)

    def _hear(self, installation: Installation, event: str, payload: Mapping[str, Any]) -> None:
        """Take note of what calls for a run; it begins once whoever tells is done."""
        sha = _wanted(event, payload)
        if sha is None or self._group is None:
            return
        job = self._jobs.get(payload["repository"]["id"])
        if job is not None:
            client = Client(hub=self._hub, installation=installation, repository=job.repository)
            task = self._group.create_task(self._serve(client, job, sha))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: Client, job: Job, sha: str) -> None:
        """See one commit through: queued, in progress, completed."""
        # the repository may be renamed, given away or taken from us at any time
        with suppress(Problem):
            run = await client.create({"name": reports.NAME, "head_sha": sha, "status": "queued"})
            async with job.turn:
                await client.update(run, {"status": "in_progress"})
                await client.update(run, await self._result(job, sha))

    async def _result(self, job: Job, sha: str) -> dict[str, Any]:
        uid = boxed.uid_of(next(self._numbers))
        # below the system's own folder for such things, where a job of another uid can pass
        with tempfile.TemporaryDirectory(prefix="devhub-ci-", ignore_cleanup_errors=True) as made:
            folder = Path(made)
            boxed.make_room(folder, uid)
            try:
                await check_out(job.repository.path, sha, folder / "work", uid)
                outcome = await boxed.run(
                    job.command, folder, seconds=job.seconds, uid=uid, toolboxes=job.toolboxes
                )
            except (Misconfigured, GitFailed, OSError) as problem:
                return reports.impossible(str(problem))
        return reports.done(job.command, outcome)


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
