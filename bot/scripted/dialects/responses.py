"""OpenAI's Responses.

https://platform.openai.com/docs/api-reference/responses
https://platform.openai.com/docs/api-reference/responses-streaming
"""

import itertools
import json
from collections.abc import Iterable, Iterator
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
from bot.scripted.dialects.chat import error
from bot.scripted.tools import Call, Tool

__all__ = ["asked", "error", "events", "whole"]

WRITTEN_BY_MODELS = frozenset(
    {"function_call", "custom_tool_call", "local_shell_call", "reasoning", "tool_search_call"}
)
"""Items of a conversation that are a model's by their type."""

SEARCH = "tool_search"
"""The tool by which an agent finds others, which it offers from then on."""

Told = tuple[str, dict[str, Any]]
"""An event's name and fields, without its number."""


def asked(_path: str, body: Json) -> Asked:
    """Read a request."""
    items = body["input"] if isinstance(body.get("input"), list) else []
    found = itertools.chain(*(each.get("tools") or () for each in items))
    tools = (*_tools(body.get("tools") or ()), *_tools(found))
    wanted = (body.get("text") or {}).get("format") or {}
    return Asked(
        model=body.get("model", ""),
        stream=bool(body.get("stream")),
        answered=answered(map(_from_model, items)),
        tools=tools,
        beside=beside(tools, wanted.get("schema"), text_of(body.get("instructions"))),
    )


def whole(answer: Answer) -> Json:
    """Write a response."""
    return _response(answer, "completed", _items(answer))


def events(answer: Answer, _asked: Asked) -> Iterator[bytes]:
    """Write a response piece by piece."""
    items = _items(answer)
    empty, full = _response(answer, "in_progress", []), _response(answer, "completed", items)
    parts = (_streamed(index, item) for index, item in enumerate(items))
    told: Iterator[Told] = itertools.chain(
        [("response.created", {"response": empty})],
        [("response.in_progress", {"response": empty})],
        *parts,
        [("response.completed", {"response": full})],
    )
    for number, (name, fields) in enumerate(told):
        yield event({"type": name, "sequence_number": number, **fields}, name)


def _tools(offered: Iterable[Json], namespace: str = "") -> Iterator[Tool]:
    """Yield the tools that the agent carries out, also those that are offered as a group."""
    for each in offered:
        match each.get("type"):
            case "function" | "custom" as kind:
                yield Tool(
                    name=each["name"],
                    schema=each.get("parameters") or {},
                    freeform=kind == "custom",
                    namespace=namespace,
                )
            case "tool_search":
                yield Tool(name=SEARCH, schema=each.get("parameters") or {})
            case "namespace":
                yield from _tools(each.get("tools") or (), each["name"])
            case _:
                pass


def _from_model(item: Json) -> bool:
    return item.get("role") == "assistant" or item.get("type") in WRITTEN_BY_MODELS


def _response(answer: Answer, status: str, items: list[dict[str, Any]]) -> Json:
    return {
        "id": f"resp_{answer.id}",
        "object": "response",
        "created_at": MADE,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": answer.model,
        "output": items,
        "usage": _usage(answer) if status == "completed" else None,
    }


def _items(answer: Answer) -> list[dict[str, Any]]:
    said = [_message(answer)] if answer.text else []
    return [*said, *(_call(answer, number, call) for number, call in enumerate(answer.calls))]


def _message(answer: Answer) -> dict[str, Any]:
    part = {"type": "output_text", "text": answer.text, "annotations": []}
    return {
        "id": f"msg_{answer.id}",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [part],
    }


def _call(answer: Answer, number: int, call: Call) -> dict[str, Any]:
    if call.tool == SEARCH:
        return {
            "id": f"tsc_{answer.id}_{number}",
            "type": "tool_search_call",
            "status": "completed",
            "call_id": f"call_{answer.id}_{number}",
            "execution": "client",
            "arguments": call.arguments,
        }
    free = isinstance(call.arguments, str)
    return {
        "id": f"{'ctc' if free else 'fc'}_{answer.id}_{number}",
        "type": "custom_tool_call" if free else "function_call",
        "status": "completed",
        "call_id": f"call_{answer.id}_{number}",
        "name": call.tool,
        **({"namespace": call.namespace} if call.namespace else {}),
        **({"input": call.arguments} if free else {"arguments": json.dumps(call.arguments)}),
    }


def _streamed(index: int, item: dict[str, Any]) -> Iterator[Told]:
    """Tell of one item: that it begins, its text in pieces, and the whole of it."""
    place = {"item_id": item["id"], "output_index": index}
    if item["type"] == "message":
        begun, inner = item | {"content": []}, _spoken(item["content"][0], place)
    elif item["type"] == "tool_search_call":
        begun, inner = item, iter(())
    elif item["type"] == "function_call":
        begun = item | {"arguments": ""}
        inner = _written("response.function_call_arguments", "arguments", item, place)
    else:
        begun = item | {"input": ""}
        inner = _written("response.custom_tool_call_input", "input", item, place)
    yield (
        "response.output_item.added",
        {"output_index": index, "item": begun | {"status": "in_progress"}},
    )
    yield from inner
    yield "response.output_item.done", {"output_index": index, "item": item}


def _spoken(part: Json, place: Json) -> Iterator[Told]:
    place = {**place, "content_index": 0}
    yield "response.content_part.added", {**place, "part": {**part, "text": ""}}
    for piece in pieces(part["text"]):
        yield "response.output_text.delta", {**place, "delta": piece, "logprobs": []}
    yield "response.output_text.done", {**place, "text": part["text"], "logprobs": []}
    yield "response.content_part.done", {**place, "part": part}


def _written(name: str, key: str, item: Json, place: Json) -> Iterator[Told]:
    for piece in pieces(item[key]):
        yield f"{name}.delta", {**place, "delta": piece}
    yield f"{name}.done", {**place, "name": item["name"], key: item[key]}


def _usage(answer: Answer) -> Json:
    usage = answer.usage
    read = usage.input + usage.cached + usage.written
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": usage.cached},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + usage.output,
    }
