import json

import pytest

from bot.agents import claude, codex, gemini, opencode
from bot.agents.events import (
    Entry,
    Plan,
    Thought,
    ToolCall,
    ToolCallUpdate,
    Turn,
    Usage,
)
from bot.agents.lines import Lines

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
        item("started", "command_execution", command="sh -c 'broken"),
        item("completed", "command_execution", command="make test", exit_code=0),
        item("completed", "file_change", changes=[{"kind": "add", "path": "a.py"}, 3]),
        item("started", "mcp_tool_call", server="s", tool="look"),
        item("completed", "agent_message", text="Done."),
        {"type": "turn.completed", "usage": {}},
    )
    assert lines == ["make test", "make lint", "sh -c 'broken", "add a.py", "look", "Done."]
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


def test_of_what_claude_is_told_only_the_results_count():
    content = [
        {"type": "text", "text": "Do it."},
        {"type": "tool_use", "name": "Bash", "input": {"command": "ls"}},
        {"type": "tool_result", "tool_use_id": "1", "is_error": True},
        {"type": "tool_result", "tool_use_id": 2},
        "Do it.",
    ]
    assert told(claude.parse, {"type": "user", "message": {"content": content}}) == [
        ToolCallUpdate(id="1", status="failed"),
        ToolCallUpdate(id="", status="completed"),
    ]


def test_claude_may_call_an_error_a_success():
    event = {"type": "result", "subtype": "success", "is_error": True, "result": "No."}
    assert heard(claude.parse, event) == ([], Turn(trouble="No."))
    event = {"type": "result", "subtype": "error_max_turns", "is_error": True}
    assert heard(claude.parse, event) == ([], Turn(trouble="error_max_turns"))


def told(parse, said):
    return [*parse(json.dumps(said).encode())]


@pytest.mark.parametrize(
    ("parse", "event"),
    [
        (claude.parse, {"type": "assistant", "message": {"content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "x"}]}}),
        (codex.parse, item("completed", "reasoning", text="Hm.")),
        (opencode.parse, part("reasoning", text="Hm.")),
    ],
)  # fmt: skip
def test_thoughts_are_known_as_such(parse, event):
    assert told(parse, event) == [Thought(text="Hm.")]
    assert heard(parse, event) == ([], Turn())


@pytest.mark.parametrize("status", ["failed", "declined"])
def test_codex_tells_of_each_change_that_was_not_made(status):
    changes = [{"kind": "add", "path": "a.py"}, {"kind": "update", "path": "b.py"}]
    lines, _ = heard(codex.parse, item("completed", "file_change", changes=changes, status=status))
    assert lines == ["add a.py", "add a.py: failed", "update b.py", "update b.py: failed"]


def test_codex_tells_of_a_tool_as_it_is_called_and_where_it_has_failed():
    lines, _ = heard(
        codex.parse,
        item("started", "mcp_tool_call", id="1", server="s", tool="look"),
        item("started", "mcp_tool_call", id="2", server="s", tool="ask"),
        item("completed", "mcp_tool_call", id="1", server="s", tool="look", status="failed"),
        item("completed", "mcp_tool_call", id="2", server="s", tool="ask", status="completed"),
    )
    assert lines == ["look", "ask", "look: failed"]


def test_codex_is_at_the_first_thing_to_do_that_is_not_done():
    entries = [
        {"text": "Look", "completed": True},
        {"text": "Write", "completed": False},
        {"text": "Try", "completed": False},
        3,
    ]
    (plan,) = told(codex.parse, item("updated", "todo_list", items=entries))
    assert plan == Plan(
        entries=(
            Entry(content="Look", status="completed"),
            Entry(content="Write", status="in_progress"),
            Entry(content="Try", status="pending"),
        )
    )
    assert told(codex.parse, item("started", "todo_list", items=entries)) == [plan]


def test_opencode_tells_of_a_call_when_it_is_over():
    state = {"status": "error", "input": {"filePath": "a.py"}, "error": "There is none."}
    assert told(opencode.parse, part("tool_use", tool="read", callID="1", state=state)) == [
        ToolCall(id="1", title="read a.py"),
        ToolCallUpdate(id="1", status="failed"),
    ]


@pytest.mark.parametrize(
    ("parse", "event", "tokens"),
    [
        (claude.parse, {"type": "result", "usage": {"input_tokens": 3, "output_tokens": 4}}, [7]),
        (codex.parse, {"type": "turn.completed", "usage": {"input_tokens": 3}}, []),
        (gemini.parse, {"type": "result", "stats": {"total_tokens": "many"}}, []),
        (gemini.parse, {"type": "result", "stats": {"total_tokens": 7}}, [7]),
        (opencode.parse, part("step_finish", reason="stop", tokens={"total": 7}), [7]),
        (opencode.parse, part("step_finish", reason="stop", tokens=None), []),
    ],
)
def test_tokens_are_known_where_they_are_numbers(parse, event, tokens):
    assert [each.tokens for each in told(parse, event) if isinstance(each, Usage)] == tokens


@pytest.mark.parametrize("parse", ALL)
def test_what_is_an_event_of_another_kind_is_nothing(parse):
    assert heard(parse, {"type": "unknown"}) == ([], Turn())


@pytest.mark.parametrize("parse", ALL)
@pytest.mark.parametrize("line", [b"Warning: no colours", b"[]", b"3", b"{}", b'{"type": 3}'])
def test_what_is_no_event_is_noise(parse, line):
    with pytest.raises(ValueError, match="."):  # noqa: RUF043 - any words
        list(parse(line))
