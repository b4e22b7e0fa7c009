"""Agents ask by tools, over the Model Context Protocol: the same broker, at the same moment."""

import asyncio
import logging
from dataclasses import asdict, replace

import pytest
from sqlalchemy import select

from bot.gateway.tools import Tools
from bot.model.ids import Sha
from bot.rules.cinow import CiNow, Excerpt
from bot.rules.greeting import REVISIONS, answered
from bot.store import runs
from bot.store.schema import outputs, run_steps
from bot.work import broker
from tests.gateway.stand import NOW, Stand

ACCEPTS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
PULL = {"title": "Mend it", "body": "It was broken."}
HELLO = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "agent", "version": "1"},
}


async def send(stand: Stand, job, method: str, params=None, **headers):
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
    return await stand.call("/mcp", job.run_token, message, **ACCEPTS, **headers)


async def call(stand: Stand, job, tool: str, given=None, **headers):
    """Call a tool, and return whether it was refused and what was said."""
    answer = await send(
        stand, job, "tools/call", {"name": tool, "arguments": given or {}}, **headers
    )
    assert answer.status == 200
    result = answer.said["result"]
    return result["isError"], result["content"][0]["text"]


async def kept(stand: Stand, table):
    async with stand.store.read() as tx:
        return (await tx.execute(select(table))).all()


async def test_a_client_is_greeted_and_shown_what_its_job_may_ask_for(open_stand, job):
    hello = await send(open_stand, job, "initialize", HELLO)
    assert hello.said["result"]["serverInfo"]["name"] == "greenroom"
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert (await open_stand.call("/mcp", job.run_token, ready, **ACCEPTS)).status == 202
    listed = await send(open_stand, job, "tools/list")
    names = [tool["name"] for tool in listed.said["result"]["tools"]]
    assert names == ["pull_request", "comment", "checks", "step", "note"]


def asked_first():
    """All that a client asks before it calls a tool, as different clients do."""
    for id_ in (0, -1, "one"):
        for method in ("ping", "tools/list"):
            message = {"jsonrpc": "2.0", "id": id_, "method": method}
            meta = {"_meta": {"progressToken": 0}}
            yield from (message, message | {"params": {}}, message | {"params": meta})
        for revision in (*REVISIONS, "2026-07-28", "nonsense"):
            params = HELLO | {"protocolVersion": revision}
            yield {"jsonrpc": "2.0", "id": id_, "method": "initialize", "params": params}
    yield {"jsonrpc": "2.0", "method": "notifications/initialized"}
    yield {"jsonrpc": "2.0", "method": "notifications/initialized", "params": {}}


def offered_to(plan, runtime):
    """What a gateway tells the harness of a job, if that runtime is its agent's."""
    agent = replace(plan.agent, runtime=runtime)
    validator = object() if plan.validations else None
    return Tools(None, validator).expect(replace(plan, agent=agent))


async def test_a_harness_that_answers_for_tools_says_what_the_gateway_says(open_stand, job):
    tools = offered_to(job.plan, "codex")
    for revision in ({}, *({"Mcp-Protocol-Version": each} for each in REVISIONS)):
        for message in asked_first():
            said = await open_stand.call("/mcp", job.run_token, message, **ACCEPTS, **revision)
            near = answered(message, tools)
            wanted = (200, near) if near else (202, "")
            assert (said.status, said.said or "") == wanted, message


async def test_validations_are_offered_where_there_are_some(job):
    names = [each["name"] for each in offered_to(replace(job.plan, validations=("unit",)), "acp")]
    assert names == ["pull_request", "comment", "validate", "checks", "step", "note"]


async def test_a_program_that_can_call_no_tools_is_offered_none(job):
    assert offered_to(job.plan, "command") == []


async def test_a_harness_is_told_the_tools_when_it_claims_its_job(open_stand):
    launched = await open_stand.launched()
    claimed = await open_stand.call("/launch", launched.launch_token, {})
    assert claimed.said["tools"] == offered_to(launched.plan, launched.plan.agent.runtime)


async def test_an_output_is_accepted_with_what_is_left_and_refused_with_the_reason(
    open_stand, job
):
    said = [await call(open_stand, job, "comment", {"body": "Well."}) for _ in range(3)]
    assert said == [
        (False, "Accepted. You may ask for 1 more."),
        (False, "Accepted. You may ask for no more."),
        (True, "Refused: The limit of 2 `comment` is reached."),
    ]
    assert len(await kept(open_stand, outputs)) == 2


@pytest.mark.parametrize(
    ("tool", "given", "words"),
    [
        ("push", PULL, "An issue has no branch to push to."),
        ("plan", {"text": "First."}, "This agent may ask for: comment, pull_request."),
        ("no_such_tool", {}, "This agent may ask for: comment, pull_request."),
        ("pull_request", {"title": "Mend it"}, "body: Field required"),
        ("pull_request", PULL | {"base": "main"}, "base: Extra inputs are not permitted"),
        ("comment", {"body": "ghp_" + "a" * 36}, "looks like a credential"),
        ("step", {"text": "one\ntwo"}, "one line"),
        ("step", {}, "text: Field required"),
        ("note", {"text": ""}, "text: String should have at least 1 character"),
    ],
)
async def test_what_is_not_granted_or_not_right_is_refused_with_words(
    open_stand, job, tool, given, words
):
    refused, said = await call(open_stand, job, tool, given)
    assert refused
    assert words in said
    assert not await kept(open_stand, outputs)


async def test_a_line_for_people_and_a_note_are_kept_once_for_each_key(open_stand, job):
    for _ in range(2):
        key = {"Idempotency-Key": "a" * 32}
        assert await call(open_stand, job, "step", {"text": "Looking"}, **key) == (False, "Taken.")
    assert await call(open_stand, job, "note", {"text": "It is odd"}) == (False, "Taken.")
    told = [(row.by, row.text) for row in await kept(open_stand, run_steps) if row.by != "us"]
    assert told == [("agent", "Looking"), ("note", "It is odd")]


async def test_a_line_that_is_one_too_many_is_said_to_be_dropped(open_stand, job, monkeypatch):
    monkeypatch.setattr(broker, "MOST_STEPS", 1)
    dropped = (True, broker.DROPPED)
    assert await call(open_stand, job, "step", {"text": "Looking"}) == dropped
    assert await call(open_stand, job, "note", {"text": "It is odd"}) == dropped
    said = await open_stand.call("/notes", job.run_token, {"text": "It is odd"})
    assert (said.status, said.said["words"]) == (422, broker.DROPPED)


async def test_an_output_that_is_asked_for_twice_under_one_key_is_one(open_stand, job):
    for _ in range(2):
        refused, _ = await call(
            open_stand, job, "pull_request", PULL, **{"Idempotency-Key": "b" * 32}
        )
        assert not refused
    (row,) = await kept(open_stand, outputs)
    assert row.payload == PULL


async def test_a_job_that_was_replaced_is_answered_as_everywhere(open_stand, job):
    await open_stand.replace(job)
    said = await send(open_stand, job, "tools/call", {"name": "comment", "arguments": {}})
    assert (said.status, said.said["reason"]) == (409, "fenced")


async def test_a_run_that_was_cancelled_is_told_of_in_the_midst_of_a_session(open_stand, job):
    await send(open_stand, job, "initialize", HELLO)
    await open_stand.cancel(job)
    params = {"name": "step", "arguments": {"text": "Still here"}}
    assert (await send(open_stand, job, "tools/call", params)).status == 409


@pytest.mark.parametrize("token", [None, "somebody-elses"])
async def test_nobody_is_answered_without_a_token(open_stand, token):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert (await open_stand.call("/mcp", token, message, **ACCEPTS)).status == 401


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_there_is_no_stream_and_no_session(open_stand, job, method):
    said = await open_stand.request(method, "/mcp", job.run_token, None, **ACCEPTS)
    assert said.status == 405


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"no JSON", 400),
        (b"[" * 100_000, 400),
        (b"[]", 400),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "x", "params": 7}', 400),
        (b" " * 500_000, 413),
    ],
)
async def test_what_is_no_message_is_refused(open_stand, job, body, status):
    assert (await open_stand.call("/mcp", job.run_token, body, **ACCEPTS)).status == status


async def test_other_methods_of_the_protocol_are_not_there(open_stand, job):
    for method in ("resources/list", "prompts/list", "completion/complete", "logging/setLevel"):
        said = (await send(open_stand, job, method)).said
        assert "error" in said


async def test_what_an_agent_says_is_not_in_the_log(open_stand, job, capfd):
    odd = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": [1]}}
    for message in (
        odd,
        odd | {"method": "secret-word"},
        odd | {"id": 1, "method": "secret-word"},
    ):
        await open_stand.call("/mcp", job.run_token, message, **ACCEPTS)
    assert "secret-word" not in "".join(capfd.readouterr())
    assert not logging.getLogger("mcp.server.runner").isEnabledFor(logging.WARNING)


async def test_two_jobs_side_by_side_know_nothing_of_each_other(open_stand):
    one, other = await open_stand.live(comment=1), await open_stand.live(noop=1)
    listed = await asyncio.gather(
        *(send(open_stand, each, "tools/list") for each in (one, other) * 10)
    )
    names = [[tool["name"] for tool in each.said["result"]["tools"]] for each in listed]
    assert (
        names == [["comment", "checks", "step", "note"], ["noop", "checks", "step", "note"]] * 10
    )


async def test_checks_are_told_alike_by_the_tool_and_by_the_small_command(open_stand, job):
    refused, said = await call(open_stand, job, "checks")
    answer = await open_stand.call("/checks", job.run_token, {})
    assert not refused
    assert said == answer.said["words"]
    assert said.startswith("Nothing of this run is on GitHub yet")


async def test_checks_are_told_as_they_stood_when_they_were_last_looked_at(open_stand, job):
    seen = CiNow(
        sha=Sha("a" * 40), word="red", excerpts=(Excerpt(name="unit", text="1 != 2"),), at=NOW
    )
    async with open_stand.store.begin() as tx:
        row = await runs.get(tx, job.plan.run)
        await runs.note(tx, row, head=seen.sha, verdict=asdict(seen))
    _, said = await call(open_stand, job, "checks")
    assert said.startswith(
        "CI on aaaaaaaaaaaa had failed.\nGreenroom looked at 2027-01-15 08:00 UTC"
    )
    assert "1 != 2" in said
