"""From a run that wants a runner to a job that has one.

The workspace is prepared first, which may be repeated; then the job's name, fence and
token are written down; only then is anything started under that name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bot.model.errors import Refused
from bot.model.ids import Fence, Repo, Sha, job_name
from bot.model.runs import AgentSpec, JobPlan
from bot.rules.attempts import JOB_GRACE
from bot.rules.brief import brief
from bot.rules.lifecycle import Signal
from bot.rules.repoconfig import AGENTS
from bot.runners.base import Launch, Runner
from bot.store import jobs, runs, story
from bot.store.runs import RunRow
from bot.work import telling
from bot.work.context import Context, renewing
from bot.workspace.lowers import Lowers
from bot.workspace.mirror import Mirrors
from bot.workspace.quarantine import Quarantines


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspaces:
    """The folders that jobs start from and hand in to."""

    mirrors: Mirrors
    lowers: Lowers
    quarantines: Quarantines


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The commit that a run starts from, and the branch that it was the head of."""

    sha: Sha
    branch: str


class Launcher:
    """Prepares and starts jobs."""

    def __init__(
        self, context: Context, runner: Runner, workspaces: Workspaces, gateway: Path
    ) -> None:
        self._context = context
        self._runner = runner
        self._workspaces = workspaces
        self._gateway = gateway

    async def launch(self, row: RunRow) -> None:
        """Give a run its next job.

        Raises:
            Unavailable: GitHub, git, the database or the runner did not answer.
            Refused: the repository cannot be worked on.
            Fenced: the run has moved on meanwhile.
        """
        base = await self._base(row)
        async with self._context.store.read() as rows:
            notes = await story.notes(rows, row.id)
        plan = _plan(row, base, AGENTS[row.agent], notes)
        tree = await self._workspaces.lowers.hold(shelf_of(row), base.sha, plan.job)
        mirror = self._workspaces.mirrors.path(shelf_of(row))
        await self._workspaces.quarantines.open(row.id, mirror, base.sha)
        token = SecretStr(self._context.token())
        await self._write_down(row, plan, token)
        await self._runner.launch(
            Launch(plan=plan, token=token, tree=tree, mirror=mirror, gateway=self._gateway)
        )

    async def _base(self, row: RunRow) -> Base:
        at = self._context.github.at(row.installation, row.repo)
        repository = await at.repository.get()
        if repository.id != row.repo_id:
            words = f"{row.repo} is another repository now than the one this was asked in."
            raise Refused("repository", words)
        if row.base and row.base_branch:
            return Base(sha=row.base, branch=row.base_branch)
        sha = await at.repository.head(repository.default_branch)
        mirrors, shelf = self._workspaces.mirrors, shelf_of(row)
        if await mirrors.resolve(shelf, sha) is None:
            with renewing(at):
                await mirrors.fetch(shelf, repository.clone_url, await at.token_to_fetch())
        return Base(sha=sha, branch=repository.default_branch)

    async def _write_down(self, row: RunRow, plan: JobPlan, token: SecretStr) -> None:
        now = self._context.now()
        deadline = now + plan.agent.limits.seconds + JOB_GRACE
        async with self._context.store.begin() as tx:
            values = {"fence": plan.fence, "base": plan.base, "base_branch": plan.base_branch}
            starting = await runs.signal(
                tx, row, Signal.LAUNCHED, now=now, deadline=deadline, **values
            )
            await jobs.add(tx, plan, token, now=now)
            await telling.tell(tx, starting, f"Starting on `{plan.base[:9]}`", now=now)


def shelf_of(row: RunRow) -> Repo:
    """Name the folder of a repository's mirror and trees: nobody who takes its name gets them."""
    return Repo(f"{row.repo}.{row.repo_id}")


def _plan(row: RunRow, base: Base, agent: AgentSpec, notes: Sequence[str]) -> JobPlan:
    fence = Fence(row.fence + 1)
    return JobPlan(
        job=job_name(row.id, fence),
        run=row.id,
        fence=fence,
        repo=row.repo,
        shelf=shelf_of(row),
        subject=row.number,
        base=base.sha,
        base_branch=base.branch,
        agent=agent,
        brief=brief(agent, row.subject, row.title, row.asked_by, notes),
    )
