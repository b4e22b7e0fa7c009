"""Anthropic's Messages.

https://docs.anthropic.com/en/api/messages
https://docs.anthropic.com/en/docs/build-with-claude/streaming
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.model.models import Usage
from bot.scripted.dialects.base import (
    Answer,
    Asked,
    Json,
    answered,
    beside,
    bridges,
    event,
    pieces,
    text_of,
)
from bot.scripted.tools import Call, Tool

ERRORS: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
"""https://docs.anthropic.com/en/api/errors"""


def asked(_path: str, body: Json) -> Asked:
    """Read a request."""
    tools = tuple(
        Tool(name=each["name"], schema=each["input_schema"])
        for each in body.get("tools") or ()
        if "input_schema" in each  # the others are carried out by Anthropic
    )
    wanted = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    return Asked(
        model=body.get("model", ""),
        stream=bool(body.get("stream")),
        answered=answered(map(_from_model, body.get("messages") or ())),
        tools=tools,
        beside=beside(tools, wanted.get("schema"), text_of(body.get("system"))),
    )


def whole(answer: Answer) -> Json:
    """Write a message."""
    blocks = [_block(answer, number, each) for number, each in enumerate(answer.calls)]
    said = [{"type": "text", "text": answer.text}] if answer.text else []
    counted = _usage(answer.usage) | {"output_tokens": answer.usage.output}
    return _message(answer) | {
        "content": [*said, *blocks],
        "stop_reason": _reason(answer),
        "usage": counted,
    }


def events(answer: Answer, _asked: Asked) -> Iterator[bytes]:
    """Write a message piece by piece."""
    yield _event("message_start", message=_message(answer))
    yield _event("ping")
    if answer.text:
        yield from _streamed(0, {"type": "text", "text": ""}, "text", answer.text)
    for number, each in enumerate(answer.calls):
        index = number + bool(answer.text)
        block = _block(answer, number, each)
        yield from _streamed(
            index, block | {"input": {}}, "partial_json", json.dumps(block["input"])
        )
    stop = {"stop_reason": _reason(answer), "stop_sequence": None}
    yield _event("message_delta", delta=stop, usage={"output_tokens": answer.usage.output})
    yield _event("message_stop")


def error(status: int, words: str) -> Json:
    """Write a failure."""
    return {
        "type": "error",
        "error": {"type": ERRORS.get(status, "api_error"), "message": words},
        "request_id": "req_scripted",
    }


def _from_model(message: Json) -> bool:
    return message.get("role") == "assistant" and not bridges(message.get("content"))


def _message(answer: Answer) -> dict[str, Any]:
    return {
        "id": f"msg_{answer.id}",
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage(answer.usage) | {"output_tokens": 1},
    }


def _block(answer: Answer, number: int, call: Call) -> dict[str, Any]:
    made = f"toolu_{answer.id}_{number}"
    return {"type": "tool_use", "id": made, "name": call.tool, "input": call.arguments}


def _streamed(index: int, block: Json, key: str, text: str) -> Iterator[bytes]:
    kind = {"text": "text_delta", "partial_json": "input_json_delta"}[key]
    yield _event("content_block_start", index=index, content_block=block)
    for piece in pieces(text):
        yield _event("content_block_delta", index=index, delta={"type": kind, key: piece})
    yield _event("content_block_stop", index=index)


def _event(name: str, **fields: object) -> bytes:
    return event({"type": name, **fields}, name)


def _reason(answer: Answer) -> str:
    return "tool_use" if answer.calls else "end_turn"


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.written,
        "cache_read_input_tokens": usage.cached,
    }
