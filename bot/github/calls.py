"""How an operation of the table is asked: with the right credential, in the right lane.

`Caller` is what the modules of operations speak to.  It is bound to the app itself, or
to one repository of one installation; the credential it gets for each operation opens
just that.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

import aiohttp
from pydantic import SecretStr

from bot.github.cache import Cache
from bot.github.downloads import fetched
from bot.github.errors import UNAUTHORIZED
from bot.github.lanes import Lanes, Sleep
from bot.github.permissions import Operation
from bot.github.transport import Means, Transport
from bot.model.clock import Clock
from bot.model.errors import Refused, Unavailable
from bot.model.ids import InstallationId
from bot.model.priorities import Priority
from bot.rules.logs import Log

T = TypeVar("T")

PER_PAGE = 100
"""https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What opens one operation.

    Attributes:
        kind: gidgethub's name for it, `jwt` or `oauth_token`.
        scope: what it can see, in words; answers are shared within it.
        installation: whose limits it counts against; None is the app's own.
    """

    kind: str
    secret: SecretStr | None
    scope: str
    installation: InstallationId | None


class Access(Protocol):
    """Where credentials come from."""

    async def credential(self, operation: Operation) -> Credential:
        """Return what opens this operation."""
        ...

    def renew(self, operation: Operation) -> bool:
        """Forget a credential that GitHub no longer takes; False when a new one is no use."""
        ...


class Wire:
    """What all calls of the process share: connections, answers kept, lanes."""

    def __init__(
        self, http: aiohttp.ClientSession, base_url: str, clock: Clock, sleep: Sleep
    ) -> None:
        self._http = http
        self._base_url = base_url
        self._sleep = sleep
        self._lanes = Lanes(clock, sleep)
        self._cache = Cache()

    def transport(
        self, operation: Operation, credential: Credential, priority: Priority
    ) -> Transport:
        """Return what makes one call."""
        means = Means(
            http=self._http,
            base_url=self._base_url,
            lane=self._lanes.of(credential.installation),
            cache=self._cache.scoped(credential.scope),
            sleep=self._sleep,
            priority=priority,
        )
        return Transport(operation, means)

    async def log(self, address: str) -> Log:
        """Return the two ends of a file on another host, which gets no credential of ours."""
        return await fetched(self._http, address)


class Caller:
    """Asks operations with one kind of access; `names` fill in the paths."""

    def __init__(self, wire: Wire, access: Access, names: Mapping[str, Any]) -> None:
        self._wire = wire
        self._access = access
        self._names = names

    async def get(
        self, operation: Operation, query: Mapping[str, Any] | None = None, **names: Any
    ) -> Any:
        """Read one thing; raises Refused and Unavailable, as all of these do."""
        found, _ = await self._ask(operation, _path(operation), names | {"query": query or {}})
        return found

    async def page(
        self, operation: Operation, query: Mapping[str, Any], **names: Any
    ) -> tuple[Any, dict[str, str]]:
        """Read one page, and the query of the next one: empty after the last."""
        found, more = await self._ask(operation, _path(operation), names | {"query": query})
        following = parse_qs(urlsplit(more or "").query)
        return found, {name: values[0] for name, values in following.items()}

    async def pages(
        self,
        operation: Operation,
        query: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        **names: Any,
    ) -> AsyncIterator[Any]:
        """Yield the items of all pages; `key` names the list when it lies in an object."""
        asked = {"per_page": PER_PAGE} | dict(query or {})
        url: str | None = _path(operation)
        while url:
            found, url = await self._ask(operation, url, names | {"query": asked})
            for item in found[key] if key else found:
                yield item

    async def send(self, operation: Operation, data: Any, priority: Priority, **names: Any) -> Any:
        """Write something; `data` is its JSON body, None for none."""
        body = b"" if data is None else data
        answer, _ = await self._ask(operation, operation.path, names, body, priority)
        return answer

    async def query(
        self,
        operation: Operation,
        document: str,
        variables: Mapping[str, Any],
        priority: Priority = Priority.ACKNOWLEDGE,
    ) -> Mapping[str, Any]:
        """Ask GraphQL, which wants every variable to be one of the document's."""

        async def ask(transport: Transport, opened: Mapping[str, str]) -> Mapping[str, Any]:
            return await transport.query(document, variables, **opened)

        return await self._opened(operation, ask, priority)

    async def log(self, operation: Operation, **names: Any) -> Log:
        """Read the two ends of a log, however long it is."""

        async def locate(transport: Transport, opened: Mapping[str, str]) -> str:
            return await transport.locate(operation.path, {**self._names, **names}, **opened)

        return await self._wire.log(await self._opened(operation, locate))

    async def _ask(
        self,
        operation: Operation,
        url: str,
        names: Mapping[str, Any],
        data: Any = b"",
        priority: Priority = Priority.ACKNOWLEDGE,
    ) -> tuple[Any, str | None]:
        async def call(transport: Transport, opened: Mapping[str, str]) -> tuple[Any, str | None]:
            return await transport.call(url, {**self._names, **names}, data, **opened)

        return await self._opened(operation, call, priority)

    async def _opened(
        self,
        operation: Operation,
        act: Callable[[Transport, Mapping[str, str]], Awaitable[T]],
        priority: Priority = Priority.ACKNOWLEDGE,
    ) -> T:
        """Do it with the right credential, by gidgethub's name for that."""
        credential = await self._access.credential(operation)
        transport = self._wire.transport(operation, credential, priority)
        secret = credential.secret
        opened = {credential.kind: secret.get_secret_value()} if secret is not None else {}
        try:
            return await act(transport, opened)
        except Refused as refused:
            # Tokens may be revoked, or not be known everywhere in their first seconds.
            if refused.reason == UNAUTHORIZED and self._access.renew(operation):
                raise Unavailable("github", "the token was refused", retry_after=2) from refused
            raise


def _path(operation: Operation) -> str:
    return operation.path + "{?query*}"
