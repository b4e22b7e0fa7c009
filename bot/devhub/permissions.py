"""Who may do what: permissions of apps, roles of people, and events that apps may hear."""

from collections.abc import Mapping

from bot.devhub.problems import Problem
from bot.devhub.records import Installation, Level, Permissions, Role
from bot.devhub.shapes.accounts import ROLES

LEVELS: tuple[Level, ...] = ("read", "write", "admin")

# What an event needs, each at least to read.
# https://docs.github.com/en/webhooks/webhook-events-and-payloads (each event's section)
EVENTS: Mapping[str, str] = {
    "check_run": "checks",
    "check_suite": "checks",
    "create": "contents",
    "delete": "contents",
    "fork": "contents",
    "issue_comment": "issues",
    "issues": "issues",
    "label": "metadata",
    "pull_request": "pull_requests",
    "pull_request_review": "pull_requests",
    "pull_request_review_comment": "pull_requests",
    "pull_request_review_thread": "pull_requests",
    "push": "contents",
    "repository": "metadata",
    "status": "statuses",
    "workflow_job": "actions",
    "workflow_run": "actions",
}

# Sent to every app without a subscription, which cannot be had either.
# https://docs.github.com/en/webhooks/webhook-events-and-payloads#installation
ALWAYS = frozenset({"installation", "installation_repositories"})

# https://docs.github.com/en/webhooks/webhook-events-and-payloads#check_run
# "GitHub Apps with write-level access for the Checks permission are automatically subscribed"
WITH_CHECKS = frozenset({"check_run", "check_suite"})


def allows(held: Mapping[str, Level], name: str, level: str) -> bool:
    """Return whether permissions hold one at that level; everybody holds metadata."""
    has = held.get(name, "read" if name == "metadata" else None)
    return has is not None and LEVELS.index(has) >= LEVELS.index(level)


def satisfies(held: Mapping[str, Level], needs: str) -> bool:
    """Return whether permissions open what `needs` closes.

    Args:
        held: the token's permissions.
        needs: in the notation of `X-Accepted-GitHub-Permissions`: a comma means both, a
            semicolon means either; empty needs nothing.
    """
    return any(
        all(_one(held, each) for each in either.split(",") if each.strip())
        for either in needs.split(";")
    )


def _one(held: Mapping[str, Level], need: str) -> bool:
    name, _, level = need.strip().partition("=")
    return allows(held, name, level)


def reaches(role: Role | None, least: Role) -> bool:
    """Return whether a role is at least another."""
    return role is not None and ROLES.index(role) >= ROLES.index(least)


def narrowed(granted: Permissions, asked: object) -> Permissions:
    """Return the permissions of a new token.

    https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app

    Raises:
        Problem: 422 when more is asked for than the installation has.
    """
    if asked is None:
        return {"metadata": "read", **granted}
    if not isinstance(asked, dict):
        raise Problem(422, "Invalid request.\n\nFor 'permissions', that is not an object.")
    for name, level in asked.items():
        if level not in LEVELS or not allows(granted, name, level):
            raise Problem(422, "The permissions requested are not granted to this installation.")
    return {"metadata": "read", **asked}


def hears(installation: Installation, event: str) -> bool:
    """Return whether an installation's app is told of an event."""
    if event in ALWAYS:
        return True
    held = installation.permissions
    if installation.suspended_at is not None or not allows(held, EVENTS[event], "read"):
        return False
    automatic = event in WITH_CHECKS and allows(held, "checks", "write")
    return automatic or event in installation.events
