"""What happens to a run beside its state: its story, and what GitHub should show of it.

Whoever moves a run calls these in the same transaction, so that the wish for the
comment and the check run is committed together with what they tell.
"""

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import Fence, RunId
from bot.model.intents import StartRun
from bot.model.priorities import Priority
from bot.model.runs import Subject
from bot.rules import wording
from bot.rules.endings import Ending
from bot.rules.lifecycle import Compute, Run
from bot.rules.repoconfig import label_of
from bot.store import outbox, runs, story
from bot.store.outbox import Wish
from bot.store.runs import RunRow

log = structlog.get_logger()


async def start(tx: AsyncConnection, intent: StartRun, run: RunId, *, now: float) -> bool:
    """Queue a run, acknowledge it, and open its comment; False when one is open already."""
    row = RunRow(
        id=run,
        installation=intent.installation,
        repo_id=intent.repo_id,
        repo=intent.subject.repo,
        number=intent.subject.number,
        kind=intent.subject.kind,
        title=intent.title,
        agent=intent.agent,
        asked_by_id=intent.asked_by.id,
        asked_by=intent.asked_by.login,
        state=Run.QUEUED,
        compute=Compute.NONE,
        fence=Fence(0),
        conclusion=None,
        words=None,
        base=None,
        base_branch=None,
        result=None,
        head=None,
        head_branch=None,
        created_at=now,
        changed_at=now,
        next_attempt_at=now,
        failures=0,
        deadline=None,
    )
    if not await runs.start(tx, row):
        return False
    await story.tell(tx, run, f"{intent.asked_by.login} asked for `{intent.agent}`", now=now)
    eyes = _wish(row, "eyes", "reaction", Priority.ACKNOWLEDGE, content="eyes")
    await outbox.wish(tx, eyes, now=now)
    await refresh(tx, row, now=now)
    return True


async def finish(
    tx: AsyncConnection, row: RunRow, how: Ending, *, now: float, labelled: bool = True
) -> RunRow:
    """End a run: its last words, its comment and check run completed, its label taken off.

    `labelled` is False when a person has taken the label off: it may be on again by now.
    """
    done = await runs.signal(
        tx, row, how.signal, now=now, conclusion=how.conclusion, words=how.words
    )
    await story.met(tx, row.id)
    await outbox.withdraw(tx, row.id, kinds=("branch", "pull"))
    if how.words:
        await story.tell(tx, row.id, how.words, now=now)
    if labelled:
        await outbox.wish(tx, wish_of(done, "unlabel", label=label_of(row.agent)), now=now)
    await refresh(tx, done, now=now)
    log.info("run.ended", run=row.id, conclusion=how.conclusion, words=how.words)
    return done


async def opened(tx: AsyncConnection, run: RunId, number: int, *, now: float) -> None:
    """Write down that a run has opened a pull request, also when it was stopped meanwhile."""
    row = await runs.get(tx, run)
    pull = Subject(repo=row.repo, number=number, kind="pull")
    if await runs.own(tx, run, pull, how="opened"):
        await tell(tx, row, f"Opened #{number}", now=now)


async def tell(tx: AsyncConnection, row: RunRow, text: str, *, now: float) -> None:
    """Add a line to a run's story and show it."""
    await story.tell(tx, row.id, text, now=now)
    await refresh(tx, row, now=now)


async def refresh(tx: AsyncConnection, row: RunRow, *, now: float) -> None:
    """Wish for the comment, and the check run once there is a head, that show a run as it is."""
    seen = await view(tx, row)
    priority = _urgency(row)
    body = wording.comment(seen)
    comment = _wish(row, "comment", "comment", priority, body=body, marker=wording.marker(row.id))
    await outbox.wish(tx, comment, now=now)
    if row.head is not None:
        check = _wish(
            row,
            f"check:{row.head}",
            "check",
            priority,
            head=row.head,
            **wording.check_run(seen),
        )
        await outbox.wish(tx, check, now=now)


async def view(tx: AsyncConnection, row: RunRow) -> wording.RunView:
    """Read all that people are shown of a run."""
    asked = await story.asked(tx, row.id, row.fence)
    said = [
        each.payload.get("body") or each.payload.get("reason") or ""
        for each in asked
        if each.kind in {"comment", "noop"}
    ]
    missing = [
        f"Missing: {wording.plain(each.payload['name'])}. {each.payload['why']}"
        for each in asked
        if each.kind == "missing_tool"
    ]
    return wording.RunView(
        id=row.id,
        agent=row.agent,
        subject=row.subject,
        asked_by=row.asked_by,
        state=row.state,
        conclusion=row.conclusion,
        words=row.words or "",
        steps=await story.steps(tx, row.id),
        started_at=row.created_at,
        changed_at=row.changed_at,
        pull=await runs.opened(tx, row.id),
        head=row.head,
        said="\n\n".join([*said, *missing]),
    )


def _urgency(row: RunRow) -> Priority:
    if row.state is Run.QUEUED:
        return Priority.ACKNOWLEDGE
    return Priority.RESULT if row.state is Run.FINISHED else Priority.PROGRESS


def _wish(row: RunRow, target: str, kind: str, priority: Priority, /, **wish: object) -> Wish:
    return Wish(
        target=f"{target}:{row.id}",
        kind=kind,
        run=row.id,
        installation=row.installation,
        repo=row.repo,
        wish={"number": row.number, **wish},
        priority=priority,
    )


def wish_of(row: RunRow, kind: str, /, **wish: object) -> Wish:
    """Make a run's wish for the one target of a kind, to be brought about as a result."""
    return _wish(row, kind, kind, Priority.RESULT, **wish)
