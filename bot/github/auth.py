"""Who the app is to GitHub: its key, its JWT, and the narrow tokens it works with.

The JWT can do everything that the app can, so it is used only to ask about the app
itself and to make tokens.  A token is for one repository and one operation's
permissions, and lives an hour.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/about-authentication-with-a-github-app
"""

from typing import Self

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr

from bot.github.calls import Credential
from bot.github.permissions import Operation
from bot.model.clock import Clock
from bot.model.errors import Misconfigured

# https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
BACKDATED = 60
"""Seconds that `iat` lies in the past, against clocks that run ahead of GitHub's."""

LIFETIME = 9 * 60
"""Seconds from now to `exp`; GitHub refuses more than 600."""

RENEWED = 60
"""Seconds before `exp` at which a new one is made."""


class AppKey:
    """The app's private key, read once: parsing the PEM takes a hundred times a signature."""

    def __init__(self, key: RSAPrivateKey) -> None:
        self._key = key

    @classmethod
    def load(cls, pem: SecretStr) -> Self:
        """Read a PEM as GitHub hands it out; raises Misconfigured when it is none."""
        try:
            key = load_pem_private_key(pem.get_secret_value().encode(), password=None)
        except (ValueError, TypeError):
            raise Misconfigured("the app's private key is no unencrypted PEM") from None
        if not isinstance(key, RSAPrivateKey):
            raise Misconfigured("the app's private key is no RSA key")
        return cls(key)

    def sign(self, app_id: int, now: float) -> SecretStr:
        """Return a JWT that GitHub takes for the next nine minutes."""
        claims = {"iat": int(now) - BACKDATED, "exp": int(now) + LIFETIME, "iss": str(app_id)}
        return SecretStr(jwt.encode(claims, self._key, algorithm="RS256"))


class AppAccess:
    """Opens operations as the app itself, with its JWT of the moment."""

    def __init__(self, app_id: int, key: AppKey, clock: Clock) -> None:
        self._app_id = app_id
        self._key = key
        self._clock = clock
        self._jwt: SecretStr | None = None
        self._made = 0.0

    async def credential(self, operation: Operation) -> Credential:
        """Return the JWT, for operations that need no permission."""
        assert not operation.needs, f"{operation} is not for the app itself"
        return Credential(kind="jwt", secret=self.jwt(), scope="app", installation=None)

    def renew(self, operation: Operation) -> bool:
        """Return False: a refused JWT means a wrong key, id or clock, which stay wrong."""
        del operation
        return False

    def jwt(self) -> SecretStr:
        """Return a JWT with at least a minute to live."""
        now = self._clock.now()
        if self._jwt is None or not 0 <= now - self._made < LIFETIME - RENEWED:
            self._jwt, self._made = self._key.sign(self._app_id, now), now
        return self._jwt


class Anonymous:
    """Opens what everybody may read."""

    async def credential(self, operation: Operation) -> Credential:
        """Return no credential at all."""
        del operation
        return Credential(kind="", secret=None, scope="", installation=None)

    def renew(self, operation: Operation) -> bool:
        """Return False: there is nothing to renew."""
        del operation
        return False
