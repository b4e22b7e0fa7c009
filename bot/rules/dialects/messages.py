"""Anthropic's Messages.

https://docs.anthropic.com/en/api/messages and, of events,
https://docs.anthropic.com/en/docs/build-with-claude/streaming
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot.model.models import Ask, Provider
from bot.rules.dialects.base import (
    Body,
    Request,
    Tally,
    asked,
    beyond,
    only,
    own_tools,
    part,
    parts,
    tokens,
)

PATH = "v1/messages"

FIELDS = frozenset(
    {
        *("model", "messages", "system", "max_tokens", "stream", "stop_sequences", "metadata"),
        *("temperature", "top_k", "top_p", "thinking", "tools", "tool_choice"),
        *("context_management", "output_config", "output_format"),
    }
)
"""What passes.  Other fields reach servers (`mcp_servers`), keep things or cost more (`speed`)."""

TOOLS = ("custom", "bash_", "text_editor_", "memory_", "tool_search_")
"""Tools that agents carry out; https://docs.anthropic.com/en/docs/agents-and-tools/tool-use"""

SOURCES = frozenset({"base64", "text", "content"})
"""Where pictures and documents may be: in the request itself."""

DEARER = ("context-1m", "fast-mode", "mcp-client", "code-execution", "files-api", "skills")
"""What begins the names of betas that reach further, or that have a price of their own."""

_BETA = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)
_NESTED = 4
"""Contents within contents: a tool's result may hold blocks, and one of these a source."""


def read(provider: Provider, request: Request, size: int) -> Ask:
    """Say what is asked for."""
    body = request.body
    return asked(provider, body.get("model"), body, body.get("max_tokens"), size)


def fitted(request: Request, ask: Ask) -> Request:
    """Return the request as it goes out."""
    body = only(request.body, FIELDS) | {"model": ask.model}
    if "tools" in body:
        body["tools"] = [_kept_briefly(tool) for tool in own_tools(body["tools"], TOOLS)]
    if ask.most_output is not None:
        body["max_tokens"] = ask.most_output
    if "system" in body:
        body["system"] = _blocks(body["system"])
    if "messages" in body:
        body["messages"] = [
            {**each, "content": _blocks(each.get("content"))} for each in parts(body["messages"])
        ]
    return Request(path=PATH, body=body)


def told(before: Tally, said: Body) -> Tally:
    """Add what is told: the input when an answer begins, and with each delta all of the output."""
    usage = part(part(said, "message"), "usage") or part(said, "usage")
    if not usage:
        return before
    known = before.usage
    names = {
        "input": "input_tokens",
        "cached": "cache_read_input_tokens",
        "written": "cache_creation_input_tokens",
        "output": "output_tokens",
    }
    fresh = {mine: tokens(usage[name]) for mine, name in names.items() if usage.get(name)}
    return Tally(usage=replace(known, **fresh), final=said.get("type") != "message_start")


def refusal(words: str) -> Body:
    """Write an error; https://docs.anthropic.com/en/api/errors ."""
    return {"type": "error", "error": {"type": "invalid_request_error", "message": words}}


def betas(header: str) -> str:
    """Return those of some betas that may be asked for."""
    named = [each.strip() for each in header.split(",")]
    kept = [each for each in named if _BETA.fullmatch(each) and not each.startswith(DEARER)]
    return ",".join(kept)


def _blocks(content: object, depth: int = 0) -> Any:
    """Return content without what the provider would have to fetch.

    Raises:
        Refused: `beyond`, there is a source that is elsewhere.
    """
    if not isinstance(content, list):
        return content
    if depth > _NESTED:
        raise beyond("Content within content")
    return [_kept_briefly(dict(_block(each, depth))) for each in parts(content)]


def _block(block: Body, depth: int) -> Iterator[tuple[str, Any]]:
    for name, value in block.items():
        if name == "source" and isinstance(value, dict):
            if value.get("type") not in SOURCES:
                raise beyond("What lies at an address")
            yield name, dict(_block(value, depth + 1))
        else:
            yield name, _blocks(value, depth + 1) if name == "content" else value


def _kept_briefly(block: Body) -> Body:
    """Ask for the short cache alone: a longer one has another price."""
    return (
        {**block, "cache_control": {"type": "ephemeral"}} if block.get("cache_control") else block
    )
