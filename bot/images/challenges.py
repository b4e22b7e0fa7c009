"""What a registry asks for before it gives anything: a token, and where one is to be had.

https://distribution.github.io/distribution/spec/auth/token/
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bot.model.errors import Misconfigured

_PARAMETER = re.compile(r'([A-Za-z]+)="((?:[^"\\]|\\.)*)"')
_SCHEME = re.compile(r"\s*([A-Za-z]+)\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a registry answers to a request without a token.

    Attributes:
        basic: whether it wants name and password itself, and no token.
        realm: where the token is.
        service: what the token is for, in the registry's words.
    """

    basic: bool = False
    realm: str = ""
    service: str = ""


def challenge(header: str) -> Challenge | None:
    """Read `WWW-Authenticate`; None where it is of another kind.

    Its scope is not read: what is asked for is one repository, to read, whatever it says.
    """
    scheme = _SCHEME.match(header + " ")
    kind = scheme[1].lower() if scheme else ""
    if kind == "basic":
        return Challenge(basic=True)
    said = {name.lower(): value for name, value in _PARAMETER.findall(header)}
    if kind != "bearer" or "realm" not in said:
        return None
    return Challenge(realm=said["realm"], service=said.get("service", ""))


def token(data: bytes) -> SecretStr | None:
    """Read the answer of the realm; None where it holds no token that a header could carry."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    said = found if isinstance(found, dict) else {}
    text = said.get("token") or said.get("access_token")
    if not isinstance(text, str) or not (text.isascii() and text.isprintable()):
        return None
    return SecretStr(text)


def read_credentials(file: Path) -> Mapping[str, SecretStr]:
    """Read names and passwords, as `docker login` and `podman login` write them.

    Returns:
        For each registry, `HOST` or `HOST:PORT`, what stands after `Basic`.

    Raises:
        Misconfigured: the file is not of this kind, or leaves passwords to another program.
    """
    words = (
        "GREENROOM_REGISTRY_AUTH is wrong: give a file like Docker's config.json, with `auths`."
    )
    try:
        found = json.loads(file.read_bytes())["auths"]
        return {_place(name): _checked(entry["auth"]) for name, entry in found.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, binascii.Error):
        raise Misconfigured(words) from None


def _place(name: str) -> str:
    """Return host and port of what may be written as an address too."""
    return name.removeprefix("https://").removeprefix("http://").partition("/")[0].lower()


def _checked(text: str) -> SecretStr:
    if b":" not in base64.b64decode(text, validate=True):
        raise ValueError
    return SecretStr(text)
