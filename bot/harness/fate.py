"""Why the agent of a job is to stop."""

import asyncio

from bot.rules.causes import Cause


class Fate:
    """Why the agent is to stop; what came first counts, but a newer job beats everything."""

    def __init__(self) -> None:
        self.cause: Cause | None = None
        self.words = ""
        self.fenced = False
        self.changed = asyncio.Event()

    @property
    def at_once(self) -> bool:
        """Whether there is no time for the agent to come to an end."""
        return self.fenced or bool(self.words)

    def decide(self, cause: Cause) -> None:
        """Stop the agent for this reason."""
        self.cause = self.cause or cause
        self.changed.set()

    def break_off(self, words: str) -> None:
        """Stop at once, and tell people why."""
        if self.cause is None:
            self.words = words
        self.decide("crashed")

    def fence(self) -> None:
        """Stop at once, and say nothing more."""
        self.fenced = True
        self.changed.set()
