"""People, as GitHub's answers name them."""

from collections.abc import Mapping
from typing import Any

from bot.model.ids import Login, UserId
from bot.model.runs import Person

# An account that was deleted is null in GitHub's answers; its pages show this one.
# https://docs.github.com/en/account-and-profile/concepts/account-management#about-deletion-of-your-personal-account
GHOST = Person(id=UserId(10137), login=Login("ghost"))


def person(user: Mapping[str, Any] | None) -> Person:
    """Return whom a `user` object means."""
    if user is None:
        return GHOST
    return Person(id=UserId(user["id"]), login=Login(user["login"]), bot=user["type"] == "Bot")
