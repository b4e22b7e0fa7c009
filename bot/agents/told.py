"""What every agent is told, whatever its runtime: the brief, and the same as JSON beside it."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from bot.model.inside import DOOR, SOCKET
from bot.model.runs import JobPlan


def files(plan: JobPlan) -> Mapping[str, str]:
    """Return the texts that lie in `DOOR`: `brief.md` to be read, `brief.json` by programs."""
    return {"brief.md": plan.brief, "brief.json": f"{json.dumps(_fields(plan))}\n"}


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
    }


def _fields(plan: JobPlan) -> Mapping[str, object]:
    return {
        "instruction": plan.instruction,
        "prompt": plan.agent.prompt,
        "subject": {"kind": plan.kind, "number": plan.subject, "title": plan.title},
        "texts": [asdict(text) for text in plan.texts],
        "messages": [asdict(message) for message in plan.messages],
    }
