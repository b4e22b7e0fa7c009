import asyncio

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import SecretStr

from bot.github.auth import AppKey
from bot.model.errors import Misconfigured, Refused, Unavailable
from bot.model.ids import InstallationId, Repo
from bot.model.priorities import Priority
from tests.github.scripted import START, TOKENS, Gate, example

MINT = f"POST {TOKENS}"
ISSUE = "GET /repos/octo/cat/issues/1"


async def test_a_token_is_narrowed_to_one_repository_and_one_need(script, octo):
    script.on(ISSUE, example("issues/get"))
    await octo.issues.get(1)
    await octo.token_to_push()
    assert [seen.body for seen in script.asked(MINT)] == [
        {"repositories": ["cat"], "permissions": {"issues": "read"}},
        {"repositories": ["cat"], "permissions": {"contents": "write"}},
    ]


async def test_a_token_is_used_until_shortly_before_it_expires(script, octo, time):
    first = await octo.token_to_fetch()
    time.now += 3600 - 301
    assert await octo.token_to_fetch() == first
    time.now += 2
    assert await octo.token_to_fetch() != first
    assert len(script.asked(MINT)) == 2


async def test_those_who_ask_at_the_same_time_share_one_token(script, octo):
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(octo.token_to_fetch()) for _ in range(5)]
    assert len({task.result() for task in asked}) == 1
    assert len(script.asked(MINT)) == 1


async def test_tokens_of_one_installation_are_made_one_after_another(script, octo):
    answer = {"token": "ghs_one", "expires_at": "2027-01-15T09:00:00Z"}
    gate = Gate()
    script.on(MINT, answer, 201, gate=gate)
    async with asyncio.TaskGroup() as group:
        group.create_task(octo.token_to_fetch())
        group.create_task(octo.token_to_push())
        await gate.reached.wait()
        assert len(script.seen) == 1
        gate.open.set()
    assert len(script.seen) == 2


async def test_another_repository_gets_another_token(script, github, octo):
    other = github.at(InstallationId(7), Repo("octo/dog"))
    assert await octo.token_to_fetch() != await other.token_to_fetch()
    assert script.seen[-1].body["repositories"] == ["dog"]


async def test_a_permission_that_the_owner_has_not_granted_is_named(script, octo):
    words = "The permissions requested are not granted to this installation."
    script.on(MINT, {"message": words}, 422)
    installed = example(
        "apps/get-installation", permissions={"issues": "read", "metadata": "read"}
    )
    script.on("GET /app/installations/7", installed)
    with pytest.raises(Refused, match="not been granted issues: write here") as refused:
        await octo.labels.remove(1, "x", priority=Priority.RESULT)
    assert refused.value.reason == "permission"
    assert "an owner must accept it at https://github.com" in refused.value.words


async def test_a_repository_that_is_not_in_the_installation_is_refused_in_githubs_words(
    script, octo
):
    words = "There is at least one repository that does not exist or is not accessible"
    script.on(MINT, {"message": words}, 422)
    granted = example("apps/get-installation", permissions={"contents": "write"})
    script.on("GET /app/installations/7", granted)
    with pytest.raises(Refused, match=words) as refused:
        await octo.token_to_fetch()
    assert refused.value.reason == "unprocessable"


async def test_a_token_that_github_no_longer_takes_is_made_anew(script, octo):
    script.on(ISSUE, {"message": "Bad credentials"}, 401)
    script.on(ISSUE, example("issues/get"))
    with pytest.raises(Unavailable) as unavailable:
        await octo.issues.get(1)
    assert unavailable.value.sent is False
    await octo.issues.get(1)
    assert len(script.asked(MINT)) == 2


async def test_a_jwt_that_github_does_not_take_is_refused_in_its_words(script, github):
    script.on("GET /app", {"message": "A JSON web token could not be decoded"}, 401)
    with pytest.raises(Refused, match="could not be decoded") as refused:
        await github.app.identity()
    assert refused.value.reason == "unauthorized"


async def test_the_jwt_is_backdated_and_short_and_made_again_in_time(script, github, time, pem):
    script.on("GET /app/hook/deliveries", [])
    public = load_pem_private_key(pem.get_secret_value().encode(), None).public_key()
    for moved in (0, 400, 100):
        time.now += moved
        await github.hooks.deliveries()
    headers = [seen.headers["authorization"].removeprefix("bearer ") for seen in script.seen]
    assert headers[0] == headers[1] != headers[2]
    options = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(headers[0], public, algorithms=["RS256"], options=options)
    assert claims == {"iat": START - 60, "exp": START + 540, "iss": "42"}


@pytest.mark.parametrize("pem", ["", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_broken_key_is_a_mistake_of_the_operators(pem):
    with pytest.raises(Misconfigured, match="private key"):
        AppKey.load(SecretStr(pem))


def test_a_key_that_is_not_rsa_is_a_mistake_of_the_operators():
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    with pytest.raises(Misconfigured, match="no RSA key"):
        AppKey.load(SecretStr(pem.decode()))
