"""Forks: copies of a repository under another owner.

https://docs.github.com/en/rest/repos/forks
"""

from typing import Any

from bot.devhub import founding
from bot.devhub.api.calls import Call, Reply, sees
from bot.devhub.api.pages import page
from bot.devhub.events import tell
from bot.devhub.problems import Problem
from bot.devhub.records import Account, Repository
from bot.devhub.shapes import repositories as shapes


async def index(call: Call) -> Reply:
    """Return the forks that the caller may see, newest first."""
    seen = [each for each in call.repository.forks if sees(call.hub, call.caller, each)]
    seen.reverse()
    return page(call, seen, lambda each: shapes.repository(call.hub.base, each))


async def create(call: Call) -> Reply:
    """Copy the repository; a second fork of the same owner is the first one again."""
    parent, owner = call.repository, _owner(call)
    if owner is parent.owner:
        raise Problem(422, "A repository cannot be forked to its own owner.")
    for known in parent.forks:
        if known.owner is owner:
            return Reply(body=_shape(call, known), status=202)
    name = call.maybe_text("name") or parent.name
    if f"{owner.login}/{name}".lower() in call.hub.repositories:
        raise Problem(422, "Name already exists on this account")
    only = parent.default_branch if call.body.get("default_branch_only") is True else None
    fork = await founding.fork(call.hub, parent, owner, name, only=only)
    forkee = shapes.repository(call.hub.base, fork)
    tell(call.scene, "fork", {"forkee": forkee})
    return Reply(body=_shape(call, fork), status=202)


def _shape(call: Call, fork: Repository) -> dict[str, Any]:
    return shapes.full(call.hub.base, fork, call.hub.role(fork, call.actor))


def _owner(call: Call) -> Account:
    """Return who is to have it: the caller, or an organization that the caller belongs to."""
    login = call.maybe_text("organization")
    if login is None:
        return call.actor
    account = call.hub.account(login)
    organization = call.hub.organization(account)
    if organization is None or call.actor.id not in organization.members:
        raise Problem(422, "Validation Failed", errors=["You cannot fork to that organization."])
    return account
