"""The runtime `command`: any program as an agent.

It finds its brief in `$GREENROOM_BRIEF`, the repository in its working folder, and asks for
outputs through the small command `greenroom`.  What it leaves in the tree is its result.
"""

from bot.agents.base import Exit, Start
from bot.model.inside import DOOR, SOCKET
from bot.model.runs import JobPlan
from bot.rules.endings import Cause

_SIGNALLED = 128


class Command:
    """The driver of programs that know nothing of Greenroom."""

    def start(self, plan: JobPlan) -> Start:
        """Run the agent's own argv with the brief beside it."""
        return Start(
            program=plan.agent.command,
            environment={
                "GREENROOM_BRIEF": f"{DOOR}/brief.md",
                "GREENROOM_SOCKET": f"{DOOR}/{SOCKET}",
                "GREENROOM_AGENT": plan.agent.name,
                "GREENROOM_SUBJECT": f"{plan.repo}#{plan.subject}",
                "GREENROOM_BASE": plan.base,
            },
            files={"brief.md": plan.brief},
        )

    def ended(self, cause: Cause, status: int) -> Exit:
        """Take the exit status at its word: 0 is success.

        Args:
            cause: why the program no longer runs.
            status: of its box: above 128, as in shells, a signal ended the program; below 0
                one ended the box itself.
        """
        if status < 0:
            return Exit(cause=cause, signal=-status)
        if status > _SIGNALLED:
            return Exit(cause=cause, signal=status - _SIGNALLED)
        return Exit(cause=cause, exit=status)
