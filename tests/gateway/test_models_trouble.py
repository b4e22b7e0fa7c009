"""Providers that fail, agents that leave, and requests that are none."""

import asyncio
import json

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from bot.gateway import models
from bot.gateway.upstream import GIVEN_UP, Patience
from bot.scripted.server import scripted
from bot.store import spending
from tests.gateway.asking import ASKED, HAIKU, HELLO, KEY, SAYS, desk

WELL = {"say": "Well met.", "usage": {"input": 1000, "output": 100}}
STREAM = {"model": HAIKU, "max_tokens": 1000, "messages": HELLO, "stream": True}
HASTY = Patience(pauses=(0.01,), connect=1.0, silence=0.2, whole=1.0)
START = {"type": "message_start", "message": {"usage": {"input_tokens": 20, "output_tokens": 1}}}


@pytest.fixture
async def provider():
    """Serve one handler as a provider; gives a function that takes it and returns the address."""
    runners = []

    async def up(handler):
        app = web.Application()
        app.router.add_post("/{path:.*}", handler)
        runners.append(runner := web.AppRunner(app, access_log=None, shutdown_timeout=0.1))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        return f"http://{host}:{port}"

    yield up
    for runner in runners:
        await runner.cleanup()


def event(said):
    return b"data: " + json.dumps(said).encode() + b"\n\n"


async def endless(request):
    """Begin well, and go on for ever."""
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await answer.prepare(request)
    await answer.write(event(START))
    while True:
        await answer.write(event({"type": "ping"}))
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("failure", [{"status": 429}, {"status": 529}, {"status": 500}])
async def test_what_passes_is_tried_again_and_the_agent_sees_nothing_of_it(stand, failure):
    async with scripted({"turns": [failure, WELL]}) as model, desk(stand, model) as at:
        said = await at.ask("anthropic")
        (call,) = await at.calls()
    assert said.status == 200
    assert [each.status for each in model.came] == [failure["status"], 200]
    assert (call.status, call.cost) == (200, 1500)


async def test_a_provider_that_never_answers_ends_the_agent_and_costs_nothing(stand):
    async with (
        scripted({"turns": [{"status": 529, "again": True}]}) as model,
        desk(stand, model) as at,
    ):
        await at.may(per_run="5")
        said = await at.ask("anthropic")
        (call,) = await at.calls()
        assert (await at.reserved())["run"] == 0
    assert said.status == 400
    assert said.json["error"]["message"] == GIVEN_UP
    assert len(model.came) == 3
    assert (call.status, call.cost) == (529, 0)
    assert call.refused == "Anthropic answered 529 (overloaded_error)."


async def test_a_try_that_broke_off_counts_as_spent_beside_the_one_that_is_answered(stand):
    async with scripted({"turns": [{"drop": 0}, WELL]}) as model, desk(stand, model) as at:
        await at.may(per_run="5")
        assert (await at.ask("anthropic")).status == 200
        lost, call = await at.calls()
        assert (await at.reserved())["run"] == lost.reserved + call.cost
    assert (lost.cost, call.cost) == (lost.reserved, 1500)
    assert lost.refused == "Anthropic broke off before it answered."


async def test_a_try_that_broke_off_is_the_last_where_the_budget_has_no_more(stand):
    async with (
        scripted({"turns": [{"drop": 0, "again": True}]}) as model,
        desk(stand, model) as at,
    ):
        await at.may(per_run="0.012")
        said = await at.ask("anthropic")
        *lost, last = await at.calls()
        assert (await at.reserved())["run"] <= 12_000
    assert said.status == 400
    assert len(model.came) == len(lost) == 2
    assert all(call.cost == call.reserved for call in lost)
    assert last.refused == "It has reached its budget of $0.01. `/gr continue +$2` goes on."


async def test_a_provider_that_is_away_is_said_to_be(stand):
    async with desk(stand, "http://127.0.0.1:9") as at:
        said = await at.ask("compatible")
        (call,) = await at.calls()
    assert said.json["error"]["message"] == GIVEN_UP
    assert call.refused == "The model's provider is not reached."


async def test_what_a_provider_says_of_an_error_stays_here(stand, provider):
    async def leaky(_request):
        error = {"type": "invalid_request_error", "message": f"prompt is too long for {KEY}"}
        return web.json_response({"error": error}, status=400)

    async with desk(stand, await provider(leaky)) as at:
        said = await at.ask("anthropic")
    words = "Anthropic answered 400 (invalid_request_error). The prompt is too long."
    assert (said.status, said.json["error"]["message"]) == (400, words)


@pytest.mark.parametrize("body", ["[]", "no", '{"error": "x"}', '{"error": {"type": "a b"}}'])
async def test_a_key_that_is_not_accepted_is_the_operators_matter(stand, provider, body):
    async def closed(_request):
        return web.Response(text=body, status=401)

    async with desk(stand, await provider(closed)) as at:
        said = await at.ask("gemini")
    words = "Gemini answered 401. Its key, which the operator has set, is not accepted."
    assert said.json["error"]["message"] == words


async def test_an_empty_answer_is_none(stand, provider):
    async def empty(_request):
        return web.Response()

    async with desk(stand, await provider(empty)) as at:
        said = await at.ask("openai")
    assert said.json["error"]["message"] == GIVEN_UP


async def test_a_provider_that_asks_for_a_long_pause_is_left_alone(stand, provider):
    asked = []

    async def busy(_request):
        asked.append(1)
        return web.Response(status=429, headers={"Retry-After": "3600"})

    async with desk(stand, await provider(busy)) as at:
        assert (await at.ask("openai")).status == 400
    assert len(asked) == 1


async def test_a_stream_that_breaks_off_breaks_for_the_agent_too_and_costs_what_it_may(stand):
    async with (
        scripted({"turns": [{"say": "a long word " * 50, "drop": 3}]}) as model,
        desk(stand, model) as at,
    ):
        await at.may(per_run="5")
        with pytest.raises(aiohttp.ClientPayloadError):
            await at.ask("anthropic", body=STREAM)
        (call,) = await settled(at)
    assert 5000 <= call.cost <= call.reserved
    assert call.cost == (await at.reserved())["run"]


async def settled(at):
    """Wait until all requests are written down as over."""
    async with asyncio.timeout(5):
        while not all(call.ended_at for call in await at.calls()):  # noqa: ASYNC110 - a row, no event
            await asyncio.sleep(0.01)
    return await at.calls()


async def test_a_provider_that_never_ends_is_cut_off_after_the_time(stand, provider):
    async with desk(stand, await provider(endless), HASTY) as at:
        with pytest.raises(aiohttp.ClientPayloadError):
            await at.ask("anthropic", body=STREAM)
        (call,) = await settled(at)
    assert (call.status, call.cost) == (200, 20 + 5000)


async def test_a_provider_that_falls_silent_is_cut_off(stand):
    script = {"turns": [{"say": "well " * 50, "drop": 4, "stall": 30}]}
    async with scripted(script) as model, desk(stand, model, HASTY) as at:
        with pytest.raises(aiohttp.ClientPayloadError):
            await at.ask("anthropic", body=STREAM)


async def test_a_provider_that_is_silent_from_the_start_may_be_at_work(stand):
    script = {"turns": [{"stall": 30, "say": "Hm."}]}
    async with scripted(script) as model, desk(stand, model, HASTY) as at:
        await at.may(per_run="5")
        said = await at.ask("anthropic")
        (call,) = await at.calls()
    assert said.json["error"]["message"] == "Anthropic did not answer in time."
    assert (call.status, call.cost) == (None, call.reserved)


async def test_all_tries_together_have_their_time(stand):
    slow = Patience(pauses=(0.3, 0.3, 0.3), connect=1.0, silence=1.0, whole=0.5)
    script = {"turns": [{"status": 500, "again": True}]}
    async with scripted(script) as model, desk(stand, model, slow) as at:
        said = await at.ask("anthropic")
    assert said.json["error"]["message"] == "The model did not answer in time."


async def test_an_answer_has_a_bound(stand, provider, monkeypatch):
    monkeypatch.setattr(models, "MOST_ANSWER", 500)
    async with desk(stand, await provider(endless)) as at:
        with pytest.raises(aiohttp.ClientPayloadError):
            await at.ask("anthropic", body=STREAM)


async def test_an_agent_that_leaves_pays_for_what_it_may_have_had(stand, provider):
    left = asyncio.Event()

    async def watching(request):
        try:
            return await endless(request)
        finally:
            left.set()

    async with desk(stand, await provider(watching)) as at:
        await at.may(per_run="5")
        connector = aiohttp.UnixConnector(str(stand.socket))
        headers = {"Authorization": f"Bearer {at.job.run_token}"}
        url = "http://greenroom/models/anthropic/v1/messages"
        async with (
            aiohttp.ClientSession(connector=connector) as http,
            http.post(url, json=STREAM, headers=headers) as answer,
        ):
            await answer.content.readany()
            answer.close()
        await asyncio.wait_for(left.wait(), 5)
        (call,) = await settled(at)
        assert (await at.reserved())["run"] == call.cost == 20 + 5000


async def test_while_a_stream_is_long_the_other_calls_are_quick(stand, provider):
    async with desk(stand, await provider(endless), HASTY) as at:
        asking = [asyncio.create_task(at.ask("anthropic", body=STREAM)) for _ in range(4)]
        for _ in range(5):
            beat = await stand.call("/heartbeat", at.job.run_token, {})
            assert beat.said == {"go_on": True}
        assert not any(each.done() for each in asking)
        await asyncio.gather(*asking, return_exceptions=True)


@pytest.mark.parametrize(
    ("data", "headers", "words"),
    [
        (b"no", {}, "The request is no JSON object."),
        (b"[]", {}, "The request is no JSON object."),
        (b"[" * 100_000, {}, "The request is no JSON object."),
        (b" " * 300_000 + b"[]", {}, "The request is no JSON object."),
        (b" " * 2000, {}, "A request has 0 MiB at most."),
        (b"{}", {"Content-Encoding": "gzip"}, "Send the request as it is, without a Content"),
    ],
)
async def test_what_is_no_request_is_refused(stand, monkeypatch, data, headers, words):
    if words.startswith("A request has"):
        monkeypatch.setattr(models, "MOST_BODY", 1000)
    async with desk(stand, "http://127.0.0.1:9") as at:
        path, token = "/models/anthropic/v1/messages", at.job.run_token
        said = await stand.call(path, token, data, **headers)
    assert said.status == 400
    assert said.said["error"]["message"].startswith(words)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/models/anthropic", 200),
        ("HEAD", "/models/gemini/", 200),
        ("GET", "/models/anthropic/", 200),
        ("GET", "/models/openai/v1/models", 404),
        ("POST", "/models/anthropic/v1/messages/count_tokens", 404),
        ("POST", "/models/anthropic/v1/files", 404),
        ("POST", "/models/nobody/v1/messages", 404),
        ("DELETE", "/models/openai/v1/responses", 404),
    ],
)
async def test_what_agents_look_at_before_they_ask_is_answered_here(stand, method, path, status):
    async with scripted(SAYS) as model, desk(stand, model) as at:
        said = await stand.request(method, path, at.job.run_token, None)
    assert said.status == status
    assert not model.came


async def test_a_provider_that_is_not_set_up_is_named(stand):
    async with desk(stand, "http://127.0.0.1:9", providers={}) as at:
        said = await at.ask("openai")
        async with stand.store.read() as tx:
            why = await spending.stopped(tx, at.job.plan.run, at.job.plan.fence)
    assert said.json["error"]["message"] == "No key for openai is set up here." == why


async def test_a_token_that_nobody_has_asks_nothing(stand):
    async with scripted(SAYS) as model, desk(stand, model) as at:
        said = await stand.call("/models/compatible/v1/chat/completions", "t", ASKED["compatible"])
        assert said.status == 400
        assert await at.calls() == []
    assert not model.came


@pytest.mark.parametrize("provider_of", ["openai", "compatible"])
async def test_addresses_with_a_version_in_them_are_called_below_it(stand, provider, provider_of):
    seen = []

    async def watching(request):
        seen.append((request.path, request.headers.get("Authorization"), request.headers))
        return web.json_response({"choices": [], "usage": {"prompt_tokens": 1}})

    async with desk(stand, await provider(watching)) as at:
        await at.ask(provider_of, "v1/chat/completions", {"model": "gpt-5", "messages": HELLO})
    ((path, key, headers),) = seen
    assert (path, key) == ("/v1/chat/completions", f"Bearer {KEY}")
    assert "x-api-key" not in headers
    assert URL(path).name == "completions"
