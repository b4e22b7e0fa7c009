"""What an agent is and what a repository allows: the built-in defaults."""

from collections.abc import Mapping

from bot.model.runs import AgentSpec, Limits

AGENTS: Mapping[str, AgentSpec] = {
    agent.name: agent
    for agent in (
        AgentSpec(
            name="tidy",
            description="Runs the repository's own formatters and linters and fixes what they can",
            runtime="command",
            command=("tidy",),
            outputs={"pull_request": 1, "noop": 1, "missing_tool": 5},
            limits=Limits(seconds=15 * 60),
        ),
    )
}
"""The agents that every installation has."""

LABEL = "agent:"
"""What a label begins with that names an agent."""


def label_of(agent: str) -> str:
    """Return the label that starts an agent, and that its open run bears."""
    return LABEL + agent


PROTECT: tuple[str, ...] = (".github/**", "CODEOWNERS", "docs/CODEOWNERS")
"""Paths that no agent changes without a person: they decide what runs and who reviews."""
