"""Apps, installations, access tokens and deliveries."""

import json
from collections.abc import Iterable
from typing import Any

from bot.devhub.records import App, Delivery, Grant, Installation, Repository
from bot.devhub.shapes import accounts, repositories
from bot.devhub.timestamps import iso, maybe_iso, precise


def app(base: str, app: App) -> dict[str, Any]:
    """Return an `integration`: an app as others see it."""
    return {
        "id": app.id,
        "client_id": app.client_id,
        "slug": app.slug,
        "node_id": accounts.node_id("A", app.id),
        "owner": accounts.user(base, app.owner),
        "name": app.name,
        "description": "",
        "external_url": base,
        "html_url": f"{base}/apps/{app.slug}",
        "created_at": iso(app.created_at),
        "updated_at": iso(app.created_at),
        "permissions": dict(app.permissions),
        "events": list(app.events),
    }


def via(base: str, through: App | None) -> dict[str, Any] | None:
    """Return what `performed_via_github_app` says."""
    return None if through is None else app(base, through)


def installation(base: str, installed: Installation) -> dict[str, Any]:
    """Return an `installation`."""
    by = installed.suspended_by
    settings = (
        f"organizations/{installed.account.login}/settings"
        if installed.account.type == "Organization"
        else "settings"
    )
    return {
        "id": installed.id,
        "client_id": installed.app.client_id,
        "account": accounts.user(base, installed.account),
        "repository_selection": "all" if installed.selected is None else "selected",
        "access_tokens_url": f"{base}/app/installations/{installed.id}/access_tokens",
        "repositories_url": f"{base}/installation/repositories",
        "html_url": f"{base}/{settings}/installations/{installed.id}",
        "app_id": installed.app.id,
        "app_slug": installed.app.slug,
        "target_id": installed.account.id,
        "target_type": installed.account.type,
        "permissions": dict(installed.permissions),
        "events": list(installed.events),
        "created_at": iso(installed.created_at),
        "updated_at": iso(installed.updated_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None if by is None else accounts.user(base, by),
        "suspended_at": maybe_iso(installed.suspended_at),
    }


def access_token(base: str, grant: Grant, named: Iterable[Repository] | None) -> dict[str, Any]:
    """Return an `installation-token`; repositories are listed when the request named some."""
    listed = (
        {}
        if named is None
        else {"repositories": [repositories.repository(base, each) for each in named]}
    )
    return {
        "token": grant.token,
        "expires_at": iso(grant.expires_at),
        "permissions": dict(grant.permissions),
        "repository_selection": "all" if grant.selected is None else "selected",
        **listed,
    }


def delivery_item(delivery: Delivery) -> dict[str, Any]:
    """Return a `hook-delivery-item`."""
    return {
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": precise(delivery.delivered_at),
        "redelivery": delivery.redelivery,
        "duration": round(delivery.duration, 3),
        "status": delivery.status,
        "status_code": delivery.status_code,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation_id,
        "repository_id": delivery.repository_id,
        "throttled_at": None,
    }


def delivery(app: App, delivery: Delivery) -> dict[str, Any]:
    """Return a `hook-delivery`, with what was sent and what came back."""
    return {
        **delivery_item(delivery),
        "url": app.hook_url,
        "request": {
            "headers": delivery.request_headers,
            "payload": json.loads(delivery.payload),
        },
        "response": {
            "headers": delivery.response_headers,
            "payload": delivery.response_body,
        },
    }
