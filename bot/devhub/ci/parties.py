"""The apps that report checks: registered when they are first wanted, and installed."""

from typing import Any

from bot.devhub import founding, workflows
from bot.devhub.hub import Hub
from bot.devhub.records import Account, App, Installation, Repository

PERMISSIONS: dict[str, Any] = {"checks": "write", "contents": "read", "pull_requests": "read"}
_NAMES = {workflows.SLUG: "GitHub Actions"}


async def registered(hub: Hub, slug: str, owner: Account) -> App:
    """Return the app of that name; a new one lives in the hub and listens to nothing."""
    for app in hub.apps.values():
        if app.slug == slug:
            return app
    app, _ = await founding.app(
        hub,
        slug=slug,
        owner=owner,
        hook_url="",
        hook_secret="",
        permissions=PERMISSIONS,
        events=("pull_request",),
    )
    app.name = _NAMES.get(slug, slug)
    app.ear = lambda _installation, _event, _payload: None
    return app


def installed(hub: Hub, app: App, repository: Repository) -> Installation:
    """Return the app's installation that covers a repository, widened or made if need be."""
    for each in hub.installations.values():
        if each.app is app and each.account is repository.owner:
            if each.selected is not None:
                each.selected.add(repository.id)
            return each
    return founding.install(hub, app, repository.owner, {repository.id}, repository.owner)
