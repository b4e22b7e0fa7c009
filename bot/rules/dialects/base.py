"""What every dialect tells of its requests and answers."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.model.errors import Refused
from bot.model.models import Ask, Provider, Usage

Body = Mapping[str, Any]
"""A JSON object of a request or an answer, or of one event of an answer."""

BAD_REQUEST = 400
"""The status of every refusal: it ends an agent at once, where 401, 429 and 5xx make it retry."""

_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}", re.ASCII)
_MOST_TOKENS = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to a model.

    Attributes:
        path: below the provider's address, without a slash before it.
        query: what stands behind the question mark.
        body: what is sent.
    """

    path: str
    query: str = ""
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What an answer has told of its cost so far.

    Attributes:
        final: whether that is all of it, and not what was known in between.
    """

    usage: Usage = field(default_factory=Usage)
    final: bool = False


class Dialect(Protocol):
    """One dialect; each module of this folder that has these functions is one."""

    def read(self, provider: Provider, request: Request, size: int) -> Ask:
        """Say what is asked for in a request of `size` bytes.

        Raises:
            Refused: `body`, it is not a request of this dialect.
        """

    def fitted(self, request: Request, ask: Ask) -> Request:
        """Return the request as it goes out: asking for `ask`, and reaching for the model alone.

        Raises:
            Refused: `beyond`, it makes the provider fetch something from elsewhere.
        """

    def told(self, before: Tally, said: Body) -> Tally:
        """Add what a whole answer, or one event of it, tells of its cost."""

    def refusal(self, words: str) -> Body:
        """Write an error as agents of this dialect read it."""


def asked(provider: Provider, model: object, body: Body, most: object, size: int) -> Ask:
    """Make an ask of what a request says.

    Raises:
        Refused: `body`, the model has no name, or the bound is no number above zero.
    """
    if not isinstance(model, str) or not _MODEL.fullmatch(model):
        raise Refused("body", "The request names no model.")
    bound = None if most is None else tokens(most)
    if bound == 0:
        raise Refused("body", "The most tokens of an answer are a number above zero.")
    stream = body.get("stream") is True
    return Ask(provider=provider, model=model, stream=stream, most_output=bound, size=size)


def tokens(value: object) -> int:
    """Read a number of tokens; what is none counts as zero."""
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return min(max(value, 0), _MOST_TOKENS)


def part(value: Body, name: str) -> Body:
    """Return an object within another; an empty one where there is none."""
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def parts(value: object) -> Sequence[Body]:
    """Return the objects of a list; what is none has none."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def only(body: Body, names: Collection[str]) -> dict[str, Any]:
    """Return those fields of an object that are known, so that no other costs or reaches."""
    return {name: value for name, value in body.items() if name in names}


def own_tools(tools: object, kinds: Collection[str]) -> list[Body]:
    """Return the tools that the agent carries out itself; the others run at the provider's.

    `kinds` are the types of these; one that ends with `_` begins the names of several.
    """
    begins = tuple(each for each in kinds if each.endswith("_"))
    return [
        tool
        for tool in parts(tools)
        if (kind := str(tool.get("type") or "custom")) in kinds or kind.startswith(begins)
    ]


def beyond(what: str) -> Refused:
    """Refuse a request that makes the provider fetch something."""
    return Refused("beyond", f"{what} cannot be sent from here: only what is in the request can.")
