"""What comes for an agent while it works: its next prompt, looked for when a turn is over."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.agents import told
from bot.harness.gateway_client import Gateway
from bot.model.runs import JobPlan

Keep = Callable[[], Awaitable[None]]
"""Makes a checkpoint."""


class News:
    """What has come for one job's agent, and how much of it was said.

    Args:
        plan: the job's.
        door: the folder that is `inside.DOOR` in the box, where only we may write.
    """

    def __init__(self, plan: JobPlan, door: Path) -> None:
        self._plan = plan
        self._door = door
        self.said = len(plan.mail)
        """Messages that the agent was told: those of its start, and what came since."""

    async def next(
        self, gateway: Gateway, keep: Keep, *, is_there: Callable[[], bool]
    ) -> str | None:
        """Return the next prompt, its files written; None without one, or nobody to hear it.

        Were the job lost in its next turn, the one after it goes on from the end of the last.

        Args:
            gateway: has the messages.
            keep: keeps what the turn that is over has made.
            is_there: tells whether the agent still is.

        Raises:
            Fenced: a newer job has taken over.
            Unavailable: no gateway answered in time.
        """
        messages = await gateway.messages(self.said) if is_there() else ()
        if not messages:
            return None
        await keep()
        if not is_there():
            return None
        self.said += len(messages)
        what = told.since(self._plan, messages)
        for name, text in what.files.items():
            (self._door / name).write_text(text, encoding="utf-8")
        return what.prompt
