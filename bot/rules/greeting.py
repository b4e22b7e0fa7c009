"""What a client of the Model Context Protocol asks before it calls a tool, and the answers.

They hold for as long as a job does, and nothing is decided by them.  So whoever is nearest may
give them; of a message that is any other than these, only the protocol's own package knows.

https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle
"""

from collections.abc import Mapping, Sequence
from typing import Any

SERVER = "greenroom"
"""The name of the server that has the tools, as agents are told it."""

REVISIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
"""Revisions of the protocol in which all this is said alike, the newest one last."""

HEADERS = ("Mcp-Method", "Mcp-Name")
"""Headers that a request of these revisions does not have."""

NOTHING: Mapping[str, Any] = {}
"""The answer to what wants none."""

Listed = Sequence[Mapping[str, Any]]
"""Tools in the words of the protocol."""

_LARGEST_ID = 2**53  # what every JSON parser reads alike


def answered(message: object, tools: Listed) -> Mapping[str, Any] | None:
    """Answer a client's message.

    Args:
        message: one, as JSON has it.
        tools: what there is for this client.

    Returns:
        The answer; `NOTHING` where none is wanted; None where it is not for us to say.
    """
    match message:
        case {"id": id_} if not _good(id_):
            return None
        case {"jsonrpc": "2.0", "id": id_, "method": str(method), **rest}:
            result = _result(method, rest.get("params", {}), tools)
            return None if result is None else {"jsonrpc": "2.0", "id": id_, "result": result}
        case {"jsonrpc": "2.0", "method": "notifications/initialized", **rest}:
            return NOTHING if _bare(rest.get("params", {})) else None
        case _:
            return None


def speaks(headers: Mapping[str, str]) -> bool:
    """Say whether a request comes from a client of these revisions, that takes JSON.

    Args:
        headers: by name, in lower case.
    """
    revision = headers.get("mcp-protocol-version", REVISIONS[0])
    newer = any(name.lower() in headers for name in HEADERS)
    return revision in REVISIONS and not newer and "application/json" in headers.get("accept", "")


def _result(method: str, params: object, tools: Listed) -> Mapping[str, Any] | None:
    match method, params:
        case "initialize", {
            "protocolVersion": str(revision),
            "capabilities": dict(),
            "clientInfo": {"name": str(), "version": str()},
        }:
            return {
                "capabilities": {"tools": {"listChanged": False}},
                "protocolVersion": revision if revision in REVISIONS else REVISIONS[-1],
                "serverInfo": {"name": SERVER, "version": ""},
            }
        case "ping", _ if _bare(params):
            return {}
        case "tools/list", _ if _bare(params):
            return {"tools": tools}
        case _:
            return None


def _good(id_: object) -> bool:
    return isinstance(id_, str) or (type(id_) is int and abs(id_) < _LARGEST_ID)


def _bare(params: object) -> bool:
    """Say whether there is nothing in it but where to tell of progress, of which there is none."""
    match params:
        case {"_meta": {"progressToken": int() | str(), **more}, **rest}:
            return not more and not rest
        case dict():
            return not params
        case _:
            return False
