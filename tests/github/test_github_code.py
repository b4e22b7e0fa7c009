"""Files, commits, refs and pull requests, against GitHub's own example answers."""

from contextlib import nullcontext

import pytest

from bot.github.commits import Commit
from bot.github.pulls import NewPull
from bot.model.errors import Refused
from bot.model.ids import Sha
from bot.model.priorities import Priority
from tests.github.scripted import example

REPO = "/repos/octo/cat"
SHA = Sha("7fd1a60b01f91b314f59955a4e4d4e80d8edf11d")
TREE = Sha("9fb037999f264ba9a7fc6274d15fa3ae2ab98312")
BRANCH = "refs/heads/fix/race"
SOON = Priority.ACKNOWLEDGE


def entry(path: str, mode: str, kind: str, **more: object) -> dict[str, object]:
    return {"path": path, "mode": mode, "type": kind, "sha": SHA, "url": "u", **more}


async def test_a_folder_is_found_in_the_root_of_a_commit(script, octo):
    rows = [entry(".github", "040000", "tree", sha=TREE), entry("a.py", "100644", "blob", size=1)]
    script.on(f"GET {REPO}/git/trees/{SHA}", example("git/get-tree", tree=rows))
    assert await octo.contents.folder(SHA, ".github") == TREE
    assert await octo.contents.folder(SHA, "a.py") is None
    assert await octo.contents.folder(SHA, "docs") is None


async def test_files_are_listed_without_links_and_submodules(script, octo):
    rows = [
        entry("agents", "040000", "tree"),
        entry("agents/fix.md", "100644", "blob", size=7),
        entry("agents/link.md", "120000", "blob", size=9),
        entry("agents/other", "160000", "commit"),
    ]
    script.on(f"GET {REPO}/git/trees/{TREE}", example("git/get-tree", tree=rows))
    (found,) = await octo.contents.files(TREE)
    assert (found.path, found.sha, found.size) == ("agents/fix.md", SHA, 7)
    assert script.seen[-1].query["recursive"] == "1"


async def test_a_blob_is_read_as_bytes(script, octo):
    script.on(f"GET {REPO}/git/blobs/{SHA}", example("git/get-blob"))
    assert await octo.contents.blob(SHA) == b"Content of the blob"


async def test_a_commit_is_made_without_an_author_so_that_github_signs_it(script, octo):
    script.on(f"POST {REPO}/git/commits", example("git/create-commit", 201, sha=SHA), 201)
    commit = Commit(message="Tidy up", tree=TREE, parents=(SHA,))
    assert await octo.commits.create(commit, priority=SOON) == SHA
    assert script.seen[-1].body == {"message": "Tidy up", "tree": TREE, "parents": [SHA]}


async def test_a_commit_is_read(script, octo):
    script.on(f"GET {REPO}/git/commits/{SHA}", example("git/get-commit"))
    commit = await octo.commits.get(SHA)
    assert (commit.message, len(commit.tree), len(commit.parents)) == (
        "added readme, because im a good github citizen",
        40,
        1,
    )


async def test_two_commits_are_compared(script, octo):
    answer = example("repos/compare-commits-with-basehead")
    script.on(f"GET {REPO}/compare/{SHA}...{TREE}", answer)
    assert await octo.commits.compare(SHA, TREE) == "behind"


@pytest.mark.parametrize(
    ("how", "follows"),
    [("ahead", True), ("identical", True), ("behind", False), ("diverged", False)],
)
async def test_a_commit_follows_what_it_has_all_of(script, octo, how, follows):
    answer = example("repos/compare-commits-with-basehead") | {"status": how}
    script.on(f"GET {REPO}/compare/{SHA}...{TREE}", answer)
    assert await octo.commits.follows(TREE, SHA) is follows


@pytest.mark.parametrize(("status", "raises"), [(404, False), (403, True)])
async def test_nothing_follows_what_github_does_not_know_any_more(script, octo, status, raises):
    script.on(f"GET {REPO}/compare/{SHA}...{TREE}", {"message": "No"}, status)
    with pytest.raises(Refused) if raises else nullcontext():
        assert await octo.commits.follows(TREE, SHA) is False


async def test_a_ref_is_made_and_moved_forwards(script, octo):
    script.on(f"POST {REPO}/git/refs", example("git/create-ref", 201), 201)
    script.on(f"PATCH {REPO}/git/refs/heads%2Ffix%2Frace", example("git/update-ref"))
    await octo.commits.point(BRANCH, SHA, priority=SOON)
    assert script.seen[-1].body == {"ref": BRANCH, "sha": SHA}
    await octo.commits.advance(BRANCH, SHA, priority=SOON)
    assert script.seen[-1].body == {"sha": SHA, "force": False}


async def test_where_a_ref_points_is_told_or_that_there_is_none(script, octo):
    script.on(f"GET {REPO}/git/ref/heads%2Ffix%2Frace", example("git/get-ref"))
    script.on(f"GET {REPO}/git/ref/heads%2Fgone", {"message": "Not Found"}, 404)
    script.on(f"GET {REPO}/git/ref/heads%2Fempty", {"message": "Git Repository is empty."}, 409)
    assert len(await octo.commits.tip(BRANCH) or "") == 40
    assert await octo.commits.tip("refs/heads/gone") is None
    with pytest.raises(Refused, match="empty"):
        await octo.commits.tip("refs/heads/empty")


async def test_a_pull_request_tells_its_head_and_whether_it_is_a_forks(script, octo):
    row = example("pulls/get")
    script.on(f"GET {REPO}/pulls/1", row)
    pull = await octo.pulls.get(1)
    assert (pull.head.ref, len(pull.head.sha), pull.base) == ("new-topic", 40, "master")
    assert (pull.fork, pull.draft, pull.state) == (False, False, "open")
    assert pull.author is not None
    assert (pull.author.login, pull.title) == ("octocat", "Amazing new feature")


async def test_a_pull_request_of_a_fork_that_was_deleted_is_still_a_forks(script, octo):
    row = example("pulls/get")
    script.on(f"GET {REPO}/pulls/1", {**row, "head": {**row["head"], "repo": None}, "user": None})
    pull = await octo.pulls.get(1)
    assert (pull.fork, pull.head.repo, pull.author) == (True, None, None)


async def test_a_draft_is_opened_as_usual_where_there_are_no_drafts(script, octo):
    words = "Draft pull requests are not supported in this repository."
    script.on(f"POST {REPO}/pulls", {"message": words}, 422)
    script.on(f"POST {REPO}/pulls", example("pulls/create", 201), 201)
    new = NewPull(title="Tidy", body="", head="a", base="main", draft=True)
    await octo.pulls.create(new, priority=SOON)
    assert [seen.body["draft"] for seen in script.asked(f"POST {REPO}/pulls")] == [True, False]


async def test_another_refusal_of_a_draft_stays_one(script, octo):
    script.on(f"POST {REPO}/pulls", {"message": "No commits between main and a"}, 422)
    new = NewPull(title="Tidy", body="", head="a", base="main", draft=True)
    with pytest.raises(Refused, match="No commits"):
        await octo.pulls.create(new, priority=SOON)
