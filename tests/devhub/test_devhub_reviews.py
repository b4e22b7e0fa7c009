"""Reviews and comments on a diff: who may write them, where, and what the app hears."""

import pytest

from bot.devhub.diff_lines import Spot, spot
from tests.devhub.checkout import Checkout
from tests.devhub.stage import REPO

PULL = f"{REPO}/pulls/1"
PATCH = "@@ -1,3 +1,3 @@ def f():\n one\n-two\n+2\n three"


@pytest.fixture
async def head(stage, tmp_path):
    checkout = await Checkout.clone(stage, tmp_path / "work", stage.tokens["app"])
    await checkout.commit({"src/a.py": "x = 1\ny = 2\n"}, "Tidy", branch="tidy")
    await checkout.push("tidy")
    body = {"title": "Tidy", "head": "tidy", "base": "main"}
    await stage.did(f"POST {REPO}/pulls", stage.tokens["app"], body)
    await stage.person("rae", "read")
    return checkout


async def comments(stage, head, **more):
    place = {"commit_id": await head.head(), "path": "src/a.py", "line": 2}
    body = {"body": "why?", **place, **more}
    return await stage.ask(f"POST {PULL}/comments", stage.tokens["rae"], body)


@pytest.mark.parametrize(
    ("line", "side", "found"),
    [
        (2, "RIGHT", Spot(hunk="\n".join(PATCH.splitlines()[:4]), position=3)),
        (2, "LEFT", Spot(hunk="\n".join(PATCH.splitlines()[:3]), position=2)),
        (3, "LEFT", Spot(hunk=PATCH, position=4)),
        (4, "RIGHT", None),
    ],
)
def test_a_line_is_found_in_the_patch_on_its_side(line, side, found):
    assert spot(PATCH, line, side) == found


async def test_a_comment_on_a_line_comes_with_a_review_of_its_own(stage, head):
    made = await comments(stage, head)
    assert (made.status, made.body["line"], made.body["subject_type"]) == (201, 2, "line")
    assert made.body["diff_hunk"].endswith("+y = 2")
    (review,) = await stage.did(f"GET {PULL}/reviews", stage.tokens["app"])
    assert (review["id"], review["state"]) == (made.body["pull_request_review_id"], "COMMENTED")
    await stage.drained()
    assert stage.ear.names[-2:] == [
        "pull_request_review.submitted",
        "pull_request_review_comment.created",
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"line": 9},
        {"line": None},
        {"start_line": 7},
        {"path": "README.md"},
        {"side": "TOP"},
        {"body": " "},
        {"commit_id": "0" * 40},
    ],
)
async def test_a_comment_needs_words_and_a_place_that_the_diff_shows(stage, head, broken):
    assert (await comments(stage, head, **broken)).status == 422


async def test_a_file_can_be_commented_on_as_a_whole(stage, head):
    made = await comments(stage, head, subject_type="file")
    assert (made.body["line"], made.body["subject_type"]) == (None, "file")


async def test_an_answer_stays_in_the_thread_that_another_began(stage, head):
    first = (await comments(stage, head)).body["id"]
    path = f"POST {PULL}/comments/{first}/replies"
    answer = await stage.did(path, stage.tokens["ann"], {"body": "so"})
    body = {"body": "and so", "in_reply_to": answer["id"]}
    again = await stage.did(f"POST {PULL}/comments", stage.tokens["app"], body)
    assert (answer["in_reply_to_id"], again["in_reply_to_id"]) == (first, first)
    assert (await stage.ask(path, stage.tokens["app"], {"body": "so"})).status == 403
    lost = {"body": "where", "in_reply_to": 1}
    assert (await stage.ask(f"POST {PULL}/comments", stage.tokens["app"], lost)).status == 404


async def test_an_edit_tells_what_was_there_before(stage, head):
    made = (await comments(stage, head)).body
    path = f"{REPO}/pulls/comments/{made['id']}"
    await stage.person("bob", "read")
    refused = await stage.ask(f"PATCH {path}", stage.tokens["bob"], {"body": "mine"})
    assert refused.status == 403
    await stage.did(f"PATCH {path}", stage.tokens["ann"], {"body": "better"})
    await stage.drained()
    said = stage.ear.last("pull_request_review_comment")
    assert (said["changes"], said["sender"]["login"]) == ({"body": {"from": "why?"}}, "ann")
    await stage.did(f"DELETE {path}", stage.tokens["rae"])
    assert await stage.did(f"GET {PULL}/comments", stage.tokens["app"]) == []
    await stage.drained()
    assert stage.ear.last("pull_request_review_comment")["action"] == "deleted"


async def test_a_comment_is_outdated_once_its_file_changes(stage, head):
    made = (await comments(stage, head)).body
    await head.commit({"src/a.py": "x = 1\ny = 3\n"}, "More")
    await head.push("tidy")
    shown = await stage.did(f"GET {REPO}/pulls/comments/{made['id']}", stage.tokens["app"])
    assert (shown["line"], shown["original_line"]) == (None, 2)


async def test_a_review_is_a_verdict_with_comments(stage, head):
    note = {"path": "src/a.py", "line": 1, "body": "fine"}
    body = {"event": "REQUEST_CHANGES", "body": "please", "comments": [note]}
    made = await stage.did(f"POST {PULL}/reviews", stage.tokens["rae"], body)
    assert (made["state"], made["commit_id"]) == ("CHANGES_REQUESTED", await head.head())
    await stage.drained()
    assert stage.ear.last("pull_request_review")["review"]["state"] == "changes_requested"
    (only,) = await stage.did(f"GET {PULL}/reviews/{made['id']}/comments", stage.tokens["app"])
    assert only["body"] == "fine"
    path = f"PUT {PULL}/reviews/{made['id']}"
    assert (await stage.ask(path, stage.tokens["ann"], {"body": "x"})).status == 403
    await stage.did(path, stage.tokens["rae"], {"body": "pretty please"})
    dismissal = {"message": "done"}
    refused = await stage.ask(f"{path}/dismissals", stage.tokens["rae"], dismissal)
    assert refused.status == 403
    done = await stage.did(f"{path}/dismissals", stage.tokens["ann"], dismissal)
    assert done["state"] == "DISMISSED"
    await stage.drained()
    assert stage.ear.names[-2:] == ["pull_request_review.edited", "pull_request_review.dismissed"]


@pytest.mark.usefixtures("head")
async def test_nobody_approves_their_own_and_words_are_not_empty(stage):
    path = f"POST {PULL}/reviews"
    refused = await stage.ask(path, stage.tokens["app"], {"event": "APPROVE"})
    assert refused.body["errors"] == ["Can not approve your own pull request"]
    for body in ({"event": "COMMENT"}, {"event": "MERGE", "body": "x"}):
        assert (await stage.ask(path, stage.tokens["rae"], body)).status == 422
    assert (await stage.did(path, stage.tokens["rae"], {"event": "APPROVE"}))["body"] == ""


@pytest.mark.usefixtures("head")
async def test_a_pending_review_is_its_authors_until_it_is_submitted(stage):
    path = f"{PULL}/reviews"
    pending = await stage.did(f"POST {path}", stage.tokens["rae"], {"body": "thinking"})
    assert (pending["state"], "submitted_at" in pending) == ("PENDING", False)
    assert (await stage.ask(f"POST {path}", stage.tokens["rae"], {})).status == 422
    assert await stage.did(f"GET {path}", stage.tokens["app"]) == []
    events = f"POST {path}/{pending['id']}/events"
    done = await stage.did(events, stage.tokens["rae"], {"event": "COMMENT"})
    assert (done["state"], done["body"]) == ("COMMENTED", "thinking")
    again = await stage.ask(events, stage.tokens["rae"], {"event": "COMMENT"})
    assert again.status == 422


async def test_comments_on_a_diff_take_reactions(stage, head):
    made = (await comments(stage, head)).body
    path = f"{REPO}/pulls/comments/{made['id']}"
    await stage.did(f"POST {path}/reactions", stage.tokens["app"], {"content": "eyes"})
    shown = await stage.did(f"GET {path}", stage.tokens["rae"])
    assert shown["reactions"]["eyes"] == 1


@pytest.mark.usefixtures("head")
async def test_only_a_verdict_can_be_dismissed(stage):
    path = f"{PULL}/reviews"
    said = await stage.did(f"POST {path}", stage.tokens["ann"], {"event": "COMMENT", "body": "hm"})
    pending = await stage.did(f"POST {path}", stage.tokens["ann"], {})
    for review, status in ((said, 422), (pending, 404)):
        dismissal = f"PUT {path}/{review['id']}/dismissals"
        answer = await stage.ask(dismissal, stage.tokens["ann"], {"message": "no"})
        assert answer.status == status
