"""Commit statuses: who may write them, what becomes of several, and what is told."""

import pytest

from bot.devhub.api import statuses
from tests.devhub.stage import REPO


@pytest.fixture
async def head(stage):
    ref = await stage.did(f"GET {REPO}/git/ref/heads/main", stage.tokens["app"])
    return ref["object"]["sha"]


async def says(stage, head, context, state, **more):
    body = {"context": context, "state": state, **more}
    return await stage.ask(f"POST {REPO}/statuses/{head}", stage.tokens["app"], body)


async def combined(stage):
    return await stage.did(f"GET {REPO}/commits/main/status", stage.tokens["app"])


async def test_a_status_is_kept_and_told(stage, head):
    made = await says(
        stage, head, "build", "pending", description="Waiting", target_url="http://x"
    )
    assert (made.status, made.body["state"]) == (201, "pending")
    assert made.body["creator"]["login"] == "greenroom[bot]"
    await stage.drained()
    said = stage.ear.last("status")
    assert (said["sha"], said["context"], said["name"]) == (head, "build", "acme/demo")
    assert [each["name"] for each in said["branches"]] == ["main"]


async def test_the_latest_of_each_context_counts_in_any_case(stage, head):
    assert (await combined(stage))["state"] == "pending"
    for context, state in (("Build", "failure"), ("build", "success"), ("lint", "success")):
        await says(stage, head, context, state)
    shown = await combined(stage)
    assert (shown["state"], shown["total_count"]) == ("success", 2)
    assert [each["context"] for each in shown["statuses"]] == ["build", "lint"]
    listed = await stage.did(f"GET {REPO}/commits/{head}/statuses", stage.tokens["app"])
    assert [each["state"] for each in listed] == ["success", "success", "failure"]


@pytest.mark.parametrize(
    ("states", "state"),
    [
        (("success", "error"), "failure"),
        (("pending", "failure"), "failure"),
        (("success", "pending"), "pending"),
        (("success", "success"), "success"),
    ],
)
async def test_the_worst_state_is_the_state_of_the_commit(stage, head, states, state):
    for number, each in enumerate(states):
        await says(stage, head, f"check {number}", each)
    assert (await combined(stage))["state"] == state


async def test_what_github_refuses_is_refused(stage, head, monkeypatch):
    assert (await says(stage, "0" * 40, "build", "success")).status == 422
    assert (await says(stage, head, "build", "great")).status == 422
    assert (await says(stage, head, "build", "error", description="x" * 141)).status == 422
    monkeypatch.setattr(statuses, "MOST", 1)
    assert (await says(stage, head, "build", "error")).status == 201
    assert (await says(stage, head, "BUILD", "error")).status == 422
    missing = await stage.ask(f"GET {REPO}/commits/none/status", stage.tokens["app"])
    assert missing.status == 404


async def test_readers_say_nothing_of_commits(stage, head):
    await stage.person("rae", "read")
    body = {"state": "success"}
    refused = await stage.ask(f"POST {REPO}/statuses/{head}", stage.tokens["rae"], body)
    assert refused.status == 403
