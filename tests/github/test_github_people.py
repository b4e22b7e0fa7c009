"""Who people are, what they said, and how they are answered with a reaction."""

import pytest

from bot.model.errors import Refused
from bot.model.ids import InstallationId, Login
from bot.model.priorities import Priority
from tests.github.scripted import TOKENS, example

REPO = "/repos/octo/cat"
ANN = Login("ann")
OCTO = InstallationId(7)
TEAM = "GET /orgs/octo/teams/core/memberships/ann"
ORG = "GET /orgs/octo/memberships/ann"


async def test_who_is_in_a_team_is_asked_with_a_token_for_no_repository(script, github):
    script.on(TEAM, example("teams/get-membership-for-user-in-org"))
    assert await github.members(OCTO).in_team("octo", "core", ANN)
    assert script.seen[0].body == {"permissions": {"members": "read"}}


@pytest.mark.parametrize(
    ("answer", "status"), [({"state": "pending", "role": "member"}, 200), ({"message": "No"}, 404)]
)
async def test_who_was_only_invited_or_is_unknown_is_in_no_team(script, github, answer, status):
    script.on(TEAM, answer, status)
    assert not await github.members(OCTO).in_team("octo", "core", ANN)


@pytest.mark.parametrize(("role", "owns"), [("admin", True), ("member", False)])
async def test_an_owner_is_told_from_a_member(script, github, role, owns):
    script.on(ORG, example("orgs/get-membership-for-user", state="active", role=role))
    assert await github.members(OCTO).belongs("octo", ANN)
    assert await github.members(OCTO).owns("octo", ANN) is owns


async def test_where_members_may_not_be_read_the_refusal_says_so_and_the_rest_goes_on(
    script, github, octo
):
    words = "The permissions requested are not granted to this installation."
    script.on(f"POST {TOKENS}", {"message": words}, 422)
    installed = example("apps/get-installation", permissions={"metadata": "read"})
    script.on("GET /app/installations/7", installed)
    with pytest.raises(Refused, match="not been granted members: read") as refused:
        await github.members(OCTO).in_team("octo", "core", ANN)
    assert refused.value.reason == "permission"
    token = {"token": "ghs_one", "expires_at": "2027-01-15T09:00:00Z"}
    script.on(f"POST {TOKENS}", token, 201)
    script.on(f"GET {REPO}", example("repos/get"))
    assert (await octo.repository.get()).default_branch == "master"


async def test_an_organization_that_keeps_its_members_from_the_app_says_so(script, github):
    script.on(ORG, {"message": "You must be an organization owner."}, 403)
    with pytest.raises(Refused, match="members: read"):
        await github.members(OCTO).belongs("octo", ANN)


async def test_a_bot_is_known_by_its_account(script, github):
    script.on("GET /users/renovate%5Bbot%5D", example("users/get-by-username", id=29, type="Bot"))
    script.on("GET /users/nobody%5Bbot%5D", {"message": "Not Found"}, 404)
    assert await github.app.bot("renovate", OCTO) == 29
    assert await github.app.bot("nobody", OCTO) is None


async def test_an_issue_tells_who_wrote_what(script, octo):
    script.on(f"GET {REPO}/issues/1", example("issues/get"))
    issue = await octo.issues.get(1)
    assert issue.author is not None
    assert (issue.kind, issue.author.login) == ("pull", "octocat")
    assert (issue.title, issue.body) == ("Found a bug", "I'm having a problem with this.")


async def test_comments_tell_who_wrote_them_and_when(script, octo):
    (row,) = example("issues/list-comments")
    ours = {**row, "performed_via_github_app": {"id": 42}, "user": None, "body": None}
    script.on(f"GET {REPO}/issues/1/comments", [row, ours])
    first, second = await octo.remarks.comments(1)
    assert first.author is not None
    assert (first.kind, first.author.login, first.body) == ("issue_comment", "octocat", "Me too")
    assert (first.created, first.updated) == (1_302_796_849, 1_302_796_849)
    assert (second.app, second.author, second.body) == (42, None, "")


async def test_comments_beside_lines_tell_their_place(script, octo):
    script.on(f"GET {REPO}/pulls/1/comments", example("pulls/list-review-comments"))
    (remark,) = await octo.remarks.review_comments(1)
    assert (remark.path, remark.start_line, remark.line) == ("file1.txt", 1, 2)


async def test_a_review_that_was_not_submitted_is_nobodys_to_see(script, octo):
    (row,) = example("pulls/list-reviews")
    pending = {name: row[name] for name in row if name != "submitted_at"}
    script.on(f"GET {REPO}/pulls/1/reviews", [pending, row])
    (remark,) = await octo.remarks.reviews(1)
    assert (remark.kind, remark.body) == ("review", "Here is the body for the review.")


async def test_reactions_go_to_comments_of_both_kinds(script, octo):
    reaction = example("reactions/create-for-issue-comment", 201)
    script.on(f"POST {REPO}/issues/comments/5/reactions", reaction, 201)
    script.on(f"POST {REPO}/pulls/comments/6/reactions", reaction, 201)
    await octo.reactions.to_comment(5, "eyes", priority=Priority.ACKNOWLEDGE)
    await octo.reactions.to_review_comment(6, "eyes", priority=Priority.ACKNOWLEDGE)
    assert [seen.body for seen in script.seen if seen.path.endswith("/reactions")] == [
        {"content": "eyes"},
        {"content": "eyes"},
    ]
