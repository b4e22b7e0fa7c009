"""OpenAI's Responses.

https://platform.openai.com/docs/api-reference/responses
"""

from collections.abc import Sequence
from typing import Any

from bot.model.models import Ask, Provider, Usage
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

PATH = "v1/responses"

FIELDS = frozenset(
    {
        *("model", "input", "instructions", "stream", "max_output_tokens", "metadata", "text"),
        *("temperature", "top_p", "truncation", "include", "reasoning", "user"),
        *("tools", "tool_choice", "parallel_tool_calls", "prompt_cache_key"),
    }
)
"""What passes.  Other fields go on from what the provider has kept, or cost more."""

TOOLS = ("function", "custom", "local_shell", "apply_patch", "namespace", "tool_search")
GROUPED = ("function", "custom")
STORED = frozenset({"item_reference", "compaction_reference"})


def read(provider: Provider, request: Request, size: int) -> Ask:
    """Say what is asked for."""
    body = request.body
    return asked(provider, body.get("model"), body, body.get("max_output_tokens"), size)


def fitted(request: Request, ask: Ask) -> Request:
    """Return the request as it goes out; nothing of it is kept at the provider's."""
    body = only(request.body, FIELDS) | {"model": ask.model, "store": False}
    if ask.most_output is not None:
        body["max_output_tokens"] = ask.most_output
    body = _within(body)
    if isinstance(body.get("input"), list):  # what a search for tools has found, stands there
        body["input"] = [_within(item) for item in parts(body["input"])]
    for item in parts(body.get("input")):
        if item.get("type") in STORED:
            raise beyond("What was kept before")
        pieces = (*parts(item.get("content")), *parts(item.get("output")))
        for piece in (item, part(item, "output"), *pieces):
            _stays(piece)
    return Request(path=PATH, body=body)


def told(before: Tally, said: Body) -> Tally:
    """Add what is told: with the last event, which holds the whole answer."""
    usage = part(part(said, "response"), "usage") or part(said, "usage")
    if not usage:
        return before
    return Tally(usage=usage_of(usage, "input", "output"), final=True)


def refusal(words: str) -> Body:
    """Write an error; https://platform.openai.com/docs/guides/error-codes ."""
    error = {"message": words, "type": "invalid_request_error", "param": None, "code": None}
    return {"error": error}


def usage_of(usage: Body, asked: str, answered: str) -> Usage:
    """Read the tokens of an answer; those of the cache are among the input here."""
    whole = tokens(usage.get(f"{asked}_tokens"))
    details = part(usage, f"{asked}_tokens_details")
    cached = min(tokens(details.get("cached_tokens")), whole)
    written = min(tokens(details.get("cache_write_tokens")), whole - cached)
    output = tokens(usage.get(f"{answered}_tokens"))
    return Usage(input=whole - cached - written, cached=cached, written=written, output=output)


def _within(body: Body, kinds: Sequence[str] = TOOLS) -> dict[str, Any]:
    """Return an object with those tools alone that the agent carries out, in groups too."""
    if "tools" not in body:
        return dict(body)
    inner = GROUPED if kinds is TOOLS else ()
    return {**body, "tools": [_within(tool, inner) for tool in own_tools(body["tools"], kinds)]}


def _stays(piece: Body) -> None:
    """See that a piece of an item is in the request itself.

    Raises:
        Refused: `beyond`, it is elsewhere.
    """
    if piece.get("file_id") or piece.get("file_url"):
        raise beyond("A file that is elsewhere")
    address = piece.get("image_url")
    if address is not None and not str(address).startswith("data:"):
        raise beyond("What lies at an address")
