import traceback

import aiohttp
import pytest

from bot.github.auth import AppKey
from bot.github.client import Credentials, GitHub
from bot.model.errors import GreenroomError, Refused, Unavailable
from bot.model.ids import InstallationId, Repo
from bot.model.priorities import Priority
from tests.github.scripted import TOKENS, example

ISSUE = "GET /repos/octo/cat/issues/1"
COMMENT = "POST /repos/octo/cat/issues/1/comments"


async def say(octo) -> None:
    await octo.comments.create(1, "hello", priority=Priority.RESULT)


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, "not_found"), (409, "conflict"), (410, "gone"), (422, "unprocessable")],
)
async def test_a_refusal_has_a_reason_and_githubs_words(script, octo, status, reason):
    script.on(COMMENT, {"message": "Validation Failed", "errors": [{"message": "No."}]}, status)
    with pytest.raises(Refused, match="Validation Failed: No") as refused:
        await say(octo)
    assert refused.value.reason == reason


async def test_a_lack_of_permission_says_which(script, octo):
    script.on(COMMENT, {"message": "Resource not accessible by integration"}, 403)
    with pytest.raises(Refused, match=r"not accessible by integration.*issues: write") as refused:
        await say(octo)
    assert refused.value.reason == "forbidden"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
async def test_a_write_that_github_failed_may_have_happened_and_is_not_sent_again(
    script, octo, status
):
    script.on(COMMENT, status=status)
    with pytest.raises(Unavailable) as unavailable:
        await say(octo)
    assert unavailable.value.sent is True
    assert len(script.asked(COMMENT)) == 1


async def test_a_write_whose_answer_was_lost_may_have_happened(script, octo):
    script.on(COMMENT, cut=True)
    with pytest.raises(Unavailable) as unavailable:
        await say(octo)
    assert unavailable.value.sent is True
    assert len(script.asked(COMMENT)) == 1


async def test_a_write_whose_token_could_not_be_made_did_not_happen(script, octo):
    script.on(f"POST {TOKENS}", status=502)
    with pytest.raises(Unavailable) as unavailable:
        await say(octo)
    assert unavailable.value.sent is False
    assert script.asked(COMMENT) == []


async def test_a_removed_installation_is_not_taken_for_something_missing(script, octo):
    script.on(f"POST {TOKENS}", {"message": "Not Found"}, 404)
    with pytest.raises(Refused) as refused:
        await octo.labels.remove(1, "x", priority=Priority.RESULT)
    assert refused.value.reason == "not_installed"


async def test_a_write_that_never_left_did_not_happen(pem, time, unused_tcp_port):
    credentials = Credentials(app_id=42, key=AppKey.load(pem))
    nowhere = f"http://127.0.0.1:{unused_tcp_port}"
    async with aiohttp.ClientSession() as http:
        github = GitHub(http, credentials, time.clock, base_url=nowhere, sleep=time.sleep)
        with pytest.raises(Unavailable) as unavailable:
            await github.hooks.redeliver(1)
    assert unavailable.value.sent is False


async def test_a_read_is_tried_three_times(script, octo, time):
    script.on(ISSUE, status=502)
    script.on(ISSUE, status=504)
    script.on(ISSUE, example("issues/get"))
    assert (await octo.issues.get(1)).state == "open"
    assert time.slept == [0.5, 2.0]


async def test_a_read_whose_answer_was_lost_is_tried_again(script, octo):
    script.on(ISSUE, cut=True)
    script.on(ISSUE, example("issues/get"))
    assert (await octo.issues.get(1)).state == "open"


async def test_a_read_that_keeps_failing_is_given_up(script, octo):
    script.on(ISSUE, status=503)
    with pytest.raises(Unavailable) as unavailable:
        await octo.issues.get(1)
    assert unavailable.value.sent is False
    assert len(script.asked(ISSUE)) == 3


async def test_an_unreadable_answer_is_a_failure(script, octo):
    script.on(COMMENT, status=201, headers={"Content-Type": "application/json"}, raw=b"{")
    with pytest.raises(Unavailable, match="unreadable") as unavailable:
        await say(octo)
    assert unavailable.value.sent is True


async def test_a_read_follows_a_renamed_repository_and_a_write_does_not(script, octo):
    moved = {"Location": f"{script.url}repositories/5/issues/1"}
    script.on(ISSUE, status=301, headers=moved)
    script.on("GET /repositories/5/issues/1", example("issues/get"))
    assert (await octo.issues.get(1)).state == "open"
    script.problems.clear()  # the address by number is not in the description
    script.on(COMMENT, status=307, headers=moved)
    with pytest.raises(Refused) as refused:
        await say(octo)
    assert refused.value.reason == "moved"


async def test_every_request_names_the_app_and_the_version(script, octo):
    script.on(ISSUE, example("issues/get"))
    await octo.issues.get(1)
    headers = script.seen[-1].headers
    assert headers["user-agent"] == "greenroom"
    assert headers["x-github-api-version"] == "2022-11-28"
    assert headers["accept"] == "application/vnd.github+json"


@pytest.mark.parametrize("how", [{"status": 502}, {"status": 403}, {"cut": True}])
async def test_no_secret_is_in_what_is_raised_or_logged(script, octo, capsys, how):
    secret = "ghs_42_canary"
    script.on(f"POST {TOKENS}", {"token": secret, "expires_at": "2030-01-01T00:00:00Z"}, 201)
    script.on(COMMENT, **how)
    with pytest.raises(GreenroomError) as raised:
        await say(octo)
    said = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + repr(octo)
    said += repr(await octo.token_to_push()) + "".join(capsys.readouterr())
    assert secret not in said
    assert script.seen[-1].headers["authorization"].split(".")[-1] not in said


async def test_the_token_of_another_installation_is_another(script, github):
    for number in (8, 9):
        await github.at(InstallationId(number), Repo("octo/cat")).token_to_fetch()
    assert [seen.path for seen in script.seen] == [
        "/app/installations/8/access_tokens",
        "/app/installations/9/access_tokens",
    ]
