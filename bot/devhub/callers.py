"""Who asks: an app by its JWT, an installation or a person by their token."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Literal

import jwt

from bot.devhub.hub import Hub
from bot.devhub.problems import Problem
from bot.devhub.records import Account, App, Grant

# https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
LONGEST_JWT = 600

# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
ORDINARY_LIMIT = 5000

_BAD_CREDENTIALS = "Bad credentials"
_UNDECODABLE = "A JSON web token could not be decoded"
_BAD_IAT = (
    "'Issued at' claim ('iat') must be an Integer representing the time that the assertion"
    " was issued"
)
_BAD_EXP = (
    "'Expiration time' claim ('exp') must be a numeric value representing the future time at"
    " which the assertion expires"
)
_FAR_EXP = "'Expiration time' claim ('exp') is too far in the future"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sends a request, and with which power.

    Attributes:
        account: who acts: a person, or the app's bot; None for nobody.
        app: the app that acts, also in the name of an installation.
        grant: what an installation's token opens.
    """

    kind: Literal["app", "installation", "person", "nobody"]
    account: Account | None = None
    app: App | None = None
    grant: Grant | None = None
    token: str = ""

    def allowance(self, hub: Hub) -> int:
        """Return how many requests an hour has for this caller."""
        return hub.switches.primary_limit if self.grant is not None else ORDINARY_LIMIT

    @property
    def bucket(self) -> str:
        """Return whose rate limit is spent: all tokens of an installation share one."""
        if self.grant is not None:
            return f"installation ID {self.grant.installation.id}"
        if self.account is not None:
            return f"user ID {self.account.id}"
        return "nobody"


NOBODY = Caller(kind="nobody")


def identify(hub: Hub, authorization: str | None) -> Caller:
    """Return who an Authorization header stands for.

    Raises:
        Problem: 401 for what is no (longer a) credential.
    """
    if not authorization:
        return NOBODY
    scheme, _, credential = authorization.partition(" ")
    match scheme.lower():
        case "bearer" | "token" if credential.count(".") == 2 and credential.startswith("ey"):  # noqa: PLR2004 - a JWT has three parts
            return _app(hub, credential)
        case "bearer" | "token":
            return _by_token(hub, credential.strip())
        case "basic":
            return _by_token(hub, _password(credential))
        case _:
            raise Problem(401, _BAD_CREDENTIALS)


def _password(credential: str) -> str:
    """Return the password of basic auth: git sends `x-access-token:TOKEN`."""
    try:
        return base64.b64decode(credential).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Problem(401, _BAD_CREDENTIALS) from error


def _by_token(hub: Hub, token: str) -> Caller:
    if person := hub.people.get(token):
        return Caller(kind="person", account=person, token=token)
    grant = hub.grants.get(token)
    if grant is None or grant.expires_at <= hub.now():
        raise Problem(401, _BAD_CREDENTIALS)
    if grant.installation.suspended_at is not None:
        raise Problem(403, "This installation has been suspended")
    app = grant.installation.app
    return Caller(kind="installation", account=app.bot, app=app, grant=grant, token=token)


def _app(hub: Hub, token: str) -> Caller:
    """Verify a JWT by the app's own key, on the hub's clock."""
    try:
        issuer = str(jwt.decode(token, options={"verify_signature": False}).get("iss"))
        app = _issuer(hub, issuer)
        claims = jwt.decode(
            token,
            app.public_key,
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except jwt.InvalidTokenError as error:
        raise Problem(401, _UNDECODABLE) from error
    _check_times(claims, hub.now())
    return Caller(kind="app", account=app.bot, app=app, token=token)


def _issuer(hub: Hub, issuer: str) -> App:
    for app in hub.apps.values():
        if issuer in {str(app.id), app.client_id}:
            return app
    raise Problem(404, "Integration not found")


def _check_times(claims: dict[str, Any], now: float) -> None:
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int | float) or issued > now:
        raise Problem(401, _BAD_IAT)
    if not isinstance(expires, int | float) or expires <= now:
        raise Problem(401, _BAD_EXP)
    if expires - now > LONGEST_JWT:
        raise Problem(401, _FAR_EXP)
