"""The app's commit of what an agent made: checked, worded, and always the same one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.model.errors import Refused
from bot.model.ids import Login, Sha, UserId
from bot.rules import wording
from bot.rules.notices import MOST_DIFF, TOO_LONG, Files, folded
from bot.store.run_row import RunRow
from bot.work import telling
from bot.work.context import Context
from bot.work.reading import BOT
from bot.workspace import changes, deliver, lend
from bot.workspace.deliver import CommitWords, Inspected, Rules
from bot.workspace.git import GIT
from bot.workspace.quarantine import Quarantines
from bot.workspace.snapshot import Author


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A commit that may be pushed, the tree of it, and the files that it changes."""

    commit: Sha
    tree: Sha
    files: Files


class Sealing:
    """Makes commits of what lies in quarantine.

    Args:
        noreply: host of the addresses that GitHub gives to users who show none.
        rules: what holds for every repository; each run's own terms come on top.
    """

    def __init__(
        self, context: Context, quarantines: Quarantines, noreply: str, rules: Rules
    ) -> None:
        self._context = context
        self._quarantines = quarantines
        self._noreply = noreply
        self._rules = rules

    async def seal(self, row: RunRow, title: str) -> Sealed:
        """Check what a run handed in, and make the app's commit of it.

        Raises:
            Refused: it may not be delivered, with words that name the path.
        """
        quarantine = self._quarantines.path(row.id)
        if row.result is None or row.base is None:
            raise Refused("no_result", "The agent's changes did not arrive.")
        protect = tuple(dict.fromkeys((*self._rules.protect, *row.terms.protect)))
        rules = replace(self._rules, protect=protect)
        found = await deliver.inspect(quarantine, row.base, row.result, rules)
        if not isinstance(found, Inspected):
            raise Refused(found.reason, found.words)
        commit = await deliver.seal(quarantine, found, await self._words(row, title))
        files = [(file.path, file.added, file.removed) for file in found.files]
        tree = (await lend.sealed(quarantine, commit)).tree
        return Sealed(commit=commit, tree=tree, files=files)

    async def difference(self, row: RunRow, to: Sha) -> str:
        """Return the changes of a commit as text; words instead when it is far too long."""
        if row.base is None:
            return ""
        try:
            return await changes.patch(GIT, self._quarantines.path(row.id), row.base, to)
        except Refused:
            return TOO_LONG

    async def shown(self, row: RunRow) -> str:
        """Return what a run changed as a block for its comment; empty when it changed nothing."""
        if row.result is None:
            return ""
        return folded("What was changed", await self.difference(row, row.result), MOST_DIFF)

    async def _words(self, row: RunRow, title: str) -> CommitWords:
        async with self._context.store.read() as rows:
            seen = await telling.view(rows, row)
        bot = (await self._context.github.app.identity()).bot
        ours = Author(name=bot.login, email=self._address(bot.id, bot.login))
        return CommitWords(
            message=wording.commit_message(title, seen, self._trailers(row, ours)),
            author=ours,
            when=int(row.created_at),
        )

    def _trailers(self, row: RunRow, ours: Author) -> Sequence[str]:
        """Name who asked for it, unless that was a bot, and sign off where it is wanted."""
        by_a_bot = row.asked_by.endswith(BOT)
        address = self._address(row.asked_by_id, row.asked_by)
        lines = [] if by_a_bot else [f"Co-authored-by: {row.asked_by} <{address}>"]
        signed_off = [f"Signed-off-by: {ours.name} <{ours.email}>"] if row.terms.sign_off else []
        return [*lines, *signed_off]

    def _address(self, user: UserId, login: Login) -> str:
        return f"{user}+{login}@{self._noreply}"
