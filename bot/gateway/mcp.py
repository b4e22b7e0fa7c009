"""The Model Context Protocol, one request at a time.

Nothing outlives a request: there is no session and no stream, and each has a server of its
own that knows one job.  What the protocol is, its own package knows; it is imported when the
first agent is about to come, as it takes most of a second and 60 MB.

https://modelcontextprotocol.io/specification/2025-06-18/basic/transports#streamable-http
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from aiohttp import web
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
)

from bot.gateway.bodies import LARGEST
from bot.rules import agenttools
from bot.rules.agenttools import Said
from bot.rules.greeting import SERVER

Call = Callable[[str, Mapping[str, Any]], Awaitable[Said]]
"""Does what a tool is for: its name, its arguments, as the agent sent them."""

KEPT = ("Content-Type", "Accept", "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name")
"""What of a request's head is the protocol's."""

Message = MutableMapping[str, Any]


async def exchange(
    request: web.Request, body: bytes, tools: Sequence[agenttools.Tool], call: Call
) -> web.Response:
    """Answer one message of a client.

    Args:
        request: what it came with.
        body: the message.
        tools: what there is for this client.
        call: called for each call of a tool, of whatever name.
    """
    manager = StreamableHTTPSessionManager(
        _server(tools, call), json_response=True, stateless=True, max_request_body_size=LARGEST
    )
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    async with manager.run():
        await manager.handle_request(_scope(request), receive, send)
    return _response(said)


def _server(tools: Sequence[agenttools.Tool], call: Call) -> Server[Any]:
    async def list_tools(_: Any, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_tool(each) for each in tools])

    async def call_tool(_: Any, params: CallToolRequestParams) -> CallToolResult:
        said = await call(params.name, params.arguments or {})
        text = TextContent(type="text", text=said.text)
        return CallToolResult(content=[text], is_error=said.refused)

    return Server(SERVER, on_list_tools=list_tools, on_call_tool=call_tool)


def _tool(tool: agenttools.Tool) -> Tool:
    return Tool(name=tool.name, description=tool.description, input_schema=dict(tool.schema))


def _scope(request: web.Request) -> Message:
    """Say of a request what the protocol's own server, which knows no aiohttp, asks for."""
    head = ((name, request.headers[name]) for name in KEPT if name in request.headers)
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path,
        "query_string": b"",
        "headers": [
            (name.lower().encode(), value.encode(errors="surrogateescape")) for name, value in head
        ],
    }


def _response(said: Sequence[Message]) -> web.Response:
    start, *rest = said
    body = b"".join(each.get("body", b"") for each in rest)
    kind = dict(start["headers"]).get(b"content-type")
    headers = {"Content-Type": kind.decode()} if body and kind else {}
    return web.Response(status=start["status"], body=body, headers=headers)
