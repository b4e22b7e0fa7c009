"""Git over smart HTTP, with the permissions of the API."""

import pytest

from bot.devhub.git import resolve
from tests.devhub.checkout import Checkout, GitRefused, run_git
from tests.devhub.stage import REPO

NOTHING = "0" * 40


@pytest.fixture
async def checkout(stage, tmp_path):
    return await Checkout.clone(stage, tmp_path / "work", stage.tokens["app"])


async def test_a_push_moves_the_branch_and_is_told(stage, checkout):
    before = await checkout.head()
    await checkout.commit({"b": "1\n"}, "One")
    after = await checkout.commit({"b": "2\n"}, "Two")
    await checkout.push("main")
    shown = await stage.did(f"GET {REPO}/branches/main", stage.tokens["app"])
    assert shown["commit"]["sha"] == after
    await stage.drained()
    said = stage.ear.last("push")
    assert (said["before"], said["after"], said["ref"]) == (before, after, "refs/heads/main")
    assert [each["message"] for each in said["commits"]] == ["One", "Two"]
    assert said["pusher"]["name"] == "greenroom[bot]"


async def test_each_pushed_head_gets_a_suite_of_the_app(stage, checkout):
    head = await checkout.commit({"b": "1\n"}, "One", branch="topic")
    await checkout.push("topic")
    await stage.drained()
    said = stage.ear.last("check_suite")
    assert (said["action"], said["check_suite"]["head_sha"]) == ("requested", head)
    suites = await stage.did(f"GET {REPO}/commits/topic/check-suites", stage.tokens["app"])
    assert [each["head_branch"] for each in suites["check_suites"]] == ["topic"]


async def test_branches_that_come_and_go_are_told(stage, checkout):
    await checkout.push("main:refs/heads/new", "main:refs/tags/v1")
    await checkout.push(":refs/heads/new")
    await stage.drained()
    told = [
        (name, said["ref_type"]) for name, said in stage.ear.heard if name in {"create", "delete"}
    ]
    assert told == [("create", "branch"), ("create", "tag"), ("delete", "branch")]
    assert stage.ear.names.count("push") == 3
    assert stage.ear.last("push")["after"] == NOTHING


async def test_a_rewritten_branch_is_told_as_forced(stage, checkout):
    await checkout.commit({"b": "1\n"}, "One")
    await checkout.push("main")
    await checkout.git("commit", "-q", "--amend", "-m", "Other")
    with pytest.raises(GitRefused, match="non-fast-forward"):
        await checkout.push("main")
    await checkout.push("-f", "main")
    await stage.drained()
    assert stage.ear.last("push")["forced"] is True


async def test_reading_takes_contents_read_and_pushing_write(stage, tmp_path):
    reads = await stage.token(permissions={"contents": "read"})
    checkout = await Checkout.clone(stage, tmp_path / "work", reads)
    with pytest.raises(GitRefused, match="403"):
        await checkout.push("main:other")
    nothing = await stage.token(permissions={"issues": "write"})
    with pytest.raises(GitRefused, match="403"):
        await Checkout.clone(stage, tmp_path / "none", nothing)


async def test_a_private_repository_is_closed_to_strangers(stage, tmp_path):
    with pytest.raises(GitRefused, match="terminal prompts disabled"):
        await Checkout.clone(stage, tmp_path / "work")
    with pytest.raises(GitRefused, match="not found"):
        await Checkout.clone(stage, tmp_path / "work", await stage.person("sid"))
    stage.hub.repository("acme", "demo").private = False
    await Checkout.clone(stage, tmp_path / "work")


async def test_a_token_narrowed_elsewhere_opens_nothing_here(stage, tmp_path):
    await stage.control("POST /repositories", owner="acme", name="other")
    elsewhere = await stage.token(repositories=["other"])
    with pytest.raises(GitRefused, match="not found"):
        await Checkout.clone(stage, tmp_path / "work", elsewhere)


async def test_people_push_with_their_own_token(stage, tmp_path):
    checkout = await Checkout.clone(stage, tmp_path / "work", stage.tokens["ann"])
    await checkout.commit({"b": "1\n"}, "One")
    await checkout.push("main")
    await stage.drained()
    assert stage.ear.last("push")["sender"]["login"] == "ann"


async def test_heads_of_pull_requests_cannot_be_pushed(checkout):
    with pytest.raises(GitRefused, match="hidden ref"):
        await checkout.push("main:refs/pull/1/head")


async def test_a_folder_becomes_a_repository(stage, tmp_path):
    folder = tmp_path / "project"
    await run_git("init", "-q", "-b", "trunk", str(folder), cwd=tmp_path)
    (folder / "a").write_text("a\n")
    source = Checkout(folder, "")
    head = await source.commit({}, "First")
    made = await stage.control(
        "POST /repositories", owner="acme", name="real", **{"from": str(folder)}
    )
    assert (made["default_branch"], made["heads"]) == ("trunk", {"refs/heads/trunk": head})
    assert await source.git("ls-remote", made["clone_url"], "HEAD") == f"{head}\tHEAD"


async def test_refs_move_through_the_api_as_by_a_push(stage, checkout):
    base = await checkout.head()
    head = await checkout.commit({"b": "1\n"}, "One", branch="topic")
    await checkout.push("topic")
    body = {"ref": "refs/heads/api", "sha": head}
    app = stage.tokens["app"]
    assert (await stage.ask(f"POST {REPO}/git/refs", app, body)).status == 201
    assert (await stage.ask(f"POST {REPO}/git/refs", app, body)).status == 422
    path = f"PATCH {REPO}/git/refs/heads/api"
    back = await stage.ask(path, app, {"sha": base})
    assert (back.status, back.body["message"]) == (422, "Update is not a fast forward")
    await stage.did(path, app, {"sha": base, "force": True})
    await stage.drained()
    assert stage.ear.last("push")["forced"] is True
    assert (await stage.ask(f"GET {REPO}/git/ref/heads/none", app)).status == 404


@pytest.mark.parametrize(
    ("ref", "sha"),
    [("refs/heads/a..b", ""), ("refs/heads/a b", ""), ("refs/heads/a//b", ""), ("heads/x", "")]
    + [("refs/heads/x", sha) for sha in ("-x", "main", "0" * 40)],
)
async def test_a_ref_that_cannot_be_is_refused(stage, checkout, ref, sha):
    body = {"ref": ref, "sha": sha or await checkout.head()}
    assert (await stage.ask(f"POST {REPO}/git/refs", stage.tokens["app"], body)).status == 422
    moved = await stage.ask(f"PATCH {REPO}/git/refs/heads/none", stage.tokens["app"], body)
    assert moved.status == 422


async def test_a_name_stands_for_one_commit_or_none(stage, checkout):
    repository = stage.hub.repository("acme", "demo").path
    await checkout.commit({"b": "1\n"}, "One", branch="tidy")
    await checkout.push("tidy")
    assert await resolve(repository, "tidy") == await checkout.head()
    for name in ("main..tidy", "main...tidy", "^tidy", "none", "--all"):
        assert await resolve(repository, name) is None


async def test_addresses_of_files_are_quoted(stage, checkout):
    await checkout.commit({"a #1?.txt": "1\n"}, "Odd", branch="odd#2")
    await checkout.push("odd#2")
    path = f"GET {REPO}/contents/a%20%231%3F.txt?ref=odd%232"
    shown = await stage.did(path, stage.tokens["app"])
    assert shown["html_url"].endswith("/acme/demo/blob/odd%232/a%20%231%3F.txt")
    assert shown["url"].endswith("/contents/a%20%231%3F.txt?ref=odd%232")


async def test_contents_come_as_json_raw_and_listings(stage):
    path, app = f"GET {REPO}/contents", stage.tokens["app"]
    shown = await stage.did(f"{path}/src/a.py", app)
    assert (shown["content"], shown["encoding"]) == ("eD0xCg==\n", "base64")
    raw = await stage.did(f"{path}/src/a.py", app, Accept="application/vnd.github.raw+json")
    assert raw == "x=1\n"
    assert [each["name"] for each in await stage.did(f"{path}/src", app)] == ["a.py"]
    assert (await stage.ask(f"{path}/none", app)).status == 404


async def test_objects_are_found_by_name(stage, checkout):
    head, app = await checkout.head(), stage.tokens["app"]
    commit = await stage.did(f"GET {REPO}/git/commits/{head}", app)
    tree = await stage.did(f"GET {REPO}/git/trees/{commit['tree']['sha']}?recursive=1", app)
    assert [each["path"] for each in tree["tree"]] == ["README.md", "src", "src/a.py"]
    blob = await stage.did(f"GET {REPO}/git/blobs/{tree['tree'][2]['sha']}", app)
    assert blob["size"] == 4
    assert (await stage.ask(f"GET {REPO}/git/blobs/{head}", app)).status == 404


async def test_two_branches_are_compared(stage, checkout):
    await checkout.commit({"b": "1\n"}, "One", branch="topic")
    await checkout.push("topic")
    shown = await stage.did(f"GET {REPO}/compare/main...topic", stage.tokens["app"])
    assert (shown["status"], shown["ahead_by"]) == ("ahead", 1)
    assert [each["filename"] for each in shown["files"]] == ["b"]


async def test_an_app_pushes_no_workflow_without_the_permission(stage, tmp_path):
    owner = await Checkout.clone(stage, tmp_path / "owner", stage.tokens["ann"])
    (owner.folder / ".github/workflows").mkdir(parents=True)
    await owner.commit({".github/workflows/ci.yml": "on: push\n"}, "Add CI")
    await owner.push("main")
    app = await Checkout.clone(stage, tmp_path / "app", stage.tokens["app"])
    await app.commit({"new.txt": "n\n"}, "Tidy", branch="tidy")
    await app.push("tidy")
    await app.commit({".github/workflows/ci.yml": "on: pull_request\n"}, "Worse")
    with pytest.raises(GitRefused, match="without `workflows` permission"):
        await app.push("tidy")
    await app.git("reset", "-q", "--hard", "HEAD~1")
    await app.push("HEAD:other", ":tidy")
