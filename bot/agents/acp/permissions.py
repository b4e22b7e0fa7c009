"""What an agent is answered when it asks whether it may: yes once, no, or a person's word.

Everything here is pure.  The box is what holds an agent; a yes here only lets it go on with
what it could do anyway, and never for longer than the one time.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from acp.schema import PermissionOption, TextContentBlock, ToolCallUpdate

from bot.agents.lines import one_line
from bot.rules.outputs import MOST_CHOICES

QUESTION = "other"
"""The kind of tool call, in the protocol's words, by which an agent asks a person."""

OURS = re.compile(r"(?:mcp_+)?greenroom[._]+[a-z_]+|[a-z_]+ \(greenroom MCP Server\)", re.ASCII)
"""How agents call the tools of our own server, which decides on each call itself."""

MOST_TEXT = 10_000
"""Characters of a question."""


@dataclass(frozen=True, slots=True)
class Allow:
    """It may, this once; `option` is the id of its own words for that."""

    option: str


@dataclass(frozen=True, slots=True)
class Deny:
    """It may not; `option` is the id of its own words for that, if it has any."""

    option: str | None


@dataclass(frozen=True, slots=True)
class Ask:
    """A person is to decide; `instead` is what to say if none can be asked."""

    text: str
    choices: tuple[str, ...]
    instead: Deny


def decide(
    call: ToolCallUpdate, options: Sequence[PermissionOption], allowed: frozenset[str]
) -> Allow | Deny | Ask:
    """Decide on one request for permission.

    Args:
        call: what the agent wants to do.
        options: its own answers to choose from.
        allowed: kinds that are allowed once.
    """
    no = Deny(_first(options, "reject_once"))
    if call.kind in allowed or OURS.fullmatch(call.title or ""):
        yes = _first(options, "allow_once")
        return no if yes is None else Allow(yes)
    if call.kind == QUESTION and options:
        choices = tuple(filter(None, (one_line(each.name) for each in options)))
        return Ask(_text(call), choices[:MOST_CHOICES], no)
    return no


def _first(options: Sequence[PermissionOption], kind: str) -> str | None:
    return next((each.option_id for each in options if each.kind == kind), None)


def _text(call: ToolCallUpdate) -> str:
    parts = [
        each.content.text
        for each in call.content or ()
        if each.type == "content" and isinstance(each.content, TextContentBlock)
    ]
    return ("\n\n".join(parts).strip() or call.title or "May I?")[:MOST_TEXT]
