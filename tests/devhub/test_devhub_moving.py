"""Conversations that are locked, moved or deleted, and repositories with a new name."""

import pytest

from tests.devhub.checkout import Checkout
from tests.devhub.stage import EVENTS, PERMISSIONS, REPO

AT = "/repositories/acme/demo"


async def test_only_writers_talk_in_a_locked_conversation_and_no_app_does(stage):
    await stage.opens_issue()
    await stage.person("rae", "triage")
    path = f"{REPO}/issues/1"
    assert (await stage.ask(f"PUT {path}/lock", stage.tokens["rae"])).status == 403
    heated = {"lock_reason": "too heated"}
    await stage.did(f"PUT {path}/lock", stage.tokens["ann"], heated)
    shown = await stage.did(f"GET {path}", stage.tokens["rae"])
    assert (shown["locked"], shown["active_lock_reason"]) == (True, "too heated")
    talks = [
        (await stage.ask(f"POST {path}/comments", stage.tokens[who], {"body": "hi"})).status
        for who in ("ann", "rae", "app")
    ]
    assert talks == [201, 403, 403]
    await stage.did(f"DELETE {path}/lock", stage.tokens["ann"])
    await stage.did(f"POST {path}/comments", stage.tokens["app"], {"body": "hi"})
    await stage.drained()
    assert [name for name in stage.ear.names if "lock" in name] == [
        "issues.locked",
        "issues.unlocked",
    ]


async def test_a_reason_for_a_lock_is_one_of_githubs(stage):
    await stage.opens_issue()
    bored = {"lock_reason": "bored"}
    path = f"PUT {REPO}/issues/1/lock"
    assert (await stage.ask(path, stage.tokens["ann"], bored)).status == 422


async def test_a_transferred_issue_takes_its_words_along(stage):
    await stage.control("POST /repositories", owner="acme", name="other")
    await stage.opens_issue(labels=["bug"])
    await stage.did(f"POST {REPO}/issues/1/comments", stage.tokens["ann"], {"body": "hi"})
    await stage.control(f"POST {AT}/issues/1/transfer", to="other", login="acme")
    answer = await stage.ask(f"GET {REPO}/issues/1", stage.tokens["app"])
    assert (answer.status, answer.body["comments"]) == (200, 1)
    assert answer.body["repository_url"].endswith("/repos/acme/other")
    assert await stage.opens_issue() == 2
    await stage.drained()
    opened, transferred, *_ = (said for name, said in stage.ear.heard[::-1] if name == "issues")
    transferred = next(said for _, said in stage.ear.heard if said.get("action") == "transferred")
    assert transferred["changes"]["new_issue"]["number"] == 1
    assert opened["issue"]["number"] == 2


async def test_a_deleted_issue_is_gone_and_its_number_with_it(stage):
    await stage.opens_issue()
    await stage.control(f"DELETE {AT}/issues/1", login="ann")
    assert (await stage.ask(f"GET {REPO}/issues/1", stage.tokens["app"])).status == 410
    assert await stage.opens_issue() == 2
    await stage.drained()
    assert "issues.deleted" in stage.ear.names


async def test_a_draft_is_made_ready_and_back_by_those_who_may(stage, tmp_path):
    checkout = await Checkout.clone(stage, tmp_path / "work", stage.tokens["app"])
    await checkout.commit({"n": "n"}, "New", branch="new")
    await checkout.push("new")
    body = {"title": "New", "head": "new", "base": "main", "draft": True}
    await stage.did(f"POST {REPO}/pulls", stage.tokens["app"], body)
    await stage.person("rae", "read")
    path = f"PUT /_devhub{AT}/pulls/1/draft"
    assert (await stage.ask(path, body={"draft": False, "login": "rae"})).status == 403
    for draft in (False, True):
        await stage.did(path, body={"draft": draft, "login": "ann"})
    assert (await stage.ask(path, body={"draft": True, "login": "ann"})).status == 422
    await stage.drained()
    assert stage.ear.names[-2:] == [
        "pull_request.ready_for_review",
        "pull_request.converted_to_draft",
    ]


async def test_a_renamed_repository_is_found_by_its_old_name(stage, tmp_path):
    await stage.opens_issue()
    await stage.control("PATCH /apps/greenroom", events=[*EVENTS, "repository"])
    await stage.control(f"PUT /installations/{stage.installation}/permissions")
    await stage.control(f"PUT {AT}/name", name="fresh")
    shown = await stage.did(f"GET {REPO}/issues/1", stage.tokens["app"])
    assert shown["repository_url"].endswith("/repos/acme/fresh")
    body = {"body": "still here"}
    await stage.did(f"POST {REPO}/issues/1/comments", stage.tokens["app"], body)
    assert (await Checkout.clone(stage, tmp_path / "work", stage.tokens["app"])).folder.exists()
    await stage.drained()
    said = stage.ear.last("repository")
    assert said["changes"] == {"repository": {"name": {"from": "demo"}}}
    await stage.control("POST /repositories", owner="acme", name="demo")
    assert (await stage.ask(f"GET {REPO}/issues/1", stage.tokens["app"])).status == 404
    assert await stage.did(f"GET {REPO}/branches", stage.tokens["app"]) == []


async def test_a_transferred_repository_leaves_the_installation(stage):
    await stage.control("POST /organizations", login="guild")
    await stage.control(f"PUT {AT}/owner", owner="guild")
    assert (await stage.ask(f"GET {REPO}", stage.tokens["app"])).status == 404
    await stage.drained()
    gone = stage.ear.last("installation_repositories")["repositories_removed"]
    assert stage.ear.names[-1] == "installation_repositories.removed"
    assert len(gone) == 1


async def test_new_permissions_wait_until_they_are_accepted(stage):
    wider = {**PERMISSIONS, "deployments": "read"}
    await stage.control("PATCH /apps/greenroom", permissions=wider)
    path = f"/app/installations/{stage.installation}"
    asked = {"permissions": {"deployments": "read"}}
    tokens = f"POST {path}/access_tokens"
    assert (await stage.ask(tokens, stage.jwt(), asked)).status == 422
    await stage.control(f"PUT /installations/{stage.installation}/permissions")
    assert (await stage.ask(tokens, stage.jwt(), asked)).status == 201
    await stage.drained()
    assert stage.ear.names[-1] == "installation.new_permissions_accepted"
    assert stage.ear.last("installation")["installation"]["permissions"]["deployments"] == "read"


@pytest.mark.parametrize("slug", ["greenroom", "nobody"])
async def test_a_bot_is_a_user_whose_name_has_brackets(stage, slug):
    answer = await stage.ask(f"GET /users/{slug}%5Bbot%5D", stage.tokens["app"])
    assert (answer.status == 200) == (slug == "greenroom")
