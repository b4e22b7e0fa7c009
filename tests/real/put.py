"""A real agent that is put to work, job after job, in front of a model that is played."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.model.ids import JobName
from bot.model.runs import Checkpoint, Limits, RuntimeName
from bot.runners.local import LocalRunner
from bot.scripted.server import Model
from tests.real.doors import Purse
from tests.runners.conftest import Stage, gone, make_gateway
from tests.runners.scripted_gateway import ScriptedGateway


@dataclass
class Put:
    """A runtime that is put to work, each job in a home of its own.

    Attributes:
        door: the address of the gateway's door to models.
        name: of the model that it asks for.
        command: of a runtime that is told what to run.
    """

    runtime: RuntimeName
    stage: Stage
    runner: LocalRunner
    model: Model
    purse: Purse
    door: str
    name: str
    command: tuple[str, ...] = ()
    jobs: list[ScriptedGateway] = field(default_factory=list)

    @property
    def bodies(self) -> Sequence[str]:
        """What the model was asked so far."""
        return [each.body for each in self.model.came]

    def gateway(self, brief: str, **limits: int) -> ScriptedGateway:
        """Make the gateway of the next job, which goes on from the last one."""
        gateway = make_gateway(self.stage, self.command)
        agent = replace(
            gateway.plan.agent,
            runtime=self.runtime,
            model=self.name,
            limits=Limits(**{"seconds": 120, **limits}),
        )
        gateway.plan = replace(
            gateway.plan, agent=agent, brief=brief, job=JobName(f"job-{len(self.jobs) + 1}")
        )
        gateway.models = self.door
        if self.jobs:
            last = self.jobs[-1]
            left = Checkpoint(**last.told("/checkpoint")[-1])
            gateway.plan, gateway.blobs = replace(gateway.plan, checkpoint=left), last.blobs
        self.jobs.append(gateway)
        return gateway

    async def works(self, brief: str, **limits: int) -> tuple[Any, list[str]]:
        """Run a job to its end; return its report and what it told people."""
        return await self.goes(self.gateway(brief, **limits))

    async def goes(self, gateway: ScriptedGateway) -> tuple[Any, list[str]]:
        """The same, with a gateway that was made before."""
        async with gateway:
            await self.runner.launch(self.stage.launch(gateway))
            report = await gateway.until("/finish")
            await self.over(gateway)
        return report, [step["text"] for step in gateway.told("/steps")]

    async def over(self, gateway: ScriptedGateway) -> None:
        """Wait until nothing of a job runs."""
        await gone(self.runner, gateway.plan.job)
