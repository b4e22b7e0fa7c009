"""Who may still talk in a conversation."""

from bot.devhub.api.calls import Call
from bot.devhub.problems import Problem
from bot.devhub.records import Issue


def check_unlocked(call: Call, issue: Issue) -> None:
    """Refuse people without write, and all apps, in a locked conversation.

    "While a conversation is locked, only people with write access and repository owners and
    collaborators can add, hide, and delete comments."
    https://docs.github.com/en/communities/moderating-comments-and-conversations/locking-conversations
    An app is no collaborator, whatever its permissions (probot/stale's issue 25).

    Raises:
        Problem: 403.
    """
    if issue.locked and (call.caller.kind != "person" or not call.may("write")):
        raise Problem(403, "Unable to create comment because issue is locked.")
