"""What every agent is told, whatever its runtime: the brief, and the same as JSON beside it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from bot.agents.base import Next
from bot.agents.proxied import proxy
from bot.model.inside import DOOR, SOCKET
from bot.model.runs import JobPlan, Message


def files(plan: JobPlan) -> Mapping[str, str]:
    """Return the texts that lie in `DOOR`: `brief.md` to be read, `brief.json` by programs."""
    return {"brief.md": plan.brief, "brief.json": f"{json.dumps(_fields(plan))}\n"}


def since(plan: JobPlan, messages: Sequence[Message]) -> Next:
    """Return what has come since an agent's last turn, as its prompt and as the files anew."""
    from bot.rules.brief import since as told  # noqa: PLC0415 - not on the way to an agent

    now = replace(plan, brief=told(messages), messages=tuple(messages))
    return Next(prompt=now.brief, files=files(now))


def environment(plan: JobPlan) -> Mapping[str, str]:
    """Return the variables by which a program finds its task and its door."""
    return {
        "GREENROOM_BRIEF": f"{DOOR}/brief.md",
        "GREENROOM_SOCKET": f"{DOOR}/{SOCKET}",
        "GREENROOM_AGENT": plan.agent.name,
        "GREENROOM_SUBJECT": f"{plan.repo}#{plan.subject}",
        "GREENROOM_KIND": plan.kind,
        "GREENROOM_BASE": plan.base,
        "GREENROOM_OUTPUTS": " ".join(plan.agent.outputs),
        **({"GREENROOM_VALIDATIONS": " ".join(plan.validations)} if plan.validations else {}),
        **proxy(plan.egress),
    }


def _fields(plan: JobPlan) -> Mapping[str, object]:
    return {
        "instruction": plan.instruction,
        "prompt": plan.agent.prompt,
        "subject": {"kind": plan.kind, "number": plan.subject, "title": plan.title},
        "texts": [asdict(text) for text in plan.texts],
        "messages": [asdict(message) for message in plan.messages],
    }
