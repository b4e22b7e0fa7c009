"""Trading the launch token for the plan: what the gateway says, as the values that it means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.harness.requests import exchange
from bot.model.ids import Fence, JobName, Repo, RunId, Sha
from bot.model.runs import AgentSpec, Checkpoint, JobPlan, Limits, Message, Text
from bot.rules.greeting import Listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the gateway gave for the launch token.

    Attributes:
        tools: what the agent is offered; nothing where it can call no tools.
    """

    plan: JobPlan
    run_token: str = field(repr=False)
    tools: Listed = ()


def claim(gateway: str, token: str, go_on: Callable[[], bool]) -> Claim:
    """Exchange the launch token of an agent's job; arguments and errors as in `exchange`."""
    answer = exchange(gateway, "/launch", token, go_on)
    plan = plan_from(answer["plan"])
    return Claim(plan=plan, run_token=answer["run_token"], tools=answer.get("tools", ()))


def plan_from(fields: Mapping[str, Any]) -> JobPlan:
    """Return the plan that `dataclasses.asdict` had made into JSON."""
    agent = fields["agent"]
    return JobPlan(
        job=JobName(fields["job"]),
        run=RunId(fields["run"]),
        fence=Fence(fields["fence"]),
        repo=Repo(fields["repo"]),
        shelf=Repo(fields["shelf"]),
        subject=fields["subject"],
        kind=fields["kind"],
        base=Sha(fields["base"]),
        base_branch=fields["base_branch"],
        agent=AgentSpec(
            name=agent["name"],
            description=agent["description"],
            runtime=agent["runtime"],
            command=tuple(agent["command"]),
            prompt=agent["prompt"],
            context=agent["context"],
            model=agent["model"],
            turns=agent["turns"],
            waits=tuple(agent["waits"]),
            outputs=agent["outputs"],
            limits=Limits(**agent["limits"]),
        ),
        brief=fields["brief"],
        title=fields["title"],
        instruction=fields["instruction"],
        texts=tuple(Text(**text) for text in fields["texts"]),
        own=fields["own"],
        messages=tuple(map(message_from, fields["messages"])),
        mail=tuple(fields["mail"]),
        checkpoint=Checkpoint(**fields["checkpoint"]) if fields["checkpoint"] else None,
        egress=tuple(fields["egress"]),
        validations=tuple(fields["validations"]),
        ahead=tuple(fields["ahead"]),
    )


def message_from(fields: Mapping[str, Any]) -> Message:
    """Return the message that `dataclasses.asdict` had made into JSON."""
    return Message(**{**fields, "texts": tuple(Text(**text) for text in fields["texts"])})
