"""Pull requests over real branches: heads that follow, real diffs, real merges."""

import pytest

from tests.devhub.checkout import Checkout
from tests.devhub.stage import REPO


@pytest.fixture
async def checkout(stage, tmp_path):
    return await Checkout.clone(stage, tmp_path / "work", stage.tokens["app"])


@pytest.fixture
async def pull(stage, checkout):
    await checkout.commit({"src/a.py": "x = 1\n", "new.txt": "n\n"}, "Tidy", branch="tidy")
    await checkout.push("tidy")
    body = {"title": "Tidy", "head": "tidy", "base": "main", "body": "Closes #2"}
    return await stage.did(f"POST {REPO}/pulls", stage.tokens["app"], body)


async def test_a_pull_request_counts_what_it_changes(stage, pull, checkout):
    assert (pull["changed_files"], pull["additions"], pull["deletions"]) == (2, 2, 1)
    assert (pull["mergeable"], pull["mergeable_state"]) == (True, "clean")
    assert pull["head"]["sha"] == await checkout.head()
    await stage.drained()
    assert stage.ear.names[-1] == "pull_request.opened"


@pytest.mark.usefixtures("pull")
async def test_its_files_and_diff_are_git_s_own(stage):
    files = await stage.did(f"GET {REPO}/pulls/1/files", stage.tokens["app"])
    assert [(each["filename"], each["status"]) for each in files] == [
        ("new.txt", "added"),
        ("src/a.py", "modified"),
    ]
    assert files[1]["patch"] == "@@ -1 +1 @@\n-x=1\n+x = 1"
    diff = await stage.did(
        f"GET {REPO}/pulls/1", stage.tokens["app"], Accept="application/vnd.github.diff"
    )
    assert diff.startswith("diff --git a/new.txt b/new.txt\n")
    (commit,) = await stage.did(f"GET {REPO}/pulls/1/commits", stage.tokens["app"])
    assert commit["commit"]["message"] == "Tidy"


async def test_its_head_follows_the_branch(stage, pull, checkout):
    await checkout.commit({"new.txt": "more\n"}, "More")
    await checkout.push("tidy")
    shown = await stage.did(f"GET {REPO}/pulls/1", stage.tokens["app"])
    assert (shown["head"]["sha"], shown["commits"]) == (await checkout.head(), 2)
    await stage.drained()
    said = stage.ear.last("pull_request")
    assert (said["action"], said["before"]) == ("synchronize", pull["head"]["sha"])
    assert await checkout.fetched("refs/pull/1/head") == await checkout.head()


@pytest.mark.usefixtures("pull")
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "A pull request already exists for acme:tidy."),
        ({"head": "main", "base": "tidy"}, "No commits between tidy and main"),
        ({"head": "nowhere"}, None),
        ({"head": "somebody:tidy"}, None),
    ],
)
async def test_what_cannot_be_opened_is_refused(stage, changed, words):
    body = {"title": "Again", "head": "tidy", "base": "main", **changed}
    answer = await stage.ask(f"POST {REPO}/pulls", stage.tokens["app"], body)
    assert (answer.status, answer.body["message"]) == (422, "Validation Failed")
    assert answer.body["errors"][0].get("message") == words


@pytest.mark.usefixtures("pull")
async def test_a_list_finds_it_by_its_head(stage):
    path = f"GET {REPO}/pulls?head="
    (found,) = await stage.did(f"{path}acme:tidy", stage.tokens["app"])
    assert found["number"] == 1
    assert await stage.did(f"{path}acme:other", stage.tokens["app"]) == []
    assert await stage.did(f"{path}somebody:tidy", stage.tokens["app"]) == []


@pytest.mark.usefixtures("pull")
async def test_a_merge_is_a_real_commit_and_closes_what_it_says(stage, checkout):
    await stage.opens_issue()
    done = await stage.did(f"PUT {REPO}/pulls/1/merge", stage.tokens["ann"], {})
    assert await checkout.fetched("main") == done["sha"]
    shown = await stage.did(f"GET {REPO}/pulls/1", stage.tokens["app"])
    assert (shown["merged"], shown["merged_by"]["login"]) == (True, "ann")
    assert shown["changed_files"] == 2
    assert (await stage.did(f"GET {REPO}/issues/2", stage.tokens["app"]))["state"] == "closed"
    await stage.drained()
    assert stage.ear.last("pull_request")["pull_request"]["merged"] is True
    assert stage.ear.last("push")["after"] == done["sha"]


@pytest.mark.usefixtures("pull")
async def test_a_squash_has_one_parent(stage):
    body = {"merge_method": "squash"}
    done = await stage.did(f"PUT {REPO}/pulls/1/merge", stage.tokens["ann"], body)
    commit = await stage.did(f"GET {REPO}/git/commits/{done['sha']}", stage.tokens["app"])
    assert (commit["message"], len(commit["parents"])) == ("Tidy (#1)", 1)


@pytest.mark.usefixtures("pull")
async def test_a_conflict_is_seen_and_not_merged(stage, checkout):
    await checkout.commit({"src/a.py": "x = 2\n"}, "Other", branch="main")
    await checkout.push("main")
    shown = await stage.did(f"GET {REPO}/pulls/1", stage.tokens["app"])
    assert (shown["mergeable"], shown["mergeable_state"]) == (False, "dirty")
    assert (await stage.ask(f"PUT {REPO}/pulls/1/merge", stage.tokens["ann"], {})).status == 405


@pytest.mark.usefixtures("pull")
async def test_a_merge_of_another_head_is_refused(stage):
    body = {"sha": "0" * 40}
    assert (await stage.ask(f"PUT {REPO}/pulls/1/merge", stage.tokens["ann"], body)).status == 409


@pytest.mark.usefixtures("pull")
async def test_it_closes_when_its_branch_goes(stage):
    await stage.did(f"DELETE {REPO}/git/refs/heads/tidy", stage.tokens["app"])
    shown = await stage.did(f"GET {REPO}/pulls/1", stage.tokens["app"])
    assert (shown["state"], shown["merged"]) == ("closed", False)


@pytest.mark.usefixtures("pull")
async def test_its_words_and_state_can_be_changed(stage):
    body = {"title": "Tidier", "body": "why", "state": "closed"}
    edited = await stage.did(f"PATCH {REPO}/pulls/1", stage.tokens["app"], body)
    assert (edited["title"], edited["state"]) == ("Tidier", "closed")
    await stage.drained()
    assert stage.ear.names[-2:] == ["pull_request.edited", "pull_request.closed"]


async def test_it_takes_in_what_was_pushed_while_it_was_closed(stage, pull, checkout):
    path = f"PATCH {REPO}/pulls/1"
    await stage.did(path, stage.tokens["ann"], {"state": "closed"})
    sha = await checkout.commit({"new.txt": "more\n"}, "More")
    await checkout.push("tidy")
    shown = await stage.did(f"GET {REPO}/pulls/1", stage.tokens["ann"])
    assert shown["head"]["sha"] == pull["head"]["sha"]
    opened = await stage.did(path, stage.tokens["ann"], {"state": "open"})
    assert (opened["head"]["sha"], opened["commits"]) == (sha, 2)
    assert await checkout.fetched("refs/pull/1/head") == sha


@pytest.mark.usefixtures("pull")
async def test_it_is_not_opened_again_without_its_branch(stage, checkout):
    path = f"PATCH {REPO}/pulls/1"
    await stage.did(path, stage.tokens["ann"], {"state": "closed"})
    await checkout.git("commit", "-q", "--amend", "-m", "Otherwise")
    await checkout.push("-f", "tidy")
    forced = await stage.ask(path, stage.tokens["ann"], {"state": "open"})
    assert (forced.status, "force-pushed" in str(forced.body["errors"])) == (422, True)
    await checkout.push(":tidy")
    gone = await stage.ask(path, stage.tokens["ann"], {"state": "open"})
    assert (gone.status, "deleted" in str(gone.body["errors"])) == (422, True)


@pytest.mark.usefixtures("pull")
async def test_its_base_can_be_another_branch(stage, checkout):
    await checkout.push("main:release")
    path = f"PATCH {REPO}/pulls/1"
    edited = await stage.did(path, stage.tokens["ann"], {"base": "release"})
    assert edited["base"]["ref"] == "release"
    assert (await stage.ask(path, stage.tokens["ann"], {"base": "no"})).status == 422
    await stage.drained()
    assert stage.ear.last("pull_request")["changes"]["base"]["ref"] == {"from": "main"}


@pytest.mark.usefixtures("pull")
async def test_it_is_an_issue_too(stage):
    await stage.did(f"POST {REPO}/issues/1/labels", stage.tokens["ann"], {"labels": ["bug"]})
    await stage.did(f"POST {REPO}/issues/1/comments", stage.tokens["ann"], {"body": "/fix"})
    await stage.drained()
    assert stage.ear.names[-2:] == ["pull_request.labeled", "issue_comment.created"]
    assert stage.ear.last("issue_comment")["issue"]["pull_request"]["url"].endswith("/pulls/1")
