"""Tells whoever runs the app whether the process is up, and whether it can take deliveries."""

import asyncio
from http import HTTPStatus

from aiohttp import web

from bot.model.errors import Misconfigured, Unavailable
from bot.store.engine import Store
from bot.store.migrate import check_schema
from bot.web.answers import answer, unavailable

PROMPT = 2.0
"""Seconds within which the database must answer for the app to be ready."""


async def healthz(_request: web.BaseRequest) -> web.Response:
    """Answer that the process is up."""
    return answer(HTTPStatus.OK, status="up")


class Readiness:
    """Answers whether the database answers and has the tables of this version.

    Only one question to the database is under way, however many ask and however long
    it takes: a database that hangs must not gather connections.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._question: asyncio.Task[None] | None = None

    async def __call__(self, _request: web.BaseRequest) -> web.Response:
        """Answer 200, or 503 and why."""
        if self._question is None or self._question.done():
            self._question = asyncio.create_task(check_schema(self._store))
        question = self._question
        answered, _ = await asyncio.wait({question}, timeout=PROMPT)
        if not answered:
            return unavailable(Unavailable("database", "no answer in time", retry_after=1.0))
        try:
            await question
        except Unavailable as problem:
            return unavailable(problem)
        except Misconfigured as problem:
            return answer(HTTPStatus.SERVICE_UNAVAILABLE, error=str(problem))
        return answer(HTTPStatus.OK, status="ready")
