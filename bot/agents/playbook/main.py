"""The program `playbook BRIEF`, where BRIEF is the path of `brief.json`.

It runs in the box under whichever interpreter that has, with the standard library, the
protocol's SDK and this package.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import acp

from bot.agents.asking import Answer, ask, base, handing_in, plans, validations
from bot.agents.door import AwayError
from bot.agents.playbook.agent import Playbook
from bot.agents.playbook.task import Task, read
from bot.agents.playbook.work import Door


def main() -> int:
    """Serve one client over standard input and output; return the exit status."""
    door = Door(ask=_ask, changes=handing_in(), plans=plans(), validations=validations())
    agent = Playbook(_task, Path.home(), door, base())
    asyncio.run(_serve(agent))
    return 1 if agent.refused else 0


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
