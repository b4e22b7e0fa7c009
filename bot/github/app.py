"""The app itself: who it is on GitHub, and where it is installed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.github.auth import Anonymous
from bot.github.calls import Caller, Wire
from bot.github.people import person
from bot.github.permissions import Operation
from bot.github.tokens import TokenAccess, Tokens
from bot.model.ids import InstallationId, Login
from bot.model.runs import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The app as GitHub knows it.

    Attributes:
        id: also `performed_via_github_app.id` of all that it writes.
        bot: the account that its comments, labels and pull requests are by.
    """

    id: int
    slug: str
    name: str
    bot: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The app on one account.

    Attributes:
        account: the person, organization or enterprise that has it.
        permissions: what the owner has accepted, by GitHub's names.
        selected: whether the owner chose single repositories.
    """

    id: InstallationId
    account: Login
    permissions: Mapping[str, str]
    suspended: bool
    selected: bool


class App:
    """What is asked with the app's JWT."""

    def __init__(self, calls: Caller, wire: Wire, tokens: Tokens) -> None:
        self._calls = calls
        self._wire = wire
        self._tokens = tokens
        self._identity: Identity | None = None
        self._asking = asyncio.Lock()

    async def identity(self) -> Identity:
        """Return who the app is, with its bot account; GitHub is asked once.

        Raises:
            Refused: the key, the id or this machine's clock is wrong, in GitHub's words.
        """
        async with self._asking:
            if self._identity is None:
                app = await self._calls.get(Operation.APP)
                bot = await self._bot(app["slug"])
                self._identity = Identity(
                    id=app["id"], slug=app["slug"], name=app["name"], bot=bot
                )
        return self._identity

    async def installations(self) -> tuple[Installation, ...]:
        """Return all installations, suspended ones too."""
        pages = self._calls.pages(Operation.INSTALLATIONS)
        return tuple([_installation(row) async for row in pages])

    async def installation(self, number: InstallationId) -> Installation:
        """Return one installation; raises Refused `not_found` once it was removed."""
        row = await self._calls.get(Operation.INSTALLATION, installation_id=number)
        return _installation(row)

    async def _bot(self, slug: str) -> Person:
        """Look the bot account up with any installation's token, or else with none.

        A JWT does not open this, and servers in private mode do not tell strangers.
        """
        found, _ = await self._calls.page(Operation.INSTALLATIONS, {"per_page": 1})
        able = [row["id"] for row in found if row["suspended_at"] is None]
        access = TokenAccess(self._tokens, able[0], None) if able else Anonymous()
        user = await Caller(self._wire, access, {}).get(Operation.USER, username=f"{slug}[bot]")
        return person(user)


def _installation(row: Mapping[str, Any]) -> Installation:
    return Installation(
        id=InstallationId(row["id"]),
        account=Login(row["account"].get("login") or row["account"]["slug"]),
        permissions=row["permissions"],
        suspended=row["suspended_at"] is not None,
        selected=row["repository_selection"] == "selected",
    )
