"""What somebody may do in a repository, in GitHub's own words and order."""

from collections.abc import Mapping
from enum import IntEnum


class Role(IntEnum):
    """GitHub's repository roles, in order.

    https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles/repository-roles-for-an-organization
    """

    NONE = 0
    READ = 1
    TRIAGE = 2
    WRITE = 3
    MAINTAIN = 4
    ADMIN = 5

    def __str__(self) -> str:
        return self.name.lower()


PERMISSIONS: Mapping[str, Role] = {
    "pull": Role.READ,
    "triage": Role.TRIAGE,
    "push": Role.WRITE,
    "maintain": Role.MAINTAIN,
    "admin": Role.ADMIN,
}
"""The flags in `user.permissions`, which also tell what a custom role amounts to."""

NAMES: Mapping[str, Role] = {str(role): role for role in Role}
"""The roles by the names that GitHub and configuration use."""


def role_of(role_name: str, permissions: Mapping[str, bool]) -> Role:
    """Read a person's role from GitHub's answer.

    `role_name` may be a custom role's; then the flags decide.  The older field
    `permission` folds maintain into write and triage into read, and is not used.
    """
    if (named := NAMES.get(role_name)) is not None:
        return named
    return max(
        (role for flag, role in PERMISSIONS.items() if permissions.get(flag)), default=Role.NONE
    )
