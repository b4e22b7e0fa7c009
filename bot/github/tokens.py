"""Installation tokens, each as narrow as what it is for, kept until shortly before they expire.

https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from bot.github.calls import Caller, Credential
from bot.github.errors import NOT_FOUND, NOT_INSTALLED, PERMISSION, UNPROCESSABLE
from bot.github.moments import unix
from bot.github.permissions import Operation, Permissions, lacking, spelled
from bot.model.clock import Clock
from bot.model.errors import Refused
from bot.model.ids import InstallationId, Repo
from bot.model.priorities import Priority

MARGIN = 5 * 60.0
"""Seconds: a token with less than this to live is not handed out."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a token is for; also whose conditional answers may be shared.

    Attributes:
        repo: the one repository, or None for what belongs to no repository.
        permissions: (name, level) pairs, sorted.
    """

    installation: InstallationId
    repo: Repo | None
    permissions: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.installation} {self.repo} {self.permissions}"

    def narrowing(self) -> dict[str, Any]:
        """Return the body that asks GitHub for a token of this scope."""
        body: dict[str, Any] = {"permissions": dict(self.permissions)}
        if self.repo is not None:
            body["repositories"] = [self.repo.partition("/")[2]]
        return body


@dataclass(frozen=True, slots=True)
class _Kept:
    secret: SecretStr
    expires: float


class Tokens:
    """Tokens by scope.

    GitHub advises against making tokens side by side, so an installation's are made one
    after another; whoever asks for the same one meanwhile gets that one.
    """

    def __init__(self, app: Caller, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self._kept: dict[Scope, _Kept] = {}
        self._making: defaultdict[InstallationId, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, scope: Scope) -> SecretStr:
        """Return a token of this scope with at least `MARGIN` seconds to live.

        Raises:
            Refused: `permission` when the installation's owner has not granted it yet,
                `not_installed` when the app was removed, `forbidden` when it is suspended.
            Unavailable: GitHub did not answer.
        """
        if (kept := self._living(scope)) is not None:
            return kept.secret
        async with self._making[scope.installation]:
            if (kept := self._living(scope)) is None:
                kept = await self._make(scope)
                self._prune()
                self._kept[scope] = kept
            return kept.secret

    def forget(self, scope: Scope) -> None:
        """Let go of a token that GitHub no longer takes."""
        self._kept.pop(scope, None)

    def _living(self, scope: Scope) -> _Kept | None:
        kept = self._kept.get(scope)
        return kept if kept is not None and self._lives(kept) else None

    def _lives(self, kept: _Kept) -> bool:
        return kept.expires - self._clock.now() > MARGIN

    def _prune(self) -> None:
        self._kept = {scope: kept for scope, kept in self._kept.items() if self._lives(kept)}

    async def _make(self, scope: Scope) -> _Kept:
        try:
            made = await self._app.send(
                Operation.TOKEN,
                scope.narrowing(),
                Priority.ACKNOWLEDGE,
                installation_id=scope.installation,
            )
        except Refused as refused:
            if refused.reason == NOT_FOUND:
                raise Refused(NOT_INSTALLED, "The app is no longer installed there") from refused
            if refused.reason == UNPROCESSABLE:
                await self._explain(scope)
            raise
        return _Kept(SecretStr(made["token"]), unix(made["expires_at"]))

    async def _explain(self, scope: Scope) -> None:
        """Raise a better refusal when it is the owner's acceptance that is missing.

        https://docs.github.com/en/apps/using-github-apps/approving-updated-permissions-for-a-github-app
        """
        found = await self._app.get(Operation.INSTALLATION, installation_id=scope.installation)
        granted: Mapping[str, str] = found["permissions"]
        needs: Any = dict(scope.permissions)
        if missing := lacking(needs, granted):
            raise Refused(
                PERMISSION,
                f"The app has not been granted {spelled(missing)} here; an owner must"
                f" accept it at {found['html_url']}",
            )


class TokenAccess:
    """Opens operations with a token for one repository (or for none) and their own needs."""

    def __init__(self, tokens: Tokens, installation: InstallationId, repo: Repo | None) -> None:
        self._tokens = tokens
        self._installation = installation
        self._repo = repo

    async def credential(self, operation: Operation) -> Credential:
        """Return a token that opens this operation."""
        scope = self._scope(operation.needs)
        return Credential(
            kind="oauth_token",
            secret=await self._tokens.get(scope),
            scope=str(scope),
            installation=self._installation,
        )

    def renew(self, operation: Operation) -> bool:
        """Forget the token; the next call makes a new one."""
        self._tokens.forget(self._scope(operation.needs))
        return True

    async def token(self, needs: Permissions) -> SecretStr:
        """Return a bare token, for git."""
        return await self._tokens.get(self._scope(needs))

    def forget(self, needs: Permissions) -> None:
        """Let go of a bare token that a git server did not take."""
        self._tokens.forget(self._scope(needs))

    def _scope(self, needs: Permissions) -> Scope:
        assert needs, "a token without named permissions would have all of them"
        return Scope(self._installation, self._repo, tuple(sorted(needs.items())))
