"""Who belongs to an organization and its teams.

Teams belong to no repository, so this needs a token that is narrowed to none, and the
permission `members: read`.  Where an owner has not accepted that one yet, asking is refused
with words that name it, and everything else goes on.
"""

from typing import Any

from bot.github.calls import Caller
from bot.github.errors import NOT_FOUND
from bot.github.permissions import Operation
from bot.model.errors import Refused
from bot.model.ids import Login


class Members:
    """The members of the organization that an installation is in.

    GitHub names people by login here.  Ask after `Repositories.role`, which sees that a
    login is still the person's.
    """

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    async def belongs(self, org: str, login: Login) -> bool:
        """Tell whether somebody is a member; one who was only invited is none.

        Raises:
            Refused: `permission` where `members: read` was not accepted.
        """
        return await self._is_active(Operation.MEMBERSHIP, org=org, username=login)

    async def owns(self, org: str, login: Login) -> bool:
        """Tell whether somebody is an owner; raises as `belongs` does."""
        return await self._is_active(Operation.MEMBERSHIP, "admin", org=org, username=login)

    async def in_team(self, org: str, team: str, login: Login) -> bool:
        """Tell whether somebody is in a team, by its slug, or in one below it.

        Raises:
            Refused: `permission` where `members: read` was not accepted.
        """
        return await self._is_active(
            Operation.TEAM_MEMBERSHIP, org=org, team_slug=team, username=login
        )

    async def _is_active(self, operation: Operation, role: str = "", **names: Any) -> bool:
        try:
            row = await self._calls.get(operation, **names)
        except Refused as refused:
            if refused.reason != NOT_FOUND:
                raise
            return False
        return row["state"] == "active" and role in {"", row["role"]}
