"""From the commit in quarantine to an open pull request, step by step through the outbox.

A run whose agent is done waits here: its tree is checked, its branch pushed, its pull
request opened.  Only when GitHub has all of it is the run a success.
"""

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.errors import Fenced, Refused, Unavailable
from bot.model.ids import Sha
from bot.model.runs import Conclusion, Subject
from bot.rules import wording
from bot.rules.endings import Ending
from bot.rules.lifecycle import Signal
from bot.store import outbox, runs, story
from bot.store.outbox import OutboxRow
from bot.store.runs import RunRow
from bot.store.story import OutputRow
from bot.work import runs as work
from bot.work.context import Context
from bot.work.loop import side_by_side
from bot.workspace import deliver
from bot.workspace.deliver import CommitWords, Inspected, Rules
from bot.workspace.quarantine import Quarantines
from bot.workspace.snapshot import Author

log = structlog.get_logger()

AT_ONCE = 8
"""Runs that are delivered side by side."""

LOOK_AGAIN = 5.0
"""Seconds after which a delivery is looked at although the reporter did not say so."""

BROKEN = 30.0
"""Seconds until a delivery that failed in a way nobody foresaw is looked at again."""


class Delivering:
    """Brings what agents made to GitHub."""

    def __init__(
        self, context: Context, quarantines: Quarantines, noreply: str, rules: Rules
    ) -> None:
        self._context = context
        self._rules = rules
        self._quarantines = quarantines
        self._noreply = noreply
        self._which = runs.parked_for("delivery")

    async def step(self) -> bool:
        """Take deliveries one step further; True when there was one."""
        async with self._context.store.read() as rows:
            if not await runs.due(rows, self._which, now=self._context.now()):
                return False
        async with self._context.store.begin() as tx:
            due = await runs.claim(tx, self._context.lease(), self._which, most=AT_ONCE)
        await side_by_side(due, self._take_further, self._failed)
        return bool(due)

    async def _take_further(self, row: RunRow) -> None:
        await self._advance(row)
        await self._let_go(row, LOOK_AGAIN)

    async def _failed(self, row: RunRow, problem: Exception) -> None:
        match problem:
            case Unavailable():
                log.warning("run.unavailable", run=row.id, words=str(problem))
                wait = problem.retry_after
            case Fenced():
                wait = 0.0  # it moved while we worked; look again at what it is now
            case Refused():
                await self._fail(row, problem.words)
                wait = LOOK_AGAIN
            case _:
                log.error("run.failed", run=row.id, exc_info=problem)
                wait = BROKEN
        await self._let_go(row, wait)

    async def _let_go(self, row: RunRow, wait: float) -> None:
        async with self._context.store.begin() as tx:
            next_at = self._context.now() + wait
            await runs.let_go(tx, row, worker=self._context.worker, next_at=next_at)

    async def _advance(self, row: RunRow) -> None:
        async with self._context.store.read() as rows:
            wishes = await outbox.of_run(rows, row.id)
            asked = {each.kind: each for each in await story.asked(rows, row.id, row.fence)}
            late = await story.is_late(rows, row.id, now=self._context.now())
        branch, pull = wishes.get("branch"), wishes.get("pull")
        refused = next((wish.refused for wish in (branch, pull) if wish and wish.refused), None)
        if refused:
            await self._fail(row, f"GitHub refused it: {refused}")
        elif late:
            await self._end(row, Signal.EXPIRED, Conclusion.TIMED_OUT, "GitHub did not take it.")
        elif "pull_request" not in asked:
            await self._without_changes(row, asked)
        elif branch is None:
            await self._inspect(row, asked["pull_request"])
        elif branch.is_made and pull is None:
            await self._open(row, branch, asked["pull_request"])
        elif pull and pull.is_made and pull.external_id:
            await self._succeed(row, int(pull.external_id))

    async def _without_changes(self, row: RunRow, asked: dict[str, OutputRow]) -> None:
        if "comment" in asked:
            await self._end(row, Signal.DELIVERED, Conclusion.SUCCESS, "")
        else:
            await self._end(row, Signal.DELIVERED, Conclusion.NEUTRAL, "Nothing had to be done.")

    async def _inspect(self, row: RunRow, asked: OutputRow) -> None:
        quarantine = self._quarantines.path(row.id)
        if row.result is None or row.base is None:
            raise Refused("no_result", "The agent's changes did not arrive.")
        found = await deliver.inspect(quarantine, row.base, row.result, self._rules)
        if not isinstance(found, Inspected):
            raise Refused(found.reason, found.words)
        async with self._context.store.read() as rows:
            seen = await work.view(rows, row)
        commit = await deliver.seal(quarantine, found, await self._words(row, asked, seen))
        files = [(file.path, file.added, file.removed) for file in found.files]
        now = self._context.now()
        async with self._context.store.begin() as tx:
            await runs.unmoved(tx, row)
            branch = await self._branch(tx, row)
            wanted = {"branch": branch, "sha": commit, "files": files}
            await outbox.wish(tx, work.wish_of(row, "branch", **wanted), now=now)
            await work.tell(tx, row, f"Checked {len(files)} changed files; pushing", now=now)

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
            at_head = await runs.note(tx, row, head=head, head_branch=head_branch)
            seen = await work.view(tx, at_head)
            body = wording.pull_body(seen, asked.payload["body"], branch.wish["files"])
            wanted = {
                "title": wording.line(asked.payload["title"]),
                "body": body,
                "head": head_branch,
                "base": row.base_branch,
            }
            await outbox.wish(tx, work.wish_of(row, "pull", **wanted), now=now)
            await work.tell(
                tx, at_head, f"Pushed `{head_branch}`; opening a pull request", now=now
            )

    async def _succeed(self, row: RunRow, number: int) -> None:
        opened = Subject(repo=row.repo, number=number, kind="pull")
        success = Ending(signal=Signal.DELIVERED, conclusion=Conclusion.SUCCESS, words="")
        now = self._context.now()
        async with self._context.store.begin() as tx:
            await runs.own(tx, row.id, opened, how="opened")
            await story.tell(tx, row.id, f"Opened #{number}", now=now)
            await work.finish(tx, row, success, now=now)
        log.info("run.delivered", run=row.id, pull=number)

    async def _fail(self, row: RunRow, words: str) -> None:
        await self._end(row, Signal.SETTLED, Conclusion.FAILURE, words)

    async def _end(self, row: RunRow, what: Signal, conclusion: Conclusion, words: str) -> None:
        how = Ending(signal=what, conclusion=conclusion, words=words)
        async with self._context.store.begin() as tx:
            await work.finish(tx, row, how, now=self._context.now())
        log.info("run.ended", run=row.id, conclusion=conclusion, words=words)
