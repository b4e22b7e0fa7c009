"""The runtime `acp`: any agent that speaks the Agent Client Protocol, by its command.

https://agentclientprotocol.com
"""

from collections.abc import Sequence
from typing import ClassVar

from bot.agents import models, told
from bot.agents.base import Start, Talk, by_turn
from bot.agents.events import Finished, Turn
from bot.agents.masks import MASKS
from bot.model.runs import JobPlan
from bot.rules.causes import Cause

ALLOWED = frozenset(
    {"read", "edit", "delete", "move", "search", "execute", "think", "fetch", "switch_mode"}
)
"""What it may do without a person: everything, in its box, but to answer its own questions."""


class Acp:
    """The driver of agents of which nothing but the protocol is known.

    Where they keep their sessions is not, so each job begins a new one: the brief and the
    work in progress are what it goes on from.
    """

    session: ClassVar[tuple[str, ...]] = ()

    def start(self, plan: JobPlan, session: str | None = None) -> Start:
        """Run the agent's own argv, and give it the brief as its prompt."""
        return Start(
            program=plan.agent.command,
            environment={
                **told.environment(plan),
                **models.FOR_ALL,
                **models.named(plan.agent.model),
            },
            files=told.files(plan),
            talk=Talk(prompt=plan.brief, allowed=ALLOWED, session=session, tools=models.TOOLS),
            port=models.PORT,
            masks=MASKS,
            reserves=True,
        )

    def resumed(self, files: Sequence[str]) -> str | None:  # noqa: ARG002 - it has none
        """Begin anew each time; what it left in the tree is there."""
        return None

    def outcome(self, cause: Cause, status: int, turn: Turn | None = None) -> Finished:
        """Believe a good exit status only of a turn that came to its end."""
        return by_turn(cause, status, turn)
