"""Files, trees and commits made through the API, and what a push tells of paths."""

import base64

import pytest

from tests.devhub.checkout import Checkout
from tests.devhub.stage import EVENTS, REPO

CONFIG = f"{REPO}/contents/.github/greenroom.yml"


def encoded(text):
    return base64.encodebytes(text.encode()).decode()


async def puts(stage, who, text, path=CONFIG, **more):
    body = {"message": "Configure", "content": encoded(text), **more}
    return await stage.ask(f"PUT {path}", stage.tokens[who], body)


async def tip(stage, branch="main"):
    ref = await stage.did(f"GET {REPO}/git/ref/heads/{branch}", stage.tokens["app"])
    return ref["object"]["sha"]


async def test_a_file_is_made_and_then_changed_by_its_blob(stage):
    made = await puts(stage, "ann", "version: 1\n")
    assert (made.status, made.body["content"]["path"]) == (201, ".github/greenroom.yml")
    assert not made.body["commit"]["verification"]["verified"]
    assert (await puts(stage, "ann", "version: 2\n")).status == 422
    assert (await puts(stage, "ann", "version: 2\n", sha="0" * 40)).status == 409
    sha = made.body["content"]["sha"]
    assert (await puts(stage, "ann", "version: 2\n", sha=sha)).status == 200
    raw = await stage.did(
        f"GET {CONFIG}", stage.tokens["app"], Accept="application/vnd.github.raw"
    )
    assert raw == "version: 2\n"
    (entry,) = await stage.did(f"GET {REPO}/contents/.github", stage.tokens["app"])
    assert (entry["type"], entry["name"]) == ("file", "greenroom.yml")
    await stage.drained()
    head = stage.ear.last("push")["head_commit"]
    assert (head["added"], head["modified"]) == ([], [".github/greenroom.yml"])


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"branch": "none"}, 404),
        ({"content": "%"}, 422),
        ({"author": {"name": "x"}}, 422),
        ({"author": {"name": "x", "email": "a<b"}}, 422),
        ({"author": {"name": "x", "email": "y", "date": "soon"}}, 422),
    ],
)
async def test_a_file_that_cannot_be_written_is_refused(stage, more, status):
    assert (await puts(stage, "ann", "x", **more)).status == status


async def test_paths_that_git_would_not_take_are_refused(stage):
    for path in (f"{REPO}/contents/src", f"{REPO}/contents/a/.git/config"):
        assert (await puts(stage, "ann", "x", path=path)).status == 422


async def test_workflows_need_their_own_permission(stage):
    path = f"{REPO}/contents/.github/workflows/ci.yml"
    assert (await puts(stage, "app", "on: push\n", path=path)).status == 403
    assert (await puts(stage, "ann", "on: push\n", path=path)).status == 201


async def test_github_signs_what_an_app_commits_in_nobodys_name(stage):
    main = await tip(stage)
    blob = await stage.did(
        f"POST {REPO}/git/blobs",
        stage.tokens["app"],
        {"content": encoded("x = 1\n"), "encoding": "base64"},
    )
    entries = [
        {"path": "src/a.py", "mode": "100644", "type": "blob", "sha": blob["sha"]},
        {"path": "src/b.py", "mode": "100644", "type": "blob", "content": "y = 2\n"},
        {"path": "README.md", "mode": "100644", "type": "blob", "sha": None},
    ]
    tree = await stage.did(
        f"POST {REPO}/git/trees", stage.tokens["app"], {"base_tree": main, "tree": entries}
    )
    assert [each["path"] for each in tree["tree"]] == ["src"]
    body = {"message": "Tidy\n\nAll of it", "tree": tree["sha"], "parents": [main]}
    commit = await stage.did(f"POST {REPO}/git/commits", stage.tokens["app"], body)
    assert commit["verification"]["verified"]
    assert commit["committer"]["name"] == "GitHub"
    assert commit["author"]["email"].endswith("+greenroom[bot]@users.noreply.localhost")
    named = {**body, "author": {"name": "Ann", "email": "ann@example.com"}}
    other = await stage.did(f"POST {REPO}/git/commits", stage.tokens["app"], named)
    assert (other["verification"]["verified"], other["committer"]["name"]) == (False, "Ann")
    ref = {"ref": "refs/heads/tidy", "sha": commit["sha"]}
    await stage.did(f"POST {REPO}/git/refs", stage.tokens["app"], ref)
    shown = await stage.did(f"GET {REPO}/commits/tidy", stage.tokens["app"])
    assert shown["commit"]["verification"]["reason"] == "valid"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("blobs", {"content": "x", "encoding": "rot13"}),
        ("trees", {}),
        ("trees", {"tree": [{"path": "", "sha": None}]}),
        ("trees", {"tree": [{"path": "a", "mode": "100000", "content": "x"}]}),
        ("trees", {"tree": [{"path": "a", "mode": "100644"}]}),
        ("trees", {"tree": [{"path": "a", "mode": "100644", "sha": "0" * 40}]}),
        ("trees", {"tree": [{"path": ".git/config", "mode": "100644", "content": "x"}]}),
        ("commits", {"message": "x", "tree": "0" * 40}),
    ],
)
async def test_objects_that_do_not_hold_together_are_refused(stage, path, body):
    answer = await stage.ask(f"POST {REPO}/git/{path}", stage.tokens["app"], body)
    assert answer.status == 422


async def test_a_push_tells_what_each_commit_touched(stage, tmp_path):
    work = await Checkout.clone(stage, tmp_path / "work", stage.tokens["ann"])
    before = await work.head()
    await work.commit({"new file.txt": "n\n", "src/a.py": "x = 1\n"}, "One")
    (work.folder / "README.md").unlink()
    await work.commit({}, "Two")
    await work.push("main")
    await stage.drained()
    said = stage.ear.last("push")
    assert (said["before"], said["created"], said["forced"]) == (before, False, False)
    one, two = said["commits"]
    assert (one["added"], one["modified"], one["removed"]) == (["new file.txt"], ["src/a.py"], [])
    assert (two["removed"], said["head_commit"]["id"]) == (["README.md"], two["id"])


async def test_refs_outside_branches_and_tags_are_taken_and_told_to_nobody(stage, tmp_path):
    await stage.control("PATCH /apps/greenroom", events=EVENTS)
    work = await Checkout.clone(stage, tmp_path / "work", stage.tokens["app"])
    sha = await work.commit({"kept.txt": "k\n"}, "Checkpoint")
    await work.push("HEAD:refs/greenroom/runs/1")
    assert await work.fetched("refs/greenroom/runs/1") == sha
    await stage.drained()
    assert stage.ear.names == ["installation.created"]
    suites = await stage.did(f"GET {REPO}/commits/{sha}/check-suites", stage.tokens["app"])
    assert suites["total_count"] == 0
