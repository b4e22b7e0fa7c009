"""Belonging to an organization."""

from typing import Any

from bot.devhub.records import Account
from bot.devhub.shapes import accounts


def membership(base: str, organization: Account, member: Account, standing: str) -> dict[str, Any]:
    """Return an `org-membership`.

    Args:
        base: the hub's address.
        organization: where.
        member: who.
        standing: `admin` for an owner, `member` for everybody else.
    """
    url = f"{base}/orgs/{organization.login}"
    return {
        "url": f"{url}/memberships/{member.login}",
        "state": "active",
        "role": standing,
        "organization_url": url,
        "organization": accounts.organization(base, organization),
        "user": accounts.user(base, member),
    }
