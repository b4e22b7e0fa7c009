"""What a registry is asked, shown and let do."""

import json

import pytest
from aiohttp import web
from pydantic import SecretStr
from yarl import URL

from bot.images.addresses import check
from bot.images.challenges import read_credentials
from bot.images.images import Images
from bot.images.registry import open_registry
from bot.images.store import Store
from bot.model.clock import Clock
from bot.model.errors import Misconfigured, Refused, Unavailable
from bot.model.registries import read_registries
from tests.images.built import image, served, tar

LOGIN = "YW5uOnNlY3JldA=="  # ann:secret
BOX = image(tar(("bin/tool", b"new")))


@pytest.fixture
def opened(tmp_path):
    """Make images of registries that the operator names, with a login or none."""

    async def fetch(registry, *others, login=None, named=True):
        words = [f"http://{each.place}" for each in (registry, *others) if named]
        credentials = {registry.place: SecretStr(login)} if login else {}
        async with open_registry(read_registries(["*", *words]), credentials) as client:
            images = Images(Store(tmp_path, Clock(lambda: 0.0)), client)
            return await images.tree(registry.has(BOX))

    return fetch


async def test_a_token_is_asked_for_and_shown(opened, registry):
    registry.login = LOGIN
    tree = await opened(registry, login=LOGIN)
    assert (tree / "bin/tool").exists()
    assert registry.times("token") == 1
    assert ("/token", f"Basic {LOGIN}") in registry.asked


async def test_without_a_login_it_says_so(opened, registry):
    registry.login = LOGIN
    with pytest.raises(Refused, match="no login is set up"):
        await opened(registry)


async def test_a_token_is_shown_to_no_other_host(opened, registry):
    async with served() as other:
        registry.login, other.blobs = LOGIN, BOX.blobs
        registry.elsewhere = f"http://{other.place}/files"
        await opened(registry, other, login=LOGIN)
        assert {shown for _, shown in other.asked} == {""}
        assert other.times("files") == 2


async def test_another_host_that_asks_for_a_login_gets_none(opened, registry):
    async with served() as other:
        registry.elsewhere = f"http://{other.place}/files"
        other.login = LOGIN
        with pytest.raises(Refused, match="may not be read"):
            await opened(registry, other, login=LOGIN)
        assert other.times("token") == 0
        assert {shown for _, shown in other.asked} == {""}


async def test_who_sends_on_for_ever_is_left(opened, registry):
    registry.elsewhere = f"http://{registry.place}/v2/tools/box/blobs"
    with pytest.raises(Refused, match="sent on"):
        await opened(registry)


@pytest.mark.parametrize(
    "to",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/admin",
        "https://127.1/admin",
        "https://2130706433/admin",
        "https://0x7f.1/admin",
        "https://[::1]/admin",
        "https://[::ffff:10.0.0.1]/admin",
        "https://ann:word@example.com/",
        "file:///etc/passwd",
        "https://[bad/",
    ],
)
async def test_it_is_sent_to_no_private_address(opened, registry, to):
    registry.elsewhere = to
    with pytest.raises(Refused):
        await opened(registry)


async def test_a_realm_has_to_be_public_too(opened, registry):
    async with served() as inner:
        registry.login, registry.realm = LOGIN, f"http://{inner.place}/token"
        with pytest.raises(Refused, match="TLS"):
            await opened(registry, login=LOGIN)
        assert inner.asked == []


async def test_a_registry_nearby_has_to_be_named_by_the_operator(opened, registry):
    with pytest.raises(Refused, match="GREENROOM_REGISTRIES"):
        await opened(registry, named=False)
    assert registry.asked == []


async def test_an_operator_may_allow_named_registries_alone():
    only = read_registries(["registry.example"])
    check(URL("https://registry.example/v2/"), only)
    with pytest.raises(Refused, match="none of this installation's"):
        check(URL("https://other.example/v2/"), only)


async def test_nobody_there_is_tried_again(opened, registry):
    registry.place = "127.0.0.1:1"
    with pytest.raises(Unavailable, match="connection failed"):
        await opened(registry)


@pytest.mark.parametrize("wanted", ["", "Digest realm=x", 'Bearer service="x"'])
async def test_a_challenge_of_another_kind_is_refused(opened, registry, wanted):
    async def answer(_request):
        return web.Response(status=401, headers={"WWW-Authenticate": wanted})

    registry.answer = answer
    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    registry.place = f"127.0.0.1:{runner.addresses[0][1]}"
    with pytest.raises(Refused, match="not known"):
        await opened(registry)
    await runner.cleanup()


def test_logins_are_read_as_docker_writes_them(tmp_path):
    file = tmp_path / "config.json"
    said = {"https://index.example/v1/": {"auth": LOGIN}, "a:5000": {"auth": LOGIN}}
    file.write_text(json.dumps({"auths": said}))
    found = read_credentials(file)
    assert set(found) == {"index.example", "a:5000"}
    assert LOGIN not in repr(found)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"auths": {"a": {}}}', '{"auths": {"a": {"auth": "%"}}}']
)
def test_a_file_of_another_kind_stops_the_start(tmp_path, text):
    file = tmp_path / "config.json"
    file.write_text(text)
    with pytest.raises(Misconfigured, match="GREENROOM_REGISTRY_AUTH"):
        read_credentials(file)
