"""Validations: commands that configuration names, and what came of running one.

An agent asks for one by its name and nothing more.  What the name stands for is taken from the
base branch, so that no change to a pull request decides what runs where there is more power.
"""

from dataclasses import dataclass
from typing import Literal

from bot.model.ids import JobName, Repo, Sha, ValidationId
from bot.model.limits import Limits

VALIDATE = "validate"
"""The tool that asks for a validation."""

VALIDATION, KNOWN, REFUSED = "Greenroom-Validation", "Greenroom-Known", "Greenroom-Refused"
"""Heads by which a harness says what came of asking for one: its id and whether its tree was
known from before, or why there is none."""

Class = Literal["plain", "builder", "services"]
"""Which power a validation needs: as little as an agent, building images, servers beside it."""

SETUP = "setup"
"""The name under which people are told of what prepares a workspace."""

Outcome = Literal["passed", "failed", "timeout", "broken"]
"""How it ended.  `broken` is nobody's verdict: the machine failed, not the tree."""

REUSED: frozenset[Outcome] = frozenset({"passed", "failed"})
"""What holds for the same tree the next time too."""

State = Literal["queued", "running", "done", "dropped"]
"""`dropped`: nobody waits for it any more."""

COMING = ""
"""Stands for the name of work that is on its way: a job can begin before it is there."""

MOST_REPORT = 8 * 1024 * 1024
"""Bytes of a report that are read; more of it is no report."""

MOST_BUILT = 8 * 1024
"""Bytes of what is read of the images that a validation has left."""

MOST_ARTIFACTS = 16 * 1024**2
"""Bytes of the files that a validation leaves, all together as a tar."""

MOST_KEPT = 1000
"""How many of these files there may be."""

MOST_OUTPUT = 32 * 1024
"""Bytes of what a validation printed that are kept: the last ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """A tree of tools, from an image that is named by its digest."""

    name: str
    image: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A server that stands beside a validation, on the same loopback.

    Attributes:
        image: what it runs in, by digest.
        run: a line for `/bin/sh -c`; None for what the image starts by itself.
        environment: pairs of a variable and its value; public, as all of configuration is.
        port: it is there once this TCP port takes connections.
    """

    name: str
    image: str
    run: str | None = None
    environment: tuple[tuple[str, str], ...] = ()
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What prepares workspaces: its additions lie below those of agents and validations.

    Attributes:
        run: a line for `/bin/sh -c`.
        inputs: globs of the files that decide what comes of it.
        egress: hosts that it may reach.
        toolboxes: by name; what they are stands in the terms of the run.
        seconds: wall-clock time that it may take.
    """

    run: str
    inputs: tuple[str, ...] = ()
    egress: tuple[str, ...] = ()
    toolboxes: tuple[str, ...] = ()
    seconds: int = 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a validation's name stands for.

    Attributes:
        run: a line for `/bin/sh -c`.
        toolboxes: by name; what they are stands in the terms of the run.
        image: what it runs in, by digest; None for the machine's own.
        report: the file that it leaves for us, from the top of the tree.
        seconds: wall-clock time that it may take.
        egress: hosts that it may reach.
        inputs: globs of the files that decide what comes of it; none for all of them.
        speculate: whether it begins before anybody has asked, once a tree is quiet.
        services: the servers beside it, of the class `services` alone.
        bases: where images may come from that a build begins with, as `REGISTRY/NAME`; of the
            class `builder` alone.
        artifacts: globs of the files that it leaves for whoever has asked.
    """

    name: str
    run: str
    toolboxes: tuple[str, ...] = ()
    image: str | None = None
    kind: Class = "plain"
    report: str | None = None
    seconds: int = 600
    egress: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    speculate: bool = False
    services: tuple[Service, ...] = ()
    bases: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Groundwork:
    """What is to lie below a workspace: what a setup makes of one tree.

    Attributes:
        key: names all that decides what comes of it; two of one key are the same.
        toolboxes: those that the setup names.
        inputs: names the files that decide it, with their content.
        platform: names what it runs on: another system needs another one.
        apart: whose it is, where nobody else may have it; empty for the repository's own.
        base: the commit that its tree is made from.
        work: the blob with what differs from the base; None for nothing.
        tree: Git's name of it; None for that of the base.
    """

    key: str
    setup: Setup
    toolboxes: tuple[Toolbox, ...]
    inputs: str
    platform: str
    apart: str
    base: Sha
    work: str | None = None
    tree: Sha | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifacts:
    """The files that a validation has left.

    Attributes:
        blob: a tar of them.
        kept: how many these are.
        left_out: how many were too large, or too many.
    """

    blob: str
    kept: int
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a validation.

    Attributes:
        exit: the command's exit status; None when a signal ended it, or nothing ran.
        seconds: wall-clock time of the command.
        tests: how many ran; None where no report told.
        failing: their names.
        excerpt: of what it printed, or of its report: where to look first.
        words: one sentence, where the outcome does not say it all.
        artifacts: None where it was to leave none, or did not.
    """

    outcome: Outcome
    exit: int | None
    seconds: float
    tests: int | None = None
    failing: tuple[str, ...] = ()
    excerpt: str = ""
    words: str = ""
    artifacts: Artifacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationPlan:
    """All that a runner and a harness need to know of one validation; holds no secret.

    Attributes:
        job: the name under which the runner creates it or adopts it.
        shelf: the name under which the mirror of the repository lies.
        base: the commit that the workspace starts from.
        work: the blob with a git bundle of all that was changed since; None for nothing, and
            `COMING` while it is on its way.
        tree: Git's name of what the workspace has to be then.
        sets_up: whether it is a setup: then what it adds is handed in.
    """

    job: JobName
    id: ValidationId
    repo: Repo
    shelf: Repo
    base: Sha
    work: str | None
    tree: Sha
    definition: Definition
    limits: Limits
    sets_up: bool = False
