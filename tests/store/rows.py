"""Rows as tests want them: whole, with a few fields changed."""

from dataclasses import asdict, replace

from pydantic import SecretStr

from bot.model.ids import Fence, InstallationId, JobName, Login, Repo, RunId, Sha, UserId
from bot.model.money import Micros
from bot.model.priorities import Priority
from bot.model.runs import JobPlan, Message, Subject, Trigger
from bot.rules.agents import BUILT_IN
from bot.rules.lifecycle import Compute, Run, Signal
from bot.rules.repoconfig import Config
from bot.rules.starting import terms_of
from bot.store import runs
from bot.store.leases import Lease
from bot.store.outbox import Wish
from bot.store.run_row import RunRow
from bot.store.schema import deliveries, delivery_bodies, mailbox

NOW = 1_800_000_000.0
ISSUE = Subject(repo=Repo("octo/cat"), number=7, kind="issue")
TERMS = terms_of(BUILT_IN["tidy"], Config(), fork=False)
QUEUED = RunRow(
    id=RunId("01A"),
    installation=InstallationId(7),
    repo_id=5,
    repo=ISSUE.repo,
    number=ISSUE.number,
    kind=ISSUE.kind,
    title="A mess",
    agent="tidy",
    asked_by_id=UserId(1),
    asked_by=Login("ann"),
    instruction="",
    body="All of it.",
    author_id=UserId(1),
    author=Login("ann"),
    trigger=Trigger(kind="label"),
    terms=TERMS,
    asked_at=NOW,
    fork=False,
    outsiders=False,
    round=0,
    handoffs=0,
    own_pull=None,
    checkpoint=None,
    plan=None,
    after=None,
    closed=False,
    extra=Micros(0),
    verdict=None,
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
    tree=None,
    created_at=NOW,
    changed_at=NOW,
    next_attempt_at=NOW,
    failures=0,
    deadline=None,
)
LETTER = Message(kind="steer", text="wait")
COMMENT = Wish(
    target="comment:01A",
    kind="comment",
    run=None,
    installation=InstallationId(7),
    repo=ISSUE.repo,
    wish={"number": 7, "body": "Hello"},
    priority=Priority.PROGRESS,
)


def lease(worker="w1", now=NOW, seconds=60.0):
    return Lease(worker=worker, now=now, until=now + seconds)


def plan(fence=1, run="01A"):
    return JobPlan(
        job=JobName(f"{run.lower()}-{fence}"),
        run=RunId(run),
        fence=Fence(fence),
        repo=ISSUE.repo,
        shelf=Repo(f"{ISSUE.repo}.5"),
        subject=ISSUE.number,
        base=Sha("5" * 40),
        base_branch="main",
        agent=TERMS.agent,
        brief="Tidy up.",
    )


def token(text):
    return SecretStr(text)


async def arrive(store, *guids_and_keys, now=NOW):
    """Store deliveries in this order."""
    async with store.begin() as tx:
        for guid, key in guids_and_keys:
            row = {"guid": guid, "event": "issues", "ordering_key": key, "received_at": now}
            await tx.execute(deliveries.insert().values(**row))
            await tx.execute(delivery_bodies.insert().values(guid=guid, body=guid.encode()))


async def begun(store, **changes):
    """Store a new run."""
    row = replace(QUEUED, **changes)
    async with store.begin() as tx:
        assert await runs.start(tx, row)
    return row


async def moved(store, row, *signals, **values):
    """Send a run through these signals."""
    for what in signals:
        async with store.begin() as tx:
            row = await runs.signal(tx, row, what, now=NOW, **values)
    return row


async def live(store, **changes):
    """Store a run whose agent works."""
    signals = (Signal.ADMITTED, Signal.LAUNCHED, Signal.CAME_UP)
    return await moved(store, await begun(store, **changes), *signals)


async def write_to(store, run):
    """Put a message into a run's mailbox."""
    async with store.begin() as tx:
        await tx.execute(mailbox.insert().values(run=run, at=NOW, message=asdict(LETTER), key="a"))
