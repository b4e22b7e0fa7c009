"""Comments on the diff of a pull request, and replies to them.

https://docs.github.com/en/rest/pulls/comments
"""

from collections.abc import Mapping
from typing import Any

from bot.devhub import comparisons, diff_lines, git, objects
from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.comments import LONGEST_BODY, checked_body
from bot.devhub.api.pages import page
from bot.devhub.api.pulls import found
from bot.devhub.api.talk import check_unlocked
from bot.devhub.events import review_comment_event, review_event
from bot.devhub.problems import Problem, invalid, not_found, not_supplied, too_long, wrong_type
from bot.devhub.records import Issue, Review, ReviewComment, Side
from bot.devhub.shapes import reviews as shapes

_RESOURCE = "PullRequestReviewComment"
_SIDES: Mapping[object, Side] = {"LEFT": "LEFT", "RIGHT": "RIGHT"}


def _shape(call: Call, comment: ReviewComment) -> dict[str, Any]:
    return shapes.comment(call.hub.base, call.repository, comment)


def _comment(call: Call) -> ReviewComment:
    return call.identified(call.repository.review_comments, "comment_id")


async def index(call: Call) -> Reply:
    """Return the comments on a diff, oldest first unless the query says otherwise."""
    pull = found(call).pull
    assert pull is not None
    comments = pull.review_comments
    if call.query.get("direction") == "desc":
        comments.reverse()
    return page(call, comments, call.shaping(shapes.comment))


async def show(call: Call) -> Reply:
    """Return one comment."""
    return Reply(body=_shape(call, _comment(call)))


async def create(call: Call) -> Reply:
    """Comment on a line, on lines, on a file, or in answer to another comment."""
    issue = found(call)
    check_unlocked(call, issue)
    checked_body(call, _RESOURCE)
    if (wanted := call.body.get("in_reply_to")) is not None:
        return _answered(call, issue, call.repository.review_comments.get(wanted))
    commit = call.text("commit_id")
    review = _alone(call, issue, commit)
    comment = await placed(call, review, call.body)
    return _published(call, comment)


async def reply(call: Call) -> Reply:
    """Answer in the thread of another comment."""
    issue = found(call)
    check_unlocked(call, issue)
    checked_body(call, _RESOURCE)
    return _answered(call, issue, call.repository.review_comments.get(_number(call)))


def _number(call: Call) -> int:
    number = call.params["comment_id"]
    return int(number) if number.isdecimal() else 0


def _alone(call: Call, issue: Issue, commit: str) -> Review:
    """Return the review that a single comment is in."""
    return Review(
        id=call.hub.next_id(),
        issue=issue,
        user=call.actor,
        body="",
        state="COMMENTED",
        commit_sha=commit,
        submitted_at=call.hub.now(),
    )


def _answered(call: Call, issue: Issue, to: ReviewComment | None) -> Reply:
    if to is None or to.review.issue is not issue:
        raise not_found()
    first, now = to.in_reply_to or to, call.hub.now()
    answer = ReviewComment(
        id=call.hub.next_id(),
        review=_alone(call, issue, first.commit_sha),
        user=call.actor,
        body=call.text("body"),
        path=first.path,
        commit_sha=first.commit_sha,
        line=first.line,
        side=first.side,
        start_line=first.start_line,
        start_side=first.start_side,
        hunk=first.hunk,
        position=first.position,
        created_at=now,
        updated_at=now,
        outdated=first.outdated,
        in_reply_to=first,
    )
    return _published(call, answer)


def _published(call: Call, comment: ReviewComment) -> Reply:
    """Make a comment and the review around it known."""
    review, issue = comment.review, comment.review.issue
    assert issue.pull is not None
    review.comments.append(comment)
    issue.pull.reviews.append(review)
    issue.updated_at = call.hub.now()
    call.repository.review_comments[comment.id] = comment
    review_event(call.scene, review, "submitted")
    review_comment_event(call.scene, comment, "created")
    return Reply(body=_shape(call, comment), status=201)


async def placed(call: Call, review: Review, given: Mapping[str, Any]) -> ReviewComment:
    """Return a new comment of a review, at a place that its commit's diff shows.

    Raises:
        Problem: 422 when it says too little, or the diff has no such place.
    """
    body, path = _given(given, "body"), _given(given, "path")
    if len(body) > LONGEST_BODY:
        raise too_long(_RESOURCE, "body", LONGEST_BODY)
    patch = await _patch(call, review, path)
    whole = given.get("subject_type") == "file"
    side, start_side = _side(given, "side"), _side(given, "start_side")
    line, start = (None, None) if whole else (given.get("line"), given.get("start_line"))
    spot = diff_lines.Spot(hunk="", position=1) if whole else _spot(patch, line, side, "line")
    if start is not None:
        _spot(patch, start, start_side, "start_line")
    now = call.hub.now()
    return ReviewComment(
        id=call.hub.next_id(),
        review=review,
        user=call.actor,
        body=body,
        path=path,
        commit_sha=review.commit_sha,
        line=line,
        side=side,
        start_line=start,
        start_side=None if start is None else start_side,
        hunk=spot.hunk,
        position=spot.position,
        created_at=now,
        updated_at=now,
    )


def _given(given: Mapping[str, Any], field: str) -> str:
    value = given.get(field)
    if not isinstance(value, str) or not value.strip():
        raise not_supplied(field)
    return value


def _side(given: Mapping[str, Any], field: str) -> Side:
    value = given.get(field, "RIGHT")
    if value not in _SIDES:
        raise wrong_type(field, value, "LEFT or RIGHT")
    return _SIDES[value]


def _spot(patch: str, line: object, side: Side, field: str) -> diff_lines.Spot:
    if not isinstance(line, int):
        raise not_supplied(field)
    if (spot := diff_lines.spot(patch, line, side)) is None:
        name = f"pull_request_review_thread.{field}"
        raise invalid(_RESOURCE, name, f"{name} must be part of the diff")
    return spot


async def _patch(call: Call, review: Review, path: str) -> str:
    """Return what the pull request did to a file, up to the review's commit."""
    issue, sha = review.issue, review.commit_sha
    compared = await comparisons.refresh(call.repository, issue)
    where = call.repository.path
    known = await git.resolve(where, sha) == sha
    if not known or not await git.is_ancestor(where, sha, compared.head_sha):
        raise invalid(_RESOURCE, "commit_id", "commit_id is not part of the pull request")
    for change in await objects.changes(where, compared.base_sha, sha):
        if change.path == path:
            return change.patch or ""
    raise invalid(_RESOURCE, "path", "path could not be resolved")


def _own(call: Call) -> ReviewComment:
    """Return the comment, which a person without write may touch only if it is theirs."""
    comment = _comment(call)
    if comment.user is not call.actor and not call.may("write"):
        raise Problem(403, "Must have admin rights to Repository.")
    return comment


async def edit(call: Call) -> Reply:
    """Change the words."""
    comment = _own(call)
    before, comment.body = comment.body, checked_body(call, _RESOURCE)
    comment.updated_at = call.hub.now()
    review_comment_event(call.scene, comment, "edited", changes={"body": {"from": before}})
    return Reply(body=_shape(call, comment))


async def delete(call: Call) -> Reply:
    """Remove it."""
    comment = _own(call)
    comment.review.comments.remove(comment)
    del call.repository.review_comments[comment.id]
    review_comment_event(call.scene, comment, "deleted")
    return Reply(status=204)
