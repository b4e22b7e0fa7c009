"""Validations that begin before their agent asks: once its tree has been quiet for a while.

An agent that thinks, or waits for its model, changes nothing meanwhile.  What it will want to
know then is found out by the time that it asks.
"""

import asyncio
from collections.abc import Sequence

from bot.harness.checkpoint import Take
from bot.harness.gateway_client import Gateway
from bot.harness.validations import Validations
from bot.workspace.snapshot import GitFailed

QUIET = 5.0
"""Seconds between two looks; a tree that was the same at both is quiet."""


async def ask_ahead(names: Sequence[str], gateway: Gateway, take: Take) -> None:
    """Have validations begin for each tree that is quiet, until cancelled.

    Args:
        names: of those that may.
        gateway: decides; what it refuses is asked again for the next tree.
        take: takes the workspace as it is.
    """
    validations = Validations(gateway, take)
    last = begun = ""
    while names:
        await asyncio.sleep(QUIET)
        tree = await _changed(take)
        if tree and tree == last != begun:
            for name in names:
                await validations.ask(name, ahead=True)
            begun = tree
        last = tree


async def _changed(take: Take) -> str:
    """Return the tree; nothing where it is the base, or cannot be read just now."""
    try:
        async with take() as taken:
            return "" if taken.work is None else taken.tree
    except (GitFailed, OSError, TimeoutError):
        return ""
