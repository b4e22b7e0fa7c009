"""How four agents ask, as far as a model looks at it: taken from requests of the real ones."""

from typing import Any


def schema(*required: str, **parameters: str) -> dict[str, Any]:
    kinds = {name: {"type": kind} for name, kind in parameters.items()}
    return {"type": "object", "properties": kinds, "required": list(required)}


CLAUDE = {
    "Task": schema("description", "prompt", description="string", prompt="string"),
    "Bash": schema("command", command="string", description="string", timeout="number"),
    "Read": schema("file_path", file_path="string", offset="number"),
    "Edit": schema(
        *("file_path", "old_string", "new_string"),
        **dict.fromkeys(("file_path", "old_string", "new_string"), "string"),
        replace_all="boolean",
    ),
    "Write": schema("file_path", "content", file_path="string", content="string"),
}
OPENCODE = {
    "bash": schema("command", command="string", timeout="integer", workdir="string"),
    "edit": schema(
        *("filePath", "oldString", "newString"),
        **dict.fromkeys(("filePath", "oldString", "newString"), "string"),
    ),
    "read": schema("filePath", filePath="string", offset="integer"),
    "task": schema("description", "prompt", prompt="string", command="string"),
    "write": schema("content", "filePath", content="string", filePath="string"),
}
GEMINI = {
    "read_file": schema("file_path", file_path="string", start_line="integer"),
    "replace": schema(
        *("file_path", "instruction", "old_string", "new_string"),
        **dict.fromkeys(("file_path", "instruction", "old_string", "new_string"), "string"),
    ),
    "write_file": schema("file_path", "content", file_path="string", content="string"),
    "run_shell_command": schema("command", command="string", is_background="boolean"),
}
CODEX = {
    "exec_command": schema("cmd", cmd="string", login="boolean", workdir="string"),
    "write_stdin": schema("session_id", session_id="number", chars="string"),
    "view_image": schema("path", path="string"),
}

Conversation = list[tuple[str, str]]
"""Who speaks, `user`, `model` or `system`, and what."""


def claude(conversation: Conversation, tools: Any = CLAUDE, *, stream: bool = True) -> Any:
    roles = {"user": "user", "model": "assistant"}
    said = [{"role": roles[who], "content": text} for who, text in conversation if who in roles]
    body = {
        "model": "claude-test",
        "max_tokens": 100,
        "stream": stream,
        "system": [
            {"type": "text", "text": text} for who, text in conversation if who == "system"
        ],
        "messages": said,
        "tools": [{"name": name, "input_schema": each} for name, each in tools.items()],
    }
    return "/v1/messages?beta=true", body


def opencode(conversation: Conversation, tools: Any = OPENCODE, *, stream: bool = True) -> Any:
    roles = {"user": "user", "model": "assistant", "system": "system"}
    functions = [{"name": name, "parameters": each} for name, each in tools.items()]
    body = {
        "model": "gpt-test",
        "stream": stream,
        "stream_options": {"include_usage": True},
        "messages": [{"role": roles[who], "content": text} for who, text in conversation],
        "tools": [{"type": "function", "function": each} for each in functions],
    }
    return "/v1/chat/completions", body


def codex(conversation: Conversation, tools: Any = CODEX, *, stream: bool = True) -> Any:
    roles = {"user": ("user", "input_text"), "model": ("assistant", "output_text")}
    items = [
        {
            "type": "message",
            "role": roles[who][0],
            "content": [{"type": roles[who][1], "text": text}],
        }
        for who, text in conversation
        if who in roles
    ]
    named = [
        {"type": "function", "name": name, "parameters": each} for name, each in tools.items()
    ]
    patch = {"type": "custom", "name": "apply_patch", "format": {"type": "grammar"}}
    body = {
        "model": "gpt-test",
        "stream": stream,
        "instructions": "".join(text for who, text in conversation if who == "system"),
        "input": items,
        "tools": [*named, patch, {"type": "web_search"}] if tools else [],
    }
    return "/v1/responses", body


def gemini(conversation: Conversation, tools: Any = GEMINI, *, stream: bool = True) -> Any:
    told = [{"name": name, "parametersJsonSchema": each} for name, each in tools.items()]
    body = {
        "systemInstruction": {
            "parts": [{"text": t} for who, t in conversation if who == "system"]
        },
        "contents": [
            {"role": who, "parts": [{"text": text}]}
            for who, text in conversation
            if who != "system"
        ],
        "tools": [{"functionDeclarations": told}],
    }
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return f"/v1beta/models/gemini-test:{verb}", body


AGENTS = {each.__name__: each for each in (claude, codex, gemini, opencode)}
