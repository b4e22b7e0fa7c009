"""The process that takes deliveries in."""

import asyncio

import structlog

from bot.model.settings import Settings
from bot.store.intake import Intake
from bot.web.app import make_app, serve
from bot.wiring.base import clock_of, open_checked


async def run(settings: Settings) -> None:
    """Take deliveries in until cancelled."""
    async with open_checked(settings) as store, asyncio.TaskGroup() as group:
        intake = Intake(store)
        group.create_task(intake.run())
        app = make_app(settings.webhook_secrets, intake, store, clock_of(settings))
        async with serve(app, settings.host, settings.port) as port:
            structlog.get_logger().info("web.listening", host=settings.host, port=port)
            await asyncio.Event().wait()
