"""From a run that wants a runner to a job that has one.

The workspace is prepared first, which may be repeated; then the job's name, fence and
token are written down; only then is anything started under that name.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import SecretStr

from bot.github.beside import both
from bot.github.client import AtRepository
from bot.github.errors import NOT_FOUND
from bot.github.repositories import Repository
from bot.model.errors import Refused, Unavailable
from bot.model.ids import Fence, JobName, Repo, Sha, job_name
from bot.model.runs import Checkpoint, JobPlan, Message, SubjectKind
from bot.model.validations import Groundwork
from bot.rules import plans
from bot.rules.attempts import JOB_GRACE
from bot.rules.brief import Task, brief
from bot.rules.delivering import gone
from bot.rules.guidance import Guidance
from bot.rules.ledger import PastJob, tried
from bot.rules.lifecycle import Signal
from bot.rules.outputs import granted
from bot.runners.base import Launch, Runner
from bot.store import jobs, mailbox, runs, story
from bot.store.ledger import past_jobs
from bot.store.run_row import RunRow
from bot.work import telling, threads
from bot.work.broker import place_of
from bot.work.context import Context, renewing
from bot.work.guiding import guidance
from bot.work.otherwise import otherwise
from bot.work.reading import read
from bot.work.setups import Laid, Setups, told_of
from bot.work.takeover import take_over
from bot.work.toolboxes import Beside, Toolboxes
from bot.workspace.lowers import Lowers
from bot.workspace.mirror import Mirrors
from bot.workspace.quarantine import Quarantines

APPEARS = 5.0
"""Seconds after which a commit is looked for again that GitHub has told of."""

REWRITTEN = ", without what was made before: the branch was rewritten"
"""What is said of a job that begins on another history than the one before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspaces:
    """The folders that jobs start from and hand in to."""

    mirrors: Mirrors
    lowers: Lowers
    quarantines: Quarantines
    toolboxes: Toolboxes
    setups: Setups


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The commit that a run starts from, and the branch that it was the head of.

    Of a pull request it is the branch that it comes from, else the default branch, which is
    `main`.
    """

    sha: Sha
    branch: str
    main: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a job stands on.

    Attributes:
        left: what the last job left, as far as it fits here.
        tree: the warm tree of the commit.
        guidance: what the default branch tells agents; None for nothing.
        beside: its toolboxes.
        needs: what is to lie below its workspace; None for nothing.
    """

    base: Base
    left: Checkpoint | None
    tree: Path
    guidance: Guidance | None
    beside: Beside
    needs: Groundwork | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a job is told.

    Attributes:
        outsiders: whether people who may not write had a word in it.
        notes: of agents, in this run and in those that it goes on from.
        jobs: of the same runs.
        mail: messages that no job was told of, with their numbers.
    """

    task: Task
    outsiders: bool
    notes: Sequence[str]
    jobs: Sequence[PastJob]
    mail: Sequence[tuple[int, Message]]


class Launcher:
    """Prepares and starts jobs."""

    def __init__(
        self, context: Context, runner: Runner, workspaces: Workspaces, gateway: Path
    ) -> None:
        self._context = context
        self._runner = runner
        self._workspaces = workspaces
        self._gateway = gateway

    async def launch(self, row: RunRow) -> bool:
        """Give a run its next job; False where what it stands on is still being made.

        Raises:
            Unavailable: GitHub, git, the database or the runner did not answer.
            Refused: the repository cannot be worked on, or a toolbox not be had.
            Fenced: the run has moved on meanwhile.
        """
        if await self._workspaces.setups.being_made(row, row.groundwork):
            return False
        at = self._context.github.at(row.installation, row.repo)
        row = await take_over(self._context, at, row)
        ground, told = await both(self._ground(row, at), self._told(row, at))
        below = await self._workspaces.setups.for_run(row, ground.needs)
        if below is None:
            return False
        row = replace(row, outsiders=row.outsiders or told.outsiders)
        plan = _plan(row, ground, told, below)
        token = SecretStr(self._context.token())
        row = replace(row, groundwork=ground.needs)
        differs = await otherwise(self._context.store, self._workspaces.mirrors, row, plan)
        words = (*ground.beside.conflicts, *differs, *told_of(row, below))
        await self._write_down(row, plan, token, words)
        mirror = self._workspaces.mirrors.path(shelf_of(row))
        await self._runner.launch(
            Launch(
                job=plan.job,
                limits=plan.agent.limits,
                token=token,
                tree=ground.tree,
                mirror=mirror,
                gateway=self._gateway,
                toolboxes=ground.beside.folders,
                layers=below.layers,
                homes=below.homes,
            )
        )
        return True

    async def _ground(self, row: RunRow, at: AtRepository) -> Ground:
        """Prepare what a job stands on: its commit and tree, what was left, a quarantine."""
        base = await self._base(row, at)
        left = await _kept(row, at, base.sha)
        shelf, spaces = shelf_of(row), self._workspaces
        (tree, _), (found, beside) = await both(
            both(
                spaces.lowers.hold(shelf, base.sha, _job(row)),
                spaces.quarantines.open(row.id, spaces.mirrors.path(shelf), base.sha),
            ),
            both(
                guidance(spaces.mirrors, shelf, base.main, row.terms.agent),
                spaces.toolboxes.of_agent(row.terms, shelf, base.sha),
            ),
        )
        needs = await spaces.setups.of_run(row, shelf, base.sha, base.main)
        return Ground(base=base, left=left, tree=tree, guidance=found, beside=beside, needs=needs)

    async def _told(self, row: RunRow, at: AtRepository) -> Told:
        """Gather what a job is told: of its task, of what came before, of what has come."""
        async with self._context.store.read() as rows:
            line = await runs.line(rows, row)
            notes, done_before = await story.notes(rows, line), await past_jobs(rows, line)
            mail = await mailbox.unread(rows, row.id)
            openers = await runs.openers(rows, row.subject, row.repo_id)
        app, done = await both(self._context.github.app.identity(), threads.resolved(at, row))
        ours = bool(openers) and row.author_id == app.bot.id
        own = ours and not any(each.outsiders for each in openers)
        found = await read(at, row, app, own=own, done=done)
        return Told(
            task=found.task,
            outsiders=found.outsiders,
            notes=notes,
            jobs=done_before,
            mail=threads.still_open(mail, done),
        )

    async def _base(self, row: RunRow, at: AtRepository) -> Base:
        """Return the commit to start from, which the mirror has then."""
        repository, base = await both(at.repository.get(), _known_base(row, at))
        if repository.id != row.repo_id:
            words = f"{row.repo} is another repository now than the one this was asked in."
            raise Refused("repository", words)
        if base is None:
            sha = await at.repository.head(repository.default_branch)
            base = Base(sha=sha, branch=repository.default_branch)
        if await self._workspaces.mirrors.resolve(shelf_of(row), base.sha) is None:
            await self._fetch(row, at, repository, base.sha)
        return replace(base, main=repository.default_branch)

    async def _fetch(
        self, row: RunRow, at: AtRepository, repository: Repository, sha: Sha
    ) -> None:
        mirrors, shelf = self._workspaces.mirrors, shelf_of(row)
        pull = row.number if row.kind == "pull" else None
        with renewing(at):
            token = await at.token_to_fetch()
            await mirrors.fetch(shelf, repository.clone_url, token, pull=pull)
        if await mirrors.resolve(shelf, sha) is None:
            words = f"{sha[:9]} is not there; its branch may have been rewritten"
            raise Unavailable("git", words, retry_after=APPEARS)

    async def _write_down(
        self, row: RunRow, plan: JobPlan, token: SecretStr, told: Sequence[str]
    ) -> None:
        now = self._context.now()
        deadline = now + plan.agent.limits.seconds + JOB_GRACE
        async with self._context.store.begin() as tx:
            starting = await runs.signal(
                tx,
                row,
                Signal.LAUNCHED,
                now=now,
                deadline=deadline,
                fence=plan.fence,
                base=plan.base,
                base_branch=plan.base_branch,
                outsiders=row.outsiders,
                groundwork=row.groundwork and asdict(row.groundwork),
            )
            await jobs.add(tx, plan, token, now=now)
            left = row.checkpoint
            lost = left is not None and not left.pushed and plan.checkpoint != left
            without = REWRITTEN if lost else ""
            await telling.tell(tx, starting, f"Starting on `{plan.base[:9]}`{without}", now=now)
            for words in told:
                await telling.tell(tx, starting, words, now=now)


def _goes_on(row: RunRow) -> bool:
    """Tell whether a job starts where its branch stands now: not the first on a pull request.

    That one starts from the commit on which it was asked for.  A branch in a fork is not
    followed: nothing is pushed there.
    """
    return row.on_branch and not row.fork and bool(row.head_branch or row.fence)


async def _kept(row: RunRow, at: AtRepository, base: Sha) -> Checkpoint | None:
    """Return what the last job left, without its work where a person has rewritten the branch.

    Put onto the new history it would bring back what they took out.  A run without a branch
    has none that could be rewritten: its pull request was closed, or never made.  Work that
    was pushed is in the branch, or was taken out of it.
    """
    left = row.checkpoint
    if left is None or left.work is None or left.base == base or not row.on_branch:
        return left
    if left.pushed:
        return replace(left, work=None)
    kept = await at.commits.follows(base, left.base)
    return left if kept else replace(left, work=None)


async def _known_base(row: RunRow, at: AtRepository) -> Base | None:
    """Return where a job starts that does not start from the default branch."""
    branch = row.head_branch or row.base_branch
    if branch and _goes_on(row):
        return Base(sha=await _head(at, branch), branch=branch)
    if row.base and row.base_branch:
        return Base(sha=row.base, branch=row.base_branch)
    return None


async def _head(at: AtRepository, branch: str) -> Sha:
    """Return the head of a run's branch, where people may have pushed meanwhile."""
    try:
        return await at.repository.head(branch)
    except Refused as problem:
        if problem.reason != NOT_FOUND:
            raise
        raise Refused("branch_gone", gone(branch)) from None


def shelf_of(row: RunRow) -> Repo:
    """Name the folder of a repository's mirror and trees: nobody who takes its name gets them."""
    return Repo(f"{row.repo}.{row.repo_id}")


def _job(row: RunRow) -> JobName:
    """Name the run's next job."""
    return job_name(row.id, Fence(row.fence + 1))


def _plan(row: RunRow, ground: Ground, told: Told, below: Laid) -> JobPlan:
    spec, base = row.terms.agent, ground.base
    task = replace(
        told.task,
        guidance=ground.guidance,
        egress=row.terms.egress,
        validations=row.terms.validations,
        setup=row.terms.setup,
        lacks=below.lacks,
    )
    planned = plans.holds(row.plan, base.sha, pushed=row.head_branch is not None)
    agent = replace(spec, outputs=granted(spec.outputs, place_of(row), planned=planned))
    messages = tuple(
        plans.overtaken(base.sha, message.at)
        if message.kind == "plan" and not planned
        else message
        for _, message in told.mail
    )
    kind: SubjectKind = "pull" if row.on_branch else "issue"
    present = PastJob(earlier=False, base=base.sha, kind=kind, messages=messages)
    return JobPlan(
        job=_job(row),
        run=row.id,
        fence=Fence(row.fence + 1),
        repo=row.repo,
        shelf=shelf_of(row),
        subject=row.own_pull or row.number,
        kind=kind,
        base=base.sha,
        base_branch=base.branch,
        agent=agent,
        brief=brief(agent, task, told.notes, messages, tried=tried(told.jobs, present)),
        title=task.title.body if task.title else "",
        instruction=task.instruction,
        texts=tuple(task.texts),
        own=row.own_pull is not None,
        messages=messages,
        mail=tuple(number for number, _ in told.mail),
        checkpoint=ground.left,
        egress=row.terms.egress,
        validations=tuple(each.name for each in row.terms.validations),
        ahead=tuple(each.name for each in row.terms.validations if each.speculate),
    )
