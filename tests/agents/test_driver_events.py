import json

import pytest

from bot.agents import claude, codex, gemini, opencode
from bot.agents.events import Turn
from bot.agents.lines import Lines, said

ALL = (claude.parse, codex.parse, gemini.parse, opencode.parse)


def heard(parse, *printed):
    """Return the lines that people see of what was printed, and how the turn ended."""
    told, turn, lines = Lines(), Turn(), []
    for each in printed:
        for event in parse(json.dumps(each).encode()):
            turn = event if isinstance(event, Turn) else turn
            lines += told.hear(event)
    return lines, turn


def item(kind, name, **fields):
    return {"type": f"item.{kind}", "item": {"type": name, **fields}}


def test_codex_tells_of_commands_changes_tools_and_words():
    lines, turn = heard(
        codex.parse,
        {"type": "thread.started", "thread_id": "x"},
        item("started", "command_execution", command="/bin/bash -lc 'make test'"),
        item("started", "command_execution", command="make lint"),
        item("completed", "command_execution", command="make test", exit_code=0),
        item("completed", "file_change", changes=[{"kind": "add", "path": "a.py"}, 3]),
        item("started", "mcp_tool_call", server="s", tool="look"),
        item("completed", "agent_message", text="Done."),
        {"type": "turn.completed", "usage": {}},
    )
    assert lines == ["make test", "make lint", "add a.py", "look", "Done."]
    assert turn == Turn(stop="end_turn")


@pytest.mark.parametrize(
    "event",
    [{"type": "turn.failed", "error": {"message": "No."}}, {"type": "error", "message": "No."}],
)
def test_codex_tells_of_its_failure(event):
    assert heard(codex.parse, event) == ([], Turn(trouble="No."))


def test_gemini_tells_of_tools_and_of_words_once_they_are_whole():
    lines, turn = heard(
        gemini.parse,
        {"type": "init", "session_id": "x", "model": "m"},
        {"type": "message", "role": "user", "content": "Do it."},
        {"type": "message", "role": "assistant", "content": "I lo", "delta": True},
        {"type": "message", "role": "assistant", "content": "ok.", "delta": True},
        tool("run_shell_command", command="ls", description="List"),
        tool("read_file", file_path="a.py"),
        tool("todo"),
        {"type": "tool_result", "status": "success"},
        {"type": "result", "status": "success", "stats": {}},
    )
    assert lines == ["I look.", "ls", "read_file a.py", "todo"]
    assert turn == Turn(stop="end_turn")


def tool(name, **given):
    return {"type": "tool_use", "tool_name": name, "parameters": given}


@pytest.mark.parametrize(
    "event",
    [
        {"type": "result", "status": "error", "error": {"message": "No."}},
        {"type": "error", "severity": "error", "message": "No."},
    ],
)
def test_gemini_tells_of_its_failure(event):
    assert heard(gemini.parse, event) == ([], Turn(trouble="No."))


def test_opencode_tells_of_tools_and_words_and_ends_with_a_last_step():
    lines, turn = heard(
        opencode.parse,
        {"type": "step_start", "part": {}},
        part("tool_use", tool="bash", state={"input": {"command": "ls"}, "title": "List"}),
        part("tool_use", tool="read", state={"title": "a.py"}),
        part("tool_use", tool="todo", state={}),
        part("step_finish", reason="tool-calls"),
        part("text", text="Done."),
        part("step_finish", reason="stop"),
    )
    assert lines == ["ls", "read a.py", "todo", "Done."]
    assert turn == Turn(stop="end_turn")


def part(kind, **fields):
    return {"type": kind, "part": fields}


def test_opencode_that_stops_between_steps_has_not_come_to_its_end():
    _, turn = heard(opencode.parse, part("step_finish", reason="tool-calls"))
    assert not turn.went_well


@pytest.mark.parametrize("error", [{"name": "No."}, {"name": "E", "data": {"message": "No."}}])
def test_opencode_tells_of_its_failure(error):
    assert heard(opencode.parse, {"type": "error", "error": error}) == ([], Turn(trouble="No."))


def test_claude_tells_of_tools_and_words():
    content = [
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "name": "Bash", "input": {"command": "ls"}},
        {"type": "tool_use", "name": "Read", "input": {"file_path": "a.py"}},
        {"type": "tool_use", "name": "Grep", "input": {"pattern": "x", "path": "src"}},
        {"type": "tool_use", "name": "Todo", "input": {}},
        {"type": "thinking"},
    ]
    lines, turn = heard(
        claude.parse,
        {"type": "system", "subtype": "init"},
        {"type": "assistant", "message": {"content": content}},
        {"type": "result", "subtype": "success", "is_error": False, "result": "Done."},
    )
    assert lines == ["I look.", "ls", "Read a.py", "Grep src", "Todo"]
    assert turn == Turn(stop="end_turn")


def test_claude_may_call_an_error_a_success():
    event = {"type": "result", "subtype": "success", "is_error": True, "result": "No."}
    assert heard(claude.parse, event) == ([], Turn(trouble="No."))
    event = {"type": "result", "subtype": "error_max_turns", "is_error": True}
    assert heard(claude.parse, event) == ([], Turn(trouble="error_max_turns"))


@pytest.mark.parametrize("parse", ALL)
def test_what_is_an_event_of_another_kind_is_nothing(parse):
    assert heard(parse, {"type": "unknown"}) == ([], Turn())


@pytest.mark.parametrize("parse", ALL)
@pytest.mark.parametrize("line", [b"Warning: no colours", b"[]", b"3", b"{}", b'{"type": 3}'])
def test_what_is_no_event_is_noise(parse, line):
    with pytest.raises(ValueError, match="."):  # noqa: RUF043 - any words
        list(parse(line))


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("No.", "No."),
        ('[API Error: {"error":{"message":"It is \\"over\\".","code":400}}]', 'It is "over".'),
        ('{"message": "\\q"}', '{"message": "\\q"}'),
    ],
)
def test_of_an_error_that_is_passed_on_whole_the_words_are_shown(trouble, words):
    assert said(trouble) == words
