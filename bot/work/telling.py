"""What happens to a run beside its state: its story, and what GitHub should show of it.

Whoever moves a run calls these in the same transaction, so that the wish for the
comment and the check run is committed together with what they tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.facts import Pause
from bot.model.ids import Fence, RunId, Sha
from bot.model.intents import StartRun
from bot.model.money import shown
from bot.model.priorities import Priority
from bot.model.runs import Conclusion, Subject
from bot.rules import cireport, evidence, notices, setups, wording
from bot.rules.endings import Ending, broke_off
from bot.rules.lifecycle import Compute, Run, Signal
from bot.rules.outputs import CHANGED
from bot.rules.sections import ci_marks
from bot.rules.waiting import APPROVAL, START
from bot.store import outbox, reached, runs, spending, story, validations
from bot.store import setups as rows_of_setups
from bot.store.outbox import Wish
from bot.store.run_row import RunRow
from bot.work import inheritance, plans, questions, requested
from bot.work.replies import reaction

log = structlog.get_logger()

SAID = frozenset({"comment", "noop", "push"})
"""Outputs whose words stand in the run's comment; those of a pull request stand in its body."""

DROPPED: Mapping[Signal, str] = {
    Signal.CANCELLED: "the run was stopped, it is dropped",
    Signal.EXPIRED: "nobody said yes, it was dropped",
    Signal.FAILED: "the run has failed, it is dropped",
}
"""What becomes of a commit or a plan that nobody has said yes to, when its run ends."""

UNANSWERED: Mapping[Signal, str] = {
    Signal.CANCELLED: "The run was stopped",
    Signal.EXPIRED: "Nobody answered in time",
}
"""What becomes of a question then."""


CONTINUES = "`/{prefix} continue` goes on from here."
REOPENS = "Opening it again goes on from here."
"""How a run that broke off may go on after all."""


async def start(
    tx: AsyncConnection, intent: StartRun, run: RunId, held: Sequence[Pause], *, now: float
) -> bool:
    """Queue a run, acknowledge it, and open its comment; False when one is open already.

    A run that needs a person's yes to its commit is born parked.  `held` are the pauses that
    keep it from starting.
    """
    row = _new(intent, run, now)
    before = await inheritance.past(tx, row)
    row = inheritance.inherited(row, before) if before else replace(row, after=None)
    if not await runs.start(tx, row):
        return False
    more = f", and added {shown(intent.extra)}" if intent.extra else ""
    asked = f"{intent.asked_by.login} asked for `{intent.agent}`{more}"
    await story.tell(tx, run, asked, now=now)
    if before:
        await inheritance.hand_over(tx, row, before, now=now)
    if row.state is Run.PARKED and row.base:
        deadline = now + row.terms.parked
        await story.wait(tx, run, START, now=now, deadline=deadline, about=row.base)
    for each in held:
        await story.tell(tx, run, f"Runs are paused by {each.by}; it starts later", now=now)
    seen = reaction(row.subject, row.trigger, "eyes")
    await outbox.wish(tx, _wish(row, "eyes", "reaction", Priority.ACKNOWLEDGE, **seen), now=now)
    await refresh(tx, row, now=now)
    return True


def _new(intent: StartRun, run: RunId, now: float) -> RunRow:
    start = intent.start
    return RunRow(
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
        instruction=intent.instruction,
        body=intent.body,
        author_id=intent.author.id,
        author=intent.author.login,
        trigger=intent.trigger,
        terms=intent.terms,
        asked_at=intent.at,
        fork=start.fork if start else False,
        outsiders=intent.outsiders,
        round=0,
        handoffs=0,
        own_pull=None,
        checkpoint=None,
        plan=None,
        after=intent.after,
        closed=False,
        extra=intent.extra,
        verdict=None,
        state=Run.PARKED if start and intent.asks else Run.QUEUED,
        compute=Compute.NONE,
        fence=Fence(0),
        conclusion=None,
        words=None,
        base=start.sha if start else None,
        base_branch=start.branch if start else None,
        result=None,
        head=start.sha if start else None,
        head_branch=None,
        tree=None,
        created_at=now,
        changed_at=now,
        next_attempt_at=now,
        failures=0,
        deadline=None,
    )


async def finish(  # noqa: PLR0913 - what is known of an end
    tx: AsyncConnection,
    row: RunRow,
    how: Ending,
    *,
    now: float,
    labelled: bool = True,
    closed: bool = False,
    way_on: str = CONTINUES,
) -> RunRow:
    """End a run: its last words, its comment and check run completed, its label taken off.

    `labelled` is False when a person has taken the label off: it may be on again by now.
    `closed` says that the subject was closed.  `way_on` tells people how it may go on after
    all; it is left out where that makes no sense.
    """
    waits = (await story.waiting(tx, [row.id])).get(row.id, ())
    done = await runs.signal(
        tx, row, how.signal, now=now, conclusion=how.conclusion, words=how.words, closed=closed
    )
    for wait in waits:
        if wait.reason == APPROVAL and wait.about:
            await settle(tx, row, wait.about, DROPPED.get(how.signal, "it is dropped"), now=now)
    if row.state is Run.PARKED:
        await questions.settle(tx, row, UNANSWERED.get(how.signal, "The run has ended"), now=now)
        await plans.settle(tx, row, waits, DROPPED.get(how.signal, "it is dropped"), now=now)
    await story.met(tx, row.id)
    await outbox.withdraw(tx, row.id, kinds=("branch", "pull"))
    if how.words:
        goes_on = done.leaves_something and broke_off(how.conclusion)
        way = way_on.format(prefix=row.terms.prefix) if goes_on else ""
        await story.tell(tx, row.id, f"{how.words} {way}".rstrip(), now=now)
    if labelled and (label := row.terms.label):
        await outbox.wish(tx, wish_of(done, "unlabel", label=label), now=now)
    await refresh(tx, done, now=now)
    log.info("run.ended", run=row.id, conclusion=how.conclusion, words=how.words)
    return done


async def settle(tx: AsyncConnection, row: RunRow, sha: Sha, words: str, *, now: float) -> None:
    """Have the comment that asked for a yes say what came of it."""
    marker = notices.approval_marker(row.id, sha)
    body = notices.answered(row.id, sha, words)
    wish = _wish(row, f"approval:{sha}", "comment", Priority.RESULT, body=body, marker=marker)
    await outbox.wish(tx, wish, now=now)


async def opened(tx: AsyncConnection, run: RunId, number: int, *, now: float) -> None:
    """Write down that a run has opened a pull request, also when it was stopped meanwhile."""
    row = await runs.get(tx, run)
    pull = Subject(repo=row.repo, number=number, kind="pull")
    if await runs.own(tx, run, pull, how="opened"):
        row = await runs.note(tx, row, own_pull=number)
        await tell(tx, row, f"Opened #{number}", now=now)


async def tell(tx: AsyncConnection, row: RunRow, text: str, *, now: float) -> None:
    """Add a line to a run's story and show it."""
    await story.tell(tx, row.id, text, now=now)
    await refresh(tx, row, now=now)


async def refresh(tx: AsyncConnection, row: RunRow, *, now: float, settles: float = 0.0) -> None:
    """Wish for the comment, and the check run once there is a head, that show a run as it is.

    `settles` are seconds in which more is to come that is shown with it.
    """
    soon = {"now": now, "not_before": now + settles if settles else 0.0}
    seen = await view(tx, row)
    priority = _urgency(row)
    body = wording.comment(seen)
    comment = _wish(row, "comment", "comment", priority, body=body, marker=wording.marker(row.id))
    await outbox.wish(tx, comment, **soon)
    if row.own_pull and (text := wording.section(seen)):
        about = {"number": row.own_pull, "marks": await _marks(tx, row), "text": text}
        await outbox.wish(tx, wish_of(row, "section", **about), **soon)
    if row.head is not None:
        # A completed check run stays completed: each round has one of its own.
        target = f"check:{row.head}:{row.round}"
        shown = wording.check_run(seen)
        check = _wish(row, target, "check", priority, head=row.head, **shown)
        await outbox.wish(tx, check, **soon)


async def _marks(tx: AsyncConnection, row: RunRow) -> Sequence[str]:
    """Return the marks of our section, which a run that goes on has from the one before."""
    pull = Subject(repo=row.repo, number=row.own_pull or 0, kind="pull")
    openers = await runs.openers(tx, pull, row.repo_id) if row.after else ()
    return ci_marks(openers[0].id if openers else row.id)


async def end_round(tx: AsyncConnection, row: RunRow, words: str, *, now: float) -> None:
    """Complete the check run of a round in which a person was asked: the next has its own."""
    if row.head is None:
        return
    shown = wording.check_run(await view(tx, row))
    shown |= {"title": words, "conclusion": Conclusion.NEUTRAL, "completed": now, "actions": []}
    target = f"check:{row.head}:{row.round}"
    wish = _wish(row, target, "check", Priority.PROGRESS, head=row.head, **shown)
    await outbox.wish(tx, wish, now=now)


def _ci(row: RunRow) -> str:
    """Write CI of its head; nothing when only that of an older one is known."""
    known = row.verdict is not None and row.verdict.sha == row.head
    return cireport.section(row.verdict) if row.verdict and known else ""


async def view(tx: AsyncConnection, row: RunRow) -> wording.RunView:
    """Read all that people are shown of a run."""
    asked = await story.asked(tx, row.id, row.fence)
    said = [
        each.payload.get("body") or each.payload.get("reason") or ""
        for each in asked
        if each.kind in SAID
    ]
    missing = [
        f"Missing: {wording.plain(each.payload['name'])}. {each.payload['why']}"
        for each in asked
        if each.kind == "missing_tool"
    ]
    waits = (await story.waiting(tx, [row.id])).get(row.id, [])
    asks = next((each for each in waits if each.reason in wording.ASKING), None)
    return wording.RunView(
        ci=_ci(row),
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
        round=row.round,
        prefix=row.terms.prefix,
        command=row.terms.command,
        asks=asks,
        waits=[each.reason for each in waits],
        said="\n\n".join([*said, *missing]),
        spent=await spending.spent(tx, row.id),
        reached=await reached.of(tx, row.id),
        changed="".join(each.payload["body"] for each in asked if each.kind == CHANGED),
        validations=await _validations(tx, row),
    )


async def _validations(tx: AsyncConnection, row: RunRow) -> str:
    """Write what its agent has had validated, and what of it holds for the head."""
    found = await validations.of_run(tx, row.id)
    shown = [requested.asked(each) for each in found]
    offered = [each.name for each in row.terms.validations]
    told = evidence.section(evidence.Loop(asked=shown, offered=offered, tree=row.tree))
    return "\n\n".join(filter(None, (await _setup(tx, row), told)))


async def _setup(tx: AsyncConnection, row: RunRow) -> str:
    """Write what came of the setup that its jobs were to stand on, if it has failed."""
    needs = row.groundwork
    found = await rows_of_setups.newest(tx, row.repo_id, needs.key) if needs else None
    return setups.section(found.verdict) if found and found.verdict else ""


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
