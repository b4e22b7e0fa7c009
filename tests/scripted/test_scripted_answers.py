import json

import aiohttp
import pytest

from bot.scripted.server import scripted
from tests.scripted.agents import AGENTS, schema
from tests.scripted.streams import READERS

WORDS = "I look around first; then comes 🌱 and a piece more than one event carries."
LOOK = {"say": WORDS, "do": [{"run": 'echo "🌱" && ls -la src'}, {"read": "readme.md"}]}
COUNTED = {"input": 70, "cached": 30, "written": 5, "output": 9}

CALLS = {
    "claude": [
        ("Bash", {"command": 'echo "🌱" && ls -la src'}),
        ("Read", {"file_path": "readme.md"}),
    ],
    "codex": [
        ("exec_command", {"cmd": 'echo "🌱" && ls -la src'}),
        ("exec_command", {"cmd": "cat readme.md"}),
    ],
    "gemini": [
        ("run_shell_command", {"command": 'echo "🌱" && ls -la src'}),
        ("read_file", {"file_path": "readme.md"}),
    ],
    "opencode": [
        ("bash", {"command": 'echo "🌱" && ls -la src'}),
        ("read", {"filePath": "readme.md"}),
    ],
}
USAGE = {
    "claude": {
        "input_tokens": 70,
        "cache_read_input_tokens": 30,
        "cache_creation_input_tokens": 5,
        "output_tokens": 9,
    },
    "codex": {
        "input_tokens": 105,
        "input_tokens_details": {"cached_tokens": 30},
        "output_tokens": 9,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 114,
    },
    "gemini": {
        "promptTokenCount": 105,
        "cachedContentTokenCount": 30,
        "candidatesTokenCount": 9,
        "totalTokenCount": 114,
    },
    "opencode": {
        "prompt_tokens": 105,
        "prompt_tokens_details": {"cached_tokens": 30},
        "completion_tokens": 9,
        "completion_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 114,
    },
}


async def ask(model, agent, *conversation, stream=True, **more):
    """Ask as an agent would; return the status and the text of the answer."""
    path, body = AGENTS[agent](list(conversation), stream=stream, **more)
    async with (
        aiohttp.ClientSession() as session,
        session.post(model.address + path, json=body) as answer,
    ):
        return answer.status, await answer.text()


@pytest.mark.parametrize("agent", AGENTS)
async def test_a_stream_says_does_and_counts_what_the_script_has(agent):
    _, streamed = READERS[agent]
    async with scripted({"turns": [LOOK | {"usage": COUNTED}]}) as model:
        status, text = await ask(model, agent, ("user", "Fix it."))
    assert status == 200
    assert streamed(text) == (WORDS, CALLS[agent], USAGE[agent])


@pytest.mark.parametrize("agent", AGENTS)
async def test_a_whole_answer_is_what_the_stream_puts_together(agent):
    whole, streamed = READERS[agent]
    async with scripted({"turns": [LOOK | {"usage": COUNTED}]}) as model:
        _, stream = await ask(model, agent, ("user", "Fix it."))
        _, text = await ask(model, agent, ("user", "Fix it."), stream=False)
    assert whole(json.loads(text)) == streamed(stream)


@pytest.mark.parametrize("agent", AGENTS)
async def test_the_conversation_says_which_turn_it_is(agent):
    _, streamed = READERS[agent]
    talk = [("user", "a"), ("model", "b"), ("model", "c"), ("user", "d"), ("model", "e")]
    async with scripted({"turns": [{"say": each} for each in ("one", "two", "three")]}) as model:
        found = [
            streamed((await ask(model, agent, *talk[:length], ("user", "x")))[1])[0]
            for length in (4, 0, 5, 3, 2)
        ]
    assert found == ["two", "one", "three", "two", "two"]


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("claude", "No response requested."),
        ("gemini", "[The previous response was interrupted before it completed.]"),
    ],
)
async def test_what_an_agent_puts_in_where_a_session_was_cut_is_no_answer(agent, words):
    _, streamed = READERS[agent]
    talk = [("user", "a"), ("model", "one"), ("user", "b"), ("model", words), ("user", "c")]
    async with scripted({"turns": [{"say": "one"}, {"say": "two"}]}) as model:
        _, text = await ask(model, agent, *talk)
    assert streamed(text)[0] == "two"


@pytest.mark.parametrize("agent", AGENTS)
async def test_a_request_for_a_title_leaves_the_script_alone(agent):
    _, streamed = READERS[agent]
    title = [("system", "You generate a title for a session."), ("user", "Fix it.")]
    async with scripted({"turns": [{"say": "one"}]}) as model:
        aside = streamed((await ask(model, agent, *title, tools={}))[1])[0]
        at_work = streamed((await ask(model, agent, *title))[1])[0]
        assert [each.turn for each in model.came] == [None, 0]
    assert (aside, at_work) == ("A scripted session", "one")


@pytest.mark.parametrize("agent", AGENTS)
async def test_after_the_last_turn_the_model_says_so_and_ends(agent):
    _, streamed = READERS[agent]
    async with scripted({"turns": []}) as model:
        _, text = await ask(model, agent, ("user", "Fix it."))
    assert streamed(text)[:2] == ("The script has ended.", [])


async def test_a_judgement_in_json_has_the_shape_that_was_asked_for():
    shape = {
        "type": "OBJECT",
        "properties": {
            "reasoning": {"type": "STRING"},
            "next_speaker": {"type": "STRING", "enum": ["user", "model"]},
            "confidence": {"type": "NUMBER"},
        },
        "required": ["reasoning", "next_speaker", "confidence"],
    }
    path, body = AGENTS["gemini"]([("user", "Who is next?")], tools={}, stream=False)
    body["generationConfig"] = {"responseSchema": shape}
    async with (
        scripted({"turns": []}) as model,
        aiohttp.ClientSession() as session,
        session.post(model.address + path, json=body) as answer,
    ):
        text = READERS["gemini"][0](await answer.json())[0]
    said = {"reasoning": "as scripted", "next_speaker": "user", "confidence": 0}
    assert json.loads(text) == said


async def test_chat_counts_in_a_stream_only_when_it_is_asked_to():
    path, body = AGENTS["opencode"]([("user", "Fix it.")])
    del body["stream_options"]
    async with (
        scripted({"turns": [{"say": "one"}]}) as model,
        aiohttp.ClientSession() as session,
        session.post(model.address + path, json=body) as answer,
    ):
        assert "usage" not in await answer.text()


async def test_gemini_takes_names_with_underscores_too():
    path, body = AGENTS["gemini"]([("user", "Fix it.")])
    declared = body.pop("tools")[0]["functionDeclarations"]
    spelled = [
        {"name": t["name"], "parameters_json_schema": t["parametersJsonSchema"]} for t in declared
    ]
    body["tools"] = [{"function_declarations": spelled}]
    async with (
        scripted({"turns": [{"do": [{"run": "ls"}]}]}) as model,
        aiohttp.ClientSession() as session,
        session.post(model.address + path, json=body) as answer,
    ):
        heard = READERS["gemini"][1](await answer.text())
    assert heard[1] == [("run_shell_command", {"command": "ls"})]


async def test_codex_is_answered_with_a_search_and_then_with_what_it_has_found():
    step = {"type": "function", "name": "step", "parameters": schema("text")}
    group = {"type": "namespace", "name": "mcp__greenroom", "tools": [step]}
    search = {"type": "tool_search", "execution": "client", "parameters": schema("query")}
    script = {
        "turns": [
            {"do": [{"use": {"tool": "tool_search", "with": {"query": "step"}}}]},
            {"do": [{"use": {"tool": "step", "with": {"text": "Looking"}}}]},
        ]
    }
    async with scripted(script) as model, aiohttp.ClientSession(model.address) as http:
        body = {"model": "m", "input": [], "tools": [search]}
        async with http.post("/v1/responses", json=body) as answer:
            (asked,) = (await answer.json())["output"]
        found = {"type": "tool_search_output", "call_id": asked["call_id"], "tools": [group]}
        async with http.post("/v1/responses", json=body | {"input": [asked, found]}) as answer:
            (called,) = (await answer.json())["output"]
    assert (asked["type"], asked["arguments"]) == ("tool_search_call", {"query": "step"})
    assert (called["name"], called["namespace"]) == ("step", "mcp__greenroom")
