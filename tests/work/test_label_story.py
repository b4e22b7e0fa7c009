"""What people see when they put a label on, take it off, or may not."""

import pytest
from sqlalchemy import select

from bot.model.runs import Conclusion
from bot.rules.lifecycle import Compute, Run
from bot.store.schema import delivery_bodies, receipts
from bot.store.schema import runs as table
from tests.github.embedded import REPO
from tests.work.house import keep


async def runs_of(house):
    async with house.store.read() as rows:
        return (await rows.execute(select(table.c.state).order_by(table.c.id))).scalars().all()


async def bodies(house, text):
    async with house.store.read() as rows:
        found = (await rows.execute(select(delivery_bodies.c.body))).scalars()
        return [body for body in found if text in body]


async def label(house, name, token):
    """Put a label on the first issue, as the person whose token it is."""
    url = f"{house.hub.base}/repos/{REPO}/issues/1/labels"
    headers = {"Authorization": f"token {token}", "User-Agent": "person"}
    async with house.hub.http.post(url, json={"labels": [name]}, headers=headers) as response:
        assert response.ok, await response.text()


async def triager(house):
    made = await house.hub.control("POST /users", login="tom")
    path = "PUT /repositories/octo/cat/collaborators/tom"
    await house.hub.control(path, role="triage")
    return made["token"]


async def test_a_label_is_acknowledged_and_a_runner_started(house):
    await house.issue()
    await house.settles()
    run = await house.run()
    assert (run.state, run.compute, run.fence) == (Run.RUNNING, Compute.STARTING, 1)
    assert await house.reactions() == ["eyes"]
    (comment,) = await house.comments()
    assert comment.startswith(f"<!-- greenroom run {run.id} -->\n**tidy** · working\n")
    assert await house.labels() == ["agent:tidy"]


async def test_the_plan_that_a_runner_gets_says_what_the_run_is_about(house):
    await house.issue()
    await house.settles()
    launch = house.runner.latest
    assert launch.plan.job == f"{launch.plan.run.lower()}-1"
    assert (launch.plan.repo, launch.plan.subject, launch.plan.base_branch) == (REPO, 1, "main")
    assert "issue octo/cat#1" in launch.plan.brief
    assert (launch.launch.tree / "README.md").read_text() == "# Cat\n"
    assert launch.launch.mirror == house.mirrors.path(launch.plan.shelf)
    assert launch.plan.shelf == f"{REPO}.{(await house.run()).repo_id}"


async def test_other_people_s_labels_start_nothing(house):
    await house.issue("bug")
    await house.settles()
    assert await runs_of(house) == []
    assert await house.comments() == []


async def test_taking_the_label_off_stops_the_run(house):
    await house.works()
    await house.hub.acts("DELETE /issues/1/labels/agent:tidy")
    await house.settles()
    run = await house.run()
    assert (run.state, run.conclusion) == (Run.FINISHED, Conclusion.CANCELLED)
    assert house.runner.stops == [(house.runner.latest.plan.job, False)]
    await house.passes(3)
    (comment,) = await house.comments()
    assert "🚫 The label was taken off." in comment


async def test_our_own_removal_of_the_label_stops_nothing(house):
    token = await house.works()
    await house.broker.ask(token, "noop", {"reason": "All is tidy."})
    await house.ends(token)
    await house.passes(5)
    assert await house.labels() == []
    run = await house.run()
    assert (run.state, run.conclusion) == (Run.FINISHED, Conclusion.NEUTRAL)
    await house.passes(5)
    assert (await house.run()).conclusion is Conclusion.NEUTRAL


async def test_the_label_starts_a_new_run_after_the_first_has_ended(house):
    token = await house.works()
    await house.broker.ask(token, "noop", {"reason": "All is tidy."})
    await house.ends(token)
    await house.passes(5)
    await house.hub.acts("POST /issues/1/labels", labels=["agent:tidy"])
    await house.passes(5)
    assert await runs_of(house) == ["finished", "running"]
    assert len(await house.comments()) == 2


async def test_a_label_that_is_gone_again_when_we_come_to_it_starts_nothing(house):
    await house.issue()
    await house.hub.acts("DELETE /issues/1/labels/agent:tidy")
    await house.hub.control("GET /drained")
    house.time.now += 61
    await house.settles()
    assert await runs_of(house) == []


async def test_an_old_event_that_comes_again_after_the_label_went_starts_nothing(house):
    await house.works()
    await house.hub.acts("DELETE /issues/1/labels/agent:tidy")
    await house.passes(90, step=10)
    (body,) = await bodies(house, b'"labeled"')
    await keep(house.store, "again", "issues", body, house.time.now)
    await house.settles()
    assert await runs_of(house) == ["finished"]


async def test_a_delivery_that_comes_twice_acts_once(house):
    await house.issue()
    await house.settles()
    (body,) = await bodies(house, b'"labeled"')
    await keep(house.store, "other-guid", "issues", body, house.time.now)
    await house.passes(5)
    assert await runs_of(house) == ["running"]
    assert len(await house.comments()) == 1


async def test_a_label_that_was_put_on_again_meanwhile_stops_nothing(house):
    await house.works()
    await house.hub.acts("DELETE /issues/1/labels/agent:tidy")
    await house.hub.acts("POST /issues/1/labels", labels=["agent:tidy"])
    await house.hub.control("GET /drained")
    house.time.now += 61
    await house.settles("inbox")
    assert await runs_of(house) == ["running"]


@pytest.mark.parametrize(("state", "runs"), [("closed", "finished"), ("open", "running")])
async def test_an_old_closing_counts_if_the_issue_is_still_closed(house, state, runs):
    await house.works()
    await house.hub.acts("PATCH /issues/1", state="closed")
    await house.hub.acts("PATCH /issues/1", state=state)
    await house.hub.control("GET /drained")
    house.time.now += 61
    await house.settles("inbox")
    assert await runs_of(house) == [runs]


async def test_closing_the_issue_stops_its_runs(house):
    await house.works()
    await house.hub.acts("PATCH /issues/1", state="closed")
    await house.passes(3)
    run = await house.run()
    assert (run.conclusion, run.words) == (Conclusion.CANCELLED, "The issue was closed.")


async def test_removing_the_app_stops_its_runs(house):
    await house.works()
    await house.hub.control(f"DELETE /installations/{house.hub.installation}")
    await house.settles("inbox")
    assert (await house.run()).words == "The app was removed."


async def test_a_refusal_is_a_reaction_and_one_comment_that_is_edited(house):
    await house.issue("")
    token = await triager(house)
    await label(house, "agent:tidy", token)
    await house.passes(5)
    (first,) = await house.comments()
    assert first.endswith("- `tidy` needs write access to this repository.")
    assert await house.reactions() == ["confused"]
    assert await house.labels() == []
    await label(house, "agent:nope", token)
    await label(house, "agent:tidy", token)
    await house.passes(5)
    (edited,) = await house.comments()
    assert edited.startswith(first)
    assert edited.endswith(
        "\n- There is no agent `agent:nope` here. There are: `fix`, `plan`, `tidy`."
    )
    assert await house.reactions() == ["confused"]
    assert await house.labels() == ["agent:nope"]


async def test_each_person_is_told_in_a_comment_of_their_own(house):
    await house.issue("agent:nope")
    await label(house, "agent:tidy", await triager(house))
    await house.passes(5)
    assert len(await house.comments()) == 2


async def test_what_was_made_of_a_delivery_is_written_down(house):
    await house.issue()
    await house.settles()
    async with house.store.read() as rows:
        found = await rows.execute(select(receipts.c.reaction, receipts.c.outcome))
        outcomes = dict(found.all())
    queued = f"tidy allowed: allowed; queued run {(await house.run()).id}"
    assert outcomes["handlers.labels.labeled"] == queued
