import asyncio
import json
import signal
import sys

import aiohttp
import pytest

from bot.scripted.server import scripted
from tests.scripted.agents import AGENTS
from tests.scripted.streams import READERS
from tests.scripted.test_scripted_answers import ask

ERRORS = {
    "claude": {"type": "rate_limit_error", "message": "The script says 429."},
    "codex": {
        "message": "The script says 429.",
        "type": "rate_limit_error",
        "param": None,
        "code": None,
    },
    "gemini": {"code": 429, "message": "The script says 429.", "status": "RESOURCE_EXHAUSTED"},
}
ERRORS["opencode"] = ERRORS["codex"]


@pytest.fixture
async def client():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize("agent", AGENTS)
async def test_a_failure_has_the_shape_of_its_dialect_and_then_is_over(agent):
    script = {"turns": [{"status": 429, "retry_after": 2}, {"say": "one"}]}
    async with scripted(script) as model:
        status, text = await ask(model, agent, ("user", "Fix it."))
        assert (status, json.loads(text)["error"]) == (429, ERRORS[agent])
        status, text = await ask(model, agent, ("user", "Fix it."))
        assert (status, READERS[agent][1](text)[0]) == (200, "one")
        assert [(each.turn, each.status) for each in model.came] == [(0, 429), (1, 200)]


async def test_a_failure_says_when_to_try_again_and_in_its_own_words(client):
    script = {"turns": [{"status": 529, "retry_after": 2, "say": "Too much."}]}
    path, body = AGENTS["claude"]([("user", "Fix it.")])
    async with scripted(script) as model, client.post(model.address + path, json=body) as answer:
        assert answer.headers["Retry-After"] == "2"
        error = (await answer.json())["error"]
    assert error == {"type": "overloaded_error", "message": "Too much."}


@pytest.mark.parametrize("agent", AGENTS)
async def test_a_line_is_cut_after_so_many_events(agent, client):
    path, body = AGENTS[agent]([("user", "Fix it.")])
    async with (
        scripted({"turns": [{"drop": 3, "stall": 0.01}]}) as model,
        client.post(model.address + path, json=body) as answer,
    ):
        heard = [await answer.content.readuntil(b"\n\n") for _ in range(3)]
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.content.read()
    assert all(b"data: " in each for each in heard)


@pytest.mark.parametrize("turn", [{"drop": 0}, {"stall": 0.01}])
async def test_a_line_is_cut_before_the_first_byte(turn, client):
    path, body = AGENTS["claude"]([("user", "Fix it.")])
    async with scripted({"turns": [turn]}) as model:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await client.post(model.address + path, json=body)


async def test_an_answer_that_comes_whole_is_cut_whole(client):
    path, body = AGENTS["claude"]([("user", "Fix it.")], stream=False)
    async with scripted({"turns": [{"drop": 3}]}) as model:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await client.post(model.address + path, json=body)


async def test_a_silent_line_stays_silent(client):
    path, body = AGENTS["claude"]([("user", "Fix it.")])
    async with scripted({"turns": [{"say": "late", "stall": 60}]}) as model:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), client.post(model.address + path, json=body):
                pass
        assert len(model.came) == 1


async def test_a_slow_line_gives_what_it_has_at_once(client):
    path, body = AGENTS["claude"]([("user", "Fix it.")])
    async with (
        scripted({"turns": [{"say": "late", "pace": 60}]}) as model,
        client.post(model.address + path, json=body) as answer,
    ):
        assert await answer.content.readline() == b"event: message_start\n"


async def test_who_asked_may_leave_first(client, caplog):
    path, body = AGENTS["claude"]([("user", "Fix it.")])
    script = {"turns": [{"say": "word " * 100_000}]}
    async with scripted(script) as model:
        async with client.post(model.address + path, json=body) as answer:
            await answer.content.readline()
        model.play({"turns": [{"say": "next"}]})
        _, text = await ask(model, "claude", ("user", "a"))
    assert READERS["claude"][1](text)[0] == "next"
    assert not caplog.records


@pytest.mark.parametrize(
    ("agent", "headers", "query"),
    [
        ("claude", {"x-api-key": "sesame"}, ""),
        ("claude", {"authorization": "Bearer sesame"}, ""),
        ("codex", {"authorization": "Bearer sesame"}, ""),
        ("opencode", {"authorization": "Bearer sesame"}, ""),
        ("gemini", {"x-goog-api-key": "sesame"}, ""),
        ("gemini", {}, "&key=sesame"),
    ],
)
async def test_the_key_is_where_each_dialect_has_it(agent, headers, query, client):
    path, body = AGENTS[agent]([("user", "Fix it.")])
    async with scripted({"turns": [{"say": "one"}]}, key="sesame") as model:
        address = model.address + path + query
        async with client.post(address, json=body, headers=headers) as answer:
            assert answer.status == 200
        async with client.post(model.address + path, json=body) as answer:
            assert answer.status == 401
        assert [each.key for each in model.came] == [True, False]
        assert "sesame" not in str(model.came)


async def test_what_cannot_be_done_with_the_tools_at_hand_is_said():
    async with scripted({"turns": [{"do": [{"run": "ls"}]}]}) as model:
        status, text = await ask(model, "claude", ("user", "Fix it."), tools={})
    assert status == 400
    assert "these are offered: none" in json.loads(text)["error"]["message"]


async def test_what_came_is_listed_read_and_forgotten(client):
    async with scripted({"turns": [{"say": "one"}]}) as model:
        await ask(model, "gemini", ("user", "a"), ("model", "b"), ("user", "CANARY"))
        requests = f"{model.address}/_scripted/requests"
        async with client.get(requests) as answer:
            (came,) = await answer.json()
        async with client.get(f"{requests}/0") as answer:
            body = await answer.text()
        assert "CANARY" in body
        assert came == {
            "path": "/v1beta/models/gemini-test:streamGenerateContent?alt=sse",
            "model": "gemini-test",
            "stream": True,
            "bytes": len(body),
            "key": None,
            "answered": 1,
            "turn": None,
            "status": 200,
        }
        await client.delete(requests)
        async with client.get(f"{requests}/0") as answer:
            assert answer.status == 404
        assert not model.came


async def test_another_script_takes_over_and_begins_its_failures_anew(client):
    async with scripted({"turns": [{"status": 500}, {"say": "one"}]}) as model:
        address = f"{model.address}/_scripted/script"
        assert (await ask(model, "claude", ("user", "a")))[0] == 500
        async with client.put(address, data="turns: [{status: 503}, {say: two}]") as answer:
            assert answer.status == 204
        assert (await ask(model, "claude", ("user", "a")))[0] == 503
        async with client.put(address, data="turns: 3") as answer:
            assert (answer.status, await answer.text()) == (
                400,
                "the script: at turns: Input should be a valid tuple.\n",
            )
        assert (await ask(model, "claude", ("user", "a")))[0] == 200


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/messages/count_tokens", "input_tokens"),
        ("/v1beta/models/gemini-test:countTokens", "totalTokens"),
    ],
)
async def test_tokens_are_counted_by_a_rule_of_thumb(path, name, client):
    async with scripted({"turns": []}) as model:
        async with client.post(model.address + path, data="x" * 40) as answer:
            assert await answer.json() == {name: 10}
        assert not model.came


async def test_those_who_only_look_are_answered(client):
    async with scripted({"turns": []}) as model:
        async with client.head(model.address) as answer:
            assert answer.status == 200
        async with client.get(f"{model.address}/v1/models") as answer:
            assert answer.status in {404, 405}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/embeddings", "{}", 404),
        ("/v1/messages", "{", 400),
        ("/v1/responses", "[]", 400),
        ("/v1/chat/completions", '{"messages": [3]}', 400),
        ("/v1/models/g:generateContent", '{"tools": [{"functionDeclarations": [{}]}]}', 400),
    ],
)
async def test_what_is_no_request_is_refused(path, body, status, client):
    async with (
        scripted({"turns": [{"say": "one"}]}) as model,
        client.post(model.address + path, data=body) as answer,
    ):
        assert answer.status == status
        assert (await answer.json())["error"]["message"]


async def test_two_hundred_streams_run_at_once():
    async with scripted({"turns": [{"say": "word " * 50}]}) as model:
        heard = await asyncio.gather(*(ask(model, "claude", ("user", "a")) for _ in range(200)))
    assert {READERS["claude"][1](text)[0] for _, text in heard} == {"word " * 50}


async def test_the_command_prints_one_address_and_ends_when_it_is_told(tmp_path):
    script = tmp_path / "script.yml"
    script.write_text("turns: [{say: Hello.}]")
    argv = ("-m", "bot", "model", "--script", str(script), "--key", "sesame")
    program = await asyncio.create_subprocess_exec(
        sys.executable, *argv, stdout=asyncio.subprocess.PIPE
    )
    address = (await program.stdout.readline()).decode().strip()
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        assert answer.status == 200
    program.send_signal(signal.SIGTERM)
    rest, _ = await program.communicate()
    assert (rest, program.returncode) == (b"", 0)


async def test_the_command_says_what_is_wrong_with_a_script(tmp_path):
    script = tmp_path / "script.yml"
    script.write_text("turns: [{shout: Hello.}]")
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "model", "--script", str(script)),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await program.communicate()
    assert program.returncode != 0
    assert said.decode().startswith(f"greenroom: {script}: at turns.0.shout: ")
