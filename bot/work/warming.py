"""Having a mirror fetch what a job will need, before there is a job that waits for it."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import InstallationId, Repo, Sha
from bot.model.priorities import Priority
from bot.store import outbox
from bot.store.outbox import Wish


async def warm(  # noqa: PLR0913 - where the repository is, and what is wanted of it
    tx: AsyncConnection,
    installation: InstallationId,
    repo: Repo,
    repo_id: int,
    sha: Sha,
    *,
    now: float,
) -> None:
    """Wish for a commit in a repository's mirror: one wish, since a fetch brings all branches."""
    wish = Wish(
        target=f"mirror:{repo_id}",
        kind="mirror",
        run=None,
        installation=installation,
        repo=repo,
        wish={"repo_id": repo_id, "sha": sha},
        priority=Priority.REFUSAL,
    )
    await outbox.wish(tx, wish, now=now)
