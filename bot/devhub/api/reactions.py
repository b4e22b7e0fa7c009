"""Reactions to issues, pull requests and comments: one of each kind a person.

https://docs.github.com/en/rest/reactions/reactions
"""

from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.pages import page
from bot.devhub.problems import Problem, not_found, wrong_type
from bot.devhub.records import Reaction
from bot.devhub.shapes import issues as shapes


def _reactions(call: Call) -> list[Reaction]:
    """Return the list of what the path names: a comment's, else an issue's."""
    if "/pulls/comments/" in call.route.path:
        return call.identified(call.repository.review_comments, "comment_id").reactions
    if "comment_id" in call.params:
        return call.identified(call.repository.comments, "comment_id").reactions
    return call.issue().reactions


async def index(call: Call) -> Reply:
    """Return the reactions, of one kind if the query says so."""
    wanted = call.query.get("content")
    shown = [each for each in _reactions(call) if wanted in {None, each.content}]
    return page(call, shown, lambda each: shapes.reaction(call.hub.base, each))


async def create(call: Call) -> Reply:
    """React: 201 when it is new, 200 when it was there."""
    content, reactions = call.text("content"), _reactions(call)
    if content not in shapes.REACTIONS:
        raise wrong_type("content", content, f"one of {', '.join(shapes.REACTIONS)}")
    for each in reactions:
        if each.user is call.actor and each.content == content:
            return Reply(body=shapes.reaction(call.hub.base, each))
    reaction = Reaction(
        id=call.hub.next_id(), user=call.actor, content=content, created_at=call.hub.now()
    )
    reactions.append(reaction)
    return Reply(body=shapes.reaction(call.hub.base, reaction), status=201)


async def delete(call: Call) -> Reply:
    """Take a reaction back; only one's own."""
    reactions = _reactions(call)
    for each in reactions:
        if str(each.id) == call.params["reaction_id"]:
            if each.user is not call.actor:
                raise Problem(403, "Must have admin rights to Repository.")
            reactions.remove(each)
            return Reply(status=204)
    raise not_found()
