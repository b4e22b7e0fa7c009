"""From the commit in quarantine to an open pull request, step by step through the outbox.

A run whose agent is done waits here: its tree is checked, its branch pushed, its pull
request opened.  Only when GitHub has all of it is the run a success.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.errors import Refused
from bot.model.ids import Sha
from bot.model.runs import Conclusion
from bot.rules import wording
from bot.rules.attempts import DELIVERING_PATIENCE
from bot.rules.delivering import DELIVERY, Next, Wished, next_step
from bot.rules.endings import Ending
from bot.rules.lifecycle import Signal
from bot.store import outbox, runs, story
from bot.store.outbox import OutboxRow
from bot.store.runs import RunRow
from bot.store.story import OutputRow
from bot.work import telling
from bot.work.claimed import ClaimedRuns
from bot.work.context import Context
from bot.workspace import deliver
from bot.workspace.deliver import CommitWords, Inspected, Rules
from bot.workspace.quarantine import Quarantines
from bot.workspace.snapshot import Author

LOOK_AGAIN = 5.0
"""Seconds after which a run is looked at although the reporter did not poke it."""

LATE = "GitHub did not take it in time."
NOTHING = "Nothing had to be done."


class Delivering:
    """Brings what agents made to GitHub."""

    def __init__(
        self, context: Context, quarantines: Quarantines, noreply: str, rules: Rules
    ) -> None:
        self._context = context
        self._rules = rules
        self._quarantines = quarantines
        self._noreply = noreply
        which = runs.parked_for(DELIVERY)
        self.step = ClaimedRuns(context, which, self._advance, self._fail).step

    async def _advance(self, row: RunRow) -> float:
        async with self._context.store.read() as rows:
            wishes = await outbox.of_run(rows, row.id)
            asked = {each.kind: each for each in await story.asked(rows, row.id, row.fence)}
            late = await story.is_late(rows, row.id, now=self._context.now())
        branch, pull = wishes.get("branch"), wishes.get("pull")
        match next_step(asked, _wished(branch), _wished(pull), late=late):
            case Next.PUSH:
                await self._push(row, asked["pull_request"])
            case Next.OPEN if branch:
                await self._open(row, branch, asked["pull_request"])
            case Next.SUCCEED:
                await self._end(row, Signal.DELIVERED, Conclusion.SUCCESS, "")
            case Next.FAIL:
                refusals = [wish.refused for wish in (branch, pull) if wish]
                words = next(filter(None, refusals), "no reason was given")
                await self._fail(row, f"GitHub refused it: {words}")
            case Next.EXPIRE:
                await self._end(row, Signal.EXPIRED, Conclusion.TIMED_OUT, LATE)
            case Next.END_WITH_WORDS:
                await self._end(row, Signal.DELIVERED, Conclusion.SUCCESS, "")
            case Next.END_WITH_NOTHING:
                await self._end(row, Signal.DELIVERED, Conclusion.NEUTRAL, NOTHING)
            case _:
                pass
        return LOOK_AGAIN

    async def _push(self, row: RunRow, asked: OutputRow) -> None:
        quarantine = self._quarantines.path(row.id)
        if row.result is None or row.base is None:
            raise Refused("no_result", "The agent's changes did not arrive.")
        found = await deliver.inspect(quarantine, row.base, row.result, self._rules)
        if not isinstance(found, Inspected):
            raise Refused(found.reason, found.words)
        async with self._context.store.read() as rows:
            seen = await telling.view(rows, row)
        commit = await deliver.seal(quarantine, found, await self._words(row, asked, seen))
        files = [(file.path, file.added, file.removed) for file in found.files]
        now = self._context.now()
        async with self._context.store.begin() as tx:
            branch = await self._branch(tx, row)
            row = await runs.note(tx, row, head_branch=branch)
            await story.wait(tx, row.id, DELIVERY, now=now, deadline=now + DELIVERING_PATIENCE)
            wanted = {"branch": branch, "sha": commit, "files": files, "repo_id": row.repo_id}
            await outbox.wish(tx, telling.wish_of(row, "branch", **wanted), now=now)
            await telling.tell(tx, row, f"Checked {len(files)} changed files; pushing", now=now)

    async def _words(self, row: RunRow, asked: OutputRow, seen: wording.RunView) -> CommitWords:
        who = await self._context.github.app.identity()
        email = f"{who.bot.id}+{who.bot.login}@{self._noreply}"
        return CommitWords(
            message=wording.commit_message(asked.payload["title"], seen),
            author=Author(name=who.bot.login, email=email),
            when=int(row.created_at),
        )

    async def _branch(self, tx: AsyncConnection, row: RunRow) -> str:
        """Name the branch; a later run on the same subject gets a number of its own."""
        name = wording.branch(row.agent, row.number, row.title)
        before = await runs.earlier(tx, row)
        return f"{name}-{before + 1}" if before else name

    async def _open(self, row: RunRow, branch: OutboxRow, asked: OutputRow) -> None:
        head, head_branch = Sha(branch.wish["sha"]), str(branch.wish["branch"])
        now = self._context.now()
        async with self._context.store.begin() as tx:
            at_head = await runs.note(tx, row, head=head)
            await story.wait(tx, row.id, DELIVERY, now=now, deadline=now + DELIVERING_PATIENCE)
            seen = await telling.view(tx, at_head)
            body = wording.pull_body(seen, asked.payload["body"], branch.wish["files"])
            wanted = {
                "title": wording.line(asked.payload["title"]),
                "body": body,
                "head": head_branch,
                "base": row.base_branch,
            }
            await outbox.wish(tx, telling.wish_of(row, "pull", **wanted), now=now)
            await telling.tell(
                tx, at_head, f"Pushed `{head_branch}`; opening a pull request", now=now
            )

    async def _fail(self, row: RunRow, words: str) -> None:
        await self._end(row, Signal.FAILED, Conclusion.FAILURE, words)

    async def _end(self, row: RunRow, what: Signal, conclusion: Conclusion, words: str) -> None:
        how = Ending(signal=what, conclusion=conclusion, words=words)
        async with self._context.store.begin() as tx:
            await telling.finish(tx, row, how, now=self._context.now())


def _wished(row: OutboxRow | None) -> Wished | None:
    return Wished(made=row.is_made, refused=row.refused) if row else None
