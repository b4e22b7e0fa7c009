"""An action becomes a call of one of the tools that the request offers.

Every agent names its tools and their parameters in its own way, so that they are found by the
names that are known, and else by the shape of their parameters.  Where no tool writes or edits
files, a command does it.
"""

import posixpath
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

from bot.model.errors import Refused
from bot.scripted.script import Action, Change, Edit, Named, NewFile, Read, Run, Use, Write

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "command": ("command", "cmd", "script"),
    "path": ("path", "file_path", "filePath", "absolute_path", "filename", "file"),
    "text": ("content", "contents", "text", "file_text"),
    "old": ("old_string", "oldString", "old_str", "old_text", "oldText", "old"),
    "new": ("new_string", "newString", "new_str", "new_text", "newText", "new"),
}
"""Names that a parameter goes by."""

SHELLS = ("Bash", "bash", "exec_command", "shell_command", "shell", "run_shell_command")

TOOLS: Mapping[frozenset[str], tuple[str, ...]] = {
    frozenset({"command"}): SHELLS,
    frozenset({"path"}): ("Read", "read", "read_file"),
    frozenset({"path", "text"}): ("Write", "write", "write_file"),
    frozenset({"path", "old", "new"}): ("Edit", "edit", "replace"),
}
"""Names that a tool goes by, by what it is given."""

PATCH = "apply_patch"
"""The tool by which Codex changes files."""

WORDS = ("bash", "-lc")
"""What runs a command where a tool takes a list of words."""

FILLED = "as scripted"
"""Said for a text that a tool must have, and that a script does not know of."""

REPLACE = """\
import pathlib, sys
path, old, new = sys.argv[1:]
text = pathlib.Path(path).read_text()
if text.count(old) != 1:
    sys.exit("what is to be replaced does not stand there once")
pathlib.Path(path).write_text(text.replace(old, new))
"""
"""Edits a file where only commands can."""

LEAST: Mapping[str, Any] = {
    "string": FILLED,
    "integer": 0,
    "number": 0,
    "boolean": False,
    "array": [],
    "null": None,
}
"""The small value of each type of JSON Schema that has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool that a request offers.

    Attributes:
        schema: JSON Schema of its arguments.
        freeform: it takes one text in place of arguments.
        namespace: the group that it belongs to; empty for none.
    """

    name: str
    schema: Mapping[str, Any] = field(default_factory=dict)
    freeform: bool = False
    namespace: str = ""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return the schema of each argument."""
        found: Mapping[str, Any] = self.schema.get("properties") or {}
        return found

    @property
    def required(self) -> Sequence[str]:
        """Return the arguments that it must have."""
        found: Sequence[str] = self.schema.get("required") or ()
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of a tool; the arguments of a free-form tool are one text."""

    tool: str
    arguments: Mapping[str, Any] | str
    namespace: str = ""


def call(action: Action, tools: Sequence[Tool]) -> Call:
    """Return the call that does what a script says.

    Raises:
        Refused: no tool that is offered can.
    """
    match action:
        case Run():
            found = _call({"command": action.run}, tools)
        case Read():
            found = _read(action.read, tools)
        case Write():
            found = _write(action.write, tools)
        case Edit():
            found = _edit(action.edit, tools)
        case Use():
            found = _named(action.use, tools)
        case _:
            assert_never(action)
    if found is None:
        names = ", ".join(tool.name for tool in tools) or "none"
        raise Refused("tool", f"No tool does {action}; these are offered: {names}.")
    return found


def least(schema: Mapping[str, Any]) -> Any:
    """Return a small value of a JSON Schema without references."""
    for choices in (schema.get("enum"), [schema["const"]] if "const" in schema else None):
        if choices:
            return choices[0]
    for several in (schema.get("anyOf"), schema.get("oneOf")):
        if several:
            return least(several[0])
    kind = schema.get("type", "string")
    kind = str(kind[0] if isinstance(kind, list) else kind).lower()  # Gemini's are in capitals
    if kind != "object":
        return LEAST.get(kind)
    inner = schema.get("properties") or {}
    return {name: least(inner.get(name) or {}) for name in schema.get("required") or ()}


def _read(path: str, tools: Sequence[Tool]) -> Call | None:
    command = shlex.join(("cat", path))
    return _call({"path": path}, tools) or _call({"command": command}, tools)


def _write(file: NewFile, tools: Sequence[Tool]) -> Call | None:
    folder = posixpath.dirname(file.path)
    command = f"printf %s {shlex.quote(file.text)} > {shlex.quote(file.path)}"
    if folder:
        command = f"mkdir -p {shlex.quote(folder)} && {command}"
    return (
        _call({"path": file.path, "text": file.text}, tools)
        or _patch(f"Add File: {file.path}", _lines("+", file.text), tools)
        or _call({"command": command}, tools)
    )


def _edit(change: Change, tools: Sequence[Tool]) -> Call | None:
    command = shlex.join(("python3", "-c", REPLACE, change.path, change.old, change.new))
    hunk = ["@@", *_lines("-", change.old), *_lines("+", change.new)]
    return (
        _call({"path": change.path, "old": change.old, "new": change.new}, tools)
        or _patch(f"Update File: {change.path}", hunk, tools)
        or _call({"command": command}, tools)
    )


def _named(named: Named, tools: Sequence[Tool]) -> Call | None:
    for fits in (str.__eq__, str.endswith):
        for tool in tools:
            if fits(tool.name, named.tool):
                return Call(tool=tool.name, arguments=named.arguments, namespace=tool.namespace)
    return None


def _patch(head: str, lines: Sequence[str], tools: Sequence[Tool]) -> Call | None:
    """Write a change in the words of Codex' tool, where that is offered."""
    text = "\n".join(("*** Begin Patch", f"*** {head}", *lines, "*** End Patch"))
    for tool in tools:
        if tool.name == PATCH:
            return Call(tool=PATCH, arguments=text if tool.freeform else {"input": text})
    return None


def _lines(mark: str, text: str) -> list[str]:
    """Mark each line of a text; one without any text has none."""
    return [f"{mark}{line}" for line in text.removesuffix("\n").split("\n")] if text else []


def _call(given: Mapping[str, str], tools: Sequence[Tool]) -> Call | None:
    """Call the tool that takes what is given: one of a known name, else one of that shape."""
    known = TOOLS[frozenset(given)]
    fitting = [tool for tool in tools if not tool.freeform and _takes(tool, given)]
    by_name = [tool for tool in fitting if tool.name in known]
    by_shape = [
        tool for tool in fitting if given.keys() != {"path"} and _wants_no_more(tool, given)
    ]
    for tool in (*by_name, *by_shape):
        return Call(tool=tool.name, arguments=_arguments(tool, given))
    return None


def _takes(tool: Tool, given: Mapping[str, str]) -> bool:
    return all(_parameter(tool, role) for role in given)


def _wants_no_more(tool: Tool, given: Mapping[str, str]) -> bool:
    """Whether all that a tool must have is given; a sub-agent's tool may take a command too."""
    return set(tool.required) <= {_parameter(tool, role) for role in given}


def _parameter(tool: Tool, role: str) -> str | None:
    return next((name for name in PARAMETERS[role] if name in tool.parameters), None)


def _arguments(tool: Tool, given: Mapping[str, str]) -> Mapping[str, Any]:
    """Give a tool what it must have: what is given under its own names, and something else."""
    values: dict[str, Any] = {}
    for role, value in given.items():
        name = _parameter(tool, role) or role
        as_list = str(tool.parameters[name].get("type", "")).lower() == "array"
        values[name] = [*WORDS, value] if as_list else value
    return {name: least(tool.parameters.get(name) or {}) for name in tool.required} | values
