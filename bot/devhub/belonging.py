"""The control API about organizations: members, teams, and custom roles."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.devhub.hub import Hub
from bot.devhub.organizations import Organization, Team
from bot.devhub.problems import Problem, not_found
from bot.devhub.shapes.accounts import ROLES


def _organization(hub: Hub, request: web.Request) -> Organization:
    if (found := hub.organization(hub.account(request.match_info["org"]))) is None:
        raise not_found()
    return found


def _check_role(role: object) -> None:
    if role not in ROLES:
        raise Problem(422, f"no role: {role}")


async def change(hub: Hub, request: web.Request, body: dict[str, Any]) -> Any:
    """{base_role: what members are in every repository, or null} -> {}."""
    if body["base_role"] is not None:
        _check_role(body["base_role"])
    _organization(hub, request).base_role = body["base_role"]
    return {}


async def set_member(hub: Hub, request: web.Request, body: dict[str, Any]) -> Any:
    """{role: admin (an owner), member, or none} -> {}."""
    organization, role = _organization(hub, request), body["role"]
    account = hub.account(request.match_info["login"])
    if role not in {"admin", "member", "none"}:
        raise Problem(422, f"no role of a member: {role}")
    organization.members.pop(account.id, None)
    if role != "none":
        organization.members[account.id] = role
    return {}


async def set_team(hub: Hub, request: web.Request, body: dict[str, Any]) -> Any:
    """{members?: {login: member or maintainer}, repositories?: {name: role}} -> {id, slug}.

    Whoever is in a team belongs to the organization too.
    """
    organization, slug = _organization(hub, request), request.match_info["team"]
    named = {hub.account(login).id: role for login, role in body.get("members", {}).items()}
    owner = organization.account.login
    roles = {}
    for name, role in body.get("repositories", {}).items():
        _check_role(role)
        roles[hub.repository(owner, name).id] = role
    before = organization.teams.get(slug)
    team = Team(id=before.id if before else hub.next_id(), slug=slug, members=named, roles=roles)
    organization.teams[slug] = team
    for account in named:
        organization.members.setdefault(account, "member")
    return {"id": team.id, "slug": slug}


async def set_custom_role(hub: Hub, request: web.Request, body: dict[str, Any]) -> Any:
    """{base: read, triage, write or maintain} -> {}.

    https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles/about-custom-repository-roles
    """
    _check_role(body["base"])
    _organization(hub, request).custom_roles[request.match_info["name"]] = body["base"]
    return {}


TABLE: dict[str, Callable[[Hub, web.Request, dict[str, Any]], Awaitable[Any]]] = {
    "PATCH /organizations/{org}": change,
    "PUT /organizations/{org}/members/{login}": set_member,
    "PUT /organizations/{org}/teams/{team}": set_team,
    "PUT /organizations/{org}/roles/{name}": set_custom_role,
}
