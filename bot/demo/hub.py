"""The embedded GitHub as people use it: its REST API with a person's token."""

from typing import Any, Self

import aiohttp

from bot.model.errors import Unavailable


class Hub:
    """One person at the embedded GitHub, or, without a token, its control API."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url
        headers = {"Accept": "application/vnd.github+json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._session = aiohttp.ClientSession(url, headers=headers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, path: str, **query: str) -> Any:
        """Read something."""
        return await self._ask("GET", path, params=query)

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        """Do something."""
        return await self._ask(method, path, json=body)

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        async with self._session.request(method, path, **more) as answer:
            if not answer.ok:
                words = f"{method} {path}: {answer.status} {await answer.text()}"
                raise Unavailable("devhub", words, retry_after=1)
            return await answer.json() if answer.content_type == "application/json" else None
