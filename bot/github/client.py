"""The entry to GitHub: the whole app, and one repository of one installation at a time."""

import asyncio
from dataclasses import dataclass

import aiohttp
from pydantic import SecretStr

from bot.github.app import App
from bot.github.auth import AppAccess, AppKey
from bot.github.calls import Caller, Wire
from bot.github.checks import Checks
from bot.github.ci import CI
from bot.github.comments import Comments
from bot.github.commits import Commits
from bot.github.contents import Contents
from bot.github.hooks import Hooks
from bot.github.issues import Issues
from bot.github.labels import Labels
from bot.github.lanes import Sleep
from bot.github.members import Members
from bot.github.permissions import FETCH, PUSH
from bot.github.pulls import Pulls
from bot.github.reactions import Reactions
from bot.github.remarks import Remarks
from bot.github.repositories import Repositories
from bot.github.threads import Threads
from bot.github.tokens import TokenAccess, Tokens
from bot.model.clock import Clock
from bot.model.ids import InstallationId, Repo


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What makes the app the app."""

    app_id: int
    key: AppKey


class AtRepository:
    """All that is asked of one repository, by noun; each token opens this repository alone."""

    def __init__(self, wire: Wire, access: TokenAccess, repo: Repo, app_id: int) -> None:
        owner, _, name = repo.partition("/")
        calls = Caller(wire, access, {"owner": owner, "repo": name})
        self._access = access
        self.repository = Repositories(calls)
        self.issues = Issues(calls)
        self.comments = Comments(calls, app_id)
        self.remarks = Remarks(calls)
        self.threads = Threads(calls, repo)
        self.reactions = Reactions(calls)
        self.labels = Labels(calls)
        self.pulls = Pulls(calls, repo)
        self.contents = Contents(calls)
        self.commits = Commits(calls)
        self.checks = Checks(calls, app_id)
        self.ci = CI(calls)

    async def token_to_fetch(self) -> SecretStr:
        """Return the password of a git fetch, whose user is `x-access-token`."""
        return await self._access.token(FETCH)

    async def token_to_push(self) -> SecretStr:
        """Return the password of a git push, whose user is `x-access-token`."""
        return await self._access.token(PUSH)

    def forget_git_tokens(self) -> None:
        """Make new ones for the next fetch or push; the server did not take the last."""
        self._access.forget(FETCH)
        self._access.forget(PUSH)


class GitHub:
    """GitHub as one app sees it.

    Everything raises Refused when GitHub says no, with its words, and Unavailable when it
    did not answer, failed, or asks to wait; `sent` then tells whether a write may have
    taken effect all the same.

    Attributes:
        app: who we are.
        hooks: deliveries of our webhook.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        credentials: Credentials,
        clock: Clock,
        *,
        base_url: str = "https://api.github.com",
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._wire = Wire(http, base_url, clock, sleep)
        self._app_id = credentials.app_id
        calls = Caller(self._wire, AppAccess(credentials.app_id, credentials.key, clock), {})
        self._tokens = Tokens(calls, clock)
        self.app = App(calls, self._wire, self._tokens)
        self.hooks = Hooks(calls)

    def at(self, installation: InstallationId, repo: Repo) -> AtRepository:
        """Return what may be asked of a repository, through the installation that has it."""
        access = TokenAccess(self._tokens, installation, repo)
        return AtRepository(self._wire, access, repo, self._app_id)

    def members(self, installation: InstallationId) -> Members:
        """Return what may be asked of the organization that an installation is in."""
        return Members(Caller(self._wire, TokenAccess(self._tokens, installation, None), {}))
