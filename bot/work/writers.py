"""How each kind of wish is brought about on GitHub: an act, or a thing that is created once.

An act may be repeated without harm.  A thing is found by its mark or its id, and only
created when it is not there.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from bot.github.checks import Action, Annotation, Output, Shown
from bot.github.client import AtRepository
from bot.github.errors import NOT_FOUND
from bot.github.pulls import NewPull
from bot.model.errors import Refused
from bot.model.ids import Repo, Sha
from bot.model.priorities import Priority
from bot.model.runs import Conclusion
from bot.rules.sections import placed
from bot.store.outbox import OutboxRow
from bot.work.context import renewing
from bot.work.signing import push_signed
from bot.work.threads import Thread
from bot.workspace import deliver
from bot.workspace.deliver import Target
from bot.workspace.lend import Loan
from bot.workspace.mirror import Mirrors
from bot.workspace.quarantine import Quarantines


class Act(Protocol):
    """Something that is done, and may be done again."""

    async def do(self, at: AtRepository, row: OutboxRow) -> str | None:
        """Bring it about, and return what GitHub calls it, if anybody needs to know."""


class Thing(Protocol):
    """Something that exists at most once."""

    async def find(self, at: AtRepository, row: OutboxRow) -> str | None:
        """Return the id of the one that is there."""

    async def create(self, at: AtRepository, row: OutboxRow) -> str:
        """Make it and return its id."""

    async def edit(self, at: AtRepository, row: OutboxRow, external_id: str) -> None:
        """Make the one that is there as it is wished."""


class Reaction:
    """A reaction; GitHub keeps one of a kind for each user.

    It stands on the comment that is named, and where none is, or one that REST cannot react
    to, on the issue or pull request.
    """

    async def do(self, at: AtRepository, row: OutboxRow) -> None:
        """React."""
        content, comment = row.wish["content"], row.wish.get("comment")
        match row.wish.get("kind"):
            case "issue_comment" if comment:
                await at.reactions.to_comment(comment, content, priority=row.priority)
            case "review_comment" if comment:
                await at.reactions.to_review_comment(comment, content, priority=row.priority)
            case _:
                number = row.wish["number"]
                await at.reactions.to_issue(number, content, priority=row.priority)


class Unlabel:
    """A label that is to be gone."""

    async def do(self, at: AtRepository, row: OutboxRow) -> None:
        """Take it off."""
        await at.labels.remove(row.wish["number"], row.wish["label"], priority=row.priority)


class Branch:
    """A branch at a commit that lies in quarantine, or at GitHub's signed one of the same tree.

    A branch that is there already is only moved on, from the commit that the wish names.
    """

    def __init__(self, quarantines: Quarantines) -> None:
        self._quarantines = quarantines

    async def do(self, at: AtRepository, row: OutboxRow) -> str:
        """Push it, and return the commit; nothing happens when it is there."""
        if row.run is None:
            raise LookupError(f"wish {row.target} belongs to no run")
        url = await _clone_url(at, row)
        sha, onto = Sha(row.wish["sha"]), row.wish.get("onto")
        target = Target(url=url, branch=row.wish["branch"], onto=onto)
        quarantine = self._quarantines.path(row.run)
        with renewing(at):
            token = await at.token_to_push()
            if row.wish.get("signed"):
                loan = Loan(url=url, run=row.run, token=token)
                return await push_signed(at, quarantine, sha, target, loan)
            await deliver.push(quarantine, sha, target, token)
        return sha


class Unbranch:
    """A branch of ours that is to be gone, unless somebody has pushed to it since."""

    async def do(self, at: AtRepository, row: OutboxRow) -> None:
        """Delete it; nothing happens when it is gone, or stands elsewhere."""
        await _clone_url(at, row)
        try:
            if await at.repository.head(row.wish["branch"]) == row.wish["sha"]:
                await at.repository.drop(row.wish["branch"], priority=row.priority)
        except Refused as problem:
            if problem.reason != NOT_FOUND:
                raise


class Mirror:
    """A mirror that has a commit; one that we never needed is not made."""

    def __init__(self, mirrors: Mirrors) -> None:
        self._mirrors = mirrors

    async def do(self, at: AtRepository, row: OutboxRow) -> None:
        """Fetch what is new."""
        shelf = Repo(f"{row.repo}.{row.wish['repo_id']}")
        if not self._mirrors.path(shelf).is_dir():
            return
        if await self._mirrors.resolve(shelf, row.wish["sha"]) is None:
            with renewing(at):
                url = await _clone_url(at, row)
                await self._mirrors.fetch(shelf, url, await at.token_to_fetch())


async def _clone_url(at: AtRepository, row: OutboxRow) -> str:
    """Return where git finds the repository, if it is still the one that was meant."""
    repository = await at.repository.get()
    if repository.id != row.wish["repo_id"]:
        raise Refused("repository", "Another repository has this name by now.")
    return repository.clone_url


class Comment:
    """A comment, known by its hidden mark and our app's id."""

    async def find(self, at: AtRepository, row: OutboxRow) -> str | None:
        """Look through all pages."""
        found = await at.comments.find(row.wish["number"], row.wish["marker"])
        return str(found.id) if found else None

    async def create(self, at: AtRepository, row: OutboxRow) -> str:
        """Write it, which notifies people."""
        made = await at.comments.create(
            row.wish["number"], row.wish["body"], priority=row.priority
        )
        return str(made.id)

    async def edit(self, at: AtRepository, row: OutboxRow, external_id: str) -> None:
        """Replace its text, which notifies nobody."""
        await at.comments.edit(int(external_id), row.wish["body"], priority=row.priority)


class Check:
    """A check run, known by its name, our id and its commit."""

    async def find(self, at: AtRepository, row: OutboxRow) -> str | None:
        """Look among those of the commit."""
        wish = row.wish
        found = await at.checks.find(wish["head"], wish["name"], wish["external_id"])
        return str(found.id) if found else None

    async def create(self, at: AtRepository, row: OutboxRow) -> str:
        """Put it on the commit."""
        head, name, external_id = Sha(row.wish["head"]), row.wish["name"], row.wish["external_id"]
        made = await at.checks.create(
            head, name, external_id, _shown(row.wish), priority=row.priority
        )
        return str(made.id)

    async def edit(self, at: AtRepository, row: OutboxRow, external_id: str) -> None:
        """Show how the run stands now."""
        await at.checks.edit(int(external_id), _shown(row.wish), priority=row.priority)


def _shown(wish: Mapping[str, Any]) -> Shown:
    conclusion = wish["conclusion"]
    return Shown(
        status="completed" if conclusion else "in_progress",
        output=Output(title=wish["title"], summary=wish["summary"]),
        conclusion=Conclusion(conclusion) if conclusion else None,
        started=wish["started"],
        completed=wish["completed"],
        actions=tuple(Action(**each) for each in wish.get("actions", ())),
        annotations=tuple(Annotation(**each) for each in wish.get("annotations", ())),
    )


class Pull:
    """A pull request, known by its head branch."""

    async def find(self, at: AtRepository, row: OutboxRow) -> str | None:
        """Look among those of the branch, also closed ones."""
        found = await at.pulls.find(row.wish["head"], "all")
        return str(found[0].number) if found else None

    async def create(self, at: AtRepository, row: OutboxRow) -> str:
        """Open it."""
        wish = row.wish
        new = NewPull(
            title=wish["title"],
            body=wish["body"],
            head=wish["head"],
            base=wish["base"],
            draft=wish.get("draft", False),
        )
        return str((await at.pulls.create(new, priority=row.priority)).number)

    async def edit(self, at: AtRepository, row: OutboxRow, external_id: str) -> None:
        """Rewrite its title and body."""
        wish = row.wish
        await at.pulls.edit(
            int(external_id), title=wish["title"], body=wish["body"], priority=row.priority
        )


class Section:
    """Our section of a pull request's body; all around it belongs to people."""

    async def do(self, at: AtRepository, row: OutboxRow) -> None:
        """Write it anew, in its place."""
        number, (begins, ends) = row.wish["number"], row.wish["marks"]
        pull = await at.pulls.get(number)
        body = placed(pull.body, (begins, ends), row.wish["text"])
        if body != pull.body:
            await at.pulls.edit(number, title=pull.title, body=body, priority=row.priority)


class Heal:
    """Takes away what GitHub's lagging lists made twice."""

    async def do(self, at: AtRepository, row: OutboxRow) -> None:
        """Keep the comment whose id was written down, and remove the others of its mark."""
        for each in await at.comments.ours(row.wish["number"], row.wish["marker"]):
            if str(each.id) != row.wish["kept"]:
                await at.comments.delete(each.id, priority=Priority.PROGRESS)


def writers(
    quarantines: Quarantines, mirrors: Mirrors
) -> tuple[Mapping[str, Act], Mapping[str, Thing]]:
    """Return the acts and the things, by the kind that a wish names."""
    acts: Mapping[str, Act] = {
        "reaction": Reaction(),
        "unlabel": Unlabel(),
        "branch": Branch(quarantines),
        "unbranch": Unbranch(),
        "mirror": Mirror(mirrors),
        "section": Section(),
        "heal": Heal(),
    }
    things: Mapping[str, Thing] = {
        "comment": Comment(),
        "check": Check(),
        "pull": Pull(),
        "thread": Thread(),
    }
    return acts, things
