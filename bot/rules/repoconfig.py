"""What a repository allows: its own file over the organization's over our defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.runs import AgentSpec
from bot.rules.agents import BUILT_IN, LABEL, Agent, Allow, On
from bot.rules.configmodel import (
    CI,
    PROTECT,
    Commands,
    Commits,
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
from bot.rules.layers import Layer
from bot.rules.mistakes import Mistake

__all__ = [
    "AGENTS",
    "LABEL",
    "PROTECT",
    "Agent",
    "Allow",
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
        overruled: settings of the repository that the organization does not allow.
    """

    commands: Commands = field(default_factory=Commands)
    limits: Quota = field(default_factory=Quota)
    protect: tuple[str, ...] = PROTECT
    ci: CI = "approve"
    bots: tuple[str, ...] = ()
    commits: Commits = field(default_factory=Commits)
    pull_requests: PullRequests = field(default_factory=PullRequests)
    setup: Setup | None = None
    toolboxes: Mapping[str, Toolbox] = field(default_factory=dict)
    validations: Mapping[str, Validation] = field(default_factory=dict)
    egress: Egress = field(default_factory=Egress)
    agents: Mapping[str, Agent] = field(default_factory=lambda: BUILT_IN)
    origins: Mapping[str, str] = field(default_factory=dict)
    overruled: tuple[Mistake, ...] = ()


def mistakes(layer: Layer) -> tuple[Mistake, ...]:
    """Return all that is wrong in a layer, in the order of its files and lines."""
    return ()


def effective(org: Layer | None, repo: Layer | None, floor: Layer | None = None) -> Config:
    """Lay a repository's settings over its organization's over the defaults.

    Args:
        org: the layer of the organization's `.github` repository.
        repo: the layer of the repository itself.
        floor: the operator's own layer: what it enforces holds where `org` is None.
    """
    return Config()
