"""The settings of `.github/greenroom.yml`: their shapes, their defaults, and what they do.

The JSON Schema and the tables in `docs/` are made from these classes.
"""

import re
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from bot.model.runs import PLAIN
from bot.model.validations import Class
from bot.rules.agents import USUAL, Allow
from bot.rules.configshapes import (
    EXAMPLE_IMAGE,
    MOST_ENTRIES,
    SHAPE,
    Counted,
    Dollars,
    File,
    Glob,
    Host,
    Image,
    Model,
    Name,
    Place,
    Port,
    Positive,
    Prefix,
    Script,
    Slug,
    Value,
    Variable,
    YesNo,
    many,
    named,
    setting,
)
from bot.rules.configwords import DAY, HOUR, MINUTE, OneOf, Seconds, Spelled, Time, Who

PROTECT: tuple[str, ...] = (
    *(".github/**", "CODEOWNERS", "docs/CODEOWNERS"),
    *(".gitattributes", ".gitmodules"),
)
"""Paths that no agent changes without a person.

They decide what runs, who reviews, and what a reviewer is shown.
"""

CLASSES: tuple[Class, ...] = ("plain", "builder", "services")
"""Classes of validations that there are."""

MOST_SERVICES = 5
"""Servers beside one validation."""

CI = Literal["approve", "auto"]
Deletes = Literal["merged", "closed", "never"]
RunsIn = Annotated[Class, OneOf(words=CLASSES, what="classes of validations")]
Runtime = Annotated[str, OneOf(words=(USUAL, *PLAIN), what="runtimes that need no command")]

ANY = "*"
"""What stands for every name in the dotted name of a setting."""

Setting = Annotated[
    str,
    Spelled(
        pattern=r"[a-z_]+(?:\.(?:[a-z0-9_-]+|\*))*",
        what="the dotted name of a setting",
        example="limits.runs",
    ),
]
INCLUDED = re.compile(r"greenroom/[A-Za-z0-9][A-Za-z0-9._-]*\.yml", re.ASCII)
Included = Annotated[
    str,
    Spelled(
        pattern=INCLUDED.pattern,
        what="a file of `.github/greenroom/`, from `.github/` on",
        example="greenroom/limits.yml",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Commands:
    """How commands are written."""

    prefix: Prefix = setting(
        "The word after the slash, as in `/gr fix`.", example="gr", default="gr"
    )
    bare: YesNo = setting(
        "Whether agents' commands work without the prefix too, as in `/fix`.",
        example=True,
        default=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class RunLimits:
    """How many runs the repository may have."""

    concurrent: Positive = setting(
        "Runs that hold a runner at the same time.", example=3, default=3
    )
    per_day: Positive = setting("Runs that start within 24 hours.", example=50, default=50)


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class CostLimits:
    """What models may cost."""

    per_run: Dollars = setting("US dollars that one run may cost.", example=5.0, default=5.0)
    per_day: Dollars = setting(
        "US dollars that all runs may cost on one day (UTC).", example=50.0, default=50.0
    )
    org_per_day: Dollars | None = setting(
        "The same for all repositories together; for an organization's file.",
        example=200.0,
        default=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class TimeLimits:
    """How long things may take."""

    job: Annotated[int, Time(least=Seconds(MINUTE), most=Seconds(6 * HOUR))] = setting(
        "How long an agent may work at a stretch.", example="30m", default=Seconds(30 * MINUTE)
    )
    parked: Annotated[int, Time(least=Seconds(HOUR), most=Seconds(90 * DAY))] = setting(
        "How long a run may wait for something.", example="14d", default=Seconds(14 * DAY)
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Quota:
    """What runs may use up."""

    runs: RunLimits = setting("How many runs the repository may have.", default=RunLimits)
    cost: CostLimits = setting("What models may cost.", default=CostLimits)
    time: TimeLimits = setting("How long things may take.", default=TimeLimits)
    handoffs: Counted = setting(
        "How often CI may wake a run before a person has a word.", example=5, default=5
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Commits:
    """How an agent's commits are made."""

    sign_off: YesNo = setting("Whether they carry `Signed-off-by`.", example=True, default=False)
    signed: YesNo = setting("Whether GitHub signs them where it can.", example=True, default=False)


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class PullRequests:
    """How an agent's pull requests are opened."""

    draft: YesNo = setting("Whether they begin as drafts.", example=True, default=False)


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Branches:
    """What becomes of the branches that agents' pull requests come from."""

    delete: Annotated[
        Deletes, OneOf(words=("merged", "closed", "never"), what="times to delete a branch")
    ] = setting(
        "When they are deleted: with a merge, also when closed without one, or never.",
        example="merged",
        default="merged",
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Egress:
    """What an agent may reach beside its model."""

    allow: tuple[Host, ...] = many(
        "Hosts that agents may reach, by https alone; `*.` stands for any name below one.",
        ["packages.example.com"],
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Setup:
    """What prepares a workspace, with no model and no secret."""

    run: Script = Field(
        description="The command, for `/bin/sh`.", examples=["pip install -e .[test]"]
    )
    inputs: tuple[Glob, ...] = many(
        "The files that it depends on: it runs anew when one of them changes.", ["pyproject.toml"]
    )
    egress: tuple[Host, ...] = many(
        "Hosts that it may reach, by https alone.", ["packages.example.com"]
    )
    toolboxes: tuple[Name, ...] = many("Toolboxes that it needs.", ["python"])
    timeout: Annotated[int, Time(least=Seconds(1), most=Seconds(6 * HOUR))] = setting(
        "How long it may take.", example="30m", default=Seconds(30 * MINUTE)
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Toolbox:
    """A read-only tree of tools."""

    image: Image = Field(description="The OCI image that it is, by digest.")


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Service:
    """A server beside a validation, on the same loopback."""

    image: Image = Field(description="The image that it runs in, by digest.")
    port: Port = Field(
        description="The port that it takes connections at, once it is there.", examples=[5432]
    )
    run: Script | None = Field(
        default=None,
        description="The command, for `/bin/sh`; else what the image starts by itself.",
        examples=["redis-server --port 6379"],
    )
    env: Annotated[dict[Variable, Value], Field(max_length=MOST_ENTRIES)] = named(
        "Variables that it is told.", {"POSTGRES_PASSWORD": "of-a-test"}
    )


@dataclass(
    frozen=True,
    slots=True,
    kw_only=True,
    config=ConfigDict(**SHAPE, populate_by_name=True),
)
class Validation:
    """A command that checks an agent's work, away from the agent."""

    run: Script = Field(description="The command, for `/bin/sh`.", examples=["pytest -q"])
    toolboxes: tuple[Name, ...] = many("Toolboxes that it needs.", ["python"])
    image: Image | None = Field(default=None, description="The image that it runs in, by digest.")
    runner_class: RunsIn = Field(
        default="plain",
        alias="class",
        description="The power that it needs.",
        examples=["plain"],
    )
    report: File | None = Field(
        default=None,
        description="The report that it writes, JUnit's XML or TAP.",
        examples=["report.xml"],
    )
    artifacts: tuple[Glob, ...] = many(
        "Files that it leaves, which the agent may fetch.", ["dist/**", "coverage.xml"]
    )
    bases: tuple[Place, ...] = many(
        "Images that a build of the class `builder` may begin with, which its Dockerfile names by "
        "digest.",
        ["docker.io/library/debian"],
    )
    inputs: tuple[Glob, ...] = many(
        "All files that decide what comes of it: it sees no others.",
        ["src/**", "tests/**", "pyproject.toml"],
    )
    egress: tuple[Host, ...] = many(
        "Hosts that it may reach, by https alone.", ["packages.example.com"]
    )
    services: Annotated[dict[Name, Service], Field(max_length=MOST_SERVICES)] = named(
        "Servers beside it, by name; of the class `services` alone.",
        {"db": {"image": EXAMPLE_IMAGE, "port": 5432}},
    )
    speculate: YesNo = setting(
        "Whether it begins before an agent asks, once the tree has been quiet for some seconds.",
        example=True,
        default=False,
    )
    timeout: Annotated[int, Time(least=Seconds(1), most=Seconds(6 * HOUR))] = setting(
        "How long it may take.", example="10m", default=Seconds(10 * MINUTE)
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Adjusted:
    """What is different about an agent that is defined elsewhere."""

    enabled: YesNo = setting("Whether it is there.", example=False, default=True)
    allow: Annotated[Allow, Who()] | None = setting(
        "Who may start it.", example="maintain", default=None
    )
    runtime: Runtime | None = setting(
        "The program that is its brain; of no agent with a command.",
        example="codex",
        default=None,
    )
    model: Model | None = setting(
        "The language model that it uses.", example="claude-sonnet-4-5", default=None
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class ConfigFile:
    """The settings of a repository, or of an organization for all of its repositories."""

    version: Literal[1] = setting("The version of this format.", example=1, default=1)
    commands: Commands = setting("How commands are written.", default=Commands)
    limits: Quota = setting("What runs may use up.", default=Quota)
    protect: tuple[Glob, ...] = many(
        "Paths that no agent changes without a person.", [".github/**"], default=PROTECT
    )
    ci: Annotated[CI, OneOf(words=("approve", "auto"), what="ways to start CI")] = setting(
        "Whether a push waits for a person when its agent read what strangers wrote.",
        example="approve",
        default="approve",
    )
    bots: tuple[Slug, ...] = many("Apps whose bots may start agents.", ["dependabot"])
    commits: Commits = setting("How an agent's commits are made.", default=Commits)
    pull_requests: PullRequests = setting(
        "How an agent's pull requests are opened.", default=PullRequests
    )
    branches: Branches = setting(
        "What becomes of the branches that agents made.", default=Branches
    )
    setup: Setup | None = setting(
        "What prepares a workspace.", example={"run": "pip install -e .[test]"}, default=None
    )
    toolboxes: dict[Name, Toolbox] = named(
        "Trees of tools for agents and validations, by name.",
        {"python": {"image": EXAMPLE_IMAGE}},
    )
    validations: dict[Name, Validation] = named(
        "Checks that agents may ask for, by name.", {"unit": {"run": "pytest -q"}}
    )
    classes: tuple[RunsIn, ...] = many(
        "Classes that validations may have.", list(CLASSES), default=CLASSES
    )
    egress: Egress = setting("What an agent may reach beside its model.", default=Egress)
    agents: dict[Name, Adjusted] = named(
        "Changes to agents that are defined elsewhere.", {"fix": {"enabled": False}}
    )
    enforce: tuple[Setting, ...] = many(
        "Settings that no repository may loosen; for an organization's file.", ["limits.runs"]
    )
    include: tuple[Included, ...] = many(
        "Further files with settings, which this one has precedence over.",
        ["greenroom/limits.yml"],
    )
