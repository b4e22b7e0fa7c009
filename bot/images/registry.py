"""Reading from OCI registries: manifests and blobs by digest, and nothing that is not them.

Redirects are followed here and not by aiohttp, since each leads to an address that has to be
looked at, and none to another host may carry a token.
https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from io import BufferedWriter
from pathlib import Path

import aiohttp
from pydantic import SecretStr
from yarl import URL

from bot.images.addresses import Addresses, check
from bot.images.challenges import Challenge, challenge, token
from bot.model.errors import Refused, Unavailable
from bot.model.registries import HTTP, Registries
from bot.rules.images import ACCEPTED, MOST_MANIFEST, Descriptor, Reference, refused

MOST_REDIRECTS = 5
"""Times that one request is sent elsewhere."""

SECONDS = 10 * 60.0
"""How long one blob may take: a gigabyte at 2 MB a second."""

RETRY_AFTER = 15.0
MOST_WAIT = 10 * 60.0
"""Seconds until a registry is asked again that failed, and the most that it may ask for."""

TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=30)
"""Seconds."""

_MOST_TOKEN = 64 * 1024
_CHUNK = 256 * 1024
_REDIRECTS = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
# What people and `docker login` call this registry, and where it is.
_HUB = "registry-1.docker.io"
_KNOWN_AS = {"docker.io": _HUB, "index.docker.io": _HUB}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of a registry.

    Attributes:
        of: the image, whose registry alone gets a token.
        path: below the image's name there.
        accept: the kinds that are understood.
    """

    of: Reference
    path: str
    accept: str = "*/*"


@asynccontextmanager
async def open_registry(
    registries: Registries, credentials: Mapping[str, SecretStr]
) -> AsyncIterator["Registry"]:
    """Give a client with connections of its own, until the block ends."""
    connector = aiohttp.TCPConnector(resolver=Addresses(registries), limit_per_host=4)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        # what is hashed is what was sent
        auto_decompress=False,
        headers={"User-Agent": "greenroom", "Accept-Encoding": "identity"},
        timeout=TIMEOUT,
    ) as http:
        yield Registry(http, registries, credentials)


class Registry:
    """Every registry; each method raises Refused and Unavailable.

    Args:
        http: a session whose resolver is `Addresses`.
        registries: which may be asked.
        credentials: what stands after `Basic`, by `HOST` or `HOST:PORT`.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        registries: Registries,
        credentials: Mapping[str, SecretStr],
    ) -> None:
        self._http = http
        self._registries = registries
        self._credentials = {_KNOWN_AS.get(k, k): login for k, login in credentials.items()}
        self._shown: dict[str, SecretStr] = {}

    async def manifest(self, of: Reference, digest: str) -> bytes:
        """Return the manifest of this digest."""
        request = Request(of=of, path=f"manifests/{digest}", accept=", ".join(ACCEPTED))
        async with self._asked(request) as response:
            data = await _read(response, MOST_MANIFEST)
        _same(digest, hashlib.sha256(data).hexdigest())
        return data

    async def blob(self, of: Reference, wanted: Descriptor, most: int = MOST_MANIFEST) -> bytes:
        """Return a small blob."""
        if wanted.size > most:
            raise refused(f"has a config of more than {most} bytes.")
        async with self._asked(Request(of=of, path=f"blobs/{wanted.digest}")) as response:
            data = await _read(response, wanted.size)
        _same(wanted.digest, hashlib.sha256(data).hexdigest())
        return data

    async def download(self, of: Reference, wanted: Descriptor, file: Path) -> None:
        """Write a blob to a fresh file, which is left in any state when this raises."""
        hashed, got = hashlib.sha256(), 0
        async with self._asked(Request(of=of, path=f"blobs/{wanted.digest}")) as response:
            with file.open("xb") as out:
                async for chunk in response.content.iter_chunked(_CHUNK):
                    got += len(chunk)
                    if got > wanted.size:
                        break
                    await asyncio.to_thread(_keep, chunk, hashed, out)
        if got != wanted.size:
            raise refused("has a layer of another size than its manifest says.")
        _same(wanted.digest, hashed.hexdigest())

    @asynccontextmanager
    async def _asked(self, request: Request) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask, with a token once the registry wants one; gives a good answer.

        aiohttp's errors hold headers and addresses that open files: none is chained.
        """
        try:
            async with asyncio.timeout(SECONDS):
                response = await self._authorized(request)
                async with response:
                    yield response
        except (aiohttp.ClientError, TimeoutError) as error:
            words = f"the connection failed ({type(error).__name__})"
            raise Unavailable("registry", words, retry_after=RETRY_AFTER) from None

    async def _authorized(self, request: Request) -> aiohttp.ClientResponse:
        """Ask with the token that there is, and once more with a fresh one."""
        home = self._home(request.of)
        url = home.with_path(f"/v2/{request.of.repository}/{request.path}")
        headers = {"Accept": request.accept}
        shown = self._shown.get(request.of.place)
        response = await self._sent(url, headers, shown)
        # what another host asks for, which was sent to, is not the registry's login
        elsewhere = response.url.origin() != home.origin()
        if response.status != HTTPStatus.UNAUTHORIZED or elsewhere:
            return _good(response)
        response.release()
        wanted = challenge(response.headers.get("WWW-Authenticate", ""))
        if wanted is None:
            raise refused("is in a registry that wants to be asked in a way that is not known.")
        shown = await self._credential(request.of, home, wanted)
        self._shown[request.of.place] = shown
        return _good(await self._sent(url, headers, shown))

    async def _sent(
        self, url: URL, headers: Mapping[str, str], shown: SecretStr | None
    ) -> aiohttp.ClientResponse:
        """Follow redirects, and show the token to nobody but the host that was asked first."""
        first = url.origin()
        for _ in range(MOST_REDIRECTS + 1):
            check(url, self._registries)
            secret = {}
            if shown is not None and url.origin() == first:
                secret = {"Authorization": shown.get_secret_value()}
            response = await self._http.get(
                url, headers={**headers, **secret}, allow_redirects=False
            )
            if response.status not in _REDIRECTS:
                return response
            response.release()
            url = _joined(url, response.headers.get("Location", ""))
        raise refused(f"is in a registry that sent on more than {MOST_REDIRECTS} times.")

    async def _credential(self, of: Reference, home: URL, wanted: Challenge) -> SecretStr:
        """Return what to show as `Authorization`.

        Name and password go to the realm that the registry names, which may be another host:
        they are the registry's, and it could have asked for them itself.
        """
        login = self._credentials.get(home.authority)
        basic = None if login is None else SecretStr(f"Basic {login.get_secret_value()}")
        if wanted.basic:
            if basic is None:
                raise _denied(of)
            return basic
        realm = _joined(home, wanted.realm)
        asked = {"service": wanted.service, "scope": f"repository:{of.repository}:pull"}
        response = await self._sent(
            realm.update_query({name: value for name, value in asked.items() if value}), {}, basic
        )
        async with response:
            if response.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
                raise _denied(of)
            found = token(await _read(_good(response), _MOST_TOKEN))
        if found is None:
            raise refused("is in a registry that gives no token for it.")
        return SecretStr(f"Bearer {found.get_secret_value()}")

    def _home(self, of: Reference) -> URL:
        """Return the address of an image's registry."""
        host = _KNOWN_AS.get(of.host, of.host)
        plain = (host, of.port or HTTP) in self._registries.plain
        return URL.build(scheme="http" if plain else "https", host=host, port=of.port)


def _keep(chunk: bytes, hashed: "hashlib._Hash", out: BufferedWriter) -> None:
    hashed.update(chunk)
    out.write(chunk)


def _joined(url: URL, to: str) -> URL:
    try:
        return url.join(URL(to, encoded=True))
    except ValueError:
        raise refused("is in a registry that sends to an address that is none.") from None


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Return a body of so many bytes at most."""
    found = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        found += chunk
        if len(found) > most:
            raise refused(f"has a part of more than the {most} bytes that it may have.")
    return bytes(found)


def _same(digest: str, found: str) -> None:
    if digest != f"sha256:{found}":
        raise refused(f"is not what it is called: {digest} hashes to sha256:{found}.")


def _good(response: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    """Give an answer back that is a good one.

    Raises:
        Refused: it is not there, or may not be read.
        Unavailable: the registry failed, or asks to wait.
    """
    status = response.status
    if status == HTTPStatus.OK:
        return response
    response.close()
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        told = response.headers.get("Retry-After", "")
        seconds = min(float(told), MOST_WAIT) if told.isdecimal() else RETRY_AFTER
        raise Unavailable("registry", f"answered {status}", retry_after=seconds)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise refused("may not be read here, or is not there.")
    raise refused(f"is not there: its registry answered {status}.")


def _denied(of: Reference) -> Refused:
    return refused(f"may not be read here, or is not there; no login is set up for {of.host}.")
