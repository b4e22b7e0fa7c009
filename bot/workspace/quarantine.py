"""Where a run's commits arrive: a bare repository of its own, which nothing is merged from.

It borrows objects from the mirror, takes one ref, and is gone when the run is done.
Everything that limits a push stands in its own configuration, which only we write.
"""

import re
import shutil
from pathlib import Path

from bot.model.errors import Refused
from bot.model.ids import RunId, Sha
from bot.workspace.git import GIT, Git
from bot.workspace.snapshot import RESULT_REF

MOST_INPUT = 64 * 1024**2
"""Bytes of one pushed pack."""

_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


class Quarantines:
    """The quarantines below one folder.

    Args:
        root: the folder; a quarantine lies at `RUN.git` in it.
        git: how git is started.
        most_input: bytes of the largest pack that may be pushed.
    """

    def __init__(self, root: Path, git: Git = GIT, *, most_input: int = MOST_INPUT) -> None:
        self._root = root
        self._git = git
        self._most_input = most_input

    def path(self, run: RunId) -> Path:
        """Return where the quarantine of a run is, or would be.

        Raises:
            Refused: the id could leave the folder.
        """
        if not _RUN.fullmatch(run):
            raise Refused("name", f"{run!a} is not the id of a run.")
        return self._root / f"{run}.git"

    async def open(self, run: RunId, mirror: Path, base: Sha) -> Path:
        """Make the quarantine, or return it as it is when there is one.

        Args:
            run: whose quarantine.
            mirror: the bare repository whose objects it borrows.
            base: where the one ref stands at first, so that a push sends only what is new.
        """
        quarantine = self.path(run)
        if not quarantine.exists():
            fresh = quarantine.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.parent.mkdir(parents=True, exist_ok=True)
            await self._git.out(fresh, "init", "--quiet", "--bare", "--template=")
            _settle(fresh, mirror, base, _config(self._most_input))
            fresh.rename(quarantine)
        return quarantine

    def close(self, run: RunId) -> None:
        """Remove the quarantine and all that came into it.  Nothing happens when it is gone."""
        quarantine = self.path(run)
        if quarantine.exists():
            shutil.rmtree(quarantine)

    def opened(self) -> set[RunId]:
        """Return the runs that have a quarantine."""
        return {RunId(path.stem) for path in self._root.glob("*.git")}


def _settle(fresh: Path, mirror: Path, base: Sha, config: str) -> None:
    """Borrow from the mirror, and begin at the base: a ref that is there bars refs below it."""
    (fresh / "objects/info").mkdir(exist_ok=True)
    (fresh / "objects/info/alternates").write_text(f"{mirror.absolute()}/objects\n")
    (fresh / "packed-refs").write_text(f"{base} {RESULT_REF}\n", encoding="ascii")
    (fresh / "config").write_text(config, encoding="ascii")


def _config(most_input: int) -> str:
    """Return the configuration of a quarantine.

    A hidden ref can be neither seen nor pushed, and the last pattern that fits decides.
    Of the mirror's refs, which git would tell as `.have`, none is named.
    https://git-scm.com/docs/git-config#Documentation/git-config.txt-transferhideRefs
    https://git-scm.com/docs/git-config#Documentation/git-config.txt-corealternateRefsCommand
    """
    return f"""\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\thooksPath = /dev/null
\talternateRefsCommand = true
[receive]
\thideRefs = refs
\thideRefs = !{RESULT_REF}
\tfsckObjects = true
\tmaxInputSize = {most_input}
\tunpackLimit = 1
\tdenyDeletes = true
\tautogc = false
\tadvertisePushOptions = false
[gc]
\tauto = 0
[http]
\tgetanyfile = false
\tuploadpack = false
"""
