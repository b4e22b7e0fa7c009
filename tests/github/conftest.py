from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from bot.github.client import AtRepository, Credentials, GitHub
from bot.model.ids import InstallationId, Repo
from tests.devhub.keys import read
from tests.github.embedded import Embedded, embedded
from tests.github.scripted import INSTALLATION, Script, Time


@pytest.fixture(scope="session")
def pem() -> SecretStr:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return SecretStr(text.decode())


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def script(time: Time) -> AsyncIterator[Script]:
    script = Script(time)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", script.handle)
    async with TestServer(app) as server:
        script.url = str(server.make_url("/"))
        yield script
    assert script.problems == []


@pytest.fixture
async def github(script: Script, time: Time, pem: SecretStr) -> AsyncIterator[GitHub]:
    credentials = Credentials(app_id=42, key=read(pem.get_secret_value()))
    async with aiohttp.ClientSession() as http:
        yield GitHub(http, credentials, time.clock, base_url=script.url, sleep=time.sleep)


@pytest.fixture
def octo(github: GitHub) -> AtRepository:
    return github.at(InstallationId(INSTALLATION), Repo("octo/cat"))


@pytest.fixture
async def hub(tmp_path: Path, time: Time, unused_tcp_port: int) -> AsyncIterator[Embedded]:
    """The embedded GitHub; every request of the app is held against GitHub's description."""
    nobody = f"http://127.0.0.1:{unused_tcp_port}/webhook"
    async with embedded(tmp_path, time, nobody) as hub:
        yield hub
        assert hub.problems() == []
