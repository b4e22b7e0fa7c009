"""What setups have added, on its way into the gateway."""

import asyncio

import aiohttp
import pytest
from pydantic import SecretStr

from bot.blobs.blobs import open_blobs
from bot.gateway import layers as door
from bot.gateway.app import make_app, serve
from bot.gateway.layers import Layers
from bot.gateway.validations import Validations
from bot.model.clock import Clock
from bot.model.ids import ValidationId, validation_job
from bot.model.validations import Setup
from bot.rules import setups
from bot.rules.additions import Bounds
from bot.store import validation_jobs, validations
from bot.store.validation_row import ValidationRow
from bot.work.broker import Broker
from bot.work.checkpoints import Checkpoints
from bot.work.layers import Layers as Kept
from bot.work.validator import Validator
from bot.work.verdicts import Verdicts
from tests.gateway.stand import HALL, NOW

GROUND = setups.asked(Setup(run="make deps"), (), "b" * 40)
ROW = ValidationRow(
    id=ValidationId("01SETUP"),
    run=None,
    installation=1,
    repo_id=5,
    repo=HALL,
    number=1,
    name="setup",
    key=GROUND.key,
    tree="7" * 40,
    base=GROUND.base,
    definition=setups.definition(GROUND),
    toolboxes=(),
    sets_up=True,
    created_at=NOW,
    next_attempt_at=NOW,
)


@pytest.fixture
async def gateway(open_stand):
    """A gateway that takes layers, in the place of the stand's own."""
    stand, clock = open_stand, Clock(lambda: NOW)
    kept = Layers(
        Kept(stand.store, open_blobs(str(stand.home / "blobs"))), stand.home / "arriving"
    )
    app = make_app(
        Broker(stand.store, clock, stand.token),
        Checkpoints(stand.store, stand.blobs, clock),
        stand.mirrors,
        stand.quarantines,
        validations=Validations(
            Validator(stand.store, clock, lambda: ValidationId("x")),
            Verdicts(stand.store, stand.blobs, clock, stand.token),
            kept,
        ),
    )
    async with serve(app, stand.folder):
        yield stand


@pytest.fixture
async def token(gateway):
    """The token of the job of a setup."""
    async with gateway.store.begin() as tx:
        assert await validations.add(tx, ROW)
        values = {"slot": 0, "deadline": NOW + 60}
        job = validation_job(ROW.id, 1)
        await validation_jobs.launched(tx, ROW, job, SecretStr("launch-s"), **values)
    return (await gateway.call("/validation/launch", "launch-s", {})).said["run_token"]


async def sent(stand, token, *pieces):
    """Send pieces as a harness does; one that is None breaks off."""

    async def body():
        for piece in pieces:
            if piece is None:
                raise asyncio.CancelledError
            yield piece

    connector = aiohttp.UnixConnector(path=str(stand.socket))
    heads = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(connector=connector) as http:
        url = "http://greenroom/validation/layer"
        async with http.post(url, data=body(), headers=heads) as answer:
            return answer.status, await answer.text()


async def layer(stand):
    async with stand.store.read() as tx:
        return (await validations.find(tx, ROW.id)).layer


async def test_it_is_kept_as_a_blob_and_nothing_is_left_lying(gateway, token):
    assert (await sent(gateway, token, b"one ", b"two"))[0] == 204
    assert await gateway.blobs.get(await layer(gateway)) == b"one two"
    assert list((gateway.home / "arriving").iterdir()) == []
    assert (await sent(gateway, token, b"other"))[0] == 204
    assert await gateway.blobs.get(await layer(gateway)) == b"other"


async def test_too_much_is_refused_with_words(gateway, token, monkeypatch):
    monkeypatch.setattr(door, "BOUNDS", Bounds(packed=5))
    status, said = await sent(gateway, token, b"one ", b"two")
    assert status == 413
    assert "too many bytes" in said
    assert await layer(gateway) is None


async def test_what_breaks_off_is_not_kept(gateway, token):
    with pytest.raises((asyncio.CancelledError, aiohttp.ClientError)):
        await sent(gateway, token, b"one ", None)
    assert (await sent(gateway, token, b"whole"))[0] == 204
    assert await gateway.blobs.get(await layer(gateway)) == b"whole"
    assert list((gateway.home / "arriving").iterdir()) == []


async def test_nobody_elses_token_opens_it(gateway, token, job):
    assert (await sent(gateway, "guessed", b"x"))[0] == 401
    assert (await sent(gateway, job.run_token, b"x"))[0] == 401
    async with gateway.store.begin() as tx:
        row = await validations.get(tx, ROW.id)
        again = validation_job(ROW.id, 2)
        values = {"slot": 0, "deadline": NOW + 60}
        await validation_jobs.launched(tx, row, again, SecretStr("launch-t"), **values)
    assert (await sent(gateway, token, b"x"))[0] == 401
    assert await layer(gateway) is None
