"""The app itself: who it is on GitHub."""

import asyncio
from dataclasses import dataclass

from bot.github.auth import Anonymous
from bot.github.calls import Access, Caller, Wire
from bot.github.errors import NOT_FOUND
from bot.github.permissions import Operation
from bot.github.tokens import TokenAccess, Tokens
from bot.model.errors import Refused
from bot.model.ids import InstallationId, Login, UserId
from bot.model.runs import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The app as GitHub knows it.

    Attributes:
        id: also `performed_via_github_app.id` of all that it writes.
        bot: the account that its comments, labels and pull requests are by.
    """

    id: int
    bot: Person


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
                bot = await self._account(app["slug"], await self._access())
                self._identity = Identity(id=app["id"], bot=bot)
        return self._identity

    async def bot(self, slug: str, installation: InstallationId) -> UserId | None:
        """Return the account of any app's bot, by the app's slug; None when there is none.

        Events name a bot by its account alone, and its login may be renamed.
        """
        try:
            return (await self._account(slug, TokenAccess(self._tokens, installation, None))).id
        except Refused as problem:
            if problem.reason != NOT_FOUND:
                raise
            return None

    async def works_at(self, installation: InstallationId) -> bool:
        """Tell whether an installation is there and not suspended."""
        try:
            row = await self._calls.get(Operation.INSTALLATION, installation_id=installation)
        except Refused as problem:
            if problem.reason != NOT_FOUND:
                raise
            return False
        return row["suspended_at"] is None

    async def _access(self) -> Access:
        """Return what opens an account: any installation's token, or else nothing.

        A JWT does not open it, and servers in private mode do not tell strangers.
        """
        found, _ = await self._calls.page(Operation.INSTALLATIONS, {"per_page": 1})
        able = [row["id"] for row in found if row["suspended_at"] is None]
        return TokenAccess(self._tokens, able[0], None) if able else Anonymous()

    async def _account(self, slug: str, access: Access) -> Person:
        calls = Caller(self._wire, access, {})
        user = await calls.get(Operation.USER, username=f"{slug}[bot]")
        return Person(id=UserId(user["id"]), login=Login(user["login"]), bot=user["type"] == "Bot")
