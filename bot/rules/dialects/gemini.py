"""Google's generateContent.

https://ai.google.dev/api/generate-content
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bot.model.errors import Refused
from bot.model.models import Ask, Provider, Usage
from bot.rules.dialects.base import (
    BAD_REQUEST,
    Body,
    Request,
    Tally,
    asked,
    beyond,
    only,
    part,
    parts,
    tokens,
)

PATH = re.compile(
    r"(v1beta|v1)/models/([A-Za-z0-9._-]{1,128}):(streamGenerateContent|generateContent)", re.ASCII
)

FIELDS = frozenset(
    {"contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings"}
)
"""What passes.  Another field goes on from what the provider has kept (`cachedContent`)."""

GENERATION = frozenset(
    {
        *("maxOutputTokens", "temperature", "topP", "topK", "stopSequences", "seed"),
        *("responseMimeType", "responseSchema", "responseJsonSchema", "thinkingConfig"),
        *("presencePenalty", "frequencyPenalty"),
    }
)
"""What passes of the settings.  Others answer several times, or in pictures and speech."""

_SNAKE = re.compile(r"_([a-z])")


def read(provider: Provider, request: Request, size: int) -> Ask:
    """Say what is asked for."""
    _, model, verb = _place(request.path)
    config = part(_camel(request.body), "generationConfig")
    most = _camel(config).get("maxOutputTokens")
    ask = asked(provider, model, {}, most, size)
    return replace(ask, stream=verb == "streamGenerateContent")


def fitted(request: Request, ask: Ask) -> Request:
    """Return the request as it goes out."""
    body = only(_camel(request.body), FIELDS)
    config = only(_camel(part(body, "generationConfig")), GENERATION)
    if ask.most_output is not None:
        config["maxOutputTokens"] = ask.most_output
    body["generationConfig"] = config
    if "tools" in body:
        body["tools"] = list(_own_tools(body["tools"]))
    for content in (*parts(body.get("contents")), part(body, "systemInstruction")):
        for piece in parts(content.get("parts")):
            _stays(piece)
    version, _, verb = _place(request.path)
    query = "alt=sse" if ask.stream and "alt=sse" in request.query.split("&") else ""
    return Request(path=f"{version}/models/{ask.model}:{verb}", query=query, body=body)


def told(before: Tally, said: Body) -> Tally:
    """Add what is told: each event has all of it so far, and the last one says why it ends."""
    usage = part(said, "usageMetadata")
    if not usage:
        return before
    whole = tokens(usage.get("promptTokenCount")) + tokens(usage.get("toolUsePromptTokenCount"))
    cached = min(tokens(usage.get("cachedContentTokenCount")), whole)
    output = tokens(usage.get("candidatesTokenCount")) + tokens(usage.get("thoughtsTokenCount"))
    ended = any(each.get("finishReason") for each in parts(said.get("candidates")))
    stopped = bool(part(said, "promptFeedback").get("blockReason"))
    return Tally(
        usage=Usage(input=whole - cached, cached=cached, output=output), final=ended or stopped
    )


def refusal(words: str) -> Body:
    """Write an error; https://cloud.google.com/apis/design/errors ."""
    return {"error": {"code": BAD_REQUEST, "message": words, "status": "INVALID_ARGUMENT"}}


def _place(path: str) -> tuple[str, str, str]:
    """Return version, model and verb of a path.

    Raises:
        Refused: `body`, it has none.
    """
    found = PATH.fullmatch(path)
    if found is None:
        raise Refused("body", "The request names no model.")
    return found[1], found[2], found[3]


def _camel(value: Body) -> dict[str, Any]:
    """Write names as one word: the provider reads both spellings, and of two only one counts."""
    return {_SNAKE.sub(lambda found: found[1].upper(), name): value[name] for name in value}


def _own_tools(tools: object) -> Iterator[Body]:
    """Yield the functions that the agent carries out; the rest runs at the provider's."""
    for tool in map(_camel, parts(tools)):
        if "functionDeclarations" in tool:
            yield {"functionDeclarations": tool["functionDeclarations"]}


def _stays(piece: Mapping[str, Any]) -> None:
    """See that a piece of a message is in the request itself.

    Raises:
        Refused: `beyond`, it is elsewhere.
    """
    given = _camel(piece)
    answered = part(given, "functionResponse")
    if "fileData" in given or any("fileData" in _camel(p) for p in parts(answered.get("parts"))):
        raise beyond("A file that is elsewhere")
