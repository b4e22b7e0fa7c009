"""Comments on issues and pull requests.

https://docs.github.com/en/rest/issues/comments
"""

from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.pages import page
from bot.devhub.api.talk import check_unlocked
from bot.devhub.events import comment_event
from bot.devhub.problems import Problem, invalid, too_long
from bot.devhub.records import Comment
from bot.devhub.shapes import issues as shapes

# GitHub answers "body is too long (maximum is 65536 characters)".
LONGEST_BODY = 65_536


def _comment(call: Call) -> Comment:
    return call.identified(call.repository.comments, "comment_id")


def _shape(call: Call, comment: Comment) -> dict[str, object]:
    return shapes.comment(call.hub.base, call.repository, comment)


def checked_body(call: Call, resource: str) -> str:
    """Return the body of a comment.

    Raises:
        Problem: 422 when it is blank or too long.
    """
    body = call.text("body")
    if not body.strip():
        raise invalid(resource, "body", "body cannot be blank")
    if len(body) > LONGEST_BODY:
        raise too_long(resource, "body", LONGEST_BODY)
    return body


async def index(call: Call) -> Reply:
    """Return the comments of an issue, oldest first."""
    comments = call.hub.listed(call.issue().comments)
    return page(call, comments, call.shaping(shapes.comment))


async def show(call: Call) -> Reply:
    """Return one comment."""
    return Reply(body=_shape(call, _comment(call)))


async def create(call: Call) -> Reply:
    """Write a comment."""
    issue, now = call.issue(), call.hub.now()
    check_unlocked(call, issue)
    comment = Comment(
        id=call.hub.next_id(),
        issue=issue,
        user=call.actor,
        app=call.app,
        body=checked_body(call, "IssueComment"),
        created_at=now,
        updated_at=now,
    )
    issue.comments.append(comment)
    issue.updated_at = now
    call.repository.comments[comment.id] = comment
    comment_event(call.scene, comment, "created")
    return Reply(body=_shape(call, comment), status=201)


def _own(call: Call) -> Comment:
    """Return the comment, which a person without write may touch only if it is theirs."""
    comment = _comment(call)
    if comment.user is not call.actor and not call.may("write"):
        raise Problem(403, "Must have admin rights to Repository.")
    return comment


async def edit(call: Call) -> Reply:
    """Change the words."""
    comment = _own(call)
    before, comment.body = comment.body, checked_body(call, "IssueComment")
    comment.updated_at = call.hub.now()
    comment_event(call.scene, comment, "edited", changes={"body": {"from": before}})
    return Reply(body=_shape(call, comment))


async def delete(call: Call) -> Reply:
    """Remove it."""
    comment = _own(call)
    comment.issue.comments.remove(comment)
    del call.repository.comments[comment.id]
    comment_event(call.scene, comment, "deleted")
    return Reply(status=204)
