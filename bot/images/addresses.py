"""Where a request for an image may lead: public addresses, and what the operator has named.

Whoever may change a repository's configuration chooses the name, and a registry chooses where
its files are.  Neither may have this host ask its own network: each name is looked up once,
and only addresses that were looked at are connected to.
"""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from bot.model.errors import Refused
from bot.model.registries import Registries
from bot.rules.egress import is_public


class Addresses(AbstractResolver):
    """Looks up names as the host does, and gives no address that may not be asked."""

    def __init__(self, registries: Registries) -> None:
        self._registries = registries
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host.

        Raises:
            Refused: one of them is not public, and the operator has not named the host.
            OSError: there are none.
        """
        found = await self._inner.resolve(host, port, family)
        named = (host, port) in self._registries.named
        if not named and not all(is_public(each["host"]) for each in found):
            raise _private(host)
        return found

    async def close(self) -> None:
        """Let go of what the look-ups need."""
        await self._inner.close()


def check(url: URL, registries: Registries) -> None:
    """See that an address may be asked, as far as can be seen before its name is looked up.

    Raises:
        Refused: it may not.
    """
    host, port = url.host or "", url.port or 0
    place = (host, port)
    if url.user is not None or url.password is not None:
        raise Refused(
            "registry", f"is on {host} under an address with a password, which is not used."
        )
    if url.scheme != ("http" if place in registries.plain else "https"):
        raise Refused("registry", f"is on {host} without TLS, or with it against the settings.")
    if place in registries.named:
        return
    if not registries.public:
        raise Refused(
            "registry", f"is on {host}, which is none of this installation's registries."
        )
    # a name that is an address is never looked up
    if _is_address(host) and not is_public(host):
        raise _private(host)


def _is_address(host: str) -> bool:
    """Tell whether aiohttp takes a name for an address, as it does `127.1`, and looks up none."""
    return ":" in host or host.replace(".", "").isdigit()


def _private(host: str) -> Refused:
    words = (
        f"is on {host}, whose address is not public: the operator has to name it in "
        "GREENROOM_REGISTRIES."
    )
    return Refused("registry", words)
