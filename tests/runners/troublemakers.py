"""Runners that are no help, for tests of those who ask them."""

# ruff: noqa: ARG002 - not to look at what they are asked is what makes them trouble

from collections.abc import Collection
from dataclasses import dataclass

from bot.model.ids import JobName
from bot.runners.base import Launch, Runner, Standing, Unknown


@dataclass
class Liar:
    """Does what it is told, and answers what a test says instead of the truth."""

    honest: Runner
    says: Standing

    async def launch(self, launch: Launch) -> None:
        await self.honest.launch(launch)

    async def poll(self, job: JobName) -> Standing:
        return self.says

    async def stop(self, job: JobName, *, kill: bool) -> None:
        await self.honest.stop(job, kill=kill)

    async def sweep(self, keep: Collection[JobName]) -> list[JobName]:
        return await self.honest.sweep(keep)


class Forgetful:
    """Takes every job, starts none, and knows of nothing afterwards."""

    async def launch(self, launch: Launch) -> None:
        pass

    async def poll(self, job: JobName) -> Standing:
        return Unknown("I forgot")

    async def stop(self, job: JobName, *, kill: bool) -> None:
        pass

    async def sweep(self, keep: Collection[JobName]) -> list[JobName]:
        return []
