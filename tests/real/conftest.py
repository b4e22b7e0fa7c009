"""What puts real agents to work; see `programs` for where they come from."""

import sys
from contextlib import AsyncExitStack

import pytest

from bot.runners.local import LocalRunner
from bot.sandbox.probe import probe
from bot.scripted.server import scripted
from tests.real.doors import KEY, Purse, model_door
from tests.real.programs import MODELS, toolbox
from tests.real.put import Put
from tests.runners.conftest import UIDS, make_stage
from tests.runners.keeping import nothing


@pytest.fixture
async def put(tmp_path):
    """Return what puts a runtime to work on a repository, with a script for its model.

    `links` are the repository's, `before` are toolboxes that stand before the program's own.
    """
    made = []
    async with AsyncExitStack() as stack:

        async def make(runtime, script, files=None, command=(), **more):
            program = "gemini" if runtime == "acp" else runtime
            tools = {**more.get("before", {}), program: toolbox(program)}
            stage = make_stage(tmp_path, {"src/a.py": "x=1\n", **(files or {})}, more.get("links"))
            model = await stack.enter_async_context(scripted(script, key=KEY))
            purse = Purse()
            door = await stack.enter_async_context(model_door(model.address, purse))
            runner = LocalRunner(
                stage.home / "jobs", probe(), uids=UIDS, grace=30, toolboxes=tools
            )
            made.append(runner)
            return Put(runtime, stage, runner, model, purse, door, MODELS[program], command)

        yield make
        for runner in made:
            for log in (tmp_path / "home" / "jobs").glob("*/*log"):
                sys.stdout.write(f"{log}:\n{log.read_text(errors='replace')}")
            await runner.sweep(nothing)
