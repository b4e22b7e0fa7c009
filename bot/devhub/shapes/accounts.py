"""Users, organizations and bots."""

import base64
from typing import Any
from urllib.parse import quote

from bot.devhub.records import Account, Role
from bot.devhub.timestamps import iso

# https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles/repository-roles-for-an-organization
ROLES: tuple[Role, ...] = ("read", "triage", "write", "maintain", "admin")

_SUFFIXES = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_PREFIXES = {"User": "U", "Organization": "O", "Bot": "BOT"}


def node_id(kind: str, number: int | str) -> str:
    """Return an id that is unique across all kinds of things."""
    return f"{kind}_{base64.urlsafe_b64encode(str(number).encode()).decode().rstrip('=')}"


def user(base: str, account: Account) -> dict[str, Any]:
    """Return a `simple-user`."""
    url = f"{base}/users/{quote(account.login)}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id(_PREFIXES[account.type], account.id),
        "avatar_url": f"{base}/avatars/{account.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": html_url(base, account),
        **{name: url + suffix for name, suffix in _SUFFIXES.items()},
        "type": account.type,
        "user_view_type": "public",
        "site_admin": False,
    }


def html_url(base: str, account: Account) -> str:
    """Return the address of an account's page; a bot's is that of its app."""
    if account.type == "Bot":
        return f"{base}/apps/{account.login.removesuffix('[bot]')}"
    return f"{base}/{account.login}"


def email_of(account: Account) -> str:
    """Return the address that an account's commits carry."""
    private = f"{account.id}+{account.login}@users.noreply.localhost"
    return account.email or private


def public_user(base: str, account: Account, *, repositories: int) -> dict[str, Any]:
    """Return a `public-user`: what everybody sees of an account."""
    return {
        **user(base, account),
        "name": account.name,
        "company": None,
        "blog": "",
        "location": None,
        "email": account.email,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "public_repos": repositories,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": iso(account.created_at),
        "updated_at": iso(account.created_at),
    }


def organization(base: str, account: Account) -> dict[str, Any]:
    """Return an `organization-simple`, as webhooks carry it."""
    url = f"{base}/orgs/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("O", account.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{base}/avatars/{account.id}",
        "description": None,
    }


def role_permissions(role: Role | None) -> dict[str, bool]:
    """Return what a role may do in a repository, in GitHub's five words."""
    rank = -1 if role is None else ROLES.index(role)
    words: dict[str, Role] = {
        "admin": "admin",
        "maintain": "maintain",
        "push": "write",
        "triage": "triage",
        "pull": "read",
    }
    return {word: rank >= ROLES.index(least) for word, least in words.items()}


def permission(base: str, account: Account, role: Role | None, name: str) -> dict[str, Any]:
    """Return a `repository-collaborator-permission`.

    `permission` folds maintain into write and triage into read; `role_name` does not, and
    is the name of a custom role where there is one.
    https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user

    Args:
        base: the hub's address.
        account: whose role it is.
        role: what a custom role is based on, or the role itself.
        name: what the role is called.
    """
    folded = {"maintain": "write", "triage": "read"}.get(role or "none", role or "none")
    collaborator = {
        **user(base, account),
        "permissions": role_permissions(role),
        "role_name": name,
    }
    return {"permission": folded, "user": collaborator, "role_name": name}
