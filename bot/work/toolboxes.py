"""The toolboxes of jobs: which ones, where on this host, and what is to be said of them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.model.errors import Refused
from bot.model.ids import Repo, Sha
from bot.model.runs import Terms
from bot.model.validations import Toolbox
from bot.rules.toolboxes import chosen
from bot.sandbox.toolboxes import surroundings
from bot.workspace.mirror import Mirrors
from bot.workspace.reading import shallow

Unpack = Callable[[tuple[Toolbox, ...]], Awaitable[Mapping[str, Path]]]
"""Brings toolboxes onto this host; raises Refused for those that cannot be had."""


async def nothing(boxes: tuple[Toolbox, ...]) -> Mapping[str, Path]:
    """Have no toolboxes."""
    if boxes:
        raise Refused("toolbox", "Toolboxes cannot be had here.")
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands beside a job.

    Attributes:
        folders: of toolboxes by name, the first one first on the PATH.
        conflicts: sentences about what two of them want.
    """

    folders: Mapping[str, Path] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()


class Toolboxes:
    """Finds the toolboxes of agents, and says what those of any job want.

    Args:
        unpack: for those of configuration.
        own: the operator's, which are beside every job.
        mirrors: where it is seen what a repository needs.
    """

    def __init__(self, unpack: Unpack, own: Mapping[str, Path], mirrors: Mirrors) -> None:
        self._unpack = unpack
        self._own = own
        self._mirrors = mirrors

    async def of_agent(self, terms: Terms, shelf: Repo, base: Sha) -> Beside:
        """Return those of an agent that works on a commit, which the mirror has.

        Raises:
            Refused: one cannot be had, or is none.
            Unavailable: git or a registry did not answer, or the disk is full.
        """
        if not terms.toolboxes:
            return Beside()
        named = {name for each in terms.validations for name in each.toolboxes}
        files = await shallow(self._mirrors.path(shelf), base)
        folders = await self._unpack(chosen(terms.toolboxes, named=named, files=files))
        return Beside(folders=folders, conflicts=await self.conflicts(folders))

    async def conflicts(self, folders: Mapping[str, Path]) -> tuple[str, ...]:
        """Say what two of those beside a job want, of its own and the operator's."""
        if not folders:
            return ()
        # as the runner has it: those of the job first, in the place of their namesakes
        told = await asyncio.to_thread(surroundings, {**folders, **self._own, **folders})
        return told.conflicts
