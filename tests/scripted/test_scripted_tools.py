import subprocess

import pytest

from bot.model.errors import Refused
from bot.scripted.script import as_script
from bot.scripted.tools import Tool, call, least
from tests.scripted.agents import CLAUDE, CODEX, GEMINI, OPENCODE, schema


def offered(tools):
    return [Tool(name=name, schema=each) for name, each in tools.items()]


def action(**written):
    (turn,) = as_script({"turns": [{"do": [written]}]}).turns
    return turn.do[0]


WRITE = action(write={"path": "src/a.py", "text": "one\n\ntwo\n"})
EDIT = action(edit={"path": "src/a.py", "old": "one\n", "new": "uno\ndue\n"})
PATCHES = [*offered(CODEX), Tool(name="apply_patch", freeform=True)]


@pytest.mark.parametrize(
    ("tools", "name", "path", "text"),
    [
        (CLAUDE, "Write", "file_path", "content"),
        (OPENCODE, "write", "filePath", "content"),
        (GEMINI, "write_file", "file_path", "content"),
    ],
)
def test_a_file_is_written_by_the_tool_for_it(tools, name, path, text):
    found = call(WRITE, offered(tools))
    assert (found.tool, found.arguments) == (name, {path: "src/a.py", text: "one\n\ntwo\n"})


@pytest.mark.parametrize(
    ("tools", "name", "names"),
    [
        (CLAUDE, "Edit", ("file_path", "old_string", "new_string")),
        (OPENCODE, "edit", ("filePath", "oldString", "newString")),
        (GEMINI, "replace", ("file_path", "old_string", "new_string")),
    ],
)
def test_a_file_is_edited_by_the_tool_for_it(tools, name, names):
    found = call(EDIT, offered(tools))
    given = dict(zip(names, ("src/a.py", "one\n", "uno\ndue\n"), strict=True))
    assert (found.tool, found.arguments) == (
        name,
        given | ({"instruction": "as scripted"} if name == "replace" else {}),
    )


def test_codex_changes_files_by_a_patch():
    assert call(WRITE, PATCHES).arguments == (
        "*** Begin Patch\n*** Add File: src/a.py\n+one\n+\n+two\n*** End Patch"
    )
    assert call(EDIT, PATCHES).arguments == (
        "*** Begin Patch\n*** Update File: src/a.py\n@@\n-one\n+uno\n+due\n*** End Patch"
    )


def test_a_patch_may_also_be_a_plain_argument():
    tools = [Tool(name="apply_patch", schema=schema("input", input="string"))]
    found = call(EDIT, tools)
    assert found.arguments["input"].startswith("*** Begin Patch")


def test_a_part_of_a_file_may_be_taken_out_by_a_patch():
    found = call(action(edit={"path": "a.py", "old": "one", "new": ""}), PATCHES)
    assert found.arguments.split("\n")[1:-1] == ["*** Update File: a.py", "@@", "-one"]


def test_what_a_tool_must_have_is_filled_in():
    shape = {"properties": {"command": {}, "tries": {"type": "integer"}}, "required": ["tries"]}
    found = call(action(run="ls"), [Tool(name="bash", schema=shape)])
    assert found.arguments == {"tries": 0, "command": "ls"}


def test_where_only_commands_can_be_run_a_command_writes_and_edits(tmp_path):
    tools = [Tool(name="exec", schema=schema("cmd", cmd="string"))]
    for each in (WRITE, EDIT):
        command = call(each, tools).arguments["cmd"]
        subprocess.run(command, shell=True, cwd=tmp_path, check=True)
    assert (tmp_path / "src/a.py").read_text() == "uno\ndue\n\ntwo\n"


def test_a_command_is_a_list_of_words_where_the_tool_takes_one():
    found = call(action(run="ls -a"), [Tool(name="shell", schema=schema(command="array"))])
    assert found.arguments == {"command": ["bash", "-lc", "ls -a"]}


def test_a_tool_that_must_have_more_is_not_taken_for_its_shape():
    with pytest.raises(Refused, match="these are offered: task"):
        call(action(run="ls"), offered({"task": OPENCODE["task"]}))


def test_a_tool_is_found_by_the_end_of_its_name():
    tools = offered({"mcp__greenroom__ask_human": schema(), "ask": schema()})
    used = action(use={"tool": "ask_human", "with": {"question": "Blue?"}})
    assert call(used, tools).tool == "mcp__greenroom__ask_human"
    assert call(action(use={"tool": "ask"}), tools).tool == "ask"


def test_where_no_tool_is_offered_nothing_can_be_done():
    with pytest.raises(Refused, match="these are offered: none"):
        call(action(use={"tool": "ask"}), [])


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        ({"type": "string"}, "as scripted"),
        ({"type": "INTEGER"}, 0),
        ({"type": ["boolean", "null"]}, False),
        ({"type": "array", "items": {"type": "string"}}, []),
        ({"const": 7}, 7),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, None),
        (schema("a", a="string", b="number"), {"a": "as scripted"}),
        ({}, "as scripted"),
    ],
)
def test_a_value_is_made_for_what_a_script_does_not_know_of(shape, value):
    assert least(shape) == value


def test_a_tool_of_a_group_is_called_by_its_own_name_in_that_group():
    tools = [Tool(name="step", namespace="mcp__greenroom")]
    found = call(action(use={"tool": "step", "with": {"text": "Looking"}}), tools)
    assert (found.tool, found.namespace) == ("step", "mcp__greenroom")
