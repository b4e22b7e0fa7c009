"""The runtime `playbook`: our own agent, which speaks the protocol that others speak.

It is put to work, talked to and judged as any agent of the protocol would be.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import ClassVar

from bot.agents import told
from bot.agents.base import Start, Talk, by_turn
from bot.agents.events import Finished, Turn
from bot.model.inside import DOOR
from bot.model.runs import JobPlan
from bot.rules.causes import Cause

PACKAGES = (
    "acp",
    "annotated_types",
    "pydantic",
    "pydantic_core",
    "typing_extensions.py",
    "typing_inspection",
)
"""The protocol's SDK and what it needs, as it lies in a folder of packages."""

ALLOWED = frozenset({"read", "edit", "execute"})
"""What it may do without a person: everything, in its box, but to answer its own questions."""


class Playbook:
    """The driver of the built-in agent."""

    session: ClassVar[tuple[str, ...]] = (".playbook/*.jsonl",)

    def start(self, plan: JobPlan, session: str | None = None) -> Start:
        """Run it with the brief in a file, and give it the same as its prompt."""
        return Start(
            program=("playbook", f"{DOOR}/brief.json"),
            environment=told.environment(plan),
            files=told.files(plan),
            packages=PACKAGES,
            talk=Talk(prompt=plan.brief, allowed=ALLOWED, session=session),
        )

    def resumed(self, files: Sequence[str]) -> str | None:
        """Go on with the last session; its file is named after it."""
        return PurePosixPath(files[-1]).stem if files else None

    def outcome(self, cause: Cause, status: int, turn: Turn | None = None) -> Finished:
        """Believe a good exit status only of a turn that came to its end."""
        return by_turn(cause, status, turn)
