"""What the embedded GitHub remembers of Actions: runs of a workflow, and their jobs."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.devhub.records import Account, CheckRun, CheckSuite, Repository

_CHUNK = 64 * 1024

# "This link expires after 1 minute."
# https://docs.github.com/en/rest/actions/workflow-jobs#download-job-logs-for-a-workflow-run
LINK_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What a job printed: a text, so many times over that nobody has to hold it."""

    text: bytes
    times: int = 1

    def end(self, size: int) -> str:
        """Return at most that many bytes of its end as text."""
        times = min(self.times, -(-size // max(len(self.text), 1)))
        return (self.text * times)[-size:].decode(errors="replace")

    def chunks(self) -> Iterator[bytes]:
        """Yield it piece by piece."""
        for _ in range(self.times):
            for start in range(0, len(self.text), _CHUNK):
                yield self.text[start : start + _CHUNK]


@dataclass(slots=True, kw_only=True, eq=False)
class WorkflowRun:
    """All jobs that one commit called for; each attempt has jobs of its own.

    Attributes:
        number: counts the runs of a repository.
        event: what called for it, such as `push`.
        title: the first line of the commit's message.
        jobs: of all attempts, oldest first.
    """

    id: int
    repository: Repository
    suite: CheckSuite
    number: int
    event: str
    title: str
    actor: Account
    created_at: float
    started_at: float
    attempt: int = 1
    jobs: list["Job"] = field(default_factory=list)

    @property
    def latest(self) -> list["Job"]:
        """Return the newest job of each name."""
        return list({each.check.name: each for each in self.jobs}.values())


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """One job of a workflow run; its id is that of its check run.

    Attributes:
        log: None until it has ended.
    """

    run: WorkflowRun
    check: CheckRun
    attempt: int
    log: Log | None = None


@dataclass(slots=True, kw_only=True)
class Shelf:
    """Every workflow run and job, and the short-lived addresses of their logs.

    Attributes:
        links: what an address serves and until when, by its secret.
    """

    runs: dict[int, WorkflowRun] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    links: dict[str, tuple[Log, float]] = field(default_factory=dict)

    def of(self, repository: Repository) -> list[WorkflowRun]:
        """Return the runs of a repository, oldest first."""
        return [each for each in self.runs.values() if each.repository is repository]

    def on(self, suite: CheckSuite) -> WorkflowRun | None:
        """Return the run that a suite is."""
        return next((each for each in self.runs.values() if each.suite is suite), None)

    def lend(self, log: Log, now: float) -> str:
        """Return the secret of a new address, which serves a log for a minute."""
        self.links = {key: each for key, each in self.links.items() if each[1] > now}
        secret = secrets.token_urlsafe(24)
        self.links[secret] = (log, now + LINK_SECONDS)
        return secret

    def borrowed(self, secret: str, now: float) -> Log | None:
        """Return what an address serves, None when it serves nothing (any more)."""
        log, until = self.links.get(secret, (None, 0.0))
        return log if until > now else None
