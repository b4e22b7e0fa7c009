"""Each operation against GitHub's own example answers, and what it sends."""

import pytest

from bot.github.checks import Output, Shown
from bot.github.pulls import NewPull
from bot.model.errors import Refused
from bot.model.ids import Login, Sha, UserId
from bot.model.priorities import Priority
from bot.model.runs import Conclusion, Person
from tests.github.scripted import example

REPO = "/repos/octo/cat"
SHA = Sha("7fd1a60b01f91b314f59955a4e4d4e80d8edf11d")
SOON = Priority.ACKNOWLEDGE


async def test_the_app_learns_its_bot_account(script, github):
    script.on("GET /app", example("apps/get-authenticated"))
    script.on("GET /app/installations", [example("apps/get-installation", id=7)])
    bot = example("users/get-by-username", login="octoapp[bot]", id=99, type="Bot")
    script.on("GET /users/octoapp%5Bbot%5D", bot)
    identity = await github.app.identity()
    assert identity.bot == Person(id=UserId(99), login=Login("octoapp[bot]"), bot=True)
    (minted,) = script.asked("POST /app/installations/7/access_tokens")
    assert minted.body == {"permissions": {"metadata": "read"}}


async def test_without_an_installation_the_bot_account_is_asked_for_as_a_stranger(script, github):
    script.on("GET /app", example("apps/get-authenticated"))
    script.on("GET /app/installations", [])
    script.on("GET /users/octoapp%5Bbot%5D", example("users/get-by-username"))
    await github.app.identity()
    assert "authorization" not in script.seen[-1].headers


async def test_a_repository_and_the_head_of_a_branch_with_a_slash(script, octo):
    script.on(f"GET {REPO}", example("repos/get"))
    assert (await octo.repository.get()).default_branch == "master"
    script.on(f"GET {REPO}/git/ref/heads%2Ffix%2Frace", example("git/get-ref"))
    assert len(await octo.repository.head("fix/race")) == 40


async def test_a_role_is_given_raw(script, octo):
    user = {"id": 5, "login": "ann", "type": "User", "permissions": {"push": True}}
    answer = {"permission": "write", "role_name": "maintain", "user": user}
    script.on(f"GET {REPO}/collaborators/ann/permission", answer)
    found = await octo.repository.role(Login("ann"), UserId(5))
    assert (found.role, found.permissions) == ("maintain", {"push": True})


async def test_a_role_of_somebody_else_with_that_login_is_refused(script, octo):
    answer = example("repos/get-collaborator-permission-level")
    script.on(f"GET {REPO}/collaborators/ann/permission", answer)
    with pytest.raises(Refused) as refused:
        await octo.repository.role(Login("ann"), UserId(5))
    assert refused.value.reason == "identity"


async def test_an_issue_tells_its_state_and_its_labels_however_they_are_written(script, octo):
    labels = [*example("issues/get")["labels"], "agent:fix"]
    script.on(f"GET {REPO}/issues/1", example("issues/get", labels=labels))
    issue = await octo.issues.get(1)
    assert (issue.state, issue.labels) == ("open", {"bug", "agent:fix"})


async def test_a_reaction_is_put_on_an_issue(script, octo):
    script.on(f"POST {REPO}/issues/1/reactions", example("reactions/create-for-issue", 201), 200)
    await octo.reactions.to_issue(1, "eyes", priority=SOON)
    assert script.asked(f"POST {REPO}/issues/1/reactions")[0].body == {"content": "eyes"}


async def test_taking_off_a_label_that_is_gone_is_fine(script, octo):
    script.on(
        f"DELETE {REPO}/issues/1/labels/agent%3Afix", {"message": "Label does not exist"}, 404
    )
    await octo.labels.remove(1, "agent:fix", priority=SOON)


async def test_pull_requests_from_other_branches_are_not_taken_for_ours(script, octo):
    listed = example("pulls/list")[0]
    ours = {**listed, "head": {**listed["head"], "ref": "greenroom/tidy/7"}}
    ours["head"]["repo"] = {**listed["head"]["repo"], "full_name": "Octo/cat"}
    script.on(f"GET {REPO}/pulls", [listed, ours])
    (found,) = await octo.pulls.find("greenroom/tidy/7", state="all")
    assert found.head.ref == "greenroom/tidy/7"
    assert script.seen[-1].query["head"] == "octo:greenroom/tidy/7"


async def test_a_pull_request_is_opened_and_edited(script, octo):
    script.on(f"POST {REPO}/pulls", example("pulls/create", 201), 201)
    new = NewPull(title="Tidy", body="Closes #7", head="greenroom/tidy/7", base="main")
    await octo.pulls.create(new, priority=Priority.RESULT)
    assert script.seen[-1].body == {
        "title": "Tidy",
        "body": "Closes #7",
        "head": "greenroom/tidy/7",
        "base": "main",
        "draft": False,
    }
    script.on(f"PATCH {REPO}/pulls/1347", example("pulls/update"))
    await octo.pulls.edit(1347, title="Tidier", body="better", priority=Priority.PROGRESS)
    assert script.seen[-1].body == {"title": "Tidier", "body": "better"}


async def test_a_check_run_is_sent_whole(script, octo):
    script.on(f"POST {REPO}/check-runs", example("checks/create", 201), 201)
    shown = Shown(
        status="completed",
        conclusion=Conclusion.SUCCESS,
        output=Output(title="Done", summary="All green"),
        completed=1_800_000_000,
    )
    await octo.checks.create(SHA, "greenroom / tidy", "run-1", shown, priority=SOON)
    assert script.seen[-1].body == {
        "head_sha": SHA,
        "name": "greenroom / tidy",
        "external_id": "run-1",
        "status": "completed",
        "conclusion": "success",
        "completed_at": "2027-01-15T08:00:00Z",
        "output": {"title": "Done", "summary": "All green", "annotations": []},
        "actions": [],
    }


async def test_a_check_run_is_found_by_name_id_and_app(script, octo):
    row = example("checks/get", name="greenroom / tidy", external_id="run-1", id=3)
    ours = {**row, "app": {**row["app"], "id": 42}}
    rows = [ours, {**ours, "id": 5}, {**ours, "id": 8, "external_id": "run-2"}, {**row, "id": 9}]
    script.on(f"GET {REPO}/commits/{SHA}/check-runs", {"total_count": 4, "check_runs": rows})
    found = await octo.checks.find(SHA, "greenroom / tidy", "run-1")
    assert found is not None
    assert found.id == 5


async def test_a_check_run_is_changed(script, octo):
    script.on(f"PATCH {REPO}/check-runs/4", example("checks/update"))
    shown = Shown(status="in_progress", output=Output(title="Working", summary="…"))
    await octo.checks.edit(4, shown, priority=Priority.PROGRESS)
    assert script.seen[-1].body["status"] == "in_progress"


async def test_deliveries_are_read_page_by_page_and_sent_again(script, github):
    rows = example("apps/list-webhook-deliveries")
    more = f'<{script.url}app/hook/deliveries?per_page=100&cursor=v1_123>; rel="next"'
    script.on("GET /app/hook/deliveries", rows, headers={"Link": more})
    script.on("GET /app/hook/deliveries", [])
    first = await github.hooks.deliveries()
    assert (first.following, first.deliveries[0].guid) == ("v1_123", rows[0]["guid"])
    last = await github.hooks.deliveries(first.following)
    assert (last.following, last.deliveries) == (None, ())
    script.on("POST /app/hook/deliveries/12/attempts", {}, 202)
    await github.hooks.redeliver(12)


@pytest.mark.parametrize("length", [65_536, 65_537])
async def test_a_comment_over_the_limit_is_not_sent(script, octo, length):
    script.on(f"POST {REPO}/issues/1/comments", example("issues/create-comment", 201), 201)
    if length == 65_536:
        await octo.comments.create(1, "x" * length, priority=SOON)
        return
    with pytest.raises(Refused, match="65537 characters"):
        await octo.comments.create(1, "x" * length, priority=SOON)
    assert script.seen == []


async def test_a_check_run_over_the_limit_is_not_sent(script, octo):
    shown = Shown(status="queued", output=Output(title="t", summary="x" * 65_536))
    with pytest.raises(Refused) as refused:
        await octo.checks.edit(4, shown, priority=SOON)
    assert (refused.value.reason, script.seen) == ("too_long", [])
