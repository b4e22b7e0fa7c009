"""The API about itself.

https://docs.github.com/en/rest/rate-limit/rate-limit
https://docs.github.com/en/rest/meta/meta
"""

from bot.devhub.api.calls import Call, Reply


async def rate_limit(call: Call) -> Reply:
    """Return what is left of the hour; asking costs nothing."""
    window = call.hub.limits.window(call.caller.bucket, call.hub.now())
    limit = call.caller.allowance(call.hub)
    core = {
        "limit": limit,
        "used": min(window.used, limit),
        "remaining": max(0, limit - window.used),
        "reset": int(window.resets_at),
    }
    return Reply(body={"resources": {"core": core, "search": core}, "rate": core})


async def meta(_call: Call) -> Reply:
    """Return a little of what GitHub tells of itself."""
    return Reply(body={"verifiable_password_authentication": False})
