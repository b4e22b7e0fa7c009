"""The door to models as agents meet it, before a provider that a script plays."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import get_args

import aiohttp
from aiohttp import web
from pydantic import SecretStr

from bot.gateway.models import Models
from bot.gateway.upstream import Patience, Upstream
from bot.model.errors import Refused
from bot.model.models import Ask, Provider
from bot.model.money import Micros
from bot.model.settings import Address
from bot.work.spending import Reserved

PATIENCE = Patience(pauses=(0.05,), connect=1.0, silence=1.0, whole=30.0)
KEY = "the-real-key-of-the-provider"

SPENT = "It has reached its budget of $5.00."


class Purse:
    """Money for so many requests.

    Attributes:
        left: how many are paid for; None for all.
        refused: what was said of the others.
    """

    def __init__(self) -> None:
        self.left: int | None = None
        self.refused_words: list[str] = []

    def chosen(self, ask: Ask) -> Ask:
        return ask

    async def reserve(self, _token: SecretStr, ask: Ask) -> Reserved:
        if self.left is not None:
            if self.left == 0:
                raise Refused("budget", SPENT)
            self.left -= 1
        whose = SimpleNamespace(run="run-1")
        return Reserved(call=1, caller=whose, ask=ask, known=None, amount=Micros(0), holds=())

    async def refused(self, _token, _provider, _model, words: str) -> None:
        self.refused_words.append(words)

    async def settle(self, *_: object, **__: object) -> None:
        """Take no notice."""

    async def unanswered(self, *_: object, **__: object) -> None:
        """Take no notice."""


@asynccontextmanager
async def model_door(provider: str, purse: Purse) -> AsyncIterator[str]:
    """Serve the gateway's door to models, with one address behind it for all of them."""
    where = Address(url=provider, key=SecretStr(KEY))
    async with aiohttp.ClientSession() as http:
        upstream = Upstream(http, dict.fromkeys(get_args(Provider), where), PATIENCE)
        app = web.Application(client_max_size=64 << 20)
        app.add_routes(Models(purse, upstream).routes())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            yield f"http://{host}:{port}"
        finally:
            await runner.cleanup()
