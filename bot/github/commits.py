"""Commits and the refs that point to them, made through the API so that GitHub signs them.

https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.github.calls import Caller
from bot.github.errors import NOT_FOUND
from bot.github.permissions import Operation
from bot.model.errors import Refused
from bot.model.ids import Sha
from bot.model.priorities import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What a commit says and holds, without who made it and when."""

    message: str
    tree: Sha
    parents: tuple[Sha, ...]


Relation = Literal["identical", "ahead", "behind", "diverged"]
"""How a head lies to a base."""


class Commits:
    """Commits and refs of one repository; a ref is named in full, `refs/heads/main`."""

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    async def get(self, sha: Sha) -> Commit:
        """Return a commit; raises Refused `not_found`."""
        return _commit(await self._calls.get(Operation.COMMIT, commit_sha=sha))

    async def compare(self, base: Sha, head: Sha) -> Relation:
        """Tell how `head` lies to `base`: `ahead` when it has all of it and more."""
        query = {"per_page": 1}
        row = await self._calls.get(Operation.COMPARE, query, basehead=f"{base}...{head}")
        relation: Relation = row["status"]
        return relation

    async def follows(self, head: Sha, base: Sha) -> bool:
        """Tell whether `head` is `base` or came after it; not when GitHub knows `base` no more."""
        try:
            return await self.compare(base, head) in {"ahead", "identical"}
        except Refused as refused:
            if refused.reason != NOT_FOUND:
                raise
            return False

    async def create(self, commit: Commit, *, priority: Priority) -> Sha:
        """Make a commit by the app that GitHub signs; its tree and parents must be there.

        GitHub signs only what names neither author nor committer, and it takes the time of
        the moment: made twice, it is two commits.
        """
        data = {"message": commit.message, "tree": commit.tree, "parents": list(commit.parents)}
        row = await self._calls.send(Operation.COMMIT_CREATE, data, priority)
        return Sha(row["sha"])

    async def tip(self, ref: str) -> Sha | None:
        """Return where a ref points to; None when there is no such ref."""
        try:
            row = await self._calls.get(Operation.REF, ref=ref.removeprefix("refs/"))
        except Refused as refused:
            if refused.reason != NOT_FOUND:
                raise
            return None
        return Sha(row["object"]["sha"])

    async def point(self, ref: str, sha: Sha, *, priority: Priority) -> None:
        """Create a ref; raises Refused `unprocessable` when there is one."""
        await self._calls.send(Operation.REF_CREATE, {"ref": ref, "sha": sha}, priority)

    async def advance(self, ref: str, sha: Sha, *, priority: Priority) -> None:
        """Fast-forward a ref; raises Refused `unprocessable` when that it would not be."""
        name = ref.removeprefix("refs/")
        data = {"sha": sha, "force": False}
        await self._calls.send(Operation.REF_EDIT, data, priority, ref=name)


def _commit(row: Mapping[str, Any]) -> Commit:
    return Commit(
        message=row["message"],
        tree=Sha(row["tree"]["sha"]),
        parents=tuple(Sha(parent["sha"]) for parent in row["parents"]),
    )
