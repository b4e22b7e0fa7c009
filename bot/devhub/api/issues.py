"""Issues; a pull request is one too.

https://docs.github.com/en/rest/issues/issues
"""

from typing import Any

from bot.devhub.api import labels
from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.comments import LONGEST_BODY
from bot.devhub.api.pages import page
from bot.devhub.events import Scene, issue_event
from bot.devhub.problems import Problem, invalid, too_long
from bot.devhub.records import Issue
from bot.devhub.shapes import issues as shapes

_LONGEST_TITLE = 256
# https://docs.github.com/en/rest/issues/issues#lock-an-issue
_LOCK_REASONS = ("off-topic", "too heated", "resolved", "spam")
_REASONS = ("completed", "not_planned", "duplicate", "reopened")


def _shape(call: Call, issue: Issue) -> dict[str, Any]:
    return shapes.one_issue(call.hub.base, call.repository, issue)


def checked_title(call: Call, resource: str) -> str:
    """Return the title.

    Raises:
        Problem: 422 when it is blank or too long.
    """
    title = call.text("title")
    if not title.strip():
        error = {"resource": resource, "code": "missing_field", "field": "title"}
        raise Problem(422, "Validation Failed", errors=[error])
    if len(title) > _LONGEST_TITLE:
        raise too_long(resource, "title", _LONGEST_TITLE)
    return title


def checked_text(call: Call, resource: str) -> str | None:
    """Return the body, which may be absent.

    Raises:
        Problem: 422 when it is too long.
    """
    body = call.maybe_text("body")
    if len(body or "") > LONGEST_BODY:
        raise too_long(resource, "body", LONGEST_BODY)
    return body


async def index(call: Call) -> Reply:
    """Return issues and pull requests, newest first, filtered by the query."""
    state = call.query.get("state", "open")
    wanted = {name.lower() for name in call.query.get("labels", "").split(",") if name}
    creator = call.query.get("creator", "").lower()
    found = [
        issue
        for issue in reversed(call.hub.listed(call.repository.issues.values()))
        if state in {"all", issue.state}
        and wanted <= {label.name.lower() for label in issue.labels}
        and creator in {"", issue.user.login.lower()}
    ]
    if call.query.get("direction") == "asc":
        found.reverse()
    return page(call, found, call.shaping(shapes.issue))


async def show(call: Call) -> Reply:
    """Return one issue."""
    return Reply(body=_shape(call, call.issue()))


async def create(call: Call) -> Reply:
    """Open an issue.

    "Only users with push access can set labels for new issues. Labels are silently
    dropped otherwise."
    https://docs.github.com/en/rest/issues/issues#create-an-issue
    """
    now = call.hub.now()
    issue = Issue(
        id=call.hub.next_id(),
        number=call.repository.next_number,
        title=checked_title(call, "Issue"),
        body=checked_text(call, "Issue"),
        user=call.actor,
        app=call.app,
        created_at=now,
        updated_at=now,
    )
    named = call.texts("labels") if call.may("write") else []
    call.repository.issues[issue.number] = issue
    for name in named:
        labels.put_on(call, issue, name, tell=False)
    issue_event(call.scene, issue, "opened")
    for label in issue.labels:
        issue_event(call.scene, issue, "labeled", label=label)
    return Reply(body=_shape(call, issue), status=201)


async def edit(call: Call) -> Reply:
    """Change title, body, state or labels."""
    issue = call.issue()
    if issue.user is not call.actor and not call.may("triage"):
        raise Problem(403, "Must have admin rights to Repository.")
    edit_words(call, issue, "Issue")
    if call.body.get("labels") is not None and call.may("triage"):
        labels.replace_on(call, issue, call.texts("labels"))
    if (state := call.maybe_text("state")) is not None:
        set_state(call, issue, state)
    return Reply(body=_shape(call, issue))


def edit_words(call: Call, issue: Issue, resource: str) -> None:
    """Change title and body as the request says, and tell what they were."""
    changes: dict[str, Any] = {}
    if "title" in call.body and (title := checked_title(call, resource)) != issue.title:
        changes["title"], issue.title = {"from": issue.title}, title
    if "body" in call.body and (body := checked_text(call, resource)) != issue.body:
        changes["body"], issue.body = {"from": issue.body or ""}, body
    if changes:
        issue.updated_at = call.hub.now()
        issue_event(call.scene, issue, "edited", changes=changes)


def set_state(call: Call, issue: Issue, state: str) -> None:
    """Close or reopen, as the request says.

    Raises:
        Problem: 422 for anything else.
    """
    reason = call.maybe_text("state_reason")
    if state not in {"open", "closed"} or reason not in {None, *_REASONS}:
        raise invalid("Issue", "state")
    if state == issue.state:
        return
    if state == "closed":
        close(call.scene, issue, reason=reason or "completed")
    else:
        _reopen(call.scene, issue)


async def lock(call: Call) -> Reply:
    """Let only those who may write talk from now on."""
    issue, reason = call.issue(), call.maybe_text("lock_reason")
    if reason not in {None, *_LOCK_REASONS}:
        raise invalid("Issue", "lock_reason")
    issue.locked, issue.lock_reason = True, reason
    issue.updated_at = call.hub.now()
    issue_event(call.scene, issue, "locked")
    return Reply(status=204)


async def unlock(call: Call) -> Reply:
    """Let everybody talk again."""
    issue = call.issue()
    issue.locked, issue.lock_reason = False, None
    issue.updated_at = call.hub.now()
    issue_event(call.scene, issue, "unlocked")
    return Reply(status=204)


def close(scene: Scene, issue: Issue, *, reason: str = "completed") -> None:
    """Close an issue or a pull request, and tell it."""
    issue.state, issue.closed_by = "closed", scene.actor
    issue.state_reason = reason if issue.pull is None else None
    issue.closed_at = issue.updated_at = scene.hub.now()
    issue_event(scene, issue, "closed")


def _reopen(scene: Scene, issue: Issue) -> None:
    issue.state, issue.closed_at, issue.closed_by = "open", None, None
    issue.state_reason = "reopened" if issue.pull is None else None
    issue.updated_at = scene.hub.now()
    issue_event(scene, issue, "reopened")
