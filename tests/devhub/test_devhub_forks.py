"""Forks, and pull requests that come from them."""

import pytest

from tests.devhub.checkout import Checkout, GitRefused, run_git
from tests.devhub.stage import REPO

PULL = {"title": "Mine", "head": "bob:mine", "base": "main"}


@pytest.fixture
async def fork(stage, tmp_path):
    """bob's clone of his fork, with a commit on a branch."""
    await stage.control("PUT /repositories/acme/demo/private", private=False)
    await stage.person("bob")
    made = await stage.did(f"POST {REPO}/forks", stage.tokens["bob"])
    assert (made["full_name"], made["parent"]["full_name"]) == ("bob/demo", "acme/demo")
    await run_git("clone", "-q", made["clone_url"], str(tmp_path / "fork"), cwd=tmp_path)
    checkout = Checkout(tmp_path / "fork", stage.tokens["bob"])
    await checkout.commit({"new.txt": "n\n"}, "Mine", branch="mine")
    await checkout.push("mine")
    return checkout


async def test_a_fork_is_made_once_and_told(stage, fork):
    await stage.control("PATCH /apps/greenroom", events=["fork"])
    again = await stage.ask(f"POST {REPO}/forks", stage.tokens["bob"])
    assert (again.status, again.body["full_name"]) == (202, "bob/demo")
    assert (await stage.ask(f"POST {REPO}/forks", stage.tokens["app"])).status == 403
    assert (await stage.did(f"GET {REPO}", stage.tokens["ann"]))["forks_count"] == 1
    assert fork.folder.exists()


async def test_a_pull_request_from_a_fork_names_both_sides(stage, fork):
    made = await stage.did(f"POST {REPO}/pulls", stage.tokens["bob"], PULL)
    assert made["head"]["label"] == "bob:mine"
    assert made["head"]["repo"]["fork"]
    assert made["base"]["repo"]["full_name"] == "acme/demo"
    assert not made["maintainer_can_modify"]
    base = await Checkout.clone(stage, fork.folder.parent / "base", stage.tokens["app"])
    assert await base.fetched("refs/pull/1/head") == await fork.head()
    (listed,) = await stage.did(f"GET {REPO}/pulls?head=bob:mine", stage.tokens["app"])
    assert listed["number"] == 1


@pytest.mark.usefixtures("fork")
async def test_who_writes_to_neither_side_opens_nothing(stage):
    await stage.person("eve")
    assert (await stage.ask(f"POST {REPO}/pulls", stage.tokens["eve"], PULL)).status == 403
    nobody = PULL | {"head": "eve:mine"}
    assert (await stage.ask(f"POST {REPO}/pulls", stage.tokens["eve"], nobody)).status == 422
    twice = [await stage.ask(f"POST {REPO}/pulls", stage.tokens["bob"], PULL) for _ in "12"]
    assert [each.status for each in twice] == [201, 422]


async def test_a_push_to_the_fork_moves_the_head_and_asks_for_no_checks(stage, fork):
    await stage.did(f"POST {REPO}/pulls", stage.tokens["bob"], PULL)
    sha = await fork.commit({"new.txt": "more\n"}, "More")
    await fork.push("mine")
    await stage.drained()
    assert stage.ear.names[-1] == "pull_request.synchronize"
    assert stage.ear.last("pull_request")["after"] == sha
    body = {"name": "x", "head_sha": sha}
    run = await stage.did(f"POST {REPO}/check-runs", stage.tokens["app"], body)
    assert run["pull_requests"] == []
    await stage.drained()
    assert stage.ear.last("check_run")["check_run"]["check_suite"]["head_branch"] is None
    assert "check_suite.requested" not in stage.ear.names


async def test_the_app_cannot_push_to_the_fork(stage, fork):
    with pytest.raises(GitRefused):
        await Checkout(fork.folder, stage.tokens["app"]).push("mine:other")
    assert (await stage.ask("GET /repos/bob/demo/pulls", stage.tokens["app"])).status == 404


async def test_it_merges_and_closes_with_its_branch(stage, fork):
    for number in (1, 2):
        await fork.commit({"new.txt": f"{number}\n"}, "Next")
        await fork.push("mine")
        await stage.did(f"POST {REPO}/pulls", stage.tokens["bob"], PULL)
        if number == 1:
            await stage.did(f"PUT {REPO}/pulls/1/merge", stage.tokens["ann"], {})
    await fork.push(":mine")
    closed = await stage.did(f"GET {REPO}/pulls/2", stage.tokens["ann"])
    assert (closed["state"], closed["merged"]) == ("closed", False)
    (merge, *_) = await stage.did(f"GET {REPO}/commits", stage.tokens["ann"])
    assert merge["commit"]["message"].startswith("Merge pull request #1 from bob/mine")


@pytest.mark.usefixtures("fork")
async def test_a_fork_goes_to_oneself_or_to_an_organization_of_ones_own(stage):
    await stage.control("POST /organizations", login="guild")
    path, guild = f"POST {REPO}/forks", {"organization": "guild", "name": "copy"}
    assert (await stage.ask(path, stage.tokens["bob"], guild)).status == 422
    await stage.control("PUT /organizations/guild/members/bob", role="member")
    made = await stage.did(path, stage.tokens["bob"], guild)
    assert (made["full_name"], made["permissions"]["push"]) == ("guild/copy", False)
    await stage.control("PUT /organizations/acme/members/bob", role="member")
    home = {"organization": "acme"}
    assert (await stage.ask(path, stage.tokens["bob"], home)).status == 422
    await stage.person("cat")
    await stage.control("POST /repositories", owner="cat", name="demo")
    assert (await stage.ask(path, stage.tokens["cat"])).status == 422
    seen = await stage.did(f"GET {REPO}/forks", stage.tokens["cat"])
    assert [each["full_name"] for each in seen] == ["guild/copy", "bob/demo"]


async def test_what_a_maintainer_may_change_is_offered_by_people_only(stage, fork):
    offer = {**PULL, "maintainer_can_modify": True}
    made = await stage.did(f"POST {REPO}/pulls", stage.tokens["bob"], offer)
    assert made["maintainer_can_modify"]
    await fork.push("mine:other")
    through_app = {**offer, "head": "bob:other"}
    made = await stage.did(f"POST {REPO}/pulls", stage.tokens["app"], through_app)
    assert not made["maintainer_can_modify"]
