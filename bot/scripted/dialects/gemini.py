"""Google's Gemini: generateContent and streamGenerateContent.

https://ai.google.dev/api/generate-content
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

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
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""https://ai.google.dev/gemini-api/docs/troubleshooting"""


def asked(path: str, body: Json) -> Asked:
    """Read a request; the path names the model and says whether to stream."""
    model, _, verb = path.rpartition("/")[2].partition(":")
    tools = tuple(
        Tool(
            name=each["name"],
            schema=_field(each, "parametersJsonSchema") or _field(each, "parameters") or {},
        )
        for group in body.get("tools") or ()
        for each in _field(group, "functionDeclarations") or ()
    )
    wanted = _field(body, "generationConfig") or {}
    system = _field(body, "systemInstruction") or {}
    return Asked(
        model=model,
        stream=verb == "streamGenerateContent",
        answered=answered(map(_from_model, body.get("contents") or ())),
        tools=tools,
        beside=beside(
            tools,
            _field(wanted, "responseJsonSchema") or _field(wanted, "responseSchema"),
            text_of(system.get("parts")),
        ),
    )


def whole(answer: Answer) -> Json:
    """Write a response."""
    said = [{"text": answer.text}] if answer.text else []
    return _response(answer, [*said, *map(_call, answer.calls)], "STOP")


def events(answer: Answer, _asked: Asked) -> Iterator[bytes]:
    """Write a response piece by piece; a call is never cut, and the last piece says the end."""
    parts = [*({"text": piece} for piece in pieces(answer.text)), *map(_call, answer.calls)]
    for part in parts[:-1]:
        yield event(_response(answer, [part], None))
    yield event(_response(answer, parts[-1:], "STOP"))


def error(status: int, words: str) -> Json:
    """Write a failure."""
    return {"error": {"code": status, "message": words, "status": ERRORS.get(status, "UNKNOWN")}}


def _field(of: Json, name: str) -> Any:
    """Return a field by either of its names: clients may also write it with underscores.

    https://protobuf.dev/programming-guides/json/
    """
    return of.get(name, of.get(re.sub("([A-Z])", r"_\1", name).lower()))


def _from_model(content: Json) -> bool:
    return content.get("role") == "model" and not bridges(content.get("parts"))


def _response(answer: Answer, parts: list[dict[str, Any]], reason: str | None) -> Json:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if reason:
        candidate["finishReason"] = reason
    return {
        "candidates": [candidate],
        "usageMetadata": _usage(answer),
        "modelVersion": answer.model,
        "responseId": answer.id,
    }


def _call(call: Call) -> dict[str, Any]:
    return {"functionCall": {"name": call.tool, "args": call.arguments}}


def _usage(answer: Answer) -> Json:
    usage = answer.usage
    read = usage.input + usage.cached + usage.written
    return {
        "promptTokenCount": read,
        "cachedContentTokenCount": usage.cached,
        "candidatesTokenCount": usage.output,
        "totalTokenCount": read + usage.output,
    }
