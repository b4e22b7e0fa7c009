"""Organizations: who belongs to them, their teams, and the roles that they made up.

https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from bot.devhub.records import Account, Repository, Role
from bot.devhub.shapes.accounts import ROLES

Standing = Literal["admin", "member"]
TeamStanding = Literal["maintainer", "member"]


@dataclass(slots=True, kw_only=True, eq=False)
class Team:
    """A team of an organization.

    Attributes:
        members: by account id.
        roles: what its members are in a repository, by repository id.
    """

    id: int
    slug: str
    members: dict[int, TeamStanding] = field(default_factory=dict)
    roles: dict[int, Role] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True, eq=False)
class Organization:
    """What an account has when it is an organization.

    Attributes:
        members: by account id; an `admin` owns the organization.
        base_role: what every member is in every repository; None for no access.
        teams: by slug.
        custom_roles: the role that each is based on, by name.
    """

    account: Account
    members: dict[int, Standing] = field(default_factory=dict)
    base_role: Role | None = "read"
    teams: dict[str, Team] = field(default_factory=dict)
    custom_roles: dict[str, Role] = field(default_factory=dict)

    def role(self, repository: Repository, account: Account) -> Role | None:
        """Return what somebody is in a repository by belonging to the organization."""
        standing = self.members.get(account.id)
        if standing is None or standing == "admin":
            return standing
        through = [
            team.roles.get(repository.id)
            for team in self.teams.values()
            if account.id in team.members
        ]
        return highest((self.base_role, *through))


def highest(roles: Iterable[Role | None]) -> Role | None:
    """Return the role that may do most, None when there is none."""
    return max((role for role in roles if role is not None), key=ROLES.index, default=None)
