"""What a client of tools asks before it calls one, and what is not for us to answer."""

import pytest

from bot.rules.agenttools import listed, offered
from bot.rules.greeting import NOTHING, REVISIONS, answered, speaks

TOOLS = listed(offered({"comment": 1}))
HELLO = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "agent", "version": "1"},
}
ACCEPT = {"accept": "application/json, text/event-stream"}


def ask(method, params=None, **more):
    given = {} if params is None else {"params": params}
    return answered({"jsonrpc": "2.0", "id": 1, "method": method, **given, **more}, TOOLS)


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_client_is_greeted_in_its_own_revision(revision):
    said = ask("initialize", HELLO | {"protocolVersion": revision})
    assert said["result"]["protocolVersion"] == revision


def test_a_client_of_a_revision_that_nobody_knows_is_told_the_newest():
    said = ask("initialize", HELLO | {"protocolVersion": "3000-01-01"})
    assert said["result"]["protocolVersion"] == REVISIONS[-1]


def test_it_is_shown_the_tools_that_there_are():
    progress = {"_meta": {"progressToken": 0}}
    for said in (ask("tools/list"), ask("tools/list", {}), ask("tools/list", progress)):
        assert said == {"jsonrpc": "2.0", "id": 1, "result": {"tools": TOOLS}}


def test_a_ping_comes_back_under_its_own_id():
    assert ask("ping", id="seven") == {"jsonrpc": "2.0", "id": "seven", "result": {}}


@pytest.mark.parametrize("more", [{}, {"params": {}}])
def test_what_wants_no_answer_gets_none(more):
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized", **more}
    assert answered(ready, TOOLS) is NOTHING


@pytest.mark.parametrize(
    "message",
    [
        [],
        {},
        {"jsonrpc": "1.0", "id": 1, "method": "ping"},
        {"jsonrpc": "2.0", "id": None, "method": "ping"},
        {"jsonrpc": "2.0", "id": True, "method": "ping"},
        {"jsonrpc": "2.0", "id": 2**53, "method": "ping"},
        {"jsonrpc": "2.0", "id": 1.5, "method": "ping"},
        {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []},
        {"jsonrpc": "2.0", "id": 1, "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"cursor": "x"}},
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "step"}},
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}},
        {"jsonrpc": "2.0", "method": "notifications/initialized", "params": {"_meta": {}}},
        {"jsonrpc": "2.0", "method": "notifications/cancelled"},
    ],
)
def test_what_is_any_other_message_is_not_for_us(message):
    assert answered(message, TOOLS) is None


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        (ACCEPT, True),
        (ACCEPT | {"mcp-protocol-version": "2025-06-18"}, True),
        (ACCEPT | {"mcp-protocol-version": "2026-07-28"}, False),
        (ACCEPT | {"mcp-method": "ping"}, False),
        ({"accept": "text/plain"}, False),
        ({}, False),
    ],
)
def test_only_clients_of_known_revisions_are_answered(headers, ours):
    assert speaks(headers) is ours
