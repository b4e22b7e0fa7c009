"""Commits, what they change, and the way from a branch to a pull request."""

from dataclasses import dataclass

from bot.devhub import objects
from bot.devhub.pages import diffs, markdown
from bot.devhub.pages.mentions import mentions
from bot.devhub.pages.views.checks import runs_at
from bot.devhub.pages.views.code import branch_names, commit_at, divided
from bot.devhub.pages.visits import Page, Visit
from bot.devhub.problems import not_found
from bot.devhub.records import Repository

MOST_FILES = 300
"""Files of one difference that a page shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """A file of a difference, and its patch as rows."""

    change: objects.FileChange
    rows: list[diffs.Row]
    cut: bool


def changed_files(changes: list[objects.FileChange]) -> list[ChangedFile]:
    """Return what a page shows of a difference."""
    return [_changed(each) for each in changes[:MOST_FILES]]


def _changed(change: objects.FileChange) -> ChangedFile:
    rows = diffs.rows(change.patch) if change.patch else []
    cut = len(rows) > diffs.MOST_ROWS
    return ChangedFile(change=change, rows=rows[: diffs.MOST_ROWS], cut=cut)


async def index(seen: Visit) -> Page:
    """Show the history of a branch."""
    repository = seen.repository
    at, _ = divided(seen.params["rest"], await branch_names(repository))
    if (sha := await commit_at(repository, at)) is None:
        raise not_found()
    listed = await objects.commits(repository.path, sha, limit=100)
    data = {"repository": repository, "at": at, "commits": listed, "checks": _checks(seen, listed)}
    return Page(template="commits.html", title=f"Commits · {at}", data=data)


def _checks(seen: Visit, listed: list[objects.Commit]) -> dict[str, object]:
    return {each.sha: runs_at(seen.repository, each.sha) for each in listed}


async def show(seen: Visit) -> Page:
    """Show a commit and what it changes."""
    repository = seen.repository
    if (sha := await commit_at(repository, seen.params["sha"])) is None:
        raise not_found()
    commit = await objects.commit(repository.path, sha)
    parent = commit.parents[0] if commit.parents else objects.EMPTY_TREE
    known = await mentions(seen.hub, repository, [commit.message])
    data = {
        "repository": repository,
        "commit": commit,
        "words": markdown.comment(commit.message.partition("\n")[2].strip(), known),
        "files": changed_files(await objects.changes(repository.path, parent, sha)),
        "runs": runs_at(repository, sha),
    }
    return Page(template="commit.html", title=commit.message.partition("\n")[0], data=data)


async def compare(seen: Visit) -> Page:
    """Show what a pull request between two branches would have, and offer to open it."""
    repository = seen.repository
    span = seen.params.get("span") or "...".join(
        (seen.query.get("base", repository.default_branch), seen.query.get("head", ""))
    )
    base, _, head = span.partition("...")
    data = {
        "repository": repository,
        "base": base,
        "head": head,
        "branches": await branch_names(repository),
        "offered": await _offered(seen),
        **await _difference(seen, base, head),
    }
    return Page(template="compare.html", title="New pull request", data=data)


async def _offered(seen: Visit) -> list[str]:
    """Return every head that there could be: branches here, and `OWNER:BRANCH` in forks."""
    here = await branch_names(seen.repository)
    for fork in filter(seen.sees, seen.repository.forks):
        here += [f"{fork.owner.login}:{name}" for name in await branch_names(fork)]
    return here


def _source(seen: Visit, head: str) -> tuple[Repository, str]:
    """Return the repository and the branch of `BRANCH` or `OWNER:BRANCH`."""
    owner, separator, branch = head.partition(":")
    for fork in filter(seen.sees, seen.repository.forks):
        if separator and fork.owner.login.lower() == owner.lower():
            return fork, branch
    return seen.repository, branch if separator else head


async def _difference(seen: Visit, base: str, head: str) -> dict[str, object]:
    """Return the commits and files between two branches, as far as they can be told.

    A fork may not have the base's newest commits yet; what would be in it is then `unseen`.
    """
    source, branch = _source(seen, head)
    old = await commit_at(seen.repository, base)
    new = await commit_at(source, branch) if branch else None
    if old is None or new is None:
        return {"commits": [], "files": [], "unseen": False}
    if await objects.kind(source.path, old) != "commit":
        return {"commits": [], "files": [], "unseen": True}
    listed = await objects.commits(source.path, f"{old}..{new}")
    files = changed_files(await objects.changes(source.path, old, new)) if listed else []
    return {"commits": listed, "files": files, "unseen": False}
