"""Rules of branches: what they refuse of git and of the API, in GitHub's words."""

import pytest

from tests.devhub.checkout import Checkout, GitRefused
from tests.devhub.stage import REPO

RULES = "PUT /repositories/acme/demo/rules"


@pytest.fixture
async def checkout(stage, tmp_path):
    return await Checkout.clone(stage, tmp_path / "work", stage.tokens["app"])


async def refused(checkout, *refs):
    with pytest.raises(GitRefused) as caught:
        await checkout.push(*refs)
    return str(caught.value)


async def test_a_direct_push_is_refused_in_githubs_words(stage, checkout):
    await stage.control(RULES, pull_request=True, checks=["ci / test"])
    await checkout.commit({"b": "1\n"}, "One")
    said = await refused(checkout, "main")
    assert "GH013: Repository rule violations found for refs/heads/main." in said
    assert "- Changes must be made through a pull request." in said
    assert '- Required status check "ci / test" is expected.' in said
    assert "[remote rejected] main -> main (push declined due to repository rule" in said
    await checkout.push("main:topic")


async def test_one_ref_is_refused_and_another_goes_through(stage, checkout):
    await stage.control(RULES, branches=["greenroom/*"], creation=False)
    await checkout.commit({"b": "1\n"}, "One")
    said = await refused(checkout, "main:greenroom/x", "main:fine")
    assert "creations being restricted" in said
    assert await checkout.fetched("fine") == await checkout.head()
    await stage.control(RULES)
    await checkout.push("main:greenroom/x")


async def test_history_and_branches_can_be_kept(stage, checkout):
    await checkout.commit({"b": "1\n"}, "One")
    await checkout.push("main", "main:old")
    await stage.control(RULES, branches=["*"], force_push=False, deletion=False)
    await checkout.git("commit", "-q", "--amend", "-m", "Other")
    assert "Cannot force-push to this branch" in await refused(checkout, "-f", "main")
    assert "Cannot delete this branch" in await refused(checkout, ":old")
    path, app = f"{REPO}/git/refs/heads/old", stage.tokens["app"]
    answer = await stage.ask(f"DELETE {path}", app)
    assert (answer.status, "Cannot delete" in answer.body["message"]) == (422, True)
    root = await checkout.git("rev-list", "--max-parents=0", "HEAD")
    answer = await stage.ask(f"PATCH {path}", app, {"sha": root, "force": True})
    assert (answer.status, "Cannot force-push" in answer.body["message"]) == (422, True)


async def test_a_secret_is_refused_with_its_place_wherever_it_is_pushed(stage, checkout):
    await stage.control(RULES, secrets=["AKIA[0-9A-Z]{4}"])
    await checkout.commit({"a.env": "x\nkey=AKIA1234\n"}, "Add a key")
    commit = await checkout.commit({"a.env": "x\n"}, "Take it away again")
    assert commit
    said = await refused(checkout, "main:topic")
    assert "GH009: Secrets detected! This push failed." in said
    assert "path: a.env:2" in said
    assert "(push declined due to a detected secret)" in said
    body = {"message": "Add", "content": "QUtJQTEyMzQ=", "branch": "main"}
    app = stage.tokens["app"]
    assert (await stage.ask(f"PUT {REPO}/contents/b.env", app, body)).status == 409
    assert (await stage.ask(f"POST {REPO}/git/blobs", app, {"content": "AKIA1234"})).status == 422


async def test_the_api_is_held_to_the_same_rules(stage, checkout):
    await stage.control(RULES, pull_request=True)
    body, app = {"message": "Add", "content": "eAo=", "branch": "main"}, stage.tokens["app"]
    answer = await stage.ask(f"PUT {REPO}/contents/b", app, body)
    words = "Repository rule violations found\n\nChanges must be made through a pull request.\n\n"
    assert (answer.status, answer.body["message"]) == (409, words)
    await stage.control(RULES, pull_request=True, bypass=["greenroom[bot]"])
    assert (await stage.ask(f"PUT {REPO}/contents/b", app, body)).status == 201
    await checkout.git("fetch", "-q", "origin", "main")
    await checkout.git("reset", "-q", "--hard", "FETCH_HEAD")
    await checkout.commit({"c": "1\n"}, "Two")
    await checkout.push("main")


async def test_a_pull_request_is_merged_once_it_has_all_that_it_needs(stage, checkout):
    head = await checkout.commit({"b": "1\n"}, "One", branch="topic")
    await checkout.push("topic")
    await stage.control(RULES, pull_request=True, reviews=1, checks=["build", "lint"])
    wish, app = {"title": "One", "head": "topic", "base": "main"}, stage.tokens["app"]
    at = f"{REPO}/pulls/{(await stage.did(f'POST {REPO}/pulls', app, wish))['number']}"
    ann = stage.tokens["ann"]

    async def lacks():
        answer = await stage.ask(f"PUT {at}/merge", ann)
        return answer.body["message"].split("\n\n")[1:-1] if answer.status == 405 else None

    review = "At least 1 approving review is required by reviewers with write access."
    assert await lacks() == [review, "2 of 2 required status checks are expected."]
    assert (await stage.did(f"GET {at}", app))["mergeable_state"] == "blocked"
    for context, state in (("build", "success"), ("lint", "failure")):
        body = {"context": context, "state": state}
        await stage.did(f"POST {REPO}/statuses/{head}", app, body)
    assert await lacks() == [review, 'Required status check "lint" is failing.']
    report = {"repository": "acme/demo", "app": "lint", "name": "lint", "sha": head}
    await stage.did(f"POST {REPO}/statuses/{head}", app, {"context": "lint", "state": "success"})
    made = await stage.control("POST /checks", **report)
    assert await lacks() == [review, 'Required status check "lint" is expected.']
    await stage.control("POST /checks", **report, id=made["id"], conclusion="neutral")
    body = {"event": "REQUEST_CHANGES", "body": "no"}
    await stage.did(f"POST {at}/reviews", ann, body)
    assert await lacks() == ["Changes were requested by a reviewer with write access."]
    await stage.did(f"POST {at}/reviews", ann, {"event": "APPROVE"})
    assert await lacks() is None


async def test_the_rules_of_a_branch_are_listed(stage):
    path = f"GET {REPO}/rules/branches"
    assert await stage.did(f"{path}/main", stage.tokens["app"]) == []
    await stage.control(RULES, pull_request=True, reviews=2, checks=["build"], deletion=False)
    rules = await stage.did(f"{path}/main", stage.tokens["app"])
    assert [each["type"] for each in rules] == [
        "deletion",
        "pull_request",
        "required_status_checks",
    ]
    assert rules[2]["parameters"]["required_status_checks"] == [{"context": "build"}]
    assert await stage.did(f"{path}/some/topic", stage.tokens["app"]) == []
    unknown = {"colour": "red"}
    assert (
        await stage.ask("PUT /_devhub/repositories/acme/demo/rules", body=unknown)
    ).status == 422
