"""Lists, a page at a time, with GitHub's Link header.

https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from bot.devhub.api.calls import Call, Reply

Item = TypeVar("Item")

_DEFAULT, _MOST = 30, 100


def page(
    call: Call,
    items: Sequence[Item],
    shape: Callable[[Item], Any],
    *,
    under: str | None = None,
) -> Reply:
    """Return the page that the query asks for.

    Args:
        call: its query has `page` and `per_page` (at most 100).
        items: the whole list.
        shape: builds the JSON of one.
        under: the field that holds the list, beside a `total_count`.
    """
    size = page_size(call)
    number = max(_number(call, "page", 1), 1)
    shown: Any = [shape(each) for each in items[(number - 1) * size : number * size]]
    body = shown if under is None else {"total_count": len(items), under: shown}
    last = max(1, -(-len(items) // size))
    return Reply(body=body, headers=_links(call, number, last))


def page_size(call: Call) -> int:
    """Return how many items a page has: 30 unless told, 100 at most."""
    return min(max(_number(call, "per_page", _DEFAULT), 1), _MOST)


def _number(call: Call, name: str, default: int) -> int:
    given = call.query.get(name, "")
    return int(given) if given.isdecimal() else default


def _links(call: Call, number: int, last: int) -> dict[str, str]:
    relations: dict[str, int] = {}
    if number > 1:
        relations |= {"prev": number - 1, "first": 1}
    if number < last:
        relations |= {"next": number + 1, "last": last}
    return link_header({name: address(call, page=str(where)) for name, where in relations.items()})


def address(call: Call, **changed: str) -> str:
    """Return the address of the same list with some of its query changed."""
    return f"{call.hub.base}{call.path}?{urlencode({**call.query, **changed})}"


def link_header(relations: Mapping[str, str]) -> dict[str, str]:
    """Return the Link header, or nothing when there is nowhere to go."""
    if not relations:
        return {}
    return {"Link": ", ".join(f'<{url}>; rel="{name}"' for name, url in relations.items())}
