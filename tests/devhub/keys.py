"""One private key for all apps of embedded GitHubs: to make one takes as long as many a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from bot.devhub import founding
from bot.github.auth import AppKey

_ONE = SimpleNamespace(generate_private_key=cache(rsa.generate_private_key))


@contextmanager
def one_key() -> Iterator[None]:
    """Have apps that are registered meanwhile share their key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(founding, "rsa", _ONE)
        yield


@cache
def read(pem: str) -> AppKey:
    """Read a key, once."""
    return AppKey.load(SecretStr(pem))
