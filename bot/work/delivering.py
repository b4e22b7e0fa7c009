"""From the commit in quarantine to GitHub, step by step through the outbox.

A run whose agent is done waits here: its tree is checked, a person asked where one has
to be, its branch pushed, its pull request opened.  Only when GitHub has all of it is the
run a success.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.errors import Refused
from bot.model.facts import Waiting
from bot.model.ids import Sha
from bot.model.runs import Conclusion, Plan
from bot.rules import plans, wording
from bot.rules.attempts import DELIVERING_PATIENCE
from bot.rules.delivering import (
    DELIVERY,
    Next,
    needs_yes,
    next_step,
)
from bot.rules.endings import Ending
from bot.rules.lifecycle import Compute, Signal
from bot.rules.notices import SHORT, span
from bot.rules.outputs import CHANGED
from bot.rules.waiting import APPROVAL, APPROVED
from bot.store import outbox, runs, story
from bot.store.outbox import OutboxRow
from bot.store.run_row import RunRow
from bot.store.story import OutputRow
from bot.work import calling, telling, threads
from bot.work.claimed import Claimed, RunsWhere
from bot.work.context import Context
from bot.work.progress import Seen, look
from bot.work.resting import rest
from bot.work.sealing import Sealed, Sealing
from bot.work.setbacks import Setbacks
from bot.workspace.deliver import Rules
from bot.workspace.quarantine import Quarantines

LOOK_AGAIN = 5.0
"""Seconds after which a run is looked at although the reporter did not poke it."""

LATE = "GitHub did not take it in time."
NOTHING = "Nothing had to be done."
PUSHED = "a yes was given, it is pushed"
ASKED: Mapping[Next, str] = {
    Next.END_WITH_PLAN: "made a plan",
    Next.END_WITH_QUESTION: "asked a question",
}
DEFAULT = "This pull request comes from the default branch, to which only people push."


class Delivering:
    """Brings what agents made to GitHub."""

    def __init__(
        self, context: Context, quarantines: Quarantines, noreply: str, rules: Rules
    ) -> None:
        self._context = context
        self._setbacks = Setbacks(context)
        self._sealing = Sealing(context, quarantines, noreply, rules)
        which = runs.parked_for(DELIVERY)
        self.step = Claimed(context, RunsWhere(which), self._advance, self._fail).step

    async def _advance(self, row: RunRow) -> float:
        now = self._context.now()
        seen = await look(self._context.store, row)
        match next_step(seen.standing(now)):
            case Next.SEAL:
                await self._seal(row, seen)
            case Next.WAIT_FOR_YES:
                if row.compute is Compute.NONE:  # else its runner has still to be stopped
                    return seen.waits[APPROVAL].deadline - now + LOOK_AGAIN
            case Next.OPEN:
                await self._open(row, seen)
            case Next.WAIT:
                pass
            case last:
                await self._finish(row, seen, last)
        return LOOK_AGAIN

    async def _seal(self, row: RunRow, seen: Seen) -> None:
        """Make the commit, and push it or ask for a yes to it: a new commit, a new question."""
        if row.on_branch:
            await self._not_default(row)
        sealed = await self._sealing.seal(row, seen.change.payload["title"])
        yes = seen.waits.get(APPROVED)
        if needs_yes(strangers=row.outsiders, ci=row.terms.ci) and (
            yes is None or yes.about != sealed.commit
        ):
            await self._ask_for_yes(row, sealed)
        else:
            await self._push(row, sealed, asked=yes is not None)

    async def _not_default(self, row: RunRow) -> None:
        at = self._context.github.at(row.installation, row.repo)
        if row.base_branch == (await at.repository.get()).default_branch:
            raise Refused("default_branch", DEFAULT)

    async def _ask_for_yes(self, row: RunRow, sealed: Sealed) -> None:
        diff = await self._sealing.difference(row, sealed.commit)
        now = self._context.now()
        until, short = now + row.terms.parked, sealed.commit[:SHORT]
        async with self._context.store.begin() as tx:
            await runs.unmoved(tx, row)
            await story.wait(tx, row.id, DELIVERY, now=now, deadline=until)
            await story.wait(tx, row.id, APPROVAL, now=now, deadline=until, about=sealed.commit)
            await calling.ask_for_yes(
                tx, row, sealed.commit, files=sealed.files, diff=diff, now=now
            )
            await telling.tell(
                tx, row, f"Waiting for `/{row.terms.prefix} approve {short}`", now=now
            )

    async def _push(self, row: RunRow, sealed: Sealed, *, asked: bool) -> None:
        now = self._context.now()
        async with self._context.store.begin() as tx:
            branch = await self._branch(tx, row)
            if not row.on_branch:  # a later run takes another name, whatever becomes of this one
                row = await runs.note(tx, row, head_branch=branch)
            await story.wait(tx, row.id, DELIVERY, now=now, deadline=now + DELIVERING_PATIENCE)
            wanted = {
                "branch": branch,
                "sha": sealed.commit,
                "tree": sealed.tree,
                "onto": row.base if row.on_branch else None,
                "signed": row.terms.signed,
                "files": sealed.files,
                "repo_id": row.repo_id,
            }
            await outbox.wish(tx, telling.wish_of(row, "branch", **wanted), now=now)
            if asked:
                await telling.settle(tx, row, sealed.commit, PUSHED, now=now)
            count = len(sealed.files)
            files = "file" if count == 1 else "files"
            told = f"Checked {count} changed {files}; pushing"
            await telling.tell(tx, row, told, now=now)

    async def _branch(self, tx: AsyncConnection, row: RunRow) -> str:
        """Name the branch; a later run on the same issue gets a number of its own."""
        if row.on_branch and row.base_branch is not None:
            return row.base_branch
        name = wording.branch(row.agent, row.number, row.title)
        before = await runs.earlier(tx, row)
        return f"{name}-{before + 1}" if before else name

    async def _open(self, row: RunRow, seen: Seen) -> None:
        branch, asked = seen.branch, seen.change
        now = self._context.now()
        async with self._context.store.begin() as tx:
            head, tree = _pushed(branch), branch.wish.get("tree")
            pushed = {"head": head, "tree": tree, "checkpoint": _left(row, head)}
            at_head = await runs.note(tx, row, **pushed)
            await story.wait(tx, row.id, DELIVERY, now=now, deadline=now + DELIVERING_PATIENCE)
            view = await telling.view(tx, at_head)
            wanted = {
                "title": wording.line(asked.payload["title"]),
                "body": wording.pull_body(view, asked.payload["body"], branch.wish["files"]),
                "head": branch.wish["branch"],
                "base": row.base_branch,
                "draft": row.terms.draft,
            }
            await outbox.wish(tx, telling.wish_of(row, "pull", **wanted), now=now)
            told = f"Pushed `{branch.wish['branch']}`; opening a pull request"
            await telling.tell(tx, at_head, told, now=now)

    async def _finish(self, row: RunRow, seen: Seen, last: Next) -> None:
        match last:
            case Next.SUCCEED if "push" in seen.asked:
                await self._pushed(row, seen)
            case Next.END_WITH_WORDS if row.fork:
                changed = await self._sealing.shown(row)
                words = "said what it would change" if changed else ""
                await self._rest(row, seen, _good(words), changed=changed)
            case Next.END_WITH_NOTHING if row.head_branch is None:
                await self._rest(row, seen, _good(NOTHING, Conclusion.NEUTRAL))
            case Next.END_WITH_PLAN | Next.END_WITH_QUESTION:
                await self._rest(row, seen, _good(ASKED[last]))
            case Next.FAIL:
                await self._refused(row, seen)
            case Next.EXPIRE:
                await self._end(row, _expired(LATE))
            case Next.GIVE_UP_YES:
                await self._give_up(row, seen.waits[APPROVAL])
            case _:  # what it pushed before still counts
                await self._rest(row, seen, _good())

    async def _pushed(self, row: RunRow, seen: Seen) -> None:
        branch = seen.branch
        head = _pushed(branch)
        now = self._context.now()
        async with self._context.store.begin() as tx:
            at_head = await calling.move_on(tx, row, head, now=now)
            files = [path for path, *_ in branch.wish["files"]]
            await threads.answer(tx, at_head, head, files, now=now)
            where = branch.wish["branch"]
            pushed = {"head_branch": where, "tree": branch.wish.get("tree")}
            at_head = await runs.note(tx, at_head, **pushed, checkpoint=_left(row, head))
            words = f"pushed `{head[:9]}` to `{where}`"
            await rest(tx, at_head, _good(words), now=now, question=seen.question)

    async def _rest(self, row: RunRow, seen: Seen, how: Ending, *, changed: str = "") -> None:
        """Have a run wait for CI or for people, or end it.

        `changed` is shown below what it says.
        """
        now = self._context.now()
        async with self._context.store.begin() as tx:
            current = await runs.get(tx, row.id)
            await runs.unmoved(tx, row)
            if changed:
                kept = OutputRow(kind=CHANGED, payload={"body": changed})
                await story.ask(tx, row.id, row.fence, kept, now=now)
            plan = _planned(current, seen)
            await rest(tx, current, how, now=now, question=seen.question, plan=plan)

    async def _refused(self, row: RunRow, seen: Seen) -> None:
        if words := await self._setbacks.meet(row, seen):
            await self._fail(row, words)

    async def _give_up(self, row: RunRow, wait: Waiting) -> None:
        sha = (wait.about or "")[:SHORT]
        await self._end(row, _expired(f"Nobody said yes to `{sha}` in {span(row.terms.parked)}."))

    async def _fail(self, row: RunRow, words: str) -> None:
        how = Ending(signal=Signal.FAILED, conclusion=Conclusion.FAILURE, words=words)
        await self._end(row, how)

    async def _end(self, row: RunRow, how: Ending) -> None:
        async with self._context.store.begin() as tx:
            await telling.finish(tx, row, how, now=self._context.now())


def _planned(row: RunRow, seen: Seen) -> Plan | None:
    """Return the plan that the agent made, for the commit that its job started from."""
    output = seen.asked.get("plan")
    return plans.plan(output.payload["text"], row.base) if output and row.base else None


def _pushed(branch: OutboxRow) -> Sha:
    """Return the commit that GitHub has: another than ours where it has signed it."""
    return Sha(branch.external_id or branch.wish["sha"])


def _left(row: RunRow, head: Sha) -> dict[str, Any] | None:
    """Mark a run's checkpoint as one whose work is on the branch now."""
    return asdict(replace(row.checkpoint, pushed=head)) if row.checkpoint else None


def _good(words: str = "", conclusion: Conclusion = Conclusion.SUCCESS) -> Ending:
    return Ending(signal=Signal.DELIVERED, conclusion=conclusion, words=words)


def _expired(words: str) -> Ending:
    return Ending(signal=Signal.EXPIRED, conclusion=Conclusion.TIMED_OUT, words=words)
