"""The process that takes deliveries in."""

import asyncio
import gc
import sys
from typing import TextIO, cast

import structlog

from bot.model.settings import Settings
from bot.store.intake import Intake
from bot.web.app import make_app, serve
from bot.web.lines import Lines
from bot.wiring.base import clock_of, configure_logs, open_checked


async def run(settings: Settings) -> None:
    """Take deliveries in until cancelled."""
    configure_logs(cast("TextIO", Lines(sys.stderr)))  # it has what structlog calls
    async with open_checked(settings) as store, asyncio.TaskGroup() as group:
        intake = Intake(store)
        group.create_task(intake.run())
        app = make_app(settings.webhook_secrets, intake, store, clock_of(settings))
        async with serve(app, settings.host, settings.port) as port:
            structlog.get_logger().info("web.listening", host=settings.host, port=port)
            _spare_the_collector()
            await asyncio.Event().wait()


def _spare_the_collector() -> None:
    """Leave what lives as long as the process out of every collection, and collect less often.

    A delivery makes no cycles; at the default thresholds looking for them took a tenth of
    the time of one.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
