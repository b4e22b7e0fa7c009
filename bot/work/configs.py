"""The configuration in force in a repository: its own files over its organization's.

Files come from the head of the default branch alone, so that only who may write there
decides anything by them.  Whether that head has moved is a conditional request, and while
it has not, nothing is read.  A commit with mistakes puts nothing in force: the last one
without stays.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Iterator
from functools import partial
from weakref import WeakValueDictionary

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.github import errors
from bot.github.beside import together
from bot.github.client import AtRepository
from bot.github.contents import File
from bot.model.errors import Refused
from bot.model.ids import InstallationId, Repo, Sha
from bot.model.runs import RuntimeName
from bot.rules.agents import FALLBACK
from bot.rules.configfile import MOST_SIZE
from bot.rules.repoconfig import Config, Layer, Mistake, effective, mistakes
from bot.store import layers
from bot.store.layers import LayerRow
from bot.work.context import Context

FOLDER = ".github"

CONFIGURES = re.compile(r"greenroom\.yml|greenroom/[^/]+\.yml|agents/[^/]+\.md")
"""The files in that folder which configure."""

MOST_FILES = 50
"""Files that may configure one repository."""

MOST_MISTAKES = 100
"""Mistakes of one commit that are kept."""

NO_TEXT = re.compile("[\ud800-\udfff]")
"""What bytes become that are no UTF-8."""

ABSENT = 5 * 60.0
"""Seconds for which a `.github` repository that was not there is not asked for again.

Each time costs a request for a token, and most organizations have no such repository.
"""

KEPT = 256
"""Configurations that a process keeps in memory."""

UNREADABLE = frozenset({
    errors.NOT_FOUND,
    errors.FORBIDDEN,
    errors.PERMISSION,
    errors.UNPROCESSABLE,
})  # fmt: skip
"""How GitHub refuses what an installation has not: a token for it is `unprocessable`."""

log = structlog.get_logger()


class Configs:
    """What is in force, by repository.

    Args:
        context: where files come from and are kept.
        floor: the operator's own layer, for where no organization says anything.
        runtime: the operator's, for agents that leave it to them.
    """

    def __init__(
        self,
        context: Context,
        floor: Layer | None = None,
        runtime: RuntimeName = FALLBACK,
    ) -> None:
        self._context = context
        self._effective = partial(effective, floor=floor, runtime=runtime)
        self._looking: WeakValueDictionary[Repo, asyncio.Lock] = WeakValueDictionary()
        self._absent: dict[Repo, float] = {}
        self._known: OrderedDict[tuple[object, ...], Config] = OrderedDict()

    async def of(self, installation: InstallationId, repo: Repo, repo_id: int) -> Config:
        """Return what is in force in a repository.

        Args:
            installation: the one that it is in.
            repo: its name.
            repo_id: GitHub's number of it.

        Raises:
            Refused: another repository has the name by now, or it cannot be read.
            Unavailable: GitHub or the database did not answer.
            Fenced: other files came into force just now; ask again.
        """
        shared = Repo(f"{repo.partition('/')[0]}/{FOLDER}")
        own = self._newest(installation, repo, repo_id)
        if repo == shared:
            return await self._over(await own, None)
        return await self._over(*await together([self._shared(installation, shared), own]))

    async def at(self, installation: InstallationId, repo: Repo, sha: Sha) -> Layer:
        """Return the files of any commit, to be told what is wrong in them by `judged`.

        Never ask for a fork's commit: GitHub finds those in the base repository too.
        """
        self._absent.pop(repo, None)
        return await _read(self._context.github.at(installation, repo), repo, sha)

    async def proposed(self, installation: InstallationId, repo: Repo, sha: Sha) -> Config | None:
        """Return what would be in force with the files of a commit, were it the default branch's.

        None when there are mistakes in them.  Never ask for a fork's commit, as with `at`.

        Raises:
            Refused: it cannot be read.
            Unavailable: GitHub or the database did not answer.
        """
        layer = await self.at(installation, repo, sha)
        if await asyncio.to_thread(judged, layer):
            return None
        shared = Repo(f"{repo.partition('/')[0]}/{FOLDER}")
        if repo == shared:
            return await asyncio.to_thread(self._effective, layer, None)
        row = await self._shared(installation, shared)
        async with self._context.store.read() as rows:
            below = await in_force(rows, row)
        return await asyncio.to_thread(self._effective, below, layer)

    async def pushed(
        self, installation: InstallationId, repo: Repo, repo_id: int, sha: Sha
    ) -> Layer:
        """Return the files of a commit of the default branch, and keep what they say.

        So the last commit without mistakes is known although nobody asked for it meanwhile.
        Once the head itself was looked at, an older commit has nothing new to say.

        Raises:
            Refused: another repository has the name by now, or it cannot be read.
            Unavailable: GitHub or the database did not answer.
        """
        self._absent.pop(repo, None)
        at = self._context.github.at(installation, repo)
        there = await at.repository.get()
        if repo_id != there.id:
            raise Refused("repository", f"Another repository has the name {repo} by now.")
        layer = await _read(at, repo, sha)
        row = await self._row(repo, repo_id)
        if row is None or row.sha != await _head(at, there.default_branch):
            await self._keep(layer, repo_id, sha)
        return layer

    async def _over(self, org: LayerRow | None, own: LayerRow | None) -> Config:
        """Lay one layer over the other, once for each pair of commits."""
        pair = tuple(row and (row.repo, row.repo_id, row.good_sha) for row in (org, own))
        if pair not in self._known:
            async with self._context.store.read() as rows:
                below, above = [await in_force(rows, row) for row in (org, own)]
            made = await asyncio.to_thread(self._effective, below, above)
            self._known[pair] = made
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(pair)
        return self._known[pair]

    async def _shared(self, installation: InstallationId, repo: Repo) -> LayerRow | None:
        """Return an organization's layer; when it cannot be read, the last that was seen."""
        now = self._context.now()
        if self._absent.get(repo, 0.0) <= now:
            try:
                return await self._newest(installation, repo)
            except Refused as problem:
                if problem.reason not in UNREADABLE:
                    raise
                self._absent[repo] = now + ABSENT
        return await self._row(repo)

    async def _newest(
        self, installation: InstallationId, repo: Repo, repo_id: int | None = None
    ) -> LayerRow | None:
        """Look at a repository's newest commit, if nobody has; None when it has none."""
        at = self._context.github.at(installation, repo)
        there = await at.repository.get()
        if repo_id not in {None, there.id}:
            raise Refused("repository", f"Another repository has the name {repo} by now.")
        head = await _head(at, there.default_branch)
        row = await self._row(repo, there.id)
        if head is None or (row and row.sha == head):
            return row
        async with self._looking.setdefault(repo, asyncio.Lock()):
            row = await self._row(repo, there.id)
            if row is None or row.sha != head:
                await self._keep(await _read(at, repo, head), there.id, head)
        return await self._row(repo, there.id)

    async def _keep(self, layer: Layer, repo_id: int, sha: Sha) -> None:
        """Put files in force, or note what is wrong in them."""
        repo = Repo(layer.where)
        wrong = (await asyncio.to_thread(judged, layer))[:MOST_MISTAKES]
        good = None if wrong else sha
        row = LayerRow(repo=repo, repo_id=repo_id, sha=sha, mistakes=wrong, good_sha=good)
        async with self._context.store.begin() as tx:
            await layers.keep(tx, row, layer.files, now=self._context.now())
        log.info("config.read", repo=repo, sha=sha, files=len(layer.files), mistakes=len(wrong))

    async def _row(self, repo: Repo, repo_id: int | None = None) -> LayerRow | None:
        """Read what is known of a repository, unless it is of another one of that name."""
        async with self._context.store.read() as rows:
            row = await layers.find(rows, repo)
        return row if row and repo_id in {None, row.repo_id} else None


def judged(layer: Layer) -> tuple[Mistake, ...]:
    """Return all that is wrong in a layer: first what keeps it from being read at all."""
    return tuple(_unreadable(layer)) or mistakes(layer)


def _unreadable(layer: Layer) -> Iterator[Mistake]:
    if len(layer.files) > MOST_FILES:
        words = f"More than {MOST_FILES} files configure this repository."
        yield Mistake(path=max(layer.files), line=1, words=words, remedy="Take some of them out.")
    for path, text in layer.files.items():
        if broken := NO_TEXT.search(text):
            line = text.count("\n", 0, broken.start()) + 1
            words = "This is not UTF-8."
            yield Mistake(path=path, line=line, words=words, remedy="Save the file as UTF-8.")


async def _head(at: AtRepository, branch: str) -> Sha | None:
    """Return the head of a branch; None when nothing was committed yet."""
    try:
        return await at.repository.head(branch)
    except Refused as problem:
        # https://docs.github.com/en/rest/git/refs#get-a-reference answers 409 for an empty one.
        if problem.reason not in {errors.NOT_FOUND, errors.CONFLICT}:
            raise
        return None


async def in_force(rows: AsyncConnection, row: LayerRow | None) -> Layer | None:
    """Read a layer; one that says nothing, or nothing without mistakes, is none."""
    if row is None or row.good_sha is None:
        return None
    layer = await layers.in_force(rows, row)
    return layer if layer.files else None


async def _read(at: AtRepository, repo: Repo, sha: Sha) -> Layer:
    """Read the files that configure, one more than there may be at most."""
    folder = await at.contents.folder(sha, FOLDER)
    found = await at.contents.files(folder) if folder else ()
    wanted = [file for file in found if CONFIGURES.fullmatch(file.path)][: MOST_FILES + 1]
    texts = await together([_text(at, file) for file in wanted])
    paths = [f"{FOLDER}/{file.path}" for file in wanted]
    return Layer(where=repo, files=dict(zip(paths, texts, strict=True)))


async def _text(at: AtRepository, file: File) -> str:
    """Read a file; one that is too long is not fetched, and blanks tell its length."""
    if file.size > MOST_SIZE:
        return " " * min(file.size, 2 * MOST_SIZE)
    content = await at.contents.blob(file.sha)
    return content.decode(errors="surrogateescape")
