"""What a repository allows: its own file over the organization's over our defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.runs import AgentSpec, RuntimeName
from bot.model.validations import Class
from bot.rules import setups
from bot.rules.agents import BUILT_IN, FALLBACK, LABEL, Agent, Allow, On
from bot.rules.complaints import check
from bot.rules.configmodel import (
    CI,
    CLASSES,
    PROTECT,
    Branches,
    Commands,
    Commits,
    ConfigFile,
    CostLimits,
    Egress,
    PullRequests,
    Quota,
    RunLimits,
    Setup,
    TimeLimits,
    Toolbox,
    Validation,
)
from bot.rules.layers import Layer, Reading, read
from bot.rules.mistakes import Mistake
from bot.rules.precedence import is_enforced, loosened, origins, over, without
from bot.rules.roster import roster
from bot.rules.validation import idle

__all__ = [
    "AGENTS",
    "LABEL",
    "PROTECT",
    "Agent",
    "Allow",
    "Branches",
    "Commands",
    "Commits",
    "Config",
    "CostLimits",
    "Egress",
    "Layer",
    "Mistake",
    "On",
    "PullRequests",
    "Quota",
    "RunLimits",
    "Setup",
    "TimeLimits",
    "Toolbox",
    "Validation",
    "effective",
    "label_of",
    "mistakes",
]


AGENTS: Mapping[str, AgentSpec] = {name: agent.spec for name, agent in BUILT_IN.items()}
"""What the built-in agents are, without what starts them."""


def label_of(agent: str) -> str:
    """Return the label that starts an agent, and that its open run bears."""
    return LABEL + agent


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What is in force in a repository.

    Attributes:
        ci: whether a push of ours waits for a person when strangers' text was in the
            agent's context.
        bots: slugs of the apps whose bots may start agents.
        origins: where each setting comes from, by its dotted name: `defaults`, or a
            layer's `where`.
        enforced: settings that the organization lets no repository loosen.
        overruled: what has no effect, and why.
        runtime: the operator's, for agents that leave it to them.
    """

    commands: Commands = field(default_factory=Commands)
    limits: Quota = field(default_factory=Quota)
    protect: tuple[str, ...] = PROTECT
    ci: CI = "approve"
    bots: tuple[str, ...] = ()
    commits: Commits = field(default_factory=Commits)
    pull_requests: PullRequests = field(default_factory=PullRequests)
    branches: Branches = field(default_factory=Branches)
    setup: Setup | None = None
    toolboxes: Mapping[str, Toolbox] = field(default_factory=dict)
    validations: Mapping[str, Validation] = field(default_factory=dict)
    classes: tuple[Class, ...] = CLASSES
    egress: Egress = field(default_factory=Egress)
    agents: Mapping[str, Agent] = field(default_factory=lambda: BUILT_IN)
    origins: Mapping[str, str] = field(default_factory=dict)
    enforced: tuple[str, ...] = ()
    overruled: tuple[Mistake, ...] = ()
    runtime: RuntimeName = FALLBACK

    def enforces(self, setting: str) -> bool:
        """Tell whether the organization lets nobody loosen a setting."""
        return is_enforced(setting, self.enforced)


def mistakes(layer: Layer) -> tuple[Mistake, ...]:
    """Return what is wrong in a layer, in the order of its files and lines, fifty at most.

    Nothing that a file holds makes this raise.  It may take a second, with large files.
    """
    return read(layer).mistakes


def effective(
    org: Layer | None,
    repo: Layer | None,
    floor: Layer | None = None,
    *,
    runtime: RuntimeName = FALLBACK,
) -> Config:
    """Lay a repository's settings over its organization's over the defaults.

    A layer with mistakes counts as absent: the caller keeps the last good one.

    Args:
        org: the layer of the organization's `.github` repository.
        repo: the layer of the repository itself.
        floor: the operator's own layer, which stands in where there is none of an organization.
        runtime: the operator's, for agents that leave it to them.
    """
    org_says = _sound(org) or _sound(floor) or Reading()
    repo_says = _sound(repo) or Reading()
    refused = dict(loosened(repo_says.settings, repo_says.file, org_says.file, org_says.where))
    own = without(repo_says.settings, refused)
    settings = over(org_says.settings, own)
    file, _ = check(settings, ConfigFile)
    assert file is not None  # both are right, and lie over each other entry by entry
    agents = roster(org_says, repo_says, settings, file)
    unusable = idle(file, settings, org_says.file)
    unprepared = setups.idle(file, settings, org_says.file)
    said = origins((org_says.where, org_says.settings), (repo_says.where, own))
    found = {f"agents.{name}": where for name, where in agents.came.items()}
    found |= {
        f"agents.{name}.{key}": where
        for name, where in agents.came.items()
        for key in ("allow", "runtime", "model")
    }
    return Config(
        commands=file.commands,
        limits=file.limits,
        protect=file.protect,
        ci=file.ci,
        bots=file.bots,
        commits=file.commits,
        pull_requests=file.pull_requests,
        branches=file.branches,
        setup=None if unprepared else file.setup,
        toolboxes=file.toolboxes,
        validations={n: each for n, each in file.validations.items() if n not in unusable},
        classes=file.classes,
        egress=file.egress,
        agents=agents.agents,
        enforced=org_says.file.enforce,
        origins=found | said,
        overruled=(
            *refused.values(),
            *agents.idle,
            *unusable.values(),
            *([unprepared] if unprepared else []),
        ),
        runtime=runtime,
    )


def _sound(layer: Layer | None) -> Reading | None:
    reading = read(layer) if layer else None
    return None if reading is None or reading.mistakes else reading
