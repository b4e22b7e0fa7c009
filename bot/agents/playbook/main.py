"""The program `playbook BRIEF`, where BRIEF is the path of `brief.json`.

It runs in the box under whichever interpreter that has, with the standard library, the
protocol's SDK and this package.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import acp

from bot.agents.asking import Answer, AwayError, ask, handing_in
from bot.agents.playbook.agent import Playbook
from bot.agents.playbook.task import Task, read
from bot.agents.playbook.work import Door


def main() -> int:
    """Serve one client over standard input and output; return the exit status."""
    door = Door(ask=_ask, changes=handing_in(), plans=plans(os.environ))
    agent = Playbook(_task, Path.home(), door, os.environ.get("GREENROOM_BASE", ""))
    asyncio.run(_serve(agent))
    return 1 if agent.refused else 0


def plans(environment: Mapping[str, str]) -> bool:
    """Say whether a plan is all that may be handed in, as the environment tells."""
    granted = set(environment.get("GREENROOM_OUTPUTS", "").split())
    return "plan" in granted and granted.isdisjoint({"pull_request", "push"})


async def _serve(agent: Playbook) -> None:
    try:
        await acp.run_agent(agent)  # type: ignore[arg-type]
    finally:
        agent.stop()


def _task() -> Task:
    return read(Path(sys.argv[1]).read_text(encoding="utf-8"))


def _ask(output: dict[str, Any]) -> Answer:
    try:
        return ask("/outputs", output)
    except AwayError as problem:
        return Answer(accepted=False, words=str(problem))
