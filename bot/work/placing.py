"""What a validation asks, found out before it is run: of which tree, and whether that is known.

A verdict is another one's only where the same files decide it.  Which files a tree has is read
from Git's own objects, here and never where an agent is: no job can have its tree taken for
another one.
"""

import asyncio
from dataclasses import replace

from sqlalchemy.exc import IntegrityError

from bot.blobs.blobs import Blobs
from bot.model.errors import Refused, Unavailable
from bot.model.ids import Sha
from bot.model.validations import COMING, Groundwork
from bot.rules import inputs, validation
from bot.rules.checkpoints import MOST
from bot.store import validations
from bot.store.validation_row import ValidationRow, needs_columns
from bot.work import validated
from bot.work.claimed import SOON
from bot.work.context import Context, renewing
from bot.work.launching import APPEARS
from bot.work.setups import Setups
from bot.work.validator import placed
from bot.workspace.lend import sealed
from bot.workspace.listing import listed, listed_of
from bot.workspace.mirror import Mirrors

AT_ONCE = 2
"""Bundles that are in memory at the same time; more of them wait."""

LOOKS_AGAIN = 1.0
"""Seconds after which is looked whether work has come; who hands it in wakes us too."""


class Placing:
    """Finds out the keys of validations.

    Args:
        mirrors: where commits are.
        blobs: what jobs have left of trees that are in no commit.
        setups: know what a tree stands on.
    """

    def __init__(self, context: Context, mirrors: Mirrors, blobs: Blobs, setups: Setups) -> None:
        self._context = context
        self._setups = setups
        self._mirrors = mirrors
        self._blobs = blobs
        self._turnstile = asyncio.Semaphore(AT_ONCE)

    async def place(self, row: ValidationRow) -> float:
        """Give a validation its key, and the verdict if one is known; return when to look again.

        Raises:
            Refused: its tree cannot be had.
            Unavailable: GitHub, git or the blobs did not answer.
            Fenced: it has moved on meanwhile.
        """
        if row.work == COMING:
            return LOOKS_AGAIN
        tree, needs = await self._stands_on(row)
        told = row.asked or {}
        key = validation.key(
            row.definition,
            tree=await self._decisive(row, tree),
            toolboxes=row.toolboxes,
            setup=needs.key if needs else "",
            apart=str(row.number) if told.get("fork") else "",
        )
        now = self._context.now()
        known = replace(row, tree=tree, key=key, needs=needs, created_at=now)
        try:
            async with self._context.store.begin() as tx:
                found = await placed(tx, known)
                values = {"tree": tree, "key": key, "follows": found.follows}
                values |= needs_columns(needs)
                noted = await validations.note(tx, row, **values)
                if found.verdict is not None:
                    noted = await validations.answer(tx, noted, found.verdict, now=now)
                await validated.show(tx, [noted], now=now)
        except IntegrityError:  # another of its key was faster to have a job
            return SOON
        return 0.0

    async def _stands_on(self, row: ValidationRow) -> tuple[Sha, Groundwork | None]:
        """Return the tree of a validation, and what is to lie below its workspace."""
        needs = row.needs
        if row.tree is None:
            tree, branch = await self._tree(row)
            return tree, needs and await self._setups.of_head(row, needs, branch)
        if needs is None or not needs.setup.inputs:
            return row.tree, needs
        lines = await self._listed(row, row.tree)
        named = await asyncio.to_thread(inputs.named, lines, needs.setup.inputs)
        return row.tree, needs if named == needs.inputs else self._setups.of_tree(
            row, needs, named
        )

    async def _tree(self, row: ValidationRow) -> tuple[Sha, str]:
        """Return the tree of a pull request's head, which the mirror has then.

        The default branch comes with it.
        """
        mirrors, at = self._mirrors, self._context.github.at(row.installation, row.repo)
        repository = await at.repository.get()
        if repository.id != row.repo_id:
            words = f"{row.repo} is another repository now than the one this was asked in."
            raise Refused("repository", words)
        if await mirrors.resolve(row.shelf, row.base) is None:
            with renewing(at):
                token = await at.token_to_fetch()
                await mirrors.fetch(row.shelf, repository.clone_url, token, pull=row.number)
        if await mirrors.resolve(row.shelf, row.base) is None:
            words = f"{row.base[:9]} is not there; its branch may have been rewritten"
            raise Unavailable("git", words, retry_after=APPEARS)
        tree = (await sealed(mirrors.path(row.shelf), row.base)).tree
        return tree, repository.default_branch

    async def _decisive(self, row: ValidationRow, tree: Sha) -> str:
        """Name what a verdict is about: the tree, or those files of it that are its inputs."""
        if not row.definition.inputs:
            return tree
        lines = await self._listed(row, tree)
        return await asyncio.to_thread(inputs.named, lines, row.definition.inputs)

    async def _listed(self, row: ValidationRow, tree: Sha) -> str:
        mirror = self._mirrors.path(row.shelf)
        if row.work is None:
            return await listed(mirror, tree)
        async with self._turnstile:
            try:
                bundle = await self._blobs.get(row.work)
            except LookupError:
                raise Refused("blob", "The work that it is about is not there any more.") from None
            return await listed_of(mirror, tree, bundle, most=MOST["work"])
