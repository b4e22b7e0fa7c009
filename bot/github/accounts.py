"""Accounts on GitHub, in the words of the rest of the app."""

from collections.abc import Mapping
from typing import Any

from bot.model.ids import Login, UserId
from bot.model.runs import Person


def person(row: Mapping[str, Any] | None) -> Person | None:
    """Return whose account it is; None for one that was deleted."""
    if row is None:
        return None
    return Person(id=UserId(row["id"]), login=Login(row["login"]), bot=row["type"] == "Bot")
