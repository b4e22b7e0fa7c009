"""OpenAI's Chat Completions, which many others speak too.

https://platform.openai.com/docs/api-reference/chat
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.scripted.dialects.base import (
    MADE,
    Answer,
    Asked,
    Json,
    answered,
    beside,
    event,
    pieces,
    text_of,
)
from bot.scripted.tools import Call, Tool

SYSTEM = frozenset({"system", "developer"})

ERRORS: Mapping[int, str] = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}


def asked(_path: str, body: Json) -> Asked:
    """Read a request."""
    messages = body.get("messages") or ()
    offered = [each.get("function") for each in body.get("tools") or ()]
    tools = tuple(
        Tool(name=each["name"], schema=each.get("parameters") or {}) for each in offered if each
    )
    wanted = (body.get("response_format") or {}).get("json_schema") or {}
    system = [text_of(each.get("content")) for each in messages if each.get("role") in SYSTEM]
    return Asked(
        model=body.get("model", ""),
        stream=bool(body.get("stream")),
        answered=answered(each.get("role") == "assistant" for each in messages),
        tools=tools,
        beside=beside(tools, wanted.get("schema"), "\n".join(system)),
        usage=bool((body.get("stream_options") or {}).get("include_usage")),
    )


def whole(answer: Answer) -> Json:
    """Write a completion."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
    if answer.calls:
        message["tool_calls"] = [
            _call(answer, number, call, json.dumps(call.arguments))
            for number, call in enumerate(answer.calls)
        ]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(answer)}
    made = _envelope(answer, "chat.completion")
    return {**made, "choices": [choice], "usage": _usage(answer)}


def events(answer: Answer, asked: Asked) -> Iterator[bytes]:
    """Write a completion piece by piece."""
    yield _delta(answer, {"role": "assistant", "content": ""})
    for piece in pieces(answer.text):
        yield _delta(answer, {"content": piece})
    for number, call in enumerate(answer.calls):
        begun = {"index": number, **_call(answer, number, call, "")}
        yield _delta(answer, {"tool_calls": [begun]})
        for piece in pieces(json.dumps(call.arguments)):
            more = {"index": number, "function": {"arguments": piece}}
            yield _delta(answer, {"tool_calls": [more]})
    yield _delta(answer, {}, _reason(answer))
    if asked.usage:
        chunk = _envelope(answer, "chat.completion.chunk")
        yield event({**chunk, "choices": [], "usage": _usage(answer)})
    yield event("[DONE]")


def error(status: int, words: str) -> Json:
    """Write a failure.

    https://platform.openai.com/docs/guides/error-codes
    """
    known = "invalid_request_error" if status < 500 else "server_error"  # noqa: PLR2004 - HTTP
    kind = ERRORS.get(status, known)
    return {"error": {"message": words, "type": kind, "param": None, "code": None}}


def _delta(answer: Answer, delta: Json, reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    return event({**_envelope(answer, "chat.completion.chunk"), "choices": [choice]})


def _envelope(answer: Answer, kind: str) -> Json:
    return {
        "id": f"chatcmpl-{answer.id}",
        "object": kind,
        "created": MADE,
        "model": answer.model,
    }


def _call(answer: Answer, number: int, call: Call, arguments: str) -> Json:
    return {
        "id": f"call_{answer.id}_{number}",
        "type": "function",
        "function": {"name": call.tool, "arguments": arguments},
    }


def _reason(answer: Answer) -> str:
    return "tool_calls" if answer.calls else "stop"


def _usage(answer: Answer) -> Json:
    usage = answer.usage
    read = usage.input + usage.cached + usage.written
    return {
        "prompt_tokens": read,
        "completion_tokens": usage.output,
        "total_tokens": read + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
