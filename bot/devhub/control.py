"""The control API: what a test or the demo does to the hub, as JSON under `/_devhub/`.

It knows no credentials and serves whoever reaches it, so the hub belongs on
loopback.
"""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.devhub import belonging, founding, levers, settings, subjects
from bot.devhub.events import tell_installation, tell_selection
from bot.devhub.git import heads
from bot.devhub.hub import Hub
from bot.devhub.problems import Problem, not_found
from bot.devhub.records import Account, App, Installation
from bot.devhub.shapes import repositories as shapes

Act = Callable[[Hub, web.Request, dict[str, Any]], Awaitable[Any]]


def routes(hub: Hub, more: Mapping[str, Act]) -> list[web.RouteDef]:
    """Return everything under `/_devhub/`, with what else the application has there."""
    table: dict[str, Act] = {
        "POST /users": add_user,
        "POST /organizations": add_organization,
        "POST /apps": add_app,
        "PATCH /apps/{slug}": change_app,
        "POST /installations": install,
        "DELETE /installations/{id}": uninstall,
        "PUT /installations/{id}/suspended": suspend,
        "DELETE /installations/{id}/suspended": unsuspend,
        "PUT /installations/{id}/repositories": select,
        "PUT /installations/{id}/permissions": accept,
        "POST /repositories": add_repository,
        "PUT /repositories/{owner}/{repo}/collaborators/{login}": set_role,
        **belonging.TABLE,
        **settings.TABLE,
        **subjects.TABLE,
        **levers.TABLE,
        **more,
    }
    return [
        web.route(method, f"/_devhub{path}", _json(hub, act))
        for (method, _, path), act in ((name.partition(" "), act) for name, act in table.items())
    ]


def _json(hub: Hub, act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else {}
        try:
            return web.json_response(await act(hub, request, body))
        except Problem as problem:
            return web.json_response({"error": problem.message}, status=problem.status)
        except KeyError as error:
            return web.json_response({"error": f"missing or unknown: {error}"}, status=422)

    return answer


async def add_user(hub: Hub, _request: web.Request, body: dict[str, Any]) -> Any:
    """{login, name?, email?} -> {id, login, token}."""
    person = founding.account(
        hub, body["login"], "User", name=body.get("name"), email=body.get("email")
    )
    return {"id": person.id, "login": person.login, "token": hub.add_person_token(person)}


async def add_organization(hub: Hub, _request: web.Request, body: dict[str, Any]) -> Any:
    """{login} -> {id, login}."""
    organization = founding.account(hub, body["login"], "Organization")
    return {"id": organization.id, "login": organization.login}


async def add_app(hub: Hub, _request: web.Request, body: dict[str, Any]) -> Any:
    """{slug, owner, webhook_url, webhook_secret, permissions, events} -> {id, pem, bot, …}."""
    app, pem = await founding.app(
        hub,
        slug=body["slug"],
        owner=hub.account(body["owner"]),
        hook_url=body["webhook_url"],
        hook_secret=body["webhook_secret"],
        permissions=body["permissions"],
        events=tuple(body["events"]),
    )
    bot = {"id": app.bot.id, "login": app.bot.login}
    return {"id": app.id, "slug": app.slug, "client_id": app.client_id, "pem": pem, "bot": bot}


def _app(hub: Hub, slug: str) -> App:
    for app in hub.apps.values():
        if app.slug == slug:
            return app
    raise not_found()


async def change_app(hub: Hub, request: web.Request, body: dict[str, Any]) -> Any:
    """{webhook_url?, webhook_secret?, permissions?, events?} -> {}.

    An installation keeps what it was granted until its owner accepts the new permissions.
    """
    app = _app(hub, request.match_info["slug"])
    app.hook_url = body.get("webhook_url", app.hook_url)
    app.hook_secret = body.get("webhook_secret", app.hook_secret)
    if "permissions" in body:
        app.permissions = {"metadata": "read", **body["permissions"]}
    app.events = tuple(body.get("events", app.events))
    return {}


async def install(hub: Hub, _request: web.Request, body: dict[str, Any]) -> Any:
    """{app, account, repositories? (names; all when absent), sender?} -> {id}."""
    account = hub.account(body["account"])
    selected = _ids(hub, account, body.get("repositories"))
    sender = hub.account(body.get("sender", body["account"]))
    new = founding.install(hub, _app(hub, body["app"]), account, selected, sender)
    return {"id": new.id}


def _ids(hub: Hub, owner: Account, names: list[str] | None) -> set[int] | None:
    if names is None:
        return None
    return {hub.repository(owner.login, name).id for name in names}


def _installation(hub: Hub, request: web.Request) -> Installation:
    if (found := hub.installations.get(int(request.match_info["id"]))) is None:
        raise not_found()
    return found


def _tell(hub: Hub, installation: Installation, action: str) -> None:
    payload = {
        "action": action,
        "repositories": [shapes.brief(each) for each in hub.repositories_of(installation)],
        "requester": None,
    }
    tell_installation(hub, installation, "installation", payload, installation.account)


async def uninstall(hub: Hub, request: web.Request, _body: dict[str, Any]) -> Any:
    """End the installation and its tokens."""
    gone = _installation(hub, request)
    _tell(hub, gone, "deleted")
    del hub.installations[gone.id]
    hub.grants = {
        token: each for token, each in hub.grants.items() if each.installation is not gone
    }
    return {}


async def suspend(hub: Hub, request: web.Request, _body: dict[str, Any]) -> Any:
    """Stop the API and the events."""
    installation = _installation(hub, request)
    installation.suspended_at = installation.updated_at = hub.now()
    installation.suspended_by = installation.account
    _tell(hub, installation, "suspend")
    return {}


async def unsuspend(hub: Hub, request: web.Request, _body: dict[str, Any]) -> Any:
    """Let them go on."""
    installation = _installation(hub, request)
    installation.suspended_at = installation.suspended_by = None
    installation.updated_at = hub.now()
    _tell(hub, installation, "unsuspend")
    return {}


async def select(hub: Hub, request: web.Request, body: dict[str, Any]) -> Any:
    """{repositories: names, or null for all} -> {}; tells what was added and removed."""
    installation = _installation(hub, request)
    before = hub.repositories_of(installation)
    installation.selected = _ids(hub, installation.account, body["repositories"])
    installation.updated_at = hub.now()
    after = hub.repositories_of(installation)
    added = [each for each in after if each not in before]
    removed = [each for each in before if each not in after]
    tell_selection(hub, installation, "added", added)
    tell_selection(hub, installation, "removed", removed)
    return {}


async def accept(hub: Hub, request: web.Request, _body: dict[str, Any]) -> Any:
    """The account's owner accepts the permissions and events that the app asks for by now."""
    installation = _installation(hub, request)
    installation.permissions = dict(installation.app.permissions)
    installation.events = installation.app.events
    installation.updated_at = hub.now()
    _tell(hub, installation, "new_permissions_accepted")
    return {}


async def add_repository(hub: Hub, _request: web.Request, body: dict[str, Any]) -> Any:
    """{owner, name, from? (folder) or files? (path: text), private?} -> {id, clone_url, heads}."""
    new = await founding.repository(
        hub,
        hub.account(body["owner"]),
        body["name"],
        private=body.get("private", False),
        description=body.get("description"),
    )
    if "from" in body:
        await founding.bring_in(new, Path(body["from"]))
    if "files" in body:
        await founding.write(new, body["files"], hub.now())
    return {
        "id": new.id,
        "full_name": new.full_name,
        "clone_url": f"{hub.base}/{new.full_name}.git",
        "default_branch": new.default_branch,
        "heads": await heads(new.path),
    }


async def set_role(hub: Hub, request: web.Request, body: dict[str, Any]) -> Any:
    """{role: admin, maintain, write, triage, read, none, or a custom role's name} -> {}."""
    match = request.match_info
    repository = hub.repository(match["owner"], match["repo"])
    account, role = hub.account(match["login"]), body["role"]
    repository.roles.pop(account.id, None)
    repository.custom_roles.pop(account.id, None)
    organization = hub.organization(repository.owner)
    if organization is not None and role in organization.custom_roles:
        repository.custom_roles[account.id] = role
        role = organization.custom_roles[role]
    if role != "none":
        repository.roles[account.id] = role
    return {}
