"""How far the changes of a run have come on their way to GitHub, as rows tell it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.model.facts import Waiting
from bot.rules.delivering import Standing, Wished
from bot.rules.waiting import APPROVAL, APPROVED
from bot.store import outbox, story
from bot.store.engine import Store
from bot.store.outbox import OutboxRow
from bot.store.run_row import RunRow
from bot.store.story import OutputRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that the next step depends on.

    Attributes:
        asked: outputs that were accepted, by kind.
        wishes: what is wished for on GitHub, by kind.
        waits: what the run waits for, by reason.
    """

    asked: Mapping[str, OutputRow]
    wishes: Mapping[str, OutboxRow]
    waits: Mapping[str, Waiting]

    @property
    def change(self) -> OutputRow:
        """The output that brings the changes to GitHub."""
        return self.asked["push" if "push" in self.asked else "pull_request"]

    @property
    def branch(self) -> OutboxRow:
        """The wish for the branch."""
        return self.wishes["branch"]

    @property
    def question(self) -> Mapping[str, Any] | None:
        """The question that the agent asked."""
        return self.asked["question"].payload if "question" in self.asked else None

    @property
    def refusal(self) -> str:
        """What GitHub said to the branch or the pull request."""
        words = [each.refused for each in map(self.wishes.get, ("branch", "pull")) if each]
        return next(filter(None, words), "no reason was given")

    def standing(self, now: float) -> Standing:
        """Say how far the changes have come."""
        open_waits = [each for reason, each in self.waits.items() if reason != APPROVED]
        return Standing(
            asked=self.asked.keys(),
            branch=_wished(self.wishes.get("branch")),
            pull=_wished(self.wishes.get("pull")),
            unanswered=APPROVAL in self.waits,
            late=any(each.deadline < now for each in open_waits),
        )


async def look(store: Store, row: RunRow) -> Seen:
    """Read what a run's job has asked for, and what became of it."""
    async with store.read() as rows:
        waits = await story.waiting(rows, [row.id])
        return Seen(
            asked={each.kind: each for each in await story.asked(rows, row.id, row.fence)},
            wishes=await outbox.of_run(rows, row.id),
            waits={each.reason: each for each in waits.get(row.id, ())},
        )


def _wished(row: OutboxRow | None) -> Wished | None:
    return Wished(made=row.is_made, refused=row.refused) if row else None
