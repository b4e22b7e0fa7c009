"""What the playbook is told: its brief, as values."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Something that somebody wrote there before the agent was asked.

    Attributes:
        trusted: whether its author may write to the repository.
        path: the file that a review's comment is about, with its lines, counted from 1.
        line: the last of these lines; None where they are gone.
        start_line: the first of them, where there are several.
    """

    author: str
    trusted: bool
    body: str
    path: str | None = None
    line: int | None = None
    start_line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something that came after the run's last job; `texts` are the threads of a review."""

    kind: str
    text: str
    texts: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is asked for.

    Attributes:
        instruction: the words of the person who asked; empty when a label did.
        texts: oldest first.
        messages: what has come since the run's last job, oldest first.
    """

    instruction: str = ""
    texts: tuple[Text, ...] = ()
    messages: tuple[Message, ...] = ()


def read(brief: str) -> Task:
    """Read `brief.json`.

    Raises:
        ValueError: it is not what Greenroom writes.
    """
    fields: dict[str, Any] = json.loads(brief)
    try:
        return Task(
            instruction=_plain(fields["instruction"]),
            texts=tuple(_text(each) for each in fields["texts"]),
            messages=messages(fields.get("messages", ())),
        )
    except (KeyError, TypeError) as problem:
        raise ValueError(f"brief.json lacks what is needed: {problem}") from problem


def messages(given: Iterable[Mapping[str, Any]]) -> tuple[Message, ...]:
    """Read messages as `brief.json` has them.

    Raises:
        KeyError: they lack what is needed, and so does TypeError say.
    """
    return tuple(_message(each) for each in given)


def _message(given: Mapping[str, Any]) -> Message:
    return Message(
        kind=given["kind"],
        text=_plain(given["text"]),
        texts=tuple(_text(each) for each in given["texts"]),
    )


def _text(given: Mapping[str, Any]) -> Text:
    known = {name: given[name] for name in Text.__slots__}
    return Text(**{**known, "body": _plain(given["body"])})


def _plain(text: str) -> str:
    """GitHub keeps the line ends that a browser sends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
