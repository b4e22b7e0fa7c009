"""What a run takes over from the finished one that it goes on from.

It has a row, a story and a number of hand-offs of its own.  From before come the work and
the session, what CI said of them, and the pull request that they went to.
"""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.money import total
from bot.model.runs import Conclusion, Message, Subject
from bot.rules.ledger import continued
from bot.rules.lifecycle import Run
from bot.store import mailbox, runs, story
from bot.store.run_row import RunRow


async def past(tx: AsyncConnection, row: RunRow) -> RunRow | None:
    """Return the run that a new one goes on from, and keep what it left from being forgotten.

    None when there is none, or it is not a finished one of the same agent in the same place.
    """
    found = await runs.find(tx, row.after) if row.after else None
    if found is None or found.state is not Run.FINISHED or _place(found) != _place(row):
        return None
    return await runs.get(tx, found.id)


def _place(row: RunRow) -> tuple[int, int, str]:
    return row.repo_id, row.number, row.agent


def inherited(row: RunRow, before: RunRow) -> RunRow:
    """Return a new run with what it takes over.

    Words of strangers stay what they are, so that a push still waits for a yes.  A plan that
    people have approved holds where only a person has ended the run.  An agent that may not
    push any more goes on without the pull request.  What people have added to the money of the
    run before, they have added to this one's, which has spent what that one has.
    """
    pushes = "push" in row.terms.agent.outputs
    theirs = before if before.own_pull and pushes else row
    return replace(
        row,
        outsiders=row.outsiders or before.outsiders,
        checkpoint=before.checkpoint,
        plan=before.plan if before.conclusion is Conclusion.CANCELLED else None,
        verdict=before.verdict,
        extra=total([row.extra, before.extra]),
        own_pull=theirs.own_pull,
        head=theirs.head,
        head_branch=theirs.head_branch,
    )


async def hand_over(tx: AsyncConnection, row: RunRow, before: RunRow, *, now: float) -> None:
    """Write down whose pull request it is now, and have the agent told how it went before."""
    if row.own_pull:
        pull = Subject(repo=row.repo, number=row.own_pull, kind="pull")
        await runs.own(tx, row.id, pull, how="opened")
    text = continued(before.words or "", before.verdict)
    message = Message(kind="continue", text=text, at=now)
    await mailbox.post(tx, row.id, message, key=f"continue:{before.id}", now=now)
    await story.tell(tx, row.id, f"Going on from where `{before.id}` ended", now=now)
