"""The process that jobs talk to.  It holds neither the app's key nor the webhook secret."""

import asyncio
import secrets
from importlib.resources import files

import aiohttp

from bot.blobs.blobs import open_blobs
from bot.gateway.app import make_app, serve
from bot.gateway.bases import Bases
from bot.gateway.egress import Egress
from bot.gateway.layers import Layers
from bot.gateway.models import Models
from bot.gateway.resolving import Internet
from bot.gateway.upstream import Patience, Upstream
from bot.gateway.validations import Validations
from bot.images.bases import Bases as Lender
from bot.model.clock import Clock
from bot.model.errors import Misconfigured
from bot.model.ids import ValidationId, run_id
from bot.model.settings import Settings
from bot.rules.prices import Catalogue, catalogue, over
from bot.wiring.base import clock_of, open_checked, token
from bot.wiring.images import open_images
from bot.work.bases import Bases as Lent
from bot.work.broker import Broker
from bot.work.checkpoints import Checkpoints, drop_in_time
from bot.work.egress import Reaching
from bot.work.layers import Layers as Kept
from bot.work.spending import Spending
from bot.work.validator import Validator
from bot.work.verdicts import Verdicts
from bot.workspace.mirror import Mirrors
from bot.workspace.quarantine import Quarantines


async def run(settings: Settings) -> None:
    """Answer jobs until cancelled, and drop what jobs long over have left."""
    mirrors = Mirrors(settings.home / "mirrors")
    quarantines = Quarantines(settings.home / "quarantine")
    clock, blobs = clock_of(settings), open_blobs(settings.blobs)
    prices = catalogue_of(settings)
    async with (
        open_checked(settings) as store,
        _http() as http,
        open_images(settings, clock) as images,
    ):
        broker, checkpoints = Broker(store, clock, token), Checkpoints(store, blobs, clock)
        models = Models(
            Spending(store, clock, prices), Upstream(http, settings.providers, Patience())
        )
        validations = Validations(
            Validator(store, clock, lambda: _validation(clock)),
            Verdicts(store, blobs, clock, token),
            Layers(Kept(store, blobs), settings.home / "arriving"),
            Bases(Lent(store, Lender(images))),
        )
        app = make_app(broker, checkpoints, mirrors, quarantines, models, validations)
        egress = Egress(Reaching(store, clock), Internet())
        async with serve(app, settings.home / "gateway"), asyncio.TaskGroup() as group:
            group.create_task(egress.serve(settings.home / "gateway"))
            await drop_in_time(store, blobs, clock)


def _validation(clock: Clock) -> ValidationId:
    return ValidationId(run_id(clock.now(), secrets.randbits(80)))


def _http() -> aiohttp.ClientSession:
    """Make the way to providers: as many streams as there are, and nothing kept from answers."""
    connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


def catalogue_of(settings: Settings) -> Catalogue:
    """Return which models may be used and what they cost: the operator's word over ours.

    Raises:
        Misconfigured: the operator's file is not there, or is none.
    """
    ours = catalogue(files("bot.rules").joinpath("prices.json").read_text(), "prices.json")
    if settings.models is None:
        return ours
    try:
        text = settings.models.read_text()
    except (OSError, ValueError):
        words = f"GREENROOM_MODELS is wrong: {settings.models} cannot be read."
        raise Misconfigured(words) from None
    return over(ours, catalogue(text, "GREENROOM_MODELS"))
