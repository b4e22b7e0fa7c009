"""The control API about repositories: their names, owners and visibility.

https://docs.github.com/en/repositories/creating-and-managing-repositories
"""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.devhub.events import Scene, tell, tell_selection
from bot.devhub.hub import Hub
from bot.devhub.problems import Problem
from bot.devhub.records import Account, Repository
from bot.devhub.rulesets import Ruleset
from bot.devhub.shapes import accounts


def _scene(hub: Hub, request: web.Request, body: dict[str, Any]) -> Scene:
    repository = hub.repository(request.match_info["owner"], request.match_info["repo"])
    login = body.get("login", repository.owner.login)
    return Scene(hub=hub, repository=repository, actor=hub.account(login))


def _call(hub: Hub, repository: Repository, owner: Account, name: str) -> None:
    """Give a repository another address; the old one leads to it until somebody takes it."""
    address = f"{owner.login}/{name}".lower()
    if address in hub.repositories:
        raise Problem(422, f"there is a repository {address} already")
    old = repository.full_name.lower()
    del hub.repositories[old]
    hub.moved[old] = repository
    repository.owner, repository.name = owner, name
    hub.repositories[address] = repository


async def rename(hub: Hub, request: web.Request, body: dict[str, Any]) -> Any:
    """{name, login?} -> {full_name}."""
    scene = _scene(hub, request, body)
    before = scene.repository.name
    _call(hub, scene.repository, scene.repository.owner, body["name"])
    changes = {"repository": {"name": {"from": before}}}
    tell(scene, "repository", {"action": "renamed", "changes": changes})
    return {"full_name": scene.repository.full_name}


async def transfer(hub: Hub, request: web.Request, body: dict[str, Any]) -> Any:
    """{owner, login?} -> {full_name}: told as lost, gained and moved."""
    scene = _scene(hub, request, body)
    repository, old = scene.repository, scene.repository.owner
    lost = hub.installations_on(repository)
    _call(hub, repository, hub.account(body["owner"]), repository.name)
    for installation in lost:
        if installation.selected is not None:
            installation.selected.discard(repository.id)
        tell_selection(hub, installation, "removed", [repository])
    kind = "organization" if old.type == "Organization" else "user"
    shape = accounts.organization if kind == "organization" else accounts.user
    changes = {"owner": {"from": {kind: shape(hub.base, old)}}}
    tell(scene, "repository", {"action": "transferred", "changes": changes})
    for installation in hub.installations_on(repository):
        tell_selection(hub, installation, "added", [repository])
    return {"full_name": repository.full_name}


async def set_private(hub: Hub, request: web.Request, body: dict[str, Any]) -> Any:
    """{private, login?} -> {}."""
    scene = _scene(hub, request, body)
    if scene.repository.private != body["private"]:
        scene.repository.private = body["private"]
        action = "privatized" if body["private"] else "publicized"
        tell(scene, "repository", {"action": action})
    return {}


async def set_rules(hub: Hub, request: web.Request, body: dict[str, Any]) -> Any:
    """{branches?, pull_request?, reviews?, checks?, …} (see `Ruleset`) -> {}; {} has no rules.

    Further fields: strict, creation, deletion, force_push, secrets, bypass.
    """
    repository = hub.repository(request.match_info["owner"], request.match_info["repo"])
    hub.rulesets.pop(repository.id, None)
    if body:
        hub.rulesets[repository.id] = Ruleset.told({"id": hub.next_id(), **body})
    return {}


async def delete(hub: Hub, request: web.Request, body: dict[str, Any]) -> Any:
    """{login?} -> {}: pull requests from it stay open, and tell of no repository any more."""
    scene = _scene(hub, request, body)
    repository = scene.repository
    tell(scene, "repository", {"action": "deleted"})
    repository.deleted = True
    del hub.repositories[repository.full_name.lower()]
    if repository.parent is not None:
        repository.parent.forks.remove(repository)
    return {}


_AT = "/repositories/{owner}/{repo}"
TABLE: dict[str, Callable[[Hub, web.Request, dict[str, Any]], Awaitable[Any]]] = {
    f"DELETE {_AT}": delete,
    f"PUT {_AT}/name": rename,
    f"PUT {_AT}/owner": transfer,
    f"PUT {_AT}/private": set_private,
    f"PUT {_AT}/rules": set_rules,
}
