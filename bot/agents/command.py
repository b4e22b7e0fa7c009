"""The runtime `command`: any program as an agent.

It finds its brief in `$GREENROOM_BRIEF`, the repository in its working folder, and asks for
outputs through the small command `greenroom`.  What it leaves in the tree is its result.  One
that names a model finds it as the coding agents do.
"""

from collections.abc import Sequence
from typing import ClassVar

from bot.agents import models, told
from bot.agents.base import Start, by_status
from bot.agents.events import Finished, Turn
from bot.model.runs import JobPlan
from bot.rules.causes import Cause


class Command:
    """The driver of programs that know nothing of Greenroom."""

    session: ClassVar[tuple[str, ...]] = ()

    def start(self, plan: JobPlan, session: str | None = None) -> Start:  # noqa: ARG002 - it has none
        """Run the agent's own argv with the brief beside it."""
        model = plan.agent.model
        door = {**models.FOR_ALL, **models.named(model)} if model else {}
        return Start(
            program=plan.agent.command,
            environment={**told.environment(plan), **door},
            files=told.files(plan),
            port=models.PORT if model else None,
        )

    def resumed(self, files: Sequence[str]) -> str | None:  # noqa: ARG002 - it has none
        """Begin anew each time; what it left in the tree is there."""
        return None

    def outcome(self, cause: Cause, status: int, turn: Turn | None = None) -> Finished:  # noqa: ARG002 - it holds no conversation
        """Take the exit status at its word."""
        return by_status(cause, status)
