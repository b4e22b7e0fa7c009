"""Which dialect is spoken where."""

from collections.abc import Mapping

from bot.model.models import Provider
from bot.rules.dialects import chat, gemini, messages, responses
from bot.rules.dialects.base import Dialect

_FIXED: Mapping[Provider, Mapping[str, Dialect]] = {
    "anthropic": {messages.PATH: messages},
    "openai": {responses.PATH: responses, chat.PATH: chat},
    "gemini": {},
    "compatible": {responses.PATH: responses, chat.PATH: chat},
}

_FIRST: Mapping[Provider, Dialect] = {
    "anthropic": messages,
    "openai": responses,
    "gemini": gemini,
    "compatible": chat,
}


def spoken(provider: Provider, path: str) -> Dialect | None:
    """Return the dialect of a path below a provider's address; None when it is not served."""
    if provider == "gemini":
        return gemini if gemini.PATH.fullmatch(path) else None
    return _FIXED[provider].get(path)


def first(provider: Provider) -> Dialect:
    """Return the dialect in which a provider's errors are written where no other is known."""
    return _FIRST[provider]
