"""Members, bots, remarks and reactions, against the embedded GitHub."""

import pytest

from bot.github.permissions import union
from bot.model.errors import Refused
from bot.model.ids import InstallationId, Login
from bot.model.priorities import Priority
from tests.github.embedded import REPO

ANN, BOB = Login("ann"), Login("bob")
SOON = Priority.ACKNOWLEDGE


async def opens_a_pull_request(hub) -> int:
    """Open one with a file of two lines, as ann."""
    head = await hub.octo.repository.head("main")
    entry = {"path": "cat.py", "mode": "100644", "type": "blob", "content": "one\ntwo\n"}
    tree = (await hub.acts("POST /git/trees", base_tree=head, tree=[entry]))["sha"]
    made = await hub.acts("POST /git/commits", message="Purr", tree=tree, parents=[head])
    await hub.acts("POST /git/refs", ref="refs/heads/purr", sha=made["sha"])
    opened = await hub.acts("POST /pulls", title="Purr", head="purr", base="main")
    return int(opened["number"])


async def test_who_is_in_a_team_and_who_owns_the_organization(hub):
    await hub.control("POST /users", login="bob")
    await hub.control("PUT /organizations/octo/teams/core", members={"ann": "member"})
    await hub.control("PUT /organizations/octo/members/ann", role="admin")
    members = hub.github.members(hub.installation)
    assert await members.in_team("octo", "core", ANN)
    assert await members.owns("octo", ANN)
    assert not await members.in_team("octo", "core", BOB)
    assert not await members.in_team("octo", "nobody", ANN)
    assert not await members.belongs("octo", BOB)


async def test_an_owner_who_has_not_accepted_members_loses_nothing_else(hub):
    granted = {name: level for name, level in union().items() if name != "members"}
    await hub.control("PATCH /apps/greenroom", permissions=granted)
    await hub.control(f"DELETE /installations/{hub.installation}")
    there = await hub.control("POST /installations", app="greenroom", account="octo")
    await hub.control("PATCH /apps/greenroom", permissions=union())
    installation = InstallationId(there["id"])
    with pytest.raises(Refused, match="members: read") as refused:
        await hub.github.members(installation).in_team("octo", "core", ANN)
    assert refused.value.reason == "permission"
    assert len(await hub.github.at(installation, REPO).repository.head("main")) == 40


async def test_a_bot_is_known_by_its_apps_slug(hub):
    assert await hub.github.app.bot("greenroom", hub.installation) == hub.app["bot"]["id"]
    assert await hub.github.app.bot("nobody", hub.installation) is None


async def test_what_was_said_on_a_pull_request_is_read(hub):
    number = await opens_a_pull_request(hub)
    await hub.acts(f"POST /issues/{number}/comments", body="Nice")
    await hub.octo.comments.create(number, "Working", priority=SOON)
    beside = {"path": "cat.py", "start_line": 1, "line": 2, "body": "Why?"}
    sides = {"side": "RIGHT", "start_side": "RIGHT"}
    review = {"event": "COMMENT", "body": "Hm", "comments": [beside | sides]}
    await hub.acts(f"POST /pulls/{number}/reviews", **review)
    nice, working = await hub.octo.remarks.comments(number)
    assert (nice.author.login, nice.author.bot, nice.app, nice.body) == (
        "ann",
        False,
        None,
        "Nice",
    )
    assert (working.author.bot, working.app) == (True, hub.app["id"])
    (why,) = await hub.octo.remarks.review_comments(number)
    assert (why.path, why.start_line, why.line, why.body) == ("cat.py", 1, 2, "Why?")
    (hm,) = await hub.octo.remarks.reviews(number)
    assert (hm.kind, hm.body, hm.created) == ("review", "Hm", why.created)


async def test_comments_of_both_kinds_take_reactions(hub):
    number = await opens_a_pull_request(hub)
    head = (await hub.octo.pulls.get(number)).head.sha
    said = await hub.acts(f"POST /issues/{number}/comments", body="Nice")
    beside = {"path": "cat.py", "line": 2, "side": "RIGHT", "body": "Why?", "commit_id": head}
    asked = await hub.acts(f"POST /pulls/{number}/comments", **beside)
    for _ in range(2):
        await hub.octo.reactions.to_comment(said["id"], "eyes", priority=SOON)
        await hub.octo.reactions.to_review_comment(asked["id"], "eyes", priority=SOON)
    assert len(await hub.acts(f"GET /issues/comments/{said['id']}/reactions")) == 1
    assert len(await hub.acts(f"GET /pulls/comments/{asked['id']}/reactions")) == 1


async def test_an_issue_is_told_from_a_pull_request(hub):
    issue = await hub.octo.issues.get(await hub.opens_an_issue())
    pull = await hub.octo.issues.get(await opens_a_pull_request(hub))
    assert (issue.kind, issue.author.login, issue.title, issue.body) == (
        "issue",
        "ann",
        "Untidy",
        "",
    )
    assert pull.kind == "pull"
