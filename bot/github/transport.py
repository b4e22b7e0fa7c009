"""One request on the wire: gidgethub's seam, with aiohttp behind it.

gidgethub shapes the request, follows pages and keeps the conditional cache; this adds
whose turn it is, time limits, and what a bad answer means.  One object makes one call.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
from gidgethub import GraphQLException, sansio
from gidgethub.abc import GitHubAPI
from yarl import URL

from bot.github import errors
from bot.github.cache import ScopedCache
from bot.github.lanes import Lane, Sleep
from bot.github.limits import Pace, is_graphql_limit, is_limit
from bot.github.permissions import ELSEWHERE, Operation
from bot.model.errors import Unavailable
from bot.model.priorities import Priority

REQUESTER = "greenroom"
"""User-Agent, which GitHub requires.

https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#user-agent
"""

MEDIA_TYPE = "application/vnd.github+json"
API_VERSION = "2022-11-28"
"""https://docs.github.com/en/rest/about-the-rest-api/api-versions"""

TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5, sock_read=20)
"""Seconds; GitHub itself gives up on a request after 10.

https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts
"""

READ_AGAIN = (0.5, 2.0)
"""Seconds before each further try of a read that failed on the way."""

Answer = tuple[int, Mapping[str, str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a request goes through: the connection, its lane, its cache, its urgency."""

    http: aiohttp.ClientSession
    base_url: str
    lane: Lane
    cache: ScopedCache
    sleep: Sleep
    priority: Priority


class Transport(GitHubAPI):
    """gidgethub's client for one operation."""

    def __init__(self, operation: Operation, means: Means) -> None:
        super().__init__(REQUESTER, base_url=means.base_url, cache=means.cache)
        self._operation = operation
        self._means = means

    async def call(
        self, url: str, names: Mapping[str, Any], data: Any, **credential: str
    ) -> tuple[Any, str | None]:
        """Return the decoded answer and the URL of the next page, if there is one.

        Raises:
            Refused: GitHub said no; the reasons are in `errors`.
            Unavailable: GitHub was not reached, failed, or asks to wait.
        """
        try:
            body, more, _ = await self._make_request(
                self._operation.method,
                url,
                names,
                data,
                MEDIA_TYPE,
                extra_headers={"x-github-api-version": API_VERSION},
                **credential,
            )
        except json.JSONDecodeError:
            raise errors.failure(self._operation, "answered something unreadable") from None
        return body, more

    async def query(
        self, document: str, variables: Mapping[str, Any], *, oauth_token: str
    ) -> Mapping[str, Any]:
        """Return the `data` of a GraphQL document's answer; raises as `call` does."""
        self.oauth_token = oauth_token
        try:
            data = await self.graphql(
                document, endpoint=_graphql(self._means.base_url), **variables
            )
        except (GraphQLException, ValueError):
            raise errors.failure(self._operation, "answered something unreadable") from None
        return data if isinstance(data, Mapping) else {}

    async def locate(self, url: str, names: Mapping[str, Any], **credential: str) -> str:
        """Return the address of the file that this operation is about; raises as `call` does.

        It lies on another host and opens the file to whoever has it, for a minute: it is a
        secret, and our own credential is not for that host.
        """
        asked = sansio.format_url(url, names, base_url=self._means.base_url)
        headers = sansio.create_headers(REQUESTER, accept=MEDIA_TYPE, **credential)
        version = {"x-github-api-version": API_VERSION}
        status, told, _ = await self._request(self._operation.method, asked, headers | version)
        if status != HTTPStatus.FOUND or "location" not in told:
            raise errors.failure(self._operation, "answered without an address")
        return str(URL(asked, encoded=True).join(URL(told["location"], encoded=True)))

    async def sleep(self, seconds: float) -> None:
        """Wait, for gidgethub's own use."""
        await self._means.sleep(seconds)

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Answer:
        """Send it in its turn; a read that failed on the way is sent again, a write never.

        (aiohttp itself repeats a DELETE when a kept connection turns out to be closed.)
        """
        delays = READ_AGAIN if self._operation.pace is Pace.READ else ()
        for delay in delays:
            try:
                return await self._attempt(method, url, headers, body)
            except errors.Interrupted:
                await self._means.sleep(delay)
        return await self._attempt(method, url, headers, body)

    async def _attempt(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        async with self._means.lane.turn(self._operation.pace, self._means.priority):
            answer = await self._exchange(method, url, headers, body)
            self._judge(*answer)
            return answer

    async def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Send and receive.  aiohttp's errors hold the request's headers: none is chained."""
        # A redirected POST would be turned into a GET by aiohttp; a moved one is refused.
        redirects = method == "GET" and self._operation not in ELSEWHERE
        try:
            async with self._means.http.request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=body,
                timeout=TIMEOUT,
                allow_redirects=redirects,
            ) as response:
                return response.status, response.headers, await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise errors.unsent(_named(error)) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise errors.failure(self._operation, _named(error)) from None

    def _judge(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Tell the lane what the answer says of limits; raise unless it is a good one."""
        words = errors.words_of(body) if status >= HTTPStatus.MULTIPLE_CHOICES else ""
        problem = errors.graphql_error(body) if self._operation.graphql and not words else None
        if problem and is_graphql_limit(*problem):
            seconds = self._means.lane.refused(headers)
            raise Unavailable("github", problem[1] or "rate limited", retry_after=seconds)
        if is_limit(status, headers, words):
            seconds = self._means.lane.refused(headers)
            raise Unavailable("github", words or "rate limited", retry_after=seconds)
        self._means.lane.answered(headers)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise errors.failure(self._operation, f"answered {status}")
        fine = {HTTPStatus.NOT_MODIFIED}
        if self._operation in ELSEWHERE:
            fine = {HTTPStatus.FOUND}
        if status >= HTTPStatus.MULTIPLE_CHOICES and status not in fine:
            raise errors.refusal(self._operation, status, words)
        if problem:
            raise errors.refused_graphql(self._operation, *problem)


def _named(error: Exception) -> str:
    return f"the connection failed ({type(error).__name__})"


def _graphql(base_url: str) -> str:
    """Return where documents are sent: beside REST, or on an Enterprise Server above it.

    https://docs.github.com/en/enterprise-server@latest/graphql/guides/forming-calls-with-graphql
    """
    return f"{base_url.rstrip('/').removesuffix('/v3')}/graphql"
