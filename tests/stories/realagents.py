"""A real agent at work in a world, and the model that a script plays for it."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.model.runs import RuntimeName
from bot.scripted.server import Model, scripted
from tests.real.programs import MODELS, toolbox
from tests.stories.canaried import CANARY
from tests.stories.world import World, world

KEY = f"{CANARY}-of-the-provider"
"""What the provider wants, and nobody but the gateway has."""

PROVIDERS = {
    "gemini": ("gemini", "GEMINI_API_KEY", "GEMINI_BASE_URL"),
    "opencode": ("compatible", "OPENAI_COMPATIBLE_KEY", "OPENAI_COMPATIBLE_URL"),
    "codex": ("openai", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
    "claude": ("anthropic", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
}
"""Of each agent its provider, and the settings for its key and its address."""

PRICES = """\
defaults: {{{provider}: {model}}}
models:
  {provider}:
    {model}: {{input: 1, output: 10, context: 200000, most_output: 8000}}
"""

RUN_TOKENS = (sys.executable, str(Path(__file__).with_name("canaried.py")))
"""A command of the app whose tokens can be told from any other text."""


@dataclass(frozen=True)
class Real:
    """A world whose agents are real ones.

    Attributes:
        town: everything but the model.
        model: what the agent asks, by way of the gateway.
        model_name: one that the agent knows, and that has a price.
    """

    town: World
    model: Model
    model_name: str

    def answered(self) -> list[int]:
        """How many answers each request carried; what is asked beside the script is left out."""
        return [each.answered for each in self.model.came if each.turn is not None]


@asynccontextmanager
async def real_world(root: Path, runtime: RuntimeName) -> AsyncIterator[Real]:
    """Open a world where this runtime is what the operator has set up."""
    tools = toolbox(runtime)
    provider, key, address = PROVIDERS[runtime]
    models = root / "models.yml"
    models.write_text(PRICES.format(provider=provider, model=MODELS[runtime]))
    async with scripted({"turns": []}, key=KEY) as model:
        at = model.address + ("/v1" if provider in {"compatible", "openai"} else "")
        settings: dict[str, Any] = {
            "runtime": runtime,
            "agent": tools,
            "models": {key: KEY, address: at, "GREENROOM_MODELS": str(models)},
            "command": RUN_TOKENS,
        }
        async with world(root, "web", "work", "gateway", **settings) as town:
            yield Real(town, model, MODELS[runtime])
