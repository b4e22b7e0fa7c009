"""Credentials in what an agent hands over: the values that we know, and known formats."""

from collections.abc import Iterable

from pydantic import SecretStr

from bot.rules.outputs import SECRETS

_SHORTEST = 8
"""Characters; a shorter known value would be found everywhere by chance."""


def leaks(content: bytes, known: Iterable[SecretStr]) -> set[str]:
    """Return the credentials in `content`; never log or show what comes back."""
    text = content.decode("latin-1")
    values = (secret.get_secret_value() for secret in known)
    ours = {value for value in values if len(value) >= _SHORTEST and value.encode() in content}
    return ours | {match.group() for match in SECRETS.finditer(text)}
