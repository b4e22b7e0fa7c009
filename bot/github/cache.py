"""Answers that GitHub need not send twice.

A conditional request that is answered 304 costs nothing of the primary limit.  What
one token may see another may not, so an answer belongs to the scope that fetched it.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
"""

from collections import OrderedDict
from collections.abc import Iterator, MutableMapping
from typing import Any

Entry = tuple[str | None, str | None, Any, str | None]
"""ETag, Last-Modified, decoded body, URL of the next page: as gidgethub keeps them."""

SIZE = 256
"""Answers kept by a process; a page of a hundred comments is some 300 KB when decoded."""


class Cache:
    """The answers used last, of all scopes."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._entries: OrderedDict[tuple[str, str], Entry] = OrderedDict()

    def scoped(self, scope: str) -> "ScopedCache":
        """Return the part of it that one scope may see."""
        return ScopedCache(self, scope)

    def get(self, key: tuple[str, str]) -> Entry:
        """Return an entry and count it as used; raises KeyError."""
        self._entries.move_to_end(key)
        return self._entries[key]

    def put(self, key: tuple[str, str], entry: Entry) -> None:
        """Keep an entry, and let go of the one unused for longest when full."""
        self._entries[key] = entry
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def drop(self, key: tuple[str, str]) -> None:
        """Forget an entry; raises KeyError."""
        del self._entries[key]

    def urls(self, scope: str) -> list[str]:
        """Return the URLs of all that is kept for one scope."""
        return [url for owner, url in self._entries if owner == scope]


class ScopedCache(MutableMapping[str, Entry]):
    """One scope's answers by URL, in the shape that gidgethub asks for."""

    def __init__(self, cache: Cache, scope: str) -> None:
        self._cache = cache
        self._scope = scope

    def __getitem__(self, url: str) -> Entry:
        return self._cache.get((self._scope, url))

    def __setitem__(self, url: str, entry: Entry) -> None:
        self._cache.put((self._scope, url), entry)

    def __delitem__(self, url: str) -> None:
        self._cache.drop((self._scope, url))

    def __iter__(self) -> Iterator[str]:
        return iter(self._cache.urls(self._scope))

    def __len__(self) -> int:
        return len(self._cache.urls(self._scope))
