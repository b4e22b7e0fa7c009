"""Where an agent may go beside its model: to hosts that are named, by TLS, on public addresses.

It asks as programs ask a proxy, `CONNECT packages.example:443 HTTP/1.1`
(https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6), so what is decided on is a name and
never an address.  Where the name leads is looked at too, since whoever owns a name may let it
lead anywhere; no setting opens an address that is not public.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from bot.model.errors import Refused

PORT = 443
"""The one port: what is spoken there is TLS, so whom it is for can be seen."""

MOST_HOSTS = 100
"""Hosts that one run has reached, and as many that it was refused, which are known by name."""

OTHERS = "*"
"""Stands for all hosts beyond these."""

NOBODYS_WILL = frozenset({"lookup", "silent"})
"""Reasons that are no decision: such a host was neither reached nor refused."""

WORDS: Mapping[str, str] = {
    "line": "Ask for a host as in `CONNECT packages.example:443 HTTP/1.1`.",
    "plain": "Plain HTTP is not passed on: use an address that begins with https.",
    "name": "Ask for a host by its whole name: {host} is none.",
    "port": "Only port 443 is passed on, not {port}.",
    "host": (
        "This run may not reach {host}. For later runs, whoever may change "
        "`.github/greenroom.yml` on the default branch can write "
        "`egress: {{allow: [{name}]}}` there."
    ),
    "lookup": "The name {host} could not be found.",
    "private": "{host} leads to an address that is not public, and no setting opens those.",
    "silent": "{host} does not answer on port {port}.",
    "tls": "Only TLS with the name of its host is passed on, and this was not that.",
    "another": "This connection was opened to {host}, and is not for another host.",
    "many": "This job has too many connections open or made: close some, or use fewer.",
    "much": "This job has sent and received as much as one job may.",
}
"""Every reason that a connection may be refused for, and what the agent is told."""

_REQUEST = re.compile(r"([A-Z]{1,20}) [\x21-\x7e]+ HTTP/1\.[01]")
_CONNECT = re.compile(
    r"CONNECT (?:([A-Za-z0-9.-]{1,254})|\[([0-9A-Fa-f:.]{2,45})\]):([1-9][0-9]{0,4}) HTTP/1\.[01]"
)
# the last label begins with a letter, so none of the ways to write an address is a name
_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a connection is to lead.

    Attributes:
        host: in lower case and without a dot at its end; perhaps an address, or nonsense.
    """

    host: str
    port: int

    @property
    def authority(self) -> str:
        """Return both as a request names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A host that a run has reached, or wanted to.

    Attributes:
        host: its name, or `OTHERS`.
        times: how often.
    """

    host: str
    port: int
    allowed: bool
    times: int


def asked(line: bytes) -> Destination:
    """Read the first line of a request to a proxy, strictly.

    Raises:
        Refused: `plain`, `line`: it is another one.
    """
    text = line.decode("latin-1")
    found = _CONNECT.fullmatch(text)
    if found is None:
        request = _REQUEST.fullmatch(text)
        raise refused("plain" if request and request[1] != "CONNECT" else "line")
    host = (found[1] or found[2]).lower().removesuffix(".")
    return Destination(host=host, port=int(found[3]))


def refused(reason: str, to: Destination | None = None) -> Refused:
    """Make a refusal for one of the reasons above."""
    name, port = (to.host, to.port) if to else ("", "")
    return Refused(reason, WORDS[reason].format(host=f"`{name}`", name=name, port=port))


def refusal(to: Destination, allowed: Collection[str]) -> Refused | None:
    """Say why a run may not go there; None where it may.

    `allowed` are names as settings have them: `*.` stands for any name below one.
    """
    if not _NAME.fullmatch(to.host):
        return refused("name", to)
    if not any(within(to.host, each) for each in allowed):
        return refused("host", to)
    return None if to.port == PORT else refused("port", to)


def within(host: str, pattern: str) -> bool:
    """Tell whether all that a name or a pattern stands for is within a pattern."""
    return host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]))


def narrows(own: Iterable[str], org: Collection[str]) -> bool:
    """Tell whether a list of hosts lets nobody reach more than another one does."""
    return all(any(within(host, each) for each in org) for host in own)


# https://www.iana.org/assignments/iana-ipv4-special-registry
# https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
_NOT_PUBLIC = ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "2002::/16", "3fff::/20")
"""Addresses that look public and are not."""

_UNICAST = "2000::/3"
"""All of IPv6 that is given out. https://www.iana.org/assignments/ipv6-address-space"""

_TRANSLATED = "64:ff9b::/96"
"""IPv4 for those who have none. https://www.rfc-editor.org/rfc/rfc6052#section-2.1"""


def is_public(address: str) -> bool:
    """Tell whether an address is one of the internet's, whatever form it is written in."""
    try:
        found = _meant(ip_address(address))
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found not in ip_network(_UNICAST):
        return False
    special = found.is_multicast or found.is_reserved or found.is_unspecified
    inside = any(found in ip_network(each) for each in _NOT_PUBLIC)
    return found.is_global and not special and not inside


def _meant(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that one of IPv6 stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in ip_network(_TRANSLATED):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address


def answer(status: int, words: str) -> bytes:
    """Write the answer that refuses a connection.

    The words stand in its first line too, as that is all that many programs show of it.
    """
    body = f"{words}\n".encode("ascii", "replace")
    head = (
        f"HTTP/1.1 {status} {words}",
        "Content-Type: text/plain",
        f"Content-Length: {len(body)}",
        "Connection: close",
    )
    return "\r\n".join((*head, "", "")).encode("ascii", "replace") + body
