"""What a dialect is: it reads a request, and writes an answer whole or event by event."""

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.model.models import Usage
from bot.scripted.tools import Call, Tool, least

Json = Mapping[str, Any]

PIECE = 24
"""Characters of a text that one event carries."""

MADE = 1_700_000_000
"""When every answer was made, in seconds since 1970: none depends on when it is given."""

TITLE = "A scripted session"

BRIDGES = frozenset(
    {
        "No response requested.",  # Claude Code
        "[The previous response was interrupted before it completed.]",  # Gemini CLI
    }
)
"""What agents put into the model's mouth where they take up a session that was cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request asks for.

    Attributes:
        stream: the answer is to come event by event.
        answered: answers that its conversation holds already.
        beside: the answer to a request that is no part of the conversation, such as for a title.
        usage: a stream is to tell it where it does so only when it is asked to.
    """

    model: str
    stream: bool
    answered: int
    tools: tuple[Tool, ...]
    beside: str | None = None
    usage: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the model answers, in no dialect.

    Attributes:
        id: one word, different in each answer of a conversation.
    """

    id: str
    model: str
    text: str
    calls: Sequence[Call]
    usage: Usage


class Dialect(Protocol):
    """A module that knows one interface."""

    def asked(self, path: str, body: Json) -> Asked:
        """Read a request."""

    def whole(self, answer: Answer) -> Json:
        """Write an answer that comes in one piece."""

    def events(self, answer: Answer, asked: Asked) -> Iterator[bytes]:
        """Write an answer that comes as a stream of server-sent events."""

    def error(self, status: int, words: str) -> Json:
        """Write a failure."""


def answered(from_model: Iterable[bool]) -> int:
    """Count the answers of a conversation, told for each of its entries whether it is the model's.

    One answer may be several entries in a row.
    """
    return sum(1 for is_answer, _ in itertools.groupby(from_model) if is_answer)


def bridges(content: object) -> bool:
    """Whether a message of the model's is none that it gave; see `BRIDGES`."""
    return text_of(content) in BRIDGES


def beside(tools: Sequence[Tool], schema: Json | None, system: str) -> str | None:
    """Return the answer to what an agent asks for itself: a title, a summary, a judgement.

    Args:
        tools: an agent at work offers some, so that a request with any is never such a one.
        schema: JSON Schema that the answer has to have, if it is to be JSON.
        system: the instructions of the request.
    """
    if tools:
        return None
    if schema:
        return json.dumps(least(schema))
    return TITLE if re.search(r"\b(?:titles?|summar\w+)\b", system, re.IGNORECASE) else None


def pieces(text: str) -> list[str]:
    """Cut a text as a model's stream would."""
    return [text[start : start + PIECE] for start in range(0, len(text), PIECE)]


def event(data: Json | str, name: str | None = None) -> bytes:
    """Write one server-sent event.

    https://html.spec.whatwg.org/multipage/server-sent-events.html
    """
    text = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode()


def text_of(content: object) -> str:
    """Return the text of a message: a string, or a list of parts of which some have one."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(
        part["text"]
        for part in parts
        if isinstance(part, dict) and isinstance(part.get("text"), str)
    )
