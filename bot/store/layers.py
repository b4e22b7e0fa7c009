"""Files that configure, by repository: the newest commit seen, and the last without mistakes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import case, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.errors import Fenced
from bot.model.ids import Repo, Sha
from bot.rules.repoconfig import Layer, Mistake
from bot.store.engine import upsert
from bot.store.schema import layers


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRow:
    """What is known of one repository's configuration.

    Attributes:
        repo_id: GitHub's number of it: another repository may take the name.
        sha: the newest commit that was looked at.
        mistakes: what is wrong in that one.
        good_sha: the commit whose files are in force; None when none was without mistakes.
    """

    repo: Repo
    repo_id: int
    sha: Sha
    mistakes: tuple[Mistake, ...]
    good_sha: Sha | None


COLUMNS = tuple(layers.c[name] for name in ("repo", "repo_id", "sha", "mistakes", "good_sha"))


async def find(tx: AsyncConnection, repo: Repo) -> LayerRow | None:
    """Read what is known of a repository."""
    row = (await tx.execute(select(*COLUMNS).where(layers.c.repo == repo))).mappings().first()
    if row is None:
        return None
    return LayerRow(**{**row, "mistakes": tuple(Mistake(**each) for each in row["mistakes"])})


async def in_force(tx: AsyncConnection, row: LayerRow) -> Layer:
    """Read the files of a row's good commit.

    Raises:
        Fenced: those of another commit are in force by now.
    """
    same = (layers.c.repo == row.repo, layers.c.good_sha == row.good_sha)
    files: Mapping[str, str] | None = await tx.scalar(select(layers.c.files).where(*same))
    if files is None:
        raise Fenced(f"the configuration of {row.repo} has moved on")
    return Layer(where=row.repo, files=files)


async def keep(
    tx: AsyncConnection, row: LayerRow, files: Mapping[str, str], *, now: float
) -> None:
    """Note the newest commit of a repository, with its files.

    With mistakes in it the files before stay in force, unless they are another
    repository's, which had the name before.
    """
    newest = {
        "repo_id": row.repo_id,
        "sha": row.sha,
        "checked_at": now,
        "mistakes": [asdict(each) for each in row.mistakes],
    }
    taken = {"good_sha": row.good_sha, "files": {} if row.mistakes else dict(files)}
    insert = upsert(layers, tx.dialect).values(repo=row.repo, **newest, **taken)
    fresh = insert.excluded
    same = layers.c.repo_id == fresh.repo_id
    kept = {name: case((same, layers.c[name]), else_=fresh[name]) for name in taken}
    change = newest | (kept if row.mistakes else taken)
    await tx.execute(insert.on_conflict_do_update(index_elements=["repo"], set_=change))


async def forget(tx: AsyncConnection, repo: Repo) -> None:
    """Forget a repository that the app may no longer read."""
    await tx.execute(delete(layers).where(layers.c.repo == repo))
