"""The client against the embedded GitHub, which enforces permissions and has bad moments."""

import asyncio
from pathlib import Path

import pytest

from bot.github.checks import Output, Shown
from bot.github.pulls import NewPull
from bot.model.errors import Refused, Unavailable
from bot.model.ids import Login, UserId
from bot.model.priorities import Priority
from bot.model.runs import Conclusion
from tests.github.embedded import REPO, Embedded

SOON, LATER = Priority.ACKNOWLEDGE, Priority.PROGRESS
MARKER = "<!-- greenroom:run:1 -->"
BRANCH = "greenroom/tidy/1-untidy"
COMMENTS = "POST /repos/octo/cat/issues/1/comments"


async def git(*argv: str, token: str = "") -> int:
    credential = f"!f() {{ echo username=x-access-token; echo password={token}; }}; f"
    quiet = ("-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "credential.helper=")
    process = await asyncio.create_subprocess_exec(
        "git", *quiet, "-c", f"credential.helper={credential}", *argv,
        env={"PATH": "/usr/bin:/bin", "GIT_TERMINAL_PROMPT": "0"},
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    return await process.wait()


async def push(hub: Embedded, folder: Path, token: str) -> int:
    """Push one commit on `BRANCH`."""
    url = f"{hub.base}/{REPO}.git"
    assert await git("clone", "-q", url, str(folder), token=token) == 0
    (folder / "tidy.txt").write_text("tidy\n")
    await git("-C", str(folder), "add", ".")
    await git("-C", str(folder), "commit", "-q", "-m", "Tidy")
    return await git("-C", str(folder), "push", "-q", url, f"HEAD:{BRANCH}", token=token)


async def test_the_app_knows_itself(hub):
    identity = await hub.github.app.identity()
    assert identity.id == hub.app["id"]
    assert (identity.bot.id, identity.bot.bot) == (hub.app["bot"]["id"], True)


async def test_a_repository_tells_its_head_and_who_may_do_what(hub):
    repository = await hub.octo.repository.get()
    assert (repository.default_branch, repository.clone_url) == ("main", f"{hub.base}/{REPO}.git")
    assert len(await hub.octo.repository.head("main")) == 40
    ann = await hub.octo.repository.role(Login("ann"), UserId(hub.ann["id"]))
    assert (ann.role, ann.permissions["push"]) == ("maintain", True)
    with pytest.raises(Refused):
        await hub.octo.repository.role(Login("ann"), UserId(1))


async def test_an_issue_is_acknowledged_once_and_loses_its_label(hub):
    number = await hub.opens_an_issue()
    await hub.acts(f"POST /issues/{number}/labels", labels=["agent:tidy", "bug"])
    for _ in range(2):
        await hub.octo.reactions.to_issue(number, "eyes", priority=SOON)
    assert len(await hub.acts(f"GET /issues/{number}/reactions")) == 1
    for _ in range(2):
        await hub.octo.labels.remove(number, "agent:tidy", priority=LATER)
    assert (await hub.octo.issues.get(number)).labels == {"bug"}


async def test_our_comment_is_found_among_many_and_imitations(hub):
    number = await hub.opens_an_issue()
    for _ in range(101):
        await hub.acts(f"POST /issues/{number}/comments", body=f"{MARKER} I am the app")
    assert await hub.octo.comments.find(number, MARKER) is None
    made = await hub.octo.comments.create(number, f"{MARKER}\nworking", priority=SOON)
    await hub.octo.comments.edit(made.id, f"{MARKER}\ndone", priority=LATER)
    assert await hub.octo.comments.find(number, f"{MARKER}\ndone") == made
    await hub.octo.comments.delete(made.id, priority=LATER)
    assert await hub.octo.comments.ours(number) == ()


async def test_a_branch_is_pushed_and_becomes_a_pull_request_with_a_check(hub, tmp_path):
    token = await hub.octo.token_to_push()
    assert await push(hub, tmp_path / "clone", token.get_secret_value()) == 0
    new = NewPull(title="Tidy", body="Closes #1", head=BRANCH, base="main")
    made = await hub.octo.pulls.create(new, priority=SOON)
    assert await hub.octo.pulls.find(BRANCH) == (made,)
    assert await hub.octo.pulls.find("main") == ()
    await hub.octo.pulls.edit(made.number, title="Tidier", body="better", priority=LATER)
    shown = await hub.acts(f"GET /pulls/{made.number}")
    assert (shown["title"], shown["body"], shown["draft"]) == ("Tidier", "better", False)
    assert shown["head"]["sha"] == await hub.octo.repository.head(BRANCH)
    with pytest.raises(Refused, match="already exists"):
        await hub.octo.pulls.create(new, priority=SOON)


async def test_a_check_run_is_made_found_and_completed(hub):
    head = await hub.octo.repository.head("main")
    working = Shown(status="in_progress", output=Output(title="Working", summary="…"))
    name = "greenroom / tidy"
    made = await hub.octo.checks.create(head, name, "run-1", working, priority=SOON)
    assert await hub.octo.checks.find(head, name, "run-1") == made
    assert await hub.octo.checks.find(head, name, "run-2") is None
    done = Shown(
        status="completed",
        conclusion=Conclusion.SUCCESS,
        output=Output(title="Done", summary="All well"),
    )
    await hub.octo.checks.edit(made.id, done, priority=LATER)
    assert (await hub.acts(f"GET /check-runs/{made.id}"))["conclusion"] == "success"


async def test_a_token_to_fetch_cannot_push(hub, tmp_path):
    token = await hub.octo.token_to_fetch()
    assert await push(hub, tmp_path / "clone", token.get_secret_value()) != 0
    with pytest.raises(Refused) as refused:
        await hub.octo.repository.head(BRANCH)
    assert refused.value.reason == "not_found"


async def test_a_comment_that_was_written_and_answered_502_is_found_again(hub):
    number = await hub.opens_an_issue()
    await hub.control("PATCH /switches", bad_gateway_times=1, bad_gateway_match=COMMENTS)
    with pytest.raises(Unavailable) as unavailable:
        await hub.octo.comments.create(number, MARKER, priority=SOON)
    assert unavailable.value.sent is True
    assert await hub.octo.comments.find(number, MARKER) is not None


async def test_a_read_outlives_two_bad_gateways(hub):
    await hub.control("PATCH /switches", bad_gateway_times=2, bad_gateway_match="GET /repos")
    assert (await hub.octo.repository.get()).default_branch == "main"


async def test_a_secondary_limit_is_told_and_then_kept_to(hub, time):
    number = await hub.opens_an_issue()
    await hub.control(
        "PATCH /switches",
        secondary_limit_times=1,
        secondary_limit_match=COMMENTS,
        retry_after=20,
    )
    with pytest.raises(Unavailable) as unavailable:
        await hub.octo.comments.create(number, MARKER, priority=SOON)
    assert (unavailable.value.sent, unavailable.value.retry_after) == (False, 20)
    await hub.octo.comments.create(number, MARKER, priority=SOON)
    assert time.slept == [20]


async def test_what_an_event_told_of_may_be_missing_for_a_moment(hub, time):
    await hub.control("PATCH /switches", missing_after_event=2)
    number = await hub.opens_an_issue()
    with pytest.raises(Refused) as refused:
        await hub.octo.issues.get(number)
    assert refused.value.reason == "not_found"
    time.now += 3
    assert (await hub.octo.issues.get(number)).state == "open"


async def test_a_suspended_and_a_removed_installation_say_so(hub):
    await hub.control(f"PUT /installations/{hub.installation}/suspended")
    with pytest.raises(Refused, match="suspended"):
        await hub.octo.repository.get()
    await hub.control(f"DELETE /installations/{hub.installation}")
    with pytest.raises(Refused) as refused:
        await hub.octo.repository.get()
    assert refused.value.reason == "not_installed"


async def test_a_lost_delivery_is_seen_and_asked_for_again(hub):
    await hub.control("PATCH /switches", lose_times=1, lose_match="issues.opened")
    await hub.opens_an_issue()
    await hub.control("GET /drained")
    page = await hub.github.hooks.deliveries()
    lost = next(each for each in page.deliveries if each.event == "issues")
    assert lost.ok is False
    await hub.github.hooks.redeliver(lost.id)
    await hub.control("GET /drained")
    again = (await hub.github.hooks.deliveries()).deliveries[0]
    assert again.guid == lost.guid
    assert again.id != lost.id
