"""The loop of validations over a house, with a runner of its own that does as it is told."""

import itertools
from typing import Any

from pydantic import SecretStr

from bot.blobs.blobs import open_blobs
from bot.model.errors import Unavailable
from bot.model.ids import Sha, ValidationId
from bot.model.validations import Definition
from bot.rules.reports import Ended
from bot.runners.base import Alive, Gone, Launch, Standing
from bot.store import validations
from bot.work.context import Context
from bot.work.placing import Placing
from bot.work.validations import Validations
from bot.work.validator import Tree, Validator
from bot.work.verdicts import Verdicts
from tests.work.conversations import People, terms
from tests.work.house import House

UNIT = Definition(name="unit", run="pytest -q", seconds=60)
HEAVY = Definition(name="image", run="buildah bud .", kind="builder")
TREE = Tree(sha=Sha("7" * 40), work=None)
GOOD = Ended(exit=0, signal=None, cause="exited", seconds=1.5)


class Stand:
    """A runner of validations."""

    def __init__(self) -> None:
        self.launched: list[Launch] = []
        self.standings: dict[str, Standing] = {}
        self.killed: list[str] = []
        self.swept: set[str] = set()
        self.away = False

    async def launch(self, launch: Launch) -> None:
        if self.away:
            raise Unavailable("runner", "it is away", retry_after=1)
        self.launched.append(launch)
        self.standings[launch.job] = Alive()

    async def poll(self, job: str) -> Standing:
        return self.standings.get(job, Gone())

    async def stop(self, job: str, *, kill: bool) -> None:
        assert kill
        self.killed.append(job)
        self.standings.pop(job, None)

    async def sweep(self, keep: Any) -> list[Any]:
        self.swept = set(self.standings) - set(await keep([*self.standings]))
        return []


class Inner:
    """The inner loop of a house.

    Args:
        most: validations that run side by side.
    """

    def __init__(self, house: House, *, most: int = 4) -> None:
        self.house, self.stand = house, Stand()
        numbers = itertools.count(1)
        clock = house.time.clock
        self.validator = Validator(
            house.store, clock, lambda: ValidationId(f"01V{next(numbers):03}")
        )
        self.blobs = open_blobs(str(house.home / "blobs"))
        self.verdicts = Verdicts(house.store, self.blobs, clock, lambda: f"v-{next(numbers)}")
        self.loop = self.loop_of(house.context, most=most)
        house.loops["validations"] = self.loop

    def loop_of(self, context: Context, *, most: int = 4, **more: Any) -> Validations:
        return Validations(
            context,
            {"plain": self.stand, "services": self.stand},
            self.house.places,
            self.house.home / "gateway",
            place=Placing(context, self.house.mirrors, self.blobs, self.house.places.setups).place,
            most=most,
            **more,
        )

    async def works(self, people: People) -> SecretStr:
        """Have an agent at work that may ask; return its run token."""
        number = await people.issue("ann")
        await people.begins(number, terms=terms(validations=(UNIT, HEAVY)))
        return await self.house.comes_up()

    async def asked(self, people: People, name: str = "unit") -> ValidationId:
        """Have it ask, and the loop do what it does then."""
        asked = await self.validator.ask(await self.works(people), name, TREE)
        await self.goes_on()
        return asked.id

    async def goes_on(self, seconds: float = 0.0) -> None:
        await self.house.passes(seconds, "validations", step=0.5)

    async def row(self, name: ValidationId) -> Any:
        async with self.house.store.read() as tx:
            return await validations.find(tx, name)

    async def claims(self) -> SecretStr:
        return (await self.verdicts.claim(self.stand.launched[-1].token)).token
