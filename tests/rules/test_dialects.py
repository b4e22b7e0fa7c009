"""What is read of a request in each dialect, and what goes out instead of it."""

import pytest

from bot.model.errors import Refused
from bot.model.models import Ask
from bot.rules.dialects import base, chat, gemini, messages, responses
from bot.rules.dialects.base import Request
from bot.rules.dialects.roster import first, spoken

IMAGE = {"type": "base64", "media_type": "image/png", "data": "AAAA"}
STREAMING = "v1beta/models/g-1:streamGenerateContent"
AT = {messages: messages.PATH, responses: responses.PATH, chat: chat.PATH, gemini: STREAMING}
PROVIDERS = {messages: "anthropic", responses: "openai", chat: "compatible", gemini: "gemini"}


def read(dialect, body, path=None):
    return dialect.read(PROVIDERS[dialect], Request(path=path or AT[dialect], body=body), 10)


def sent(dialect, body, *, query="", **asked):
    usual = {"provider": PROVIDERS[dialect], "model": "g-2", "stream": False, "most_output": 500}
    ask = Ask(**usual | asked, size=10)
    return dialect.fitted(Request(path=AT[dialect], query=query, body=body), ask)


def body_of(dialect, body, **how):
    return dict(sent(dialect, body, **how).body)


READ = [
    (messages, {"model": "m", "max_tokens": 9, "stream": True}, ("m", True, 9)),
    (responses, {"model": "m", "max_output_tokens": 9}, ("m", False, 9)),
    (responses, {"model": "m"}, ("m", False, None)),
    (chat, {"model": "m", "max_tokens": 9, "stream": "yes"}, ("m", False, 9)),
    (chat, {"model": "m", "max_completion_tokens": 8, "max_tokens": 9}, ("m", False, 8)),
    (gemini, {"generation_config": {"max_output_tokens": 9}}, ("g-1", True, 9)),
    (gemini, {"generationConfig": 7}, ("g-1", True, None)),
]


@pytest.mark.parametrize(("dialect", "body", "expected"), READ)
def test_a_request_says_model_stream_and_bound(dialect, body, expected):
    ask = read(dialect, body)
    assert (ask.model, ask.stream, ask.most_output) == expected
    assert (ask.provider, ask.size) == (PROVIDERS[dialect], 10)


@pytest.mark.parametrize("model", [None, 5, "", "a b", "../up", "m" * 200, "m\n"])
def test_a_model_has_a_name(model):
    with pytest.raises(Refused, match="names no model"):
        read(messages, {"model": model})


@pytest.mark.parametrize("most", [0, -1, "9", True, 1.5])
def test_a_bound_is_a_number_above_zero(most):
    with pytest.raises(Refused, match="above zero"):
        read(messages, {"model": "m", "max_tokens": most})


def test_a_path_of_gemini_names_its_model():
    with pytest.raises(Refused, match="names no model"):
        read(gemini, {}, path="v1beta/models/../x:generateContent")


def test_nothing_passes_that_is_not_known():
    unknown = {"mcp_servers": [1], "n": 5, "background": True, "cachedContent": "x", "store": True}
    for dialect in AT:
        body = body_of(dialect, {"model": "m", **unknown})
        assert not unknown.keys() & body.keys() - {"store"}
        assert body.get("store") is not True


def test_the_model_and_the_bound_are_ours():
    assert body_of(messages, {"model": "m", "max_tokens": 9}) == {
        "model": "g-2",
        "max_tokens": 500,
    }
    assert body_of(responses, {"model": "m"})["max_output_tokens"] == 500
    assert body_of(chat, {})["max_tokens"] == 500
    assert body_of(chat, {}, provider="openai")["max_completion_tokens"] == 500
    both = {"max_tokens": 7, "max_completion_tokens": 8}
    assert body_of(chat, both) == {"model": "g-2", "max_completion_tokens": 500}
    out = sent(gemini, {"generationConfig": {"max_output_tokens": 9, "candidateCount": 4}})
    assert out.body == {"generationConfig": {"maxOutputTokens": 500}}
    assert out.path == "v1beta/models/g-2:streamGenerateContent"


def test_without_a_bound_none_is_written():
    assert body_of(messages, {}, most_output=None) == {"model": "g-2"}
    assert body_of(responses, {}, most_output=None) == {"model": "g-2", "store": False}
    assert body_of(chat, {"max_tokens": 3}, most_output=None) == {"model": "g-2", "max_tokens": 3}
    assert body_of(gemini, {}, most_output=None) == {"generationConfig": {}}


def test_a_stream_of_chat_is_made_to_tell_its_cost():
    body = body_of(chat, {"stream": True, "stream_options": {"include_usage": False}}, stream=True)
    assert body["stream_options"] == {"include_usage": True}


def test_of_a_query_only_what_asks_for_events_goes_on():
    assert sent(gemini, {}, query="key=x&alt=sse", stream=True).query == "alt=sse"
    assert sent(gemini, {}, query="key=x", stream=True).query == ""
    assert sent(messages, {}, query="beta=true").query == ""


TOOLS = [
    (messages, {"name": "Bash"}, {"type": "web_search_20250305", "name": "web_search"}),
    (messages, {"type": "bash_20250124"}, {"type": "code_execution_20250522"}),
    (responses, {"type": "function", "name": "x"}, {"type": "mcp", "server_url": "https://e"}),
    (responses, {"type": "custom", "name": "x"}, {"type": "web_search"}),
    (chat, {"type": "function", "function": {}}, {"type": "retrieval"}),
    (gemini, {"functionDeclarations": [1]}, {"googleSearch": {}}),
    (gemini, {"functionDeclarations": [1]}, {"url_context": {}}),
]


@pytest.mark.parametrize(("dialect", "own", "theirs"), TOOLS)
def test_tools_that_run_at_the_provider_are_left_out(dialect, own, theirs):
    assert body_of(dialect, {"tools": [theirs, own, "x"]})["tools"] == [own]
    assert body_of(dialect, {"tools": "all"})["tools"] == []


def test_tools_within_a_tool_and_beside_a_function_are_looked_at_too():
    space = {"type": "namespace", "tools": [{"type": "function"}, {"type": "mcp"}]}
    kept = {"type": "namespace", "tools": [{"type": "function"}]}
    assert body_of(responses, {"tools": [space]})["tools"] == [kept]
    found = {"type": "tool_search_output", "tools": [space, {"type": "mcp"}]}
    assert body_of(responses, {"input": [found]})["input"] == [{**found, "tools": [kept]}]
    deeper = {"type": "function", "tools": [{"type": "function"}]}
    inner = {**space, "tools": [deeper]}
    assert body_of(responses, {"tools": [inner]})["tools"] == [
        {**space, "tools": [{**deeper, "tools": []}]}
    ]
    both = {"function_declarations": [1], "google_search": {}}
    assert body_of(gemini, {"tools": [both]})["tools"] == [{"functionDeclarations": [1]}]


def anthropic(source):
    image = {"type": "image", "source": source}
    yield {"messages": [{"role": "user", "content": [image]}]}
    result = {"type": "tool_result", "content": [image]}
    yield {"messages": [{"role": "user", "content": [result]}]}
    document = {"type": "document", "source": {"type": "content", "content": [image]}}
    yield {"messages": [{"role": "user", "content": [document]}], "system": "Be good."}


def of_responses(piece):
    yield {"input": [{"role": "user", "content": [piece]}]}
    yield {"input": [{"type": "function_call_output", "output": [piece]}]}
    yield {"input": [{"type": "computer_call_output", "output": piece}]}


def of_gemini(piece):
    yield {"contents": [{"parts": [piece]}]}
    yield {"system_instruction": {"parts": [piece]}}
    yield {"contents": [{"parts": [{"function_response": {"parts": [piece]}}]}]}


DATA = "data:image/png;base64,AAAA"
BEYOND = [
    *((messages, body) for body in anthropic({"type": "url", "url": "https://e/?x"})),
    *((messages, body) for body in anthropic({"type": "file", "file_id": "f"})),
    *((responses, body) for body in of_responses({"image_url": "https://e/?x"})),
    *((responses, body) for body in of_responses({"file_id": "f"})),
    *((responses, body) for body in of_responses({"file_url": "https://e"})),
    (responses, {"input": [{"type": "item_reference", "id": "x"}]}),
    *((gemini, body) for body in of_gemini({"file_data": {"file_uri": "https://e"}})),
    (chat, {"messages": [{"content": [{"image_url": {"url": "https://e"}}]}]}),
    (chat, {"messages": [{"content": [{"image_url": "https://e"}]}]}),
    (chat, {"messages": [{"content": [{"file": {"file_id": "f"}}]}]}),
]


@pytest.mark.parametrize(("dialect", "body"), BEYOND)
def test_nothing_is_fetched_from_elsewhere(dialect, body):
    with pytest.raises(Refused) as refused:
        sent(dialect, body)
    assert refused.value.reason == "beyond"


HERE = [
    *((messages, body) for body in anthropic(IMAGE)),
    *((responses, body) for body in of_responses({"image_url": DATA})),
    *((gemini, body) for body in of_gemini({"inlineData": {"data": "AAAA"}})),
    (responses, {"input": "Hello"}),
    (messages, {"messages": [{"content": [{"type": "search_result", "source": "https://e"}]}]}),
    (chat, {"messages": [{"content": [{"image_url": {"url": DATA}}]}, {"role": "user"}]}),
    (chat, {"messages": [{"content": [{"image_url": DATA}, {"file": {"file_data": DATA}}]}]}),
]


@pytest.mark.parametrize(("dialect", "body"), HERE)
def test_what_is_in_the_request_itself_passes(dialect, body):
    name = next(iter(body))
    spelled = {"system_instruction": "systemInstruction"}.get(name, name)
    assert body_of(dialect, body)[spelled] == body[name]


def test_blocks_do_not_lie_within_one_another_for_ever():
    deep = [{"type": "text", "text": "x"}]
    for _ in range(8):
        deep = [{"type": "tool_result", "content": deep}]
    with pytest.raises(Refused, match="Content within content"):
        sent(messages, {"messages": [{"content": deep}]})


def test_the_longer_cache_which_is_dearer_is_not_asked_for():
    longer = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    short = {"cache_control": {"type": "ephemeral"}}
    body = body_of(
        messages,
        {
            "system": [{"type": "text", **longer}],
            "messages": [{"role": "user", "content": [{"type": "text", **longer}]}],
            "tools": [{"name": "Bash", **longer}],
        },
    )
    assert body["system"] == [{"type": "text", **short}]
    assert body["messages"][0]["content"] == [{"type": "text", **short}]
    assert body["tools"] == [{"name": "Bash", **short}]


def test_betas_that_reach_further_are_not_asked_for():
    wanted = "claude-code-20250219, context-1m-2025-08-07,mcp-client-2025-04-04,X!,oauth-1"
    assert messages.betas(wanted) == "claude-code-20250219,oauth-1"
    assert messages.betas("") == ""


def test_each_provider_serves_its_own_paths():
    assert spoken("anthropic", "v1/messages") is messages
    assert spoken("openai", "v1/responses") is spoken("compatible", "v1/responses") is responses
    assert spoken("compatible", "v1/chat/completions") is chat
    assert spoken("gemini", STREAMING) is gemini
    assert spoken("gemini", "v1beta/models/g:countTokens") is None
    assert spoken("anthropic", "v1/responses") is None
    assert [first(each) for each in PROVIDERS.values()] == list(PROVIDERS)


def test_errors_are_written_as_each_dialect_reads_them():
    assert messages.refusal("No.")["error"]["type"] == "invalid_request_error"
    assert chat.refusal("No.")["error"]["message"] == "No."
    assert gemini.refusal("No.")["error"]["code"] == base.BAD_REQUEST
