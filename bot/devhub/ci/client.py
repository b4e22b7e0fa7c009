"""The CI's side of the API: its requests, answered by the functions that answer everybody's."""

import math
from dataclasses import dataclass
from typing import Any

from bot.devhub.api.calls import Call
from bot.devhub.callers import Caller
from bot.devhub.changes import Change
from bot.devhub.hub import Hub
from bot.devhub.records import Grant, Installation, Repository
from bot.devhub.routes import ROUTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One installation of the CI, asking in one repository."""

    hub: Hub
    installation: Installation
    repository: Repository

    async def create(self, body: dict[str, Any]) -> int:
        """Make a check run and return its id."""
        made = await self._ask("POST REPO/check-runs", body)
        return int(made["id"])

    async def update(self, run: int, body: dict[str, Any]) -> None:
        """Change a check run."""
        await self._ask("PATCH REPO/check-runs/{check_run_id}", body, check_run_id=str(run))

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
