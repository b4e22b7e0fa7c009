"""Which registries images may come from, as the operator has it.

Whoever may change a repository's configuration names images there, so what they name is as
strange as any address: without the operator's word it has to be a public one, by https.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_PLAIN = "http://"
_PLACE = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?")

HTTPS, HTTP = 443, 80
"""The ports that need not be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registries:
    """The registries, and the hosts that they send to for their files, that may be asked.

    Attributes:
        named: `HOST:PORT` of those that the operator names; they may be on a private network.
        plain: those of them that are asked without TLS.
        public: whether all others may be asked that have a public address.
    """

    named: frozenset[tuple[str, int]] = frozenset()
    plain: frozenset[tuple[str, int]] = frozenset()
    public: bool = True


def read_registries(words: Iterable[str]) -> Registries:
    """Read names such as `registry.example`, `http://127.0.0.1:5000`, and `*` for all public ones.

    Raises:
        ValueError: one of them is none.
    """
    named: set[tuple[str, int]] = set()
    plain: set[tuple[str, int]] = set()
    public = False
    for word in words:
        if word == "*":
            public = True
            continue
        open_ = word.startswith(_PLAIN)
        place = _place(word.removeprefix(_PLAIN), HTTP if open_ else HTTPS)
        named.add(place)
        if open_:
            plain.add(place)
    return Registries(named=frozenset(named), plain=frozenset(plain), public=public)


def _place(text: str, port: int) -> tuple[str, int]:
    if not _PLACE.fullmatch(text):
        raise ValueError(f"{text!r} is no name of a registry")
    host, _, given = text.partition(":")
    return host, int(given or port)
