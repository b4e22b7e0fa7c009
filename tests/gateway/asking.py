"""A gateway in front of a scripted model, and requests in each dialect."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import aiohttp
from pydantic import SecretStr
from sqlalchemy import select, update
from yarl import URL

from bot.gateway.app import make_app, serve
from bot.gateway.models import Models
from bot.gateway.upstream import Patience, Upstream
from bot.model.clock import Clock
from bot.model.models import Cost
from bot.model.money import micros
from bot.model.settings import Address
from bot.rules.prices import catalogue
from bot.scripted.server import Model
from bot.store.run_row import TERMS
from bot.store.schema import budgets, model_calls, runs
from bot.work.broker import Broker
from bot.work.checkpoints import Checkpoints
from bot.work.spending import Spending
from tests.gateway.stand import NOW, Job, Stand

KEY = "sk-real-and-secret"
PRICES = catalogue(files("bot.rules").joinpath("prices.json").read_text(), "prices.json")
QUICK = Patience(pauses=(0.01, 0.01), connect=2.0, silence=5.0, whole=10.0)
HELLO = [{"role": "user", "content": "Hello"}]
HAIKU = "claude-haiku-4-5"
SAYS = {"turns": [{"say": "Well met.", "usage": {"input": 1000, "output": 100}}]}
"""What costs a tenth and a half of a cent with Haiku."""

ASKED = {
    "anthropic": (
        "v1/messages?beta=true",
        {"model": HAIKU, "max_tokens": 1000, "messages": HELLO},
    ),
    "openai": ("v1/responses", {"model": "gpt-5-mini", "input": HELLO}),
    "compatible": ("v1/chat/completions", {"model": "qwen", "messages": HELLO}),
    "gemini": (
        "v1beta/models/gemini-2.5-flash:generateContent",
        {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]},
    ),
}
"""One request by the way of each provider."""


@dataclass
class Desk:
    """A gateway with a model behind it, and one job."""

    stand: Stand
    job: Job

    async def ask(self, provider: str, path: str = "", body: Any = None, **more: Any) -> "Said":
        """Ask as an agent does; `more` are headers."""
        usual, payload = ASKED[provider]
        data = json.dumps(payload if body is None else body).encode()
        url = URL(f"http://greenroom/models/{provider}/{path or usual}", encoded=True)
        headers = {"Authorization": f"Bearer {self.job.run_token}", "x-api-key": "greenroom"}
        connector = aiohttp.UnixConnector(str(self.stand.socket), force_close=True)
        async with (
            aiohttp.ClientSession(connector=connector) as http,
            http.post(url, data=data, headers=headers | more) as answer,
        ):
            return Said(answer.status, answer.content_type, await answer.text())

    async def calls(self) -> list[Any]:
        async with self.stand.store.read() as tx:
            query = select(model_calls).order_by(model_calls.c.id)
            return list(await tx.execute(query))

    async def reserved(self) -> Mapping[str, int]:
        async with self.stand.store.read() as tx:
            rows = await tx.execute(select(budgets.c.scope, budgets.c.reserved))
            return {scope.partition(":")[0]: reserved for scope, reserved in rows}

    async def may(self, *, turns: int = 200, **dollars: str) -> None:
        """Say how often the job may ask, and what its run and repository may cost."""
        cost = Cost(**{name: micros(amount) for name, amount in dollars.items()})
        async with self.stand.store.begin() as tx:
            found = (await tx.execute(select(runs.c.terms))).scalar_one()
            terms = TERMS.validate_python(found)
            terms = replace(terms, cost=cost, agent=replace(terms.agent, turns=turns))
            await tx.execute(update(runs).values(terms=TERMS.dump_python(terms, mode="json")))


@dataclass(frozen=True)
class Said:
    status: int
    kind: str
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def addresses(url: str) -> dict[str, Address]:
    key = SecretStr(KEY)
    versioned = {each: Address(url=f"{url}/v1", key=key) for each in ("openai", "compatible")}
    return versioned | {each: Address(url=url, key=key) for each in ("anthropic", "gemini")}


@asynccontextmanager
async def desk(
    stand: Stand, model: Model | str, patience: Patience = QUICK, **given: Any
) -> AsyncIterator[Desk]:
    """Open a gateway whose providers are all at one address, with a job that may ask it."""
    url = model if isinstance(model, str) else model.address
    clock = Clock(lambda: NOW)
    async with aiohttp.ClientSession() as http:
        spending = Spending(stand.store, clock, given.get("prices", PRICES))
        models = Models(spending, Upstream(http, given.get("providers", addresses(url)), patience))
        app = make_app(
            Broker(stand.store, clock, stand.token),
            Checkpoints(stand.store, stand.blobs, clock),
            stand.mirrors,
            stand.quarantines,
            models,
        )
        async with serve(app, stand.folder):
            yield Desk(stand, await stand.live())
