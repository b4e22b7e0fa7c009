"""From a delivery to what it tells, one small function for each kind of event.

`parse` is given bytes whose signature was checked and gives events, or nothing for the
many deliveries that are nobody's business here.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError

from bot.model.errors import GreenroomError
from bot.model.events import (
    ButtonPressed,
    ChecksReported,
    Event,
    HeadSeen,
    InstallationChanged,
    Pushed,
    RepositoriesAdded,
    RepositoriesRemoved,
    ReviewGiven,
    SubjectClosed,
    SubjectGone,
    SubjectLabeled,
    SubjectLocked,
    SubjectOpened,
    SubjectUnlabeled,
    TextWritten,
)
from bot.model.ids import InstallationId, Login, Repo, Sha, UserId
from bot.model.payloads import Check, Payload, Raw, User, Written
from bot.model.runs import Person, Subject, SubjectKind, Trigger, TriggerKind


class Unreadable(GreenroomError):
    """A delivery of a kind that we read lacks what GitHub promises to send."""


MOST_COMMITS = 2048
"""Commits that a push lists; of a larger one the list is not all.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
"""

NO_COMMIT = "0" * 40
"""What a push names as its commit when the branch is gone."""

BRANCH = "refs/heads/"

Fields = dict[str, Any]


def _person(user: User | None) -> Person:
    """Read who somebody is; an account that was deleted is GitHub's `ghost`."""
    if user is None:
        return Person(id=UserId(0), login=Login("ghost"))
    return Person(id=UserId(user.id), login=Login(user.login), bot=user.type == "Bot")


def _seconds(*moments: datetime | None, at: float) -> float:
    return next((moment.timestamp() for moment in moments if moment), at)


def _everywhere(payload: Payload, at: float) -> Fields:
    installation = InstallationId(payload.installation.id)
    return {"installation": installation, "sender": _person(payload.sender), "at": at}


def _in_repository(payload: Payload, at: float) -> Fields:
    if payload.repository is None:
        raise Unreadable("the delivery names no repository")
    repo = Repo(payload.repository.full_name)
    return {**_everywhere(payload, at), "repo": repo, "repo_id": payload.repository.id}


def _about(payload: Payload, at: float) -> Fields:
    """Read what all events about an issue or a pull request have in common."""
    fields = _in_repository(payload, at)
    about = payload.pull_request or payload.issue
    if about is None:
        raise Unreadable("the delivery names no issue or pull request")
    kind: SubjectKind = "pull" if payload.pull_request or about.pull_request else "issue"
    return {
        **fields,
        "at": _seconds(about.updated_at, at=at),
        "subject": Subject(repo=fields["repo"], number=about.number, kind=kind),
        "title": about.title,
        "body": about.body or "",
        "author": _person(about.user),
        "open": about.state == "open",
    }


def _labeled(payload: Payload, at: float) -> Event:
    if payload.label is None:
        raise Unreadable("the delivery names no label")
    return SubjectLabeled(**_about(payload, at), label=payload.label.name)


def _unlabeled(payload: Payload, at: float) -> Event | None:
    if payload.label is None:  # GitHub sends this when the label itself was deleted
        return None
    return SubjectUnlabeled(**_about(payload, at), label=payload.label.name)


def _opened(payload: Payload, at: float) -> Event:
    pull = payload.pull_request
    return SubjectOpened(
        **_about(payload, at),
        name=f"{'pull_request' if pull else 'issues'}.{payload.action}",
        head=Sha(pull.head.sha) if pull and pull.head else None,
    )


def _closed(payload: Payload, at: float) -> Event:
    merged = bool(payload.pull_request and payload.pull_request.merged)
    return SubjectClosed(**_about(payload, at), merged=merged)


def _gone(payload: Payload, at: float) -> Event:
    how: Literal["deleted", "transferred"] = (
        "deleted" if payload.action == "deleted" else "transferred"
    )
    return SubjectGone(**_about(payload, at), how=how)


def _locked(payload: Payload, at: float) -> Event:
    return SubjectLocked(**_about(payload, at))


def _head(payload: Payload, at: float) -> Event | None:
    if payload.pull_request is None or payload.pull_request.head is None:
        return None
    moved = payload.action == "synchronize"
    head = Sha(payload.pull_request.head.sha)
    return HeadSeen(**_about(payload, at), head=head, moved=moved)


def _described(payload: Payload, at: float) -> Event | None:
    """Read the description of an issue or a pull request, when it is new or was edited."""
    fields = _about(payload, at)
    was = payload.changes.body if payload.changes else None
    if payload.action == "edited" and was is None:
        return None
    return TextWritten(
        **fields,
        where=Trigger(kind="description"),
        text=fields["body"],
        before=(was.old or "") if was else None,
        writer=fields["author"],
    )


def _commented(payload: Payload, at: float) -> Event:
    kind: TriggerKind = "review_comment" if payload.pull_request else "issue_comment"
    return _written(payload, payload.comment, kind, at)


def _reviewed(payload: Payload, at: float) -> Event:
    return _written(payload, payload.review, "review", at)


def _written(payload: Payload, text: Written | None, kind: TriggerKind, at: float) -> Event:
    if text is None:
        raise Unreadable("the delivery names no text")
    edited = payload.action == "edited"
    was = payload.changes.body if payload.changes else None
    when = (text.updated_at,) if edited else (text.created_at, text.submitted_at)
    fields = _about(payload, at)
    now = text.body or ""
    return TextWritten(
        **{**fields, "at": _seconds(*when, at=fields["at"])},
        where=Trigger(kind=kind, id=text.id),
        text=now,
        before=((was.old or "") if was else now) if edited else None,
        writer=_person(text.user),
        path=text.path,
        start_line=text.start_line,
        line=text.line,
        thread=(text.in_reply_to_id or text.id) if kind == "review_comment" else None,
    )


def _pressed(payload: Payload, at: float) -> Event | None:
    check = payload.check_run
    if check is None:
        raise Unreadable("the delivery names no check run")
    button = payload.requested_action.identifier if payload.requested_action else "rerun"
    return _button(payload, check, check.external_id, button, at)


def _rerun(payload: Payload, at: float) -> Event | None:
    if payload.check_suite is None:
        raise Unreadable("the delivery names no check suite")
    return _button(payload, payload.check_suite, "", "rerun", at)


def _button(
    payload: Payload, check: Check, run: str | None, button: str, at: float
) -> Event | None:
    if check.app is None:
        return None
    fields = _in_repository(payload, at)
    head = Sha(check.head_sha)
    return ButtonPressed(**fields, app=check.app.id, run=run or "", head=head, button=button)


def _reported(payload: Payload, at: float) -> Event | None:
    check = payload.check_run or payload.check_suite
    sha = check.head_sha if check else payload.sha
    if not sha:
        raise Unreadable("the delivery names no commit")
    return ChecksReported(**_in_repository(payload, at), sha=Sha(sha))


def _judged(payload: Payload, at: float) -> Event | None:
    review = payload.review
    if review is None:
        raise Unreadable("the delivery names no review")
    return ReviewGiven(
        **{**_about(payload, at), "at": _seconds(review.submitted_at, at=at)},
        review=review.id,
        state=review.state.lower(),
        text=review.body or "",
        head=Sha(review.commit_id or ""),
    )


def _pushed(payload: Payload, at: float) -> Event | None:
    fields = _in_repository(payload, at)
    if not payload.ref.startswith(BRANCH) or payload.after in {"", NO_COMMIT}:
        return None
    branch = payload.ref.removeprefix(BRANCH)
    listed = 0 < len(payload.commits) < MOST_COMMITS
    changed = [
        path
        for commit in payload.commits
        for path in (*commit.added, *commit.removed, *commit.modified)
    ]
    return Pushed(
        **fields,
        branch=branch,
        sha=Sha(payload.after),
        default=payload.repository is not None and branch == payload.repository.default_branch,
        # A new branch lists no commits, and a forced push not those that it dropped.
        paths=None if payload.forced or not listed else frozenset(changed),
    )


def _installation(payload: Payload, at: float) -> Event:
    account = payload.installation.account
    if account is None:
        raise Unreadable("the delivery names no account")
    return InstallationChanged(
        **_everywhere(payload, at),
        action=payload.action,  # type: ignore[arg-type]  # READERS lists the five
        account=Login(account.login),
        permissions=payload.installation.permissions,
    )


def _added(payload: Payload, at: float) -> Event:
    repos = tuple(Repo(each.full_name) for each in payload.repositories_added)
    return RepositoriesAdded(**_everywhere(payload, at), repos=repos)


def _removed(payload: Payload, at: float) -> Event:
    repos = tuple(Repo(each.full_name) for each in payload.repositories_removed)
    return RepositoriesRemoved(**_everywhere(payload, at), repos=repos)


Reader = Callable[[Payload, float], Event | None]

READERS: Mapping[tuple[str, str], tuple[Reader, ...]] = {
    ("issues", "labeled"): (_labeled,),
    ("issues", "unlabeled"): (_unlabeled,),
    ("issues", "opened"): (_opened, _described),
    ("issues", "reopened"): (_opened,),
    ("issues", "edited"): (_described,),
    ("issues", "closed"): (_closed,),
    ("issues", "deleted"): (_gone,),
    ("issues", "transferred"): (_gone,),
    ("issues", "locked"): (_locked,),
    ("issue_comment", "created"): (_commented,),
    ("issue_comment", "edited"): (_commented,),
    ("pull_request", "labeled"): (_head, _labeled),
    ("pull_request", "unlabeled"): (_head, _unlabeled),
    ("pull_request", "opened"): (_head, _opened, _described),
    ("pull_request", "reopened"): (_head, _opened),
    ("pull_request", "ready_for_review"): (_head, _opened),
    ("pull_request", "converted_to_draft"): (_head,),
    ("pull_request", "synchronize"): (_head,),
    ("pull_request", "edited"): (_head, _described),
    ("pull_request", "closed"): (_head, _closed),
    ("pull_request", "locked"): (_head, _locked),
    ("pull_request_review", "submitted"): (_head, _judged, _reviewed),
    ("pull_request_review", "edited"): (_head, _reviewed),
    ("pull_request_review_comment", "created"): (_head, _commented),
    ("pull_request_review_comment", "edited"): (_head, _commented),
    ("check_run", "completed"): (_reported,),
    ("check_run", "requested_action"): (_pressed,),
    ("check_run", "rerequested"): (_pressed,),
    ("check_suite", "completed"): (_reported,),
    ("check_suite", "rerequested"): (_rerun,),
    ("status", ""): (_reported,),
    ("push", ""): (_pushed,),
    ("installation", "created"): (_installation,),
    ("installation", "deleted"): (_installation,),
    ("installation", "suspend"): (_installation,),
    ("installation", "unsuspend"): (_installation,),
    ("installation", "new_permissions_accepted"): (_installation,),
    ("installation_repositories", "added"): (_added,),
    ("installation_repositories", "removed"): (_removed,),
}
"""Every event and action that is read, with what it tells; all others are ignored."""

EVENTS = frozenset(name for name, _ in READERS)
"""The names of all events that are read."""

ALWAYS_SENT = frozenset({"installation", "installation_repositories"})
"""Those of them that GitHub sends to every app, and that a manifest cannot name."""


class _Happened(Raw):
    action: str = ""


def parse(name: str, body: bytes, *, received_at: float) -> tuple[Event, ...]:
    """Read a verified delivery of the event `name`: all that it tells, nothing for most.

    Raises:
        Unreadable: an event that we read lacks a field that GitHub documents.
    """
    if name not in EVENTS:
        return ()
    try:
        readers = READERS.get((name, _Happened.model_validate_json(body).action))
        if readers is None:
            return ()
        payload = Payload.model_validate_json(body)
    except ValidationError as problem:
        raise Unreadable(f"{name}: {problem.error_count()} fields are not as documented") from None
    read = (reader(payload, received_at) for reader in readers)
    return tuple(event for event in read if event is not None)
