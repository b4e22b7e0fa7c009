"""The two repositories that a job sees: a mirror to read from, a quarantine to write to.

Which ones they are follows from the token alone.  No part of an address names a repository,
so there is nothing in it to forge.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakValueDictionary

from aiohttp import web

from bot.gateway.tokens import bearer
from bot.githttp import Service, serve
from bot.model.errors import Fenced, Refused
from bot.model.ids import JobName
from bot.store.jobs import JobRow
from bot.work.broker import Broker
from bot.workspace.mirror import SERVED, Mirrors
from bot.workspace.quarantine import Quarantines

AT_ONCE = 4
"""Requests of one job that git works on side by side; more of them wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one request may do where."""

    repository: Path
    service: Service
    config: Mapping[str, str] = field(default_factory=dict)

    def there(self) -> Path:
        """Return the repository.

        Raises:
            Refused: `repository`, it was never made or is removed by now.
        """
        if not self.repository.is_dir():
            raise Refused("repository", "This repository is not here, or not any more.")
        return self.repository


class Repositories:
    """The handlers of git's requests.

    How long one may take is not bounded here: git ends with its client's connection, and
    the client with its job.
    """

    def __init__(self, broker: Broker, mirrors: Mirrors, quarantines: Quarantines) -> None:
        self._broker = broker
        self._mirrors = mirrors
        self._quarantines = quarantines
        self._turnstiles: WeakValueDictionary[JobName, asyncio.Semaphore] = WeakValueDictionary()

    def routes(self) -> list[web.RouteDef]:
        """Return their addresses."""
        return [
            web.route("*", "/git/mirror.git/{path:.*}", self.mirror),
            web.route("*", "/git/quarantine.git/{path:.*}", self.quarantine),
        ]

    async def mirror(self, request: web.Request) -> web.StreamResponse:
        """Let a job fetch from the mirror of its run's repository."""
        job = await self._job(request)
        repository = self._mirrors.path(job.plan.shelf)
        grant = Grant(repository=repository, service="git-upload-pack", config=SERVED)
        return await self._serve(request, job, grant)

    async def quarantine(self, request: web.Request) -> web.StreamResponse:
        """Let a job push into its run's quarantine, whose own settings say which ref."""
        job = await self._job(request)
        repository = self._quarantines.path(job.run)
        grant = Grant(repository=repository, service="git-receive-pack")
        return await self._serve(request, job, grant)

    async def _job(self, request: web.Request) -> JobRow:
        job = await self._broker.of(bearer(request))
        if job.ended_at is not None:
            raise Fenced(f"job {job.name} has ended")
        return job

    async def _serve(self, request: web.Request, job: JobRow, grant: Grant) -> web.StreamResponse:
        turnstile = self._turnstiles.setdefault(job.name, asyncio.Semaphore(AT_ONCE))
        async with turnstile:
            return await serve(
                request,
                grant.there(),
                request.match_info["path"],
                services=(grant.service,),
                config=grant.config,
            )
