"""The CI's side of the API: its requests, answered by the functions that answer everybody's."""

import math
from dataclasses import dataclass
from typing import Any

from bot.devhub import workflows
from bot.devhub.api.calls import Call
from bot.devhub.callers import Caller
from bot.devhub.changes import Change
from bot.devhub.events import Scene
from bot.devhub.hub import Hub
from bot.devhub.records import Grant, Installation, Repository
from bot.devhub.routes import ROUTES
from bot.devhub.workflow_records import Log

_SILENT = Log(text=b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One installation of an app that reports checks, asking in one repository."""

    hub: Hub
    installation: Installation
    repository: Repository

    @property
    def is_actions(self) -> bool:
        """Return whether its check runs are jobs of workflow runs."""
        return self.installation.app.slug == workflows.SLUG

    async def create(self, name: str, sha: str, event: str = "push") -> int:
        """Make a queued check run and return its id; of Actions it is a job, after `event`."""
        body = {"name": name, "head_sha": sha, "status": "queued"}
        made = await self._ask("POST REPO/check-runs", body)
        run = self.repository.check_runs[int(made["id"])]
        if self.is_actions:
            await workflows.joined(self._scene, run, event)
        return run.id

    async def update(self, run: int, body: dict[str, Any], log: Log = _SILENT) -> None:
        """Change a check run; the log is that of a job which ends by it."""
        before = self.repository.check_runs[run].status
        await self._ask("PATCH REPO/check-runs/{check_run_id}", body, check_run_id=str(run))
        now, job = self.repository.check_runs[run].status, self.hub.workflows.jobs.get(run)
        if job is None or now == before:
            return
        if before == "queued":
            await workflows.started(self._scene, job)
        if now == "completed":
            await workflows.ended(self._scene, job, log)

    @property
    def _scene(self) -> Scene:
        bot = self.installation.app.bot
        return Scene(hub=self.hub, repository=self.repository, actor=bot)

    async def _ask(self, operation: str, body: dict[str, Any], **params: str) -> Any:
        """Do what a request would do that has come past the door.

        Raises:
            Problem: as the API would refuse it.
        """
        route = next(each for each in ROUTES if each.operation == operation)
        named = {"owner": self.repository.owner.login, "repo": self.repository.name, **params}
        call = Call(
            hub=self.hub,
            caller=self._caller(),
            route=route,
            path=route.path.format_map(named),
            params=named,
            query={},
            body=body,
            accept="application/vnd.github+json",
        )
        reply = await route.handler(call)
        self.hub.changes.tell(Change(repository=self.repository))
        return reply.body

    def _caller(self) -> Caller:
        installation = self.installation
        grant = Grant(
            token="",
            installation=installation,
            permissions=installation.permissions,
            selected=installation.selected,
            expires_at=math.inf,
        )
        app = installation.app
        return Caller(kind="installation", account=app.bot, app=app, grant=grant)
