"""Carry out what handlers want: rows, in the transaction that ends the delivery.

There is no network here.  What GitHub should see becomes a wish in the outbox.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import DeliveryGuid, RunId
from bot.model.intents import (
    DropLabel,
    Intent,
    RecordInstallation,
    Refuse,
    StartRun,
    StopRepository,
    StopRuns,
)
from bot.model.priorities import Priority
from bot.model.runs import Conclusion
from bot.rules import wording
from bot.rules.endings import Ending
from bot.rules.lifecycle import Signal
from bot.store import installations, outbox, runs
from bot.store.outbox import Wish
from bot.store.runs import RunRow
from bot.work import telling


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Where and when intents are carried out.

    Attributes:
        guid: the delivery they come from; part of the names of one-time acts.
        run_id: makes the id of a new run.
    """

    tx: AsyncConnection
    now: float
    guid: DeliveryGuid
    run_id: Callable[[], RunId]

    async def carry_out(self, intent: Intent) -> str:
        """Turn one intent into rows; return what came of it, for the receipt."""
        match intent:
            case StartRun():
                return await self._start(intent)
            case StopRuns():
                open_runs = await runs.open_on(self.tx, intent.subject)
                wanted = [row for row in open_runs if intent.agent in {None, row.agent}]
                return await self._stop(wanted, intent.why, labelled=intent.agent is None)
            case StopRepository():
                found = await runs.open_of(self.tx, intent.installation, intent.repo)
                return await self._stop(found, intent.why)
            case Refuse():
                return await self._refuse(intent)
            case DropLabel():
                return await self._drop(intent)
            case RecordInstallation():
                await installations.record(self.tx, intent)
                return f"recorded installation {intent.installation}"
            case _:
                assert_never(intent)

    async def _start(self, intent: StartRun) -> str:
        run = self.run_id()
        started = await telling.start(self.tx, intent, run, now=self.now)
        return f"queued run {run}" if started else "a run is open already"

    async def _stop(self, found: Sequence[RunRow], why: str, *, labelled: bool = True) -> str:
        stop = Ending(signal=Signal.CANCELLED, conclusion=Conclusion.CANCELLED, words=why)
        for row in found:
            await telling.finish(self.tx, row, stop, now=self.now, labelled=labelled)
        return f"stopped {len(found)} runs"

    async def _refuse(self, intent: Refuse) -> str:
        where = f"{intent.subject}:{intent.person.id}"
        reaction = Wish(
            target=f"refusal-reaction:{where}",
            kind="reaction",
            run=None,
            installation=intent.installation,
            repo=intent.subject.repo,
            wish={"number": intent.subject.number, "content": "confused"},
            priority=Priority.ACKNOWLEDGE,
        )
        await outbox.wish(self.tx, reaction, now=self.now)
        before = await outbox.find(self.tx, f"refusal:{where}")
        said = list(before.wish["said"]) if before else []
        if intent.words not in said:
            await self._explain(intent, [*said, intent.words])
        return f"refused: {intent.reason}"

    async def _explain(self, intent: Refuse, said: Sequence[str]) -> None:
        person = intent.person
        words = Wish(
            target=f"refusal:{intent.subject}:{person.id}",
            kind="comment",
            run=None,
            installation=intent.installation,
            repo=intent.subject.repo,
            wish={
                "number": intent.subject.number,
                "body": wording.refusal(person.login, person.id, said),
                "marker": wording.refusal_marker(person.id),
                "said": list(said),
            },
            priority=Priority.REFUSAL,
        )
        await outbox.wish(self.tx, words, now=self.now)

    async def _drop(self, intent: DropLabel) -> str:
        label = Wish(
            target=f"unlabel:{intent.subject}:{intent.label}:{self.guid}",
            kind="unlabel",
            run=None,
            installation=intent.installation,
            repo=intent.subject.repo,
            wish={"number": intent.subject.number, "label": intent.label},
            priority=Priority.RESULT,
        )
        await outbox.wish(self.tx, label, now=self.now)
        return f"takes {intent.label} off"
