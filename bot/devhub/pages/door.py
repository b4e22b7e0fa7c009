"""How a page acts: as its viewer, over the same REST API that everybody else uses."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from bot.devhub.hub import Hub
from bot.devhub.pages.visits import token
from bot.devhub.records import Account


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said."""

    status: int
    body: Any

    @property
    def refusal(self) -> str:
        """Return GitHub's words for why it was not done, or nothing when it was."""
        said = self.body if isinstance(self.body, dict) else {}
        if self.status < web.HTTPBadRequest.status_code:
            # GraphQL refuses with status 200
            return " · ".join(_words(each) for each in said.get("errors", ()))
        main = said.get("message") or said.get("error") or "The hub did not understand."
        words = [main, *(_words(each) for each in said.get("errors", ()))]
        return " · ".join(word.strip() for word in words)


def _words(error: Any) -> str:
    """Return one of the `errors` of a validation answer as words."""
    if isinstance(error, str):
        return error
    return str(error.get("message") or f"{error.get('field', 'this')} is {error.get('code')}")


class Door:
    """The hub's own address, as a client sees it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._session: aiohttp.ClientSession | None = None

    async def open(self, _app: web.Application) -> AsyncIterator[None]:
        """Keep connections while the server runs."""
        async with aiohttp.ClientSession(headers={"User-Agent": "pages"}) as self._session:
            yield

    async def ask(self, person: Account, line: str, body: Any) -> Answer:
        """Send `METHOD /path` in the name of a person."""
        assert self._session is not None, "the server is not running"
        method, _, path = line.partition(" ")
        headers = {"Authorization": f"Bearer {token(self._hub, person)}"}
        async with self._session.request(
            method, self._hub.base + path, json=body or None, headers=headers
        ) as answer:
            text = await answer.text()
        return Answer(answer.status, json.loads(text) if text else None)
