"""Reviews of pull requests.

https://docs.github.com/en/rest/pulls/reviews
"""

from collections.abc import Mapping
from typing import Any

from bot.devhub.api import review_comments
from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.comments import LONGEST_BODY
from bot.devhub.api.pages import page
from bot.devhub.api.pulls import found
from bot.devhub.api.talk import check_unlocked
from bot.devhub.events import review_comment_event, review_event
from bot.devhub.problems import Problem, not_found, too_long, wrong_type
from bot.devhub.records import Issue, Review, ReviewState
from bot.devhub.shapes import reviews as shapes

_STATES: Mapping[str, ReviewState] = {
    "APPROVE": "APPROVED",
    "REQUEST_CHANGES": "CHANGES_REQUESTED",
    "COMMENT": "COMMENTED",
}
_OWN = {
    "APPROVE": "Can not approve your own pull request",
    "REQUEST_CHANGES": "Can not request changes on your own pull request",
}


def _shape(call: Call, review: Review) -> dict[str, Any]:
    return shapes.review(call.hub.base, call.repository, review)


def _seen(call: Call) -> list[Review]:
    """Return the reviews of the pull request that the caller may know of, oldest first."""
    pull = found(call).pull
    reviews = [] if pull is None else pull.reviews
    return [each for each in reviews if each.submitted_at is not None or each.user is call.actor]


def _review(call: Call) -> Review:
    return call.identified({each.id: each for each in _seen(call)}, "review_id")


def _text(call: Call) -> str:
    body = call.maybe_text("body") or ""
    if len(body) > LONGEST_BODY:
        raise too_long("PullRequestReview", "body", LONGEST_BODY)
    return body


async def index(call: Call) -> Reply:
    """Return the reviews, oldest first."""
    return page(call, _seen(call), call.shaping(shapes.review))


async def show(call: Call) -> Reply:
    """Return one review."""
    return Reply(body=_shape(call, _review(call)))


async def comments(call: Call) -> Reply:
    """Return the comments of one review."""
    return page(call, _review(call).comments, call.shaping(shapes.comment))


async def create(call: Call) -> Reply:
    """Review it; without an event the review is pending."""
    issue, event = found(call), call.maybe_text("event")
    assert issue.pull is not None
    check_unlocked(call, issue)
    given = call.body.get("comments") or []
    body = _text(call)
    if event is None:
        _check_only(call, issue)
    else:
        _check_event(call, issue, event, silent=not body and not given)
    review = Review(
        id=call.hub.next_id(),
        issue=issue,
        user=call.actor,
        body=body,
        state="PENDING",
        commit_sha=call.maybe_text("commit_id") or issue.pull.head_sha,
        submitted_at=None,
    )
    review.comments += [await review_comments.placed(call, review, each) for each in given]
    issue.pull.reviews.append(review)
    if event is not None:
        _submit(call, review, event)
    return Reply(body=_shape(call, review))


async def submit(call: Call) -> Reply:
    """Make a pending review known."""
    review, event = _review(call), call.text("event")
    if review.submitted_at is not None:
        raise _unprocessable("Can not submit a review that was submitted")
    review.body = _text(call) or review.body
    silent = not review.body and not review.comments
    _check_event(call, review.issue, event, silent=silent)
    _submit(call, review, event)
    return Reply(body=_shape(call, review))


def _submit(call: Call, review: Review, event: str) -> None:
    review.state, review.submitted_at = _STATES[event], call.hub.now()
    review.issue.updated_at = review.submitted_at
    review_event(call.scene, review, "submitted")
    for each in review.comments:
        call.repository.review_comments[each.id] = each
        review_comment_event(call.scene, each, "created")


def _unprocessable(words: str) -> Problem:
    return Problem(422, "Unprocessable Entity", errors=[words])


def _check_event(call: Call, issue: Issue, event: str, *, silent: bool) -> None:
    """Refuse what GitHub does not know, empty words, and a verdict on one's own work.

    "Required when using REQUEST_CHANGES or COMMENT for the event parameter."
    https://docs.github.com/en/rest/pulls/reviews#create-a-review-for-a-pull-request
    """
    if event not in _STATES:
        raise wrong_type("event", event, f"one of {', '.join(_STATES)}")
    if issue.user is call.actor and event in _OWN:
        raise _unprocessable(_OWN[event])
    if event != "APPROVE" and silent:
        raise _unprocessable("Body can't be blank")


def _check_only(call: Call, issue: Issue) -> None:
    pull = issue.pull
    pending = [each for each in (pull.reviews if pull else []) if each.submitted_at is None]
    if any(each.user is call.actor for each in pending):
        raise _unprocessable("User can only have one pending review per pull request")


async def edit(call: Call) -> Reply:
    """Change the words of one's own review."""
    review = _review(call)
    if review.user is not call.actor:
        raise Problem(403, "Must be the author of the review.")
    call.text("body")
    before, review.body = review.body, _text(call)
    if review.submitted_at is not None:
        review_event(call.scene, review, "edited", changes={"body": {"from": before}})
    return Reply(body=_shape(call, review))


async def dismiss(call: Call) -> Reply:
    """Take the weight from an approval or a request for changes."""
    review = _review(call)
    call.text("message")
    if review.submitted_at is None:
        raise not_found()
    if review.state not in {"APPROVED", "CHANGES_REQUESTED"}:
        raise _unprocessable(f"Can not dismiss a {review.state.lower()} pull request review")
    review.state = "DISMISSED"
    review_event(call.scene, review, "dismissed")
    return Reply(body=_shape(call, review))
