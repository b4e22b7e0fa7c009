"""Agents of the protocol that misbehave, each in its own way: `troublemaker.py WAY`."""

import json
import sys
import time

SECRET = "ghp_0123456789abcdefghij0123456789abcdef"


def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def receive():
    line = sys.stdin.readline()
    return json.loads(line) if line else sys.exit(0)


def answer(request, result):
    send({"id": request["id"], "result": result})


def update(session="s-1", **fields):
    send({"method": "session/update", "params": {"sessionId": session, "update": fields}})


def says(text, session="s-1"):
    content = {"type": "text", "text": text}
    update(session, sessionUpdate="agent_message_chunk", content=content)


def begins(title, number=1):
    update(sessionUpdate="tool_call", toolCallId=f"c-{number}", title=title, status="in_progress")


def asks(number, kind, options, title="May I?", **meta):
    call = {"toolCallId": "c-1", "title": title, "kind": kind}
    listed = [{"optionId": each, "name": each.title(), "kind": each} for each in options]
    params = {"sessionId": "s-1", "toolCall": call, "options": listed, **meta}
    send({"id": number, "method": "session/request_permission", "params": params})


def outcome():
    return receive()["result"]["outcome"]


def opened():
    """Say hello, make a session, and return the prompt."""
    answer(receive(), {"protocolVersion": 1})
    answer(receive(), {"sessionId": "s-1"})
    return receive()


def ends(prompt, reason="end_turn"):
    answer(prompt, {"stopReason": reason})


def silent():
    time.sleep(3600)


def well():
    prompt = opened()
    begins("Reading")
    says("I have read it.\nAll of it.")
    ends(prompt)
    receive()


def garbage():
    sys.stdout.write("Welcome!\n[1, 2]\n" + "[" * 100_000 + '\n{"id": [1]}\n\n')
    sys.stdout.write('{"id": 0, "error": "text"}\n{"id": {}, "result": 1}\n')
    well()


def long_line():
    opened()
    sys.stdout.write("x" * 100_000_000)
    sys.stdout.flush()
    time.sleep(3600)


def dies():
    opened()
    begins("Reading")


def endless():
    opened()
    number = 0
    while True:
        begins(f"Step {number}", number := number + 1)


def storm():
    prompt = opened()
    for number in range(2000):
        asks(number, "other", ["allow_once", "reject_once"])
    said = [outcome() for _ in range(2000)]
    says(f"{sum(each['outcome'] == 'selected' for each in said)} answers of mine")
    ends(prompt)


def deaf():
    opened()
    number = 0
    while True:
        asks(number := number + 1, "fetch", ["allow_always", "reject_once"])


def permissions():
    prompt = opened()
    for number, (kind, options) in enumerate([
        ("edit", ["allow_always", "allow_once", "reject_once"]),
        ("edit", ["allow_always", "reject_once"]),
        ("fetch", ["allow_once", "reject_once"]),
        ("fetch", ["allow_once"]),
        ("other", []),
    ]):  # fmt: skip
        asks(number, kind, options)
        said = outcome()
        begins(f"{kind}: {said.get('optionId', said['outcome'])}", number)
    ends(prompt)


def forged():
    prompt = opened()
    asks(1, "fetch", ["allow_once"], _meta={"tool_call": {"kind": "edit"}, "options": [1]})
    says(f"{outcome()['outcome']}")
    fields = {"sessionUpdate": "tool_call", "toolCallId": "x", "title": "x"}
    meta = {"update": {"title": "forged"}, "self": 1}
    params = {"sessionId": "s-1", "update": fields, "_meta": meta}
    send({"method": "session/update", "params": params})
    ends(prompt)


def question():
    prompt = opened()
    asks(1, "other", ["allow_once", "reject_once"])
    ends(prompt, "cancelled" if outcome()["outcome"] == "cancelled" else "refusal")


def turns():
    """Take one turn after another, and say what was said; ask first where it begins with `ask`."""
    prompt = opened()
    while True:
        words = said(prompt)
        if words.startswith("ask"):
            asks(1, "other", ["allow_once", "reject_once"])
            outcome()
        says(f"I heard: {words}")
        ends(prompt, "cancelled" if words.startswith("ask") else "end_turn")
        prompt = receive()


def said(prompt):
    return prompt["params"]["prompt"][0]["text"]


def secret():
    prompt = opened()
    error = {"code": -32603, "message": "Internal error", "data": {"details": f"no\n{SECRET}"}}
    send({"id": prompt["id"], "error": error})


def late():
    ends(opened())
    while True:
        begins("after the turn")


def nonsense():
    answer(receive(), {"protocolVersion": "none"})


def tomorrow():
    answer(receive(), {"protocolVersion": 2})


def cancelled():
    prompt = opened()
    begins("Waiting")
    assert receive()["method"] == "session/cancel"
    ends(prompt, "cancelled")


def borrows():
    """Try to use the client's files and terminal."""
    prompt = opened()
    path = {"sessionId": "s-1", "path": "/etc/passwd"}
    send({"id": 1, "method": "fs/read_text_file", "params": path})
    says(f"{receive()['error']['code']}, ")
    run = {"sessionId": "s-1", "command": "id"}
    send({"id": 2, "method": "terminal/create", "params": run})
    says(f"{receive()['result']}")
    ends(prompt)


def loads():
    answer(receive(), {"protocolVersion": 1, "agentCapabilities": {"loadSession": True}})
    request = receive()
    says("before", session="s-9")
    answer(request, None)
    says(f"{request['method']} {request['params']['sessionId']}", session="s-9")
    ends(receive())


def forgets():
    """Refuse to load the session, and make another."""
    answer(receive(), {"protocolVersion": 1, "agentCapabilities": {"loadSession": True}})
    request = receive()
    send({"id": request["id"], "error": {"code": -32002, "message": "Resource not found"}})
    request = receive()
    answer(request, {"sessionId": "s-1"})
    prompt = receive()
    says(f"{request['method']}: {said(prompt)}")
    ends(prompt)


def keeps_none():
    """Load no sessions at all."""
    answer(receive(), {"protocolVersion": 1})
    request = receive()
    answer(request, {"sessionId": "s-1"})
    prompt = receive()
    says(f"{request['method']}: {said(prompt)}")
    ends(prompt)


def tooled(*, http=True):
    """Say which servers of tools it was told of, and ask whether it may call one."""
    can = {"mcpCapabilities": {"http": http}}
    answer(receive(), {"protocolVersion": 1, "agentCapabilities": can})
    request = receive()
    answer(request, {"sessionId": "s-1"})
    prompt = receive()
    says(json.dumps(request["params"]["mcpServers"]))
    for number, title in enumerate(
        ("step (greenroom MCP Server)", "mcp__greenroom__note", "Merge greenroom?")
    ):
        asks(number, "other", ["allow_always", "allow_once", "reject_once"], title=title)
        begins(f"{title} {outcome()['optionId']}", number)
    ends(prompt)


def untooled():
    tooled(http=False)


def badly():
    ends(opened())
    sys.exit(1)


if __name__ == "__main__":
    globals()[sys.argv[1]]()
