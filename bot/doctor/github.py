"""The app on GitHub: who it is, and whether it may do and hears what this version needs."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.clocks import system_clock
from bot.doctor.findings import Finding, foreign
from bot.github.auth import AppAccess, AppKey
from bot.github.calls import Caller, Wire
from bot.github.permissions import Operation, lacking, spelled, union
from bot.model.errors import Misconfigured, Refused, Unavailable
from bot.model.readers import ALWAYS_SENT, EVENTS
from bot.model.settings import Settings

PATIENCE = 20.0
"""Seconds for GitHub to answer."""

APP = "the app on GitHub"


async def app_findings(settings: Settings) -> list[Finding]:
    """Ask GitHub who the app is, with the key that the settings give."""
    try:
        key = AppKey.load(_pem(settings))
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as http:
            clock = system_clock(settings.clock)
            wire = Wire(http, settings.api_url, clock, asyncio.sleep)
            app = await Caller(wire, AppAccess(settings.app_id, key, clock), {}).get(Operation.APP)
    except (Misconfigured, OSError, UnicodeError) as problem:
        remedy = "Give the key that GitHub made for the app, as it made it"
        return [Finding(where="GITHUB_PRIVATE_KEY", what=foreign(str(problem)), remedy=remedy)]
    except Refused as problem:
        remedy = "See that GITHUB_APP_ID and the key are of one app, and that the clock is right"
        what = f"GitHub says: {foreign(problem.words)}"
        return [Finding(where=APP, what=what, remedy=remedy)]
    except (Unavailable, TimeoutError) as problem:
        what = f"{settings.api_url} does not answer ({foreign(str(problem))})"
        remedy = "See that GITHUB_API_URL is right and can be reached from here"
        return [Finding(where=APP, what=what, remedy=remedy)]
    return list(identity_findings(app, settings.server_url))


def identity_findings(app: Mapping[str, Any], server: str) -> Iterator[Finding]:
    """Compare what GitHub says of the app with what `app.yml` asks for."""
    page = f"{server}/settings/apps/{app['slug']}/permissions, or its organization's"
    yield Finding(where=APP, what=f"{app['slug']}, number {app['id']}")
    if less := lacking(union(), app["permissions"]):
        remedy = f"Grant them at {page}"
        yield Finding(where=APP, what=f"it does not ask for {spelled(less)}", remedy=remedy)
    if deaf := EVENTS - ALWAYS_SENT - set(app["events"]):
        what = f"it is not told of {', '.join(sorted(deaf))}"
        yield Finding(where=APP, what=what, remedy=f"Subscribe to them at {page}")


def _pem(settings: Settings) -> SecretStr:
    if settings.private_key is not None or settings.private_key_file is None:
        return settings.private_key or SecretStr("")
    return SecretStr(settings.private_key_file.read_text(encoding="ascii"))
