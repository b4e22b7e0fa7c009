"""OpenAI's Chat Completions, and what so many others have made of it.

https://platform.openai.com/docs/api-reference/chat
"""

from bot.model.models import Ask, Provider
from bot.rules.dialects import responses
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
)
from bot.rules.dialects.responses import usage_of

PATH = "v1/chat/completions"

FIELDS = frozenset(
    {
        *("model", "messages", "stream", "stop", "seed", "user", "metadata", "logit_bias"),
        *("max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "min_p"),
        *("frequency_penalty", "presence_penalty", "repetition_penalty", "response_format"),
        *("tools", "tool_choice", "parallel_tool_calls", "prompt_cache_key", "verbosity"),
        *("reasoning_effort", "reasoning", "thinking", "enable_thinking", "chat_template_kwargs"),
    }
)
"""What passes.  Other fields search, keep, answer several times (`n`) or cost more."""

TOOLS = ("function", "custom")
_BOUNDS = ("max_completion_tokens", "max_tokens")


def read(provider: Provider, request: Request, size: int) -> Ask:
    """Say what is asked for."""
    body = request.body
    most = next((body[name] for name in _BOUNDS if body.get(name) is not None), None)
    return asked(provider, body.get("model"), body, most, size)


def fitted(request: Request, ask: Ask) -> Request:
    """Return the request as it goes out; a stream tells its cost only when it is asked to."""
    body = only(request.body, FIELDS) | {"model": ask.model}
    if ask.stream:
        body["stream_options"] = {"include_usage": True}
    if ask.most_output is not None:
        # OpenAI's own models refuse the older name, and most others know no newer one.
        name = "max_completion_tokens" if ask.provider == "openai" else "max_tokens"
        given = next((each for each in _BOUNDS if each in body), name)
        body = {key: value for key, value in body.items() if key not in _BOUNDS}
        body[given] = ask.most_output
    if "tools" in body:
        body["tools"] = own_tools(body["tools"], TOOLS)
    for message in parts(body.get("messages")):
        for piece in parts(message.get("content")):
            _stays(piece)
    return Request(path=PATH, body=body)


def told(before: Tally, said: Body) -> Tally:
    """Add what is told: with the last event, where an answer comes in several."""
    usage = part(said, "usage")
    if not usage:
        return before
    return Tally(usage=usage_of(usage, "prompt", "completion"), final=True)


def refusal(words: str) -> Body:
    """Write an error."""
    return responses.refusal(words)


def _stays(piece: Body) -> None:
    """See that a piece of a message is in the request itself.

    Raises:
        Refused: `beyond`, it is elsewhere.
    """
    for name in ("image_url", "video_url", "audio_url"):
        given = piece.get(name)
        address = part(piece, name).get("url") if not isinstance(given, str) else given
        if given is not None and not str(address).startswith("data:"):
            raise beyond("What lies at an address")
    if "file_id" in part(piece, "file"):
        raise beyond("A file that was sent before")
