"""What an agent is, and the ones that every installation has."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.runs import AgentSpec, Limits, RuntimeName

LABEL = "agent:"
"""What a label begins with that names an agent."""

LONGEST = 6 * 60 * 60
"""Seconds of an agent that has no limit of its own; `limits.time.job` is never above it."""

FALLBACK: RuntimeName = "playbook"
"""The runtime of agents that have no other: it needs no model, no key and no other program."""

USUAL = "default"
"""The runtime that the operator has chosen for agents that do not mind."""

WITHOUT_MODEL: frozenset[RuntimeName] = frozenset({"playbook"})
"""Runtimes that send no request to a model."""


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
        validations: those that it may ask for, by name; None for all.
        usual: whether the operator says which runtime it has, and not its definition.
    """

    spec: AgentSpec
    on: On = field(default_factory=On)
    allow: Allow = field(default_factory=Allow)
    validations: tuple[str, ...] | None = None
    usual: bool = False


FIX = """\
Make the change that is asked for in the instruction. Where that says nothing more, it is the
change that the issue or pull request is about.

1. Read first: the whole task, the guidance of the repository, and the code that it is about.
   What has come since, such as a failed check or a review, is what is left to do.
2. Reproduce what is wrong before you change anything, with a test, a command or an input. If
   no test shows it, write one that fails for this reason.
3. Find the cause, and make the smallest change that removes it, in the style of the code
   around it. Rename, reformat and tidy nothing else, and add no dependency unless asked to.
4. Check it: run your test, then the tests and linters of the repository. Never weaken, skip or
   delete a test or a check to have it pass. What failed before for another reason is named and
   left alone.
5. Hand in. The title says what changes. The text says in a few sentences what was wrong and
   why, what you changed, how you checked it, and what you could not check.

When it is not clear what is wanted, or when users would see a difference between two ways of
doing it, change nothing and ask one question that can be answered in a sentence. When nothing
has to be done, say so, and how you know.
"""

PLAN = """\
Plan the change that is asked for, and make it after a person's yes.

Before the yes you change nothing. Read the task, the guidance of the repository and the code,
and reproduce what is wrong. Then ask for a yes to a plan: which files you would change and how,
in steps that a reviewer can judge; how you would check each; what may break; and what you
leave out. Write it plainly, in less than a page.

After the yes you make just that, in the style of the code around it, and check it with the
repository's tests and linters, of which you weaken none. Hand it in, and name what came out
otherwise than planned. Where the plan turns out wrong, ask for a yes to a new one.

When it is not clear what is wanted, ask one question that can be answered in a sentence.
"""

OUTPUTS = {
    "pull_request": 1,
    "push": 1,
    "comment": 1,
    "question": 1,
    "noop": 1,
    "missing_tool": 5,
}
"""What an agent may ask for that is shown the conversation."""

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
                    "Makes the change that was asked for or suggested, and runs the "
                    "repository's tests"
                ),
                runtime=FALLBACK,
                prompt=FIX,
                context="thread",
                waits=("ci", "review"),
                outputs=OUTPUTS,
            ),
            on=On(label="agent:fix", command="fix"),
            usual=True,
        ),
        Agent(
            spec=AgentSpec(
                name="plan",
                description=(
                    "Says what it would change, step by step, and does it after a person's yes"
                ),
                runtime=FALLBACK,
                prompt=PLAN,
                context="thread",
                waits=("ci", "review"),
                outputs={"plan": 1, **OUTPUTS},
            ),
            on=On(label="agent:plan", command="plan"),
            usual=True,
        ),
    )
}
"""The agents that every installation has."""
