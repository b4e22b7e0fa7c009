"""What an agent is, and the ones that every installation has."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.runs import AgentSpec, Limits

LABEL = "agent:"
"""What a label begins with that names an agent."""

LONGEST = 6 * 60 * 60
"""Seconds of an agent that has no limit of its own; `limits.time.job` is never above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class On:
    """What starts an agent; nothing that is None or empty does.

    Attributes:
        label: the whole label, `agent:` included.
        command: the verb after the prefix.
        events: `EVENT.ACTION` in GitHub's words.
        when: a condition in CEL that an event has to meet.
    """

    label: str | None = None
    command: str | None = None
    events: tuple[str, ...] = ()
    when: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow:
    """Who may start an agent: a role or more, or a member of one of the teams.

    Attributes:
        role: a role's name, GitHub's or a custom one; empty when only teams may.
        teams: `org/team`.
    """

    role: str = "write"
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent with what starts it and who may.

    Attributes:
        validations: the validations that it may ask for, by name.
    """

    spec: AgentSpec
    on: On = field(default_factory=On)
    allow: Allow = field(default_factory=Allow)
    validations: tuple[str, ...] = ()


FIX = """\
Apply the changes that were suggested, let the repository's own tools fix what they can, and
run its tests. Ask for a pull request only with changes that leave the tests no worse than
they were. When it is not clear what is wanted, ask one question.
"""

PLAN = """\
Say first, step by step, what you would change and how you would check it, and ask for a yes to
that plan. When a person has said yes, do just that, run the repository's tests, and ask for a
pull request. When it is not clear what is wanted, ask one question.
"""

BUILT_IN: Mapping[str, Agent] = {
    agent.spec.name: agent
    for agent in (
        Agent(
            spec=AgentSpec(
                name="tidy",
                description=(
                    "Runs the repository's own formatters and linters and fixes what they can"
                ),
                runtime="command",
                command=("tidy",),
                outputs={"pull_request": 1, "push": 1, "comment": 1, "noop": 1, "missing_tool": 5},
                limits=Limits(seconds=15 * 60),
            ),
            on=On(label="agent:tidy", command="tidy"),
        ),
        Agent(
            spec=AgentSpec(
                name="fix",
                description=(
                    "Applies suggested changes, lets the repository's tools fix what they can, "
                    "and runs its tests"
                ),
                runtime="playbook",
                prompt=FIX,
                context="thread",
                waits=("ci", "review"),
                outputs={
                    "pull_request": 1,
                    "push": 1,
                    "comment": 1,
                    "question": 1,
                    "noop": 1,
                    "missing_tool": 5,
                },
            ),
            on=On(label="agent:fix", command="fix"),
        ),
        Agent(
            spec=AgentSpec(
                name="plan",
                description=(
                    "Says what it would change, step by step, and does it after a person's yes"
                ),
                runtime="playbook",
                prompt=PLAN,
                context="thread",
                waits=("ci", "review"),
                outputs={
                    "plan": 1,
                    "pull_request": 1,
                    "push": 1,
                    "comment": 1,
                    "question": 1,
                    "noop": 1,
                    "missing_tool": 5,
                },
            ),
            on=On(label="agent:plan", command="plan"),
        ),
    )
}
"""The agents that every installation has."""
