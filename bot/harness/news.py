"""What comes for an agent while it works: its next prompt, looked for when a turn is over."""

from pathlib import Path

from bot.agents.base import Driver
from bot.harness.gateway_client import Gateway
from bot.model.runs import JobPlan


class News:
    """What has come for one job's agent, and how much of it was said.

    Args:
        plan: the job's.
        driver: knows how to say it.
        door: the folder that is `inside.DOOR` in the box, where only we may write.
        gateway: has it.
    """

    def __init__(self, plan: JobPlan, driver: Driver, door: Path, gateway: Gateway) -> None:
        self._plan = plan
        self._driver = driver
        self._door = door
        self._gateway = gateway
        self._told = len(plan.mail)

    async def next(self) -> str | None:
        """Return the next prompt, its files written; None when nothing has come.

        Raises:
            Fenced: a newer job has taken over.
            Unavailable: no gateway answered in time.
        """
        messages = await self._gateway.messages(self._told)
        if not messages:
            return None
        self._told += len(messages)
        what = self._driver.next(self._plan, messages)
        for name, text in what.files.items():
            (self._door / name).write_text(text, encoding="utf-8")
        return what.prompt
