"""What a runner is: a handful of verbs over jobs whose names were written down before.

A runner is asked about a job by name, after restarts too, and may answer that it does not
know.  Nothing is torn down on such an answer before the job's deadline.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from pydantic import SecretStr

from bot.model.ids import JobName
from bot.model.runs import Limits

Task = Literal["agent", "validation"]
"""What a job is for: an agent at work, or one validation of what an agent has made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """All that a runner needs to start a job.

    Attributes:
        job: the name under which it is created or adopted.
        limits: of what runs in its box.
        token: exchanged once by the job for its plan and a token of its own.
        tree: the warm tree at the plan's base, with its `.git`; shared, never written.
        mirror: the bare repository that the tree borrows objects from.
        gateway: the folder that holds `gateway.sock`.
        toolboxes: read-only tool trees by name, beside those that the runner has for all.
        layers: read-only trees that lie below `tree` in the workspace, the upper one first.
        homes: the same below what is written to the home.
        roots: trees of images by their names, which boxes of the job have for their root.
        builds: whether it may build images, in a user namespace of its box.
    """

    job: JobName
    limits: Limits
    task: Task = "agent"
    token: SecretStr
    tree: Path
    mirror: Path
    gateway: Path
    toolboxes: Mapping[str, Path] = field(default_factory=dict)
    layers: tuple[Path, ...] = ()
    homes: tuple[Path, ...] = ()
    roots: Mapping[str, Path] = field(default_factory=dict)
    builds: bool = False


@dataclass(frozen=True, slots=True)
class Alive:
    """Something of the job runs."""


@dataclass(frozen=True, slots=True)
class Gone:
    """Nothing of the job runs.

    Attributes:
        exit: the harness's exit status; None when it could not write one down.
    """

    exit: int | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The backend could not say.

    Attributes:
        why: words for the log.
    """

    why: str


Standing = Alive | Gone | Unknown
"""What a runner answers about a job."""


Keep = Callable[[Collection[JobName]], Awaitable[Collection[JobName]]]
"""Says which of some jobs are still wanted."""


class Runner(Protocol):
    """A backend that executes jobs."""

    async def launch(self, launch: Launch) -> None:
        """Create the job, or adopt the one of that name; safe to repeat after a crash.

        Raises:
            Unavailable: the backend did not take it; whether it exists is for `poll` to say.
        """
        ...

    async def poll(self, job: JobName) -> Standing:
        """Say whether the job runs."""
        ...

    async def stop(self, job: JobName, *, kill: bool) -> None:
        """Ask the job to stop and hand in what it has, or with `kill` end it at once."""
        ...

    async def sweep(self, keep: Keep) -> list[JobName]:
        """End and remove every job that `keep` does not want; return the names of those removed.

        What exists is listed before `keep` is asked, so that a job which is written down and
        launched meanwhile is not taken for a stray.
        """
        ...
