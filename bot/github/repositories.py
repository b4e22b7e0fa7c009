"""A repository: its address, its branches, and what somebody may do in it."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.github.calls import Caller
from bot.github.errors import IDENTITY
from bot.github.permissions import Operation
from bot.model.errors import Refused
from bot.model.ids import Login, Sha, UserId
from bot.model.priorities import Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """What we use of a repository; `id` stays when its name changes."""

    id: int
    default_branch: str
    clone_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Collaborator:
    """What GitHub says somebody may do, unjudged.

    Attributes:
        role: `admin`, `maintain`, `write`, `triage`, `read`, `none` or a custom role's name.
        permissions: `admin`, `maintain`, `push`, `triage`, `pull`, each yes or no.
    """

    role: str
    permissions: Mapping[str, bool]


class Repositories:
    """One repository's own facts."""

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    async def get(self) -> Repository:
        """Return the repository."""
        row = await self._calls.get(Operation.REPOSITORY)
        return Repository(
            id=row["id"], default_branch=row["default_branch"], clone_url=row["clone_url"]
        )

    async def head(self, branch: str) -> Sha:
        """Return the commit a branch points to; raises Refused `not_found`."""
        row = await self._calls.get(Operation.REF, ref=f"heads/{branch}")
        return Sha(row["object"]["sha"])

    async def drop(self, branch: str, *, priority: Priority) -> None:
        """Delete a branch; raises Refused `unprocessable` when it is gone."""
        await self._calls.send(Operation.REF_DELETE, None, priority, ref=f"heads/{branch}")

    async def role(self, login: Login, user: UserId) -> Collaborator:
        """Return what a person may do here.

        Raises:
            Refused: `identity` when the login belongs to somebody else by now, since
                logins can be renamed and taken over; `not_found` when nobody has it.
        """
        row = await self._calls.get(Operation.ROLE, username=login)
        if row["user"] is None or row["user"]["id"] != user:
            raise Refused(IDENTITY, f"@{login} is not who acted: the account was renamed")
        return Collaborator(
            role=row["role_name"],
            permissions=row["user"].get("permissions", {}),
        )
