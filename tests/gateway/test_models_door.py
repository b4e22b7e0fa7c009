"""Agents ask models through the gateway: with its key, within their limits, bit by bit."""

import asyncio

import pytest

from bot.scripted.server import scripted
from tests.gateway.asking import ASKED, HAIKU, HELLO, KEY, SAYS, desk

LOOP = {"turns": [{"say": "On.", "usage": {"input": 1000, "output": 1000}, "again": True}]}


@pytest.mark.parametrize("provider", ASKED)
async def test_an_agent_is_answered_with_the_real_key_in_each_dialect(stand, provider):
    async with scripted(SAYS, key=KEY) as model, desk(stand, model) as at:
        said = await at.ask(provider)
    assert (said.status, said.kind) == (200, "application/json")
    assert "Well met." in said.text
    (came,) = model.came
    assert (came.key, came.status) == (True, 200)
    assert KEY not in said.text


async def test_what_was_set_aside_is_put_right_by_what_the_answer_tells(stand):
    async with scripted(SAYS, key=KEY) as model, desk(stand, model) as at:
        await at.may(per_run="5", per_day="50")
        await at.ask("anthropic")
        (call,) = await at.calls()
    assert (call.status, call.cost, call.model) == (200, 1500, HAIKU)
    assert call.usage == {"input": 1000, "cached": 0, "written": 0, "output": 100}
    assert call.reserved > 1500
    assert await at.reserved() == {"run": 1500, "repo": 1500}


@pytest.mark.parametrize("provider", ASKED)
async def test_a_stream_comes_as_it_is_and_is_counted(stand, provider):
    path, body = ASKED[provider]
    body = body if provider == "gemini" else {**body, "stream": True}
    path = path.replace(":generate", ":streamGenerate") + ("?alt=sse" * (provider == "gemini"))
    async with scripted(SAYS, key=KEY) as model, desk(stand, model) as at:
        said = await at.ask(provider, path, body)
        (call,) = await at.calls()
    assert (said.status, said.kind) == (200, "text/event-stream")
    assert "Well" in said.text
    assert (call.usage["input"], call.usage["output"]) == (1000, 100)


async def test_a_loop_of_requests_ends_before_it_is_above_its_budget(stand):
    async with scripted(LOOP) as model, desk(stand, model) as at:
        await at.may(per_run="0.05", per_day="50")
        said = [await at.ask("anthropic") for _ in range(12)]
    statuses = [each.status for each in said]
    assert statuses == [200] * 8 + [400] * 4
    words = said[-1].json["error"]["message"]
    assert words == "It has reached its budget of $0.05. `/gr continue +$2` goes on."
    assert (await at.reserved())["run"] == 48_000
    assert len(model.came) == 8


async def test_many_requests_at_once_are_never_above_the_budget_together(stand):
    async with scripted(LOOP) as model, desk(stand, model) as at:
        await at.may(per_run="0.05")
        said = await asyncio.gather(*(at.ask("anthropic") for _ in range(20)))
    assert {each.status for each in said} == {200, 400}
    assert (await at.reserved())["run"] <= 50_000
    assert len(model.came) == sum(each.status == 200 for each in said) <= 8


async def test_a_job_may_ask_so_many_times_and_no_more(stand):
    async with scripted(LOOP) as model, desk(stand, model) as at:
        await at.may(turns=2)
        said = [await at.ask("compatible") for _ in range(3)]
    assert [each.status for each in said] == [200, 200, 400]
    assert said[2].json["error"]["message"] == "It has made the 2 requests that one job may make."


async def test_a_job_that_is_over_asks_nothing_any_more(stand):
    async with scripted(LOOP) as model, desk(stand, model) as at:
        await stand.cancel(at.job)
        said = await at.ask("gemini")
    assert (said.status, said.json["error"]["message"]) == (400, "This job is over.")
    assert not model.came


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"model": "gpt-99"}, "The model `gpt-99` may not be used here."),
        ({"model": 5}, "The request names no model."),
        ({"model": HAIKU, "max_tokens": 0}, "The most tokens of an answer are a number"),
    ],
)
async def test_what_may_not_be_asked_is_refused_in_the_words_of_the_dialect(stand, given, words):
    async with scripted(LOOP) as model, desk(stand, model) as at:
        said = await at.ask("anthropic", body={"messages": HELLO, **given})
        assert said.status == 400
        assert said.json["error"]["message"].startswith(words)
        (call,) = await at.calls()
    assert call.refused.startswith(words)
    assert not model.came
