"""The process that jobs talk to.  It holds neither the app's key nor the webhook secret."""

from bot.blobs.blobs import open_blobs
from bot.gateway.app import make_app, serve
from bot.model.settings import Settings
from bot.wiring.base import clock_of, open_checked, token
from bot.work.broker import Broker
from bot.work.checkpoints import Checkpoints, drop_in_time
from bot.workspace.mirror import Mirrors
from bot.workspace.quarantine import Quarantines


async def run(settings: Settings) -> None:
    """Answer jobs until cancelled, and drop what jobs long over have left."""
    mirrors = Mirrors(settings.home / "mirrors")
    quarantines = Quarantines(settings.home / "quarantine")
    clock, blobs = clock_of(settings), open_blobs(settings.blobs)
    async with open_checked(settings) as store:
        broker, checkpoints = Broker(store, clock, token), Checkpoints(store, blobs, clock)
        app = make_app(broker, checkpoints, mirrors, quarantines)
        async with serve(app, settings.home / "gateway"):
            await drop_in_time(store, blobs, clock)
