"""What follows when branches and tags move: events, check suites, pull requests.

Whoever moves refs does it inside `watched`, which compares before and after, so
that a push, a merge and an edit through the API have the same consequences.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.devhub import comparisons, objects
from bot.devhub.api import check_suites
from bot.devhub.api.issues import close
from bot.devhub.events import Scene, issue_event, tell
from bot.devhub.git import git, heads, is_ancestor
from bot.devhub.records import Issue, Repository
from bot.devhub.shapes import commits as shapes
from bot.devhub.shapes import repositories
from bot.devhub.shapes.accounts import email_of

NOTHING = "0" * 40
# https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
MOST_COMMITS = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One ref that is elsewhere now; NOTHING stands for a ref that does not exist."""

    ref: str
    before: str
    after: str

    @property
    def created(self) -> bool:
        """Return whether the ref is new."""
        return self.before == NOTHING

    @property
    def deleted(self) -> bool:
        """Return whether the ref is gone."""
        return self.after == NOTHING

    @property
    def branch(self) -> str | None:
        """Return the branch's name, None for a tag."""
        name = self.ref.removeprefix("refs/heads/")
        return None if name == self.ref else name


@asynccontextmanager
async def watched(scene: Scene) -> AsyncIterator[None]:
    """Hold the repository's refs while the body moves some, then see to what follows."""
    async with scene.repository.moving:
        before = await heads(scene.repository.path)
        yield
        await settle(scene, before)


async def settle(scene: Scene, before: dict[str, str]) -> None:
    """See to what follows from the difference between then and now."""
    after = await heads(scene.repository.path)
    moves = [
        Move(ref=ref, before=before.get(ref, NOTHING), after=after.get(ref, NOTHING))
        for ref in sorted(before.keys() | after.keys())
        if before.get(ref) != after.get(ref)
    ]
    for move in moves:
        scene.repository.pushed_at = scene.hub.now()
        await _tell_push(scene, move)
        await _follow(scene, move)


async def _follow(scene: Scene, move: Move) -> None:
    """Bring everything that hangs on a branch up to date."""
    if move.branch is None:
        return
    for base in scene.hub.network(scene.repository):
        for issue in base.pulls:
            pull = issue.pull
            if issue.state != "open" or pull is None or pull.source is not scene.repository:
                continue
            if pull.head == move.branch:
                where = Scene(hub=scene.hub, repository=base, actor=scene.actor)
                await _follow_head(where, issue, move)
    if not move.deleted:
        await check_suites.request(scene, move.after, move.before)


async def _follow_head(scene: Scene, issue: Issue, move: Move) -> None:
    assert issue.pull is not None
    if move.deleted:
        close(scene, issue)
        return
    await borrow(scene.repository, issue.pull.source, issue.pull.head)
    issue.pull.head_sha = move.after
    issue.updated_at = scene.hub.now()
    await keep_head(scene, issue)
    await _outdate(scene, issue, move)
    await comparisons.refresh(scene.repository, issue)
    more = {"before": move.before, "after": move.after}
    issue_event(scene, issue, "synchronize", more=more)


async def borrow(repository: Repository, source: Repository, branch: str) -> None:
    """Bring the commits of a fork's branch here, where git serves them as `refs/pull/N/head`."""
    if source is not repository:
        argv = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", str(source.path))
        await git(repository.path, *argv, f"refs/heads/{branch}")


async def _outdate(scene: Scene, issue: Issue, move: Move) -> None:
    """Mark the comments whose files the move changed; GitHub looks at their lines alone."""
    assert issue.pull is not None
    changed = {
        each.path for each in await objects.changes(scene.repository.path, move.before, move.after)
    }
    for comment in issue.pull.review_comments:
        comment.outdated = comment.outdated or comment.path in changed


async def keep_head(scene: Scene, issue: Issue) -> None:
    """Point `refs/pull/N/head` at the head, where it stays when the branch is gone."""
    assert issue.pull is not None
    ref = f"refs/pull/{issue.number}/head"
    await git(scene.repository.path, "update-ref", ref, issue.pull.head_sha)


async def _tell_push(scene: Scene, move: Move) -> None:
    if move.created or move.deleted:
        _tell_birth_or_end(scene, move)
    hub, repository = scene.hub, scene.repository
    forced, commits = await _history(scene, move)
    head = None if move.deleted else await objects.commit(repository.path, move.after)
    known = {each.sha: each for each in (*commits, *([head] if head else []))}
    touched = await objects.touched(repository.path, list(known))

    def shape(commit: objects.Commit) -> dict[str, Any]:
        return shapes.pushed_commit(hub.base, repository, commit, touched[commit.sha])

    span = f"{move.before[:12]}...{move.after[:12]}"
    payload = {
        "ref": move.ref,
        "before": move.before,
        "after": move.after,
        "created": move.created,
        "deleted": move.deleted,
        "forced": forced,
        "base_ref": None,
        "compare": f"{hub.base}/{repository.full_name}/compare/{span}",
        "commits": [shape(each) for each in reversed(commits)],
        "head_commit": None if head is None else shape(head),
        "pusher": {"name": scene.actor.login, "email": email_of(scene.actor)},
        "repository": repositories.pushed(hub.base, repository),
    }
    hub.fresh[repository.id, move.after] = hub.now()
    tell(scene, "push", payload)


async def _history(scene: Scene, move: Move) -> tuple[bool, list[objects.Commit]]:
    """Return whether history was rewritten, and the commits that are new, newest first."""
    path, default = scene.repository.path, scene.repository.default_branch
    if move.deleted:
        return False, []
    if move.created:
        span = f"refs/heads/{default}..{move.after}"
        known = move.branch == default
        return False, [] if known else await objects.commits(path, span, limit=MOST_COMMITS)
    forced = not await is_ancestor(path, move.before, move.after)
    span = f"{move.before}..{move.after}"
    return forced, await objects.commits(path, span, limit=MOST_COMMITS)


def _tell_birth_or_end(scene: Scene, move: Move) -> None:
    payload = {
        "ref": move.branch or move.ref.removeprefix("refs/tags/"),
        "ref_type": "tag" if move.branch is None else "branch",
        "pusher_type": "user",
    }
    if move.deleted:
        tell(scene, "delete", payload)
        return
    repository = scene.repository
    described = {
        "master_branch": repository.default_branch,
        "description": repository.description,
    }
    tell(scene, "create", {**payload, **described})
