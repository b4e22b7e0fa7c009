"""Everything that happens is told to the apps that may hear it.

The payload is fixed at the moment of the event; what GitHub calls `changes` holds
the values from before.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.devhub.changes import Change
from bot.devhub.hub import Hub
from bot.devhub.objects import Commit
from bot.devhub.permissions import hears
from bot.devhub.records import (
    Account,
    App,
    CheckRun,
    CheckSuite,
    Comment,
    Delivery,
    Installation,
    Issue,
    Label,
    Repository,
    Review,
    ReviewComment,
)
from bot.devhub.shapes import accounts, apps, checks, issues, pulls, repositories, reviews

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where something happens, and whose doing it is."""

    hub: Hub
    repository: Repository
    actor: Account


def tell(scene: Scene, event: str, payload: Payload, *, only: App | None = None) -> None:
    """Tell every installation on a repository that hears the event, or only one app's."""
    hub, repository = scene.hub, scene.repository
    hub.changes.tell(
        Change(repository=repository, event=event, payload=payload, actor=scene.actor)
    )
    common = {
        "repository": repositories.repository(hub.base, repository),
        "sender": accounts.user(hub.base, scene.actor),
        **_organization(hub, repository.owner),
    }
    for installation in hub.installations_on(repository):
        if hears(installation, event) and only in {None, installation.app}:
            whole = {**common, **payload, "installation": _simple(installation)}
            _post(hub, installation, event, whole, repository.id)


def tell_installation(
    hub: Hub, installation: Installation, event: str, payload: Payload, sender: Account
) -> None:
    """Tell an app what became of one of its installations."""
    whole = {
        **payload,
        "installation": apps.installation(hub.base, installation),
        "sender": accounts.user(hub.base, sender),
        **_organization(hub, installation.account),
    }
    _post(hub, installation, event, whole, None)


def tell_selection(
    hub: Hub, installation: Installation, action: str, some: Sequence[Repository]
) -> None:
    """Tell an app which repositories an installation gained or lost; nothing if there are none."""
    if not some:
        return
    named = [repositories.brief(each) for each in some]
    payload = {
        "action": action,
        "repository_selection": "all" if installation.selected is None else "selected",
        "repositories_added": named if action == "added" else [],
        "repositories_removed": named if action == "removed" else [],
        "requester": None,
    }
    sender = installation.account
    tell_installation(hub, installation, "installation_repositories", payload, sender)


def _organization(hub: Hub, owner: Account) -> dict[str, Any]:
    if owner.type != "Organization":
        return {}
    return {"organization": accounts.organization(hub.base, owner)}


def _simple(installation: Installation) -> dict[str, Any]:
    return {"id": installation.id, "node_id": accounts.node_id("MDIz", installation.id)}


def _post(
    hub: Hub, installation: Installation, event: str, payload: Payload, repository: int | None
) -> None:
    if installation.app.ear is not None:
        installation.app.ear(installation, event, payload)
        return
    delivery = Delivery(
        id=hub.next_id(),
        guid=str(uuid.uuid4()),
        event=event,
        action=payload.get("action"),
        payload=json.dumps(payload).encode(),
        delivered_at=hub.now(),
        installation_id=installation.id,
        repository_id=repository,
    )
    hub.hookshot.post(installation.app, delivery)


def issue_event(  # noqa: PLR0913 - what an event of an issue is made of
    scene: Scene,
    issue: Issue,
    action: str,
    *,
    label: Label | None = None,
    changes: Payload | None = None,
    more: Payload | None = None,
) -> None:
    """Tell what happened to an issue, or to a pull request in its own words."""
    hub, repository = scene.hub, scene.repository
    payload: dict[str, Any] = {"action": action, **(more or {})}
    if label is not None:
        payload["label"] = issues.label(hub.base, repository, label)
    if changes is not None:
        payload["changes"] = changes
    hub.fresh[repository.id, issue.number] = hub.now()
    if issue.pull is None:
        payload["issue"] = issues.issue(hub.base, repository, issue)
        tell(scene, "issues", payload)
    else:
        payload["number"] = issue.number
        payload["pull_request"] = pulls.full(hub.base, repository, issue)
        tell(scene, "pull_request", payload)


def comment_event(
    scene: Scene, comment: Comment, action: str, *, changes: Payload | None = None
) -> None:
    """Tell what happened to a comment on an issue or a pull request."""
    hub, repository = scene.hub, scene.repository
    payload = {
        "action": action,
        "issue": issues.issue(hub.base, repository, comment.issue),
        "comment": issues.comment(hub.base, repository, comment),
        **({} if changes is None else {"changes": changes}),
    }
    hub.fresh[repository.id, comment.issue.number] = hub.now()
    tell(scene, "issue_comment", payload)


def review_event(
    scene: Scene, review: Review, action: str, *, changes: Payload | None = None
) -> None:
    """Tell what happened to a review of a pull request."""
    hub, repository = scene.hub, scene.repository
    payload = {
        "action": action,
        "review": reviews.hooked_review(hub.base, repository, review),
        **_reviewed(scene, review),
        **({} if changes is None else {"changes": changes}),
    }
    tell(scene, "pull_request_review", payload)


def review_comment_event(
    scene: Scene, comment: ReviewComment, action: str, *, changes: Payload | None = None
) -> None:
    """Tell what happened to a comment on a diff."""
    hub, repository = scene.hub, scene.repository
    payload = {
        "action": action,
        "comment": reviews.comment(hub.base, repository, comment),
        **_reviewed(scene, comment.review),
        **({} if changes is None else {"changes": changes}),
    }
    tell(scene, "pull_request_review_comment", payload)


def review_thread_event(scene: Scene, comments: Sequence[ReviewComment], action: str) -> None:
    """Tell that a thread was resolved, or opened again; its first comment began it."""
    hub, repository = scene.hub, scene.repository
    thread = {
        "node_id": reviews.thread_id(comments[0]),
        "comments": [reviews.comment(hub.base, repository, each) for each in comments],
    }
    payload = {"action": action, "thread": thread, **_reviewed(scene, comments[0].review)}
    tell(scene, "pull_request_review_thread", payload)


def _reviewed(scene: Scene, review: Review) -> Payload:
    hub, repository = scene.hub, scene.repository
    hub.fresh[repository.id, review.issue.number] = hub.now()
    return {"pull_request": pulls.simple(hub.base, repository, review.issue)}


def label_event(scene: Scene, label: Label, action: str) -> None:
    """Tell that a repository has a new label."""
    shape = issues.label(scene.hub.base, scene.repository, label)
    tell(scene, "label", {"action": action, "label": shape})


def check_run_event(
    scene: Scene, run: CheckRun, action: str, *, identifier: str | None = None
) -> None:
    """Tell of a check run; a re-run or a pressed button concerns its own app only.

    https://docs.github.com/en/webhooks/webhook-events-and-payloads#check_run
    """
    payload = {
        "action": action,
        "check_run": checks.hooked_run(scene.hub.base, scene.repository, run),
        **({} if identifier is None else {"requested_action": {"identifier": identifier}}),
    }
    only = run.suite.app if action in {"rerequested", "requested_action"} else None
    tell(scene, "check_run", payload, only=only)


def check_suite_event(scene: Scene, suite: CheckSuite, head: Commit, action: str) -> None:
    """Tell of a check suite; a request concerns its own app only."""
    hub, repository = scene.hub, scene.repository
    shape = checks.hooked_suite(hub.base, repository, head, suite)
    hub.fresh[repository.id, suite.head_sha] = hub.now()
    only = None if action == "completed" else suite.app
    tell(scene, "check_suite", {"action": action, "check_suite": shape}, only=only)
