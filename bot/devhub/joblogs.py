"""Where logs lie: text at an address that is its own key, as in GitHub's store of blobs."""

from aiohttp import web

from bot.devhub.hub import Hub


async def serve(hub: Hub, request: web.Request) -> web.StreamResponse:
    """Send a log; an address that is too old, or was never given, is 404.

    The store knows no tokens of GitHub's: one that is sent along is refused, as the real
    one refuses it, since a client that follows a redirect with its token gives it away.
    """
    if "Authorization" in request.headers:
        words = "Authentication information is not given in the correct format.\n"
        return web.Response(status=400, text=words)
    log = hub.workflows.borrowed(request.match_info["secret"], hub.now())
    if log is None:
        return web.Response(status=404, text="The specified resource does not exist.\n")
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    response.content_length = len(log.text) * log.times
    await response.prepare(request)
    for chunk in log.chunks():
        await response.write(chunk)
    await response.write_eof()
    return response
