"""Who may ask for what.  A table, read top to bottom by nobody but `allows`.

The role is GitHub's, asked for the sender of the event at that moment; what an
event says about its author (`author_association`) decides nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
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


PERMISSIONS: Mapping[str, Role] = {
    "pull": Role.READ,
    "triage": Role.TRIAGE,
    "push": Role.WRITE,
    "maintain": Role.MAINTAIN,
    "admin": Role.ADMIN,
}
"""The flags in `user.permissions`, which also tell what a custom role amounts to."""

NEEDS: Mapping[str, Role] = {
    "tidy": Role.WRITE,
    "stop": Role.TRIAGE,
}
"""The least role for each agent and each act.  Who may not be named is refused."""


@dataclass(frozen=True, slots=True)
class Denied:
    """Why not: a stable reason for the metric, and words fit for a comment."""

    reason: str
    words: str


def role_of(role_name: str, permissions: Mapping[str, bool]) -> Role:
    """Read a person's role from GitHub's answer.

    `role_name` may be a custom role's; then the flags decide.  The older field
    `permission` folds maintain into write and triage into read, and is not used.
    """
    named = {"read": Role.READ, **{role.name.lower(): role for role in Role}}.get(role_name)
    if named is not None:
        return named
    return max(
        (role for flag, role in PERMISSIONS.items() if permissions.get(flag)), default=Role.NONE
    )


def allows(act: str, role: Role) -> Denied | None:
    """Return None if the role may start the agent or do the act, else why not."""
    need = NEEDS.get(act)
    if need is None:
        return Denied("unknown", f"There is no agent named `{act}` here.")
    if role < need:
        wanted = need.name.lower()
        return Denied("role", f"`{act}` needs {wanted} access to this repository.")
    return None
