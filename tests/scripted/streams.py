"""What a client makes of an answer: its text, its calls and its usage, from either form."""

import json
from typing import Any

Heard = tuple[str, list[tuple[str, Any]], dict[str, int]]


def events(stream: str) -> list[Any]:
    """Return the data of each event; an event that has a name says it in its data too."""
    found = []
    for block in stream.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n"))
        data = lines["data"] if lines["data"] == "[DONE]" else json.loads(lines["data"])
        assert "event" not in lines or lines["event"] == data["type"]
        found.append(data)
    return found


def whole_message(body: Any) -> Heard:
    text = "".join(each["text"] for each in body["content"] if each["type"] == "text")
    used = [each for each in body["content"] if each["type"] == "tool_use"]
    return text, [(each["name"], each["input"]) for each in used], body["usage"]


def streamed_message(stream: str) -> Heard:
    first, *rest = [each for each in events(stream) if each["type"] != "ping"]
    message, texts = first["message"], {}
    for each in rest:
        match each["type"]:
            case "content_block_start":
                message["content"].append(each["content_block"])
                texts[each["index"]] = ""
            case "content_block_delta":
                delta = each["delta"]
                texts[each["index"]] += delta.get("text", "") + delta.get("partial_json", "")
            case "message_delta":
                message["usage"] |= each["usage"]
    for index, text in texts.items():
        block = message["content"][index]
        block |= {"text": text} if block["type"] == "text" else {"input": json.loads(text)}
    assert rest[-1] == {"type": "message_stop"}
    return whole_message(message)


def whole_completion(body: Any) -> Heard:
    message = body["choices"][0]["message"]
    called = [each["function"] for each in message.get("tool_calls", ())]
    calls = [(each["name"], json.loads(each["arguments"])) for each in called]
    return message["content"] or "", calls, body["usage"]


def streamed_completion(stream: str) -> Heard:
    *chunks, last, done = events(stream)
    text, calls = "", {}
    for chunk in chunks:
        delta = chunk["choices"][0]["delta"]
        text += delta.get("content", "")
        for each in delta.get("tool_calls", ()):
            call = calls.setdefault(each["index"], {"name": "", "arguments": ""})
            for key, more in each["function"].items():
                call[key] += more
    assert (last["choices"], done) == ([], "[DONE]")
    assert chunks[-1]["choices"][0]["finish_reason"] == ("tool_calls" if calls else "stop")
    found = [(each["name"], json.loads(each["arguments"])) for each in calls.values()]
    return text, found, last["usage"]


def whole_response(body: Any) -> Heard:
    said = [part["text"] for item in body["output"] for part in item.get("content", ())]
    calls: list[tuple[str, Any]] = []
    for item in body["output"]:
        if item["type"] == "function_call":
            calls.append((item["name"], json.loads(item["arguments"])))
        elif item["type"] == "custom_tool_call":
            calls.append((item["name"], item["input"]))
    return "".join(said), calls, body["usage"]


def streamed_response(stream: str) -> Heard:
    told = events(stream)
    assert [each["sequence_number"] for each in told] == list(range(len(told)))
    pieces: dict[str, str] = {}
    for each in told:
        if each["type"].endswith(".delta"):
            pieces[each["item_id"]] = pieces.get(each["item_id"], "") + each["delta"]
    response = told[-1]["response"]
    done = [each["item"] for each in told if each["type"] == "response.output_item.done"]
    assert response["output"] == done
    for item in done:
        text = item.get("arguments") or item.get("input") or item["content"][0]["text"]
        assert pieces[item["id"]] == text
    return whole_response(response)


def whole_gemini(body: Any) -> Heard:
    parts = body["candidates"][0]["content"]["parts"]
    called = [each["functionCall"] for each in parts if "functionCall" in each]
    text = "".join(each.get("text", "") for each in parts)
    return text, [(each["name"], each["args"]) for each in called], body["usageMetadata"]


def streamed_gemini(stream: str) -> Heard:
    told = events(stream)
    heard = [whole_gemini(each) for each in told]
    reasons = [each["candidates"][0].get("finishReason") for each in told]
    assert reasons == [None] * (len(told) - 1) + ["STOP"]
    return "".join(h[0] for h in heard), [call for h in heard for call in h[1]], heard[-1][2]


READERS = {
    "claude": (whole_message, streamed_message),
    "codex": (whole_response, streamed_response),
    "gemini": (whole_gemini, streamed_gemini),
    "opencode": (whole_completion, streamed_completion),
}
