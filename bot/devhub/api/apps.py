"""The app itself, its installations, and the tokens they hand out.

https://docs.github.com/en/rest/apps/apps
"""

import secrets

from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.pages import page
from bot.devhub.permissions import narrowed
from bot.devhub.problems import Problem, not_found
from bot.devhub.records import App, Grant, Installation, Repository
from bot.devhub.shapes import apps as shapes
from bot.devhub.shapes.repositories import repository as repository_shape

# "Installation tokens expire one hour from the time you create them."
TOKEN_LIFE = 3600.0
# https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app
MOST_REPOSITORIES = 500


def _app(call: Call) -> App:
    assert call.app is not None
    return call.app


def _installations(call: Call) -> list[Installation]:
    return [each for each in call.hub.installations.values() if each.app is call.app]


def _installation(call: Call) -> Installation:
    wanted = call.params["installation_id"]
    for each in _installations(call):
        if str(each.id) == wanted:
            return each
    raise not_found()


async def show(call: Call) -> Reply:
    """Return the app."""
    count = len(_installations(call))
    shape = shapes.app(call.hub.base, _app(call))
    return Reply(body={**shape, "installations_count": count})


async def by_slug(call: Call) -> Reply:
    """Return any app by its slug."""
    for app in call.hub.apps.values():
        if app.slug == call.params["app_slug"]:
            return Reply(body=shapes.app(call.hub.base, app))
    raise not_found()


async def list_installations(call: Call) -> Reply:
    """Return where the app is installed."""
    return page(call, _installations(call), lambda each: shapes.installation(call.hub.base, each))


async def show_installation(call: Call) -> Reply:
    """Return one installation."""
    return Reply(body=shapes.installation(call.hub.base, _installation(call)))


async def repository_installation(call: Call) -> Reply:
    """Return the installation that covers a repository."""
    for each in call.hub.installations_on(call.repository):
        if each.app is call.app:
            return Reply(body=shapes.installation(call.hub.base, each))
    raise not_found()


async def create_access_token(call: Call) -> Reply:
    """Make a token, for all of the installation or narrowed; unknown keys narrow nothing."""
    installation = _installation(call)
    if installation.suspended_at is not None:
        raise Problem(403, "This installation has been suspended")
    named = _named(call, installation)
    grant = Grant(
        token=_token(installation.app),
        installation=installation,
        permissions=narrowed(installation.permissions, call.body.get("permissions")),
        selected=installation.selected if named is None else {each.id for each in named},
        expires_at=call.hub.now() + TOKEN_LIFE,
        narrowed=named is not None,
    )
    call.hub.grants[grant.token] = grant
    return Reply(body=shapes.access_token(call.hub.base, grant, named), status=201)


def _token(app: App) -> str:
    """Return a token as long as GitHub's stateless ones, which carry the app and a JWT."""
    parts = (secrets.token_urlsafe(size) for size in (48, 240, 192))
    return f"ghs_{app.id}_{'.'.join(parts)}"


def _named(call: Call, installation: Installation) -> list[Repository] | None:
    """Return the repositories that the body names, by name or by id."""
    names, ids = call.body.get("repositories"), call.body.get("repository_ids")
    if names is None and ids is None:
        return None
    wanted = {str(each) for each in [*(names or []), *(ids or [])]}
    covered = call.hub.repositories_of(installation)
    chosen = [each for each in covered if {each.name, str(each.id)} & wanted]
    if len(chosen) != len(wanted) or len(wanted) > MOST_REPOSITORIES:
        raise Problem(
            422,
            "There is at least one repository that does not exist or is not accessible to the"
            " parent installation.",
        )
    return chosen


async def revoke_token(call: Call) -> Reply:
    """End the token that asks."""
    call.hub.grants.pop(call.caller.token, None)
    return Reply(status=204)


async def list_repositories(call: Call) -> Reply:
    """Return the repositories that the token opens."""
    grant = call.caller.grant
    assert grant is not None
    opened = [
        each
        for each in call.hub.repositories_of(grant.installation)
        if grant.selected is None or each.id in grant.selected
    ]
    selection = "all" if grant.selected is None else "selected"
    reply = page(
        call, opened, lambda each: repository_shape(call.hub.base, each), under="repositories"
    )
    return Reply(body={**reply.body, "repository_selection": selection}, headers=reply.headers)
