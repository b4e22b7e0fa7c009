"""CI of what runs have brought to GitHub: red wakes them, green ends them, the rest ends too."""

from dataclasses import replace

import pytest

from bot.github.permissions import union
from bot.model.runs import Conclusion, Terms
from bot.rules.lifecycle import Run
from bot.rules.waiting import CI
from bot.store import story
from bot.work.ciwatch import AT_ONCE, SPACING
from tests.work.conversations import FIXER, People

EVENTS = ["issues", "issue_comment", "pull_request", "check_run", "check_suite", "status", "push"]
PATIENT = Terms(agent=replace(FIXER, waits=("ci",)), command="fix", handoffs=2)


@pytest.fixture
async def people(house):
    made = await People.around(house)
    await house.hub.control("PATCH /apps/greenroom", events=EVENTS)
    await house.hub.control(f"PUT /installations/{house.hub.installation}/permissions")
    await house.settles()
    return made


@pytest.fixture
async def waiting(house, people):
    """Bring a run so far that its pull request is open and its CI awaited."""
    number = await people.issue("ann")
    await people.begins(number, terms=PATIENT)
    await people.hands_in("pull_request", title="Mend it", body="Mended.")
    await house.passes(5)
    run = await house.run()
    assert run.state is Run.PARKED
    return run


async def says(people, state, *, sha=None, name="unit", words=""):
    """Have CI report on the head of the newest run."""
    run = await people.house.run()
    path = f"POST /statuses/{sha or run.head}"
    await people.did("ann", path, state=state, context=name, description=words)
    await people.house.passes(2 * SPACING)
    return await people.house.run()


async def passing(house, seconds, step=15.0):
    """Let time pass, and read the run."""
    await house.passes(seconds, step=step)
    return await house.run()


async def goes_on(people, path="more.txt"):
    """Be the agent of a woken run: push another change."""
    token = await people.house.comes_up()
    said = {"title": "Mend CI", "body": "Mended it."}
    assert getattr(await people.house.broker.ask(token, "push", said), "words", None) is None
    result = await people.house.pushes(path)
    await people.house.ends(token, result=result)
    await people.house.passes(5)


async def pushes(people, run):
    """Have ann put a commit onto the branch of a run."""
    tree = (await people.did("ann", f"GET /git/commits/{run.head}"))["tree"]["sha"]
    new = {"message": "Hers", "tree": tree, "parents": [run.head]}
    made = await people.did("ann", "POST /git/commits", **new)
    await people.did("ann", f"PATCH /git/refs/heads/{run.head_branch}", sha=made["sha"])
    await people.house.passes(2 * SPACING)
    return made["sha"]


async def deletes(people, branch):
    token = people.tokens["ann"]
    url = f"{people.house.hub.base}/repos/octo/cat/git/refs/heads/{branch}"
    headers = {"Authorization": f"token {token}", "User-Agent": "ann"}
    async with people.house.hub.http.delete(url, headers=headers) as response:
        assert response.ok


async def about(house):
    run = await house.run()
    async with house.store.read() as rows:
        waits = (await story.waiting(rows, [run.id])).get(run.id, [])
    return {wait.reason: wait.about for wait in waits}


async def test_a_woken_agent_may_ask_how_ci_stood_and_when_that_was_seen(house, people, waiting):
    await says(people, "failure")
    said = await house.broker.checks(await house.comes_up())
    headline, looked, *rest = said.splitlines()
    assert headline == f"CI on {waiting.head[:12]} had failed."
    seen = (await house.run()).verdict.at
    assert house.time.clock.now() - 60 < seen <= house.time.clock.now()
    assert looked.startswith("Greenroom looked at ")
    assert "unit: failure" in rest


async def test_green_ends_the_run_and_the_pull_request_shows_it(house, people, waiting):
    assert await about(house) == {CI: waiting.head}
    assert "waiting for CI" in (await house.comments())[0]
    run = await says(people, "success")
    await house.passes(120, step=15)
    run = await house.run()
    assert (run.state, run.conclusion, run.words) == (
        Run.FINISHED,
        Conclusion.SUCCESS,
        "CI is green.",
    )
    pull = await people.did("ann", f"GET /pulls/{run.own_pull}")
    assert "✅ green" in pull["body"]
    assert "unit" in pull["body"]


async def test_red_wakes_the_run_with_what_failed(house, people, waiting):
    await says(people, "failure", words="2 tests failed")
    await house.passes(120, step=15)
    run = await house.run()
    assert (run.state, run.handoffs) == (Run.RUNNING, 1)
    plan = house.runner.latest.plan
    assert (plan.own, plan.base) == (True, waiting.head)
    (message,) = plan.messages
    assert message.kind == "ci"
    assert "2 tests failed" in message.text
    assert "going on (1 of 2)" in (await house.comments())[0]


async def test_the_same_failure_again_ends_the_run_with_what_is_known(house, people, waiting):
    await says(people, "failure", words="2 tests failed")
    await house.passes(90, step=15)
    await goes_on(people)
    await says(people, "failure", words="2 tests failed")
    run = await passing(house, 120)
    assert (run.state, run.conclusion) == (Run.FINISHED, Conclusion.FAILURE)
    assert run.words == "CI fails as it did before: `unit`."
    assert run.head != waiting.head
    pull = await people.did("ann", f"GET /pulls/{run.own_pull}")
    assert pull["body"].count("2 tests failed") == 1


@pytest.mark.usefixtures("waiting")
async def test_it_goes_on_only_as_often_as_configuration_says(house, people):
    for number in range(2):
        await says(people, "failure", words=f"{'abc'[number]} failed")
        await passing(house, 90)
        await goes_on(people, f"{number}.txt")
    await says(people, "failure", words="c failed")
    run = await passing(house, 120)
    assert (run.state, run.handoffs, run.conclusion) == (Run.FINISHED, 2, Conclusion.FAILURE)
    assert run.words == "CI still fails after going on 2 times: `unit`."


@pytest.mark.usefixtures("waiting")
async def test_the_agent_hears_what_it_said_about_the_failure_before(house, people):
    await says(people, "failure", words="a failed")
    await passing(house, 90)
    await goes_on(people)
    await says(people, "failure", words="b failed")
    await passing(house, 90)
    (message,) = house.runner.latest.plan.messages
    assert "On another failure: Mend CI" in message.text


@pytest.mark.usefixtures("waiting")
async def test_an_agent_that_has_only_words_for_red_ci_has_not_mended_it(house, people):
    await says(people, "failure")
    await passing(house, 90)
    token = await house.comes_up()
    await house.broker.ask(token, "noop", {"reason": "Cannot be mended."})
    await house.ends(token)
    run = await passing(house, 90)
    assert (run.state, run.conclusion) == (Run.FINISHED, Conclusion.FAILURE)


@pytest.mark.usefixtures("waiting")
async def test_a_question_about_red_ci_is_waited_for(house, people):
    await says(people, "failure")
    await passing(house, 90)
    token = await house.comes_up()
    await house.broker.ask(token, "question", {"text": "Skip it?", "choices": []})
    await house.ends(token)
    run = await passing(house, 90)
    assert run.state is Run.PARKED
    assert await about(house) == {"answer": None}


@pytest.mark.usefixtures("waiting")
async def test_a_lost_event_costs_minutes(house, people):
    await house.hub.control("PATCH /switches", lose_times=9, lose_match="status")
    await says(people, "success")
    assert (await house.run()).state is Run.PARKED
    run = await passing(house, 330)
    assert run.conclusion is Conclusion.SUCCESS


@pytest.mark.full
async def test_a_burst_of_events_is_a_few_looks(house, people, waiting):
    await says(people, "pending")
    await passing(house, 600)
    await house.hub.control("DELETE /requests")
    for number in range(10):
        path = f"POST /statuses/{waiting.head}"
        await people.did("ann", path, state="pending", context=f"check {number}")
    await house.settles()
    seen = (await house.hub.control("GET /requests"))["requests"]
    looks = [each for each in seen if f"/commits/{waiting.head}/check-runs" in each["request"]]
    assert len(looks) == AT_ONCE


@pytest.mark.usefixtures("waiting")
async def test_where_there_is_no_ci_the_run_ends_and_says_so(house):
    run = await passing(house, 120)
    assert (run.conclusion, run.words) == (Conclusion.SUCCESS, "No CI has reported a result.")


async def test_events_about_commits_that_nobody_knows_do_nothing(house, people, waiting):
    main = await people.tip("main")
    await people.did("ann", f"POST /statuses/{main}", state="failure", context="unit")
    await house.settles()
    assert await about(house) == {CI: waiting.head}
    assert (await house.run()).handoffs == 0


@pytest.mark.full
@pytest.mark.usefixtures("waiting")
async def test_ci_that_never_ends_is_given_up(house, people):
    await says(people, "pending")
    run = await passing(house, 7 * 3600, step=300)
    assert run.words == "No CI has reported a result."


async def test_a_person_s_push_moves_the_wait_to_their_commit(house, people, waiting):
    head = await pushes(people, waiting)
    await says(people, "failure", sha=waiting.head)
    assert await about(house) == {CI: head}
    await says(people, "failure", sha=head, words="theirs")
    await passing(house, 90)
    plan = house.runner.latest.plan
    assert plan.base == head
    assert [each.kind for each in plan.messages] == ["push", "ci"]
    checks = await people.did("ann", f"GET /commits/{waiting.head}/check-runs")
    assert [each["status"] for each in checks["check_runs"]] == ["completed"]


async def test_a_branch_that_is_gone_ends_the_run(house, people, waiting):
    await house.hub.control("PATCH /switches", lose_times=9, lose_match="pull_request")
    await deletes(people, waiting.head_branch)
    run = await passing(house, 60)
    assert run.state is Run.FINISHED
    assert run.words == "Its pull request was closed."


async def test_a_merge_of_which_no_event_tells_ends_the_run_well(house, people, waiting):
    await house.hub.control("PATCH /switches", lose_times=9, lose_match="pull_request")
    await people.did("ann", f"PUT /pulls/{waiting.own_pull}/merge")
    run = await passing(house, 330)
    assert (run.conclusion, run.words, run.closed) == (
        Conclusion.SUCCESS,
        "Its pull request was merged.",
        False,
    )


async def test_a_closing_of_which_no_event_tells_is_one_all_the_same(house, people, waiting):
    await house.hub.control("PATCH /switches", lose_times=9, lose_match="pull_request")
    await people.did("ann", f"PATCH /pulls/{waiting.own_pull}", state="closed")
    run = await passing(house, 330)
    assert (run.conclusion, run.closed) == (Conclusion.CANCELLED, True)


async def test_a_run_that_was_stopped_meanwhile_is_left_alone(house, people, waiting):
    await people.did("ann", f"PATCH /pulls/{waiting.own_pull}", state="closed")
    await house.settles()
    run = await says(people, "failure", sha=waiting.head)
    assert (run.state, run.conclusion) == (Run.FINISHED, Conclusion.CANCELLED)


async def test_what_people_write_around_our_section_stays(house, people, waiting):
    await says(people, "pending")
    pull = await people.did("ann", f"GET /pulls/{waiting.own_pull}")
    mine = f"Mine above.\n\n{pull['body']}\n\nMine below."
    await people.did("ann", f"PATCH /pulls/{waiting.own_pull}", body=mine, title="Mine")
    await says(people, "success")
    await passing(house, 120)
    after = await people.did("ann", f"GET /pulls/{waiting.own_pull}")
    assert after["title"] == "Mine"
    assert after["body"].startswith("Mine above.")
    assert after["body"].endswith("Mine below.")
    assert after["body"].count("✅ green") == 1


@pytest.mark.full
async def test_ci_that_nobody_waits_out_ends_the_run_at_its_deadline(house, people):
    number = await people.issue("ann")
    await people.begins(number, terms=replace(PATIENT, parked=3600))
    await people.hands_in("pull_request", title="Mend it", body="Mended.")
    await house.passes(5)
    await says(people, "pending")
    run = await passing(house, 3700, step=60)
    assert (run.conclusion, run.words) == (Conclusion.TIMED_OUT, "CI has not ended in 60 minutes.")


async def with_actions(people, script, **more):
    """Have GitHub Actions run a script on what is pushed, and bring a run to where it waits."""
    house = people.house
    new = {"owner": "octo", "name": "cat", "command": ["sh", "-c", script], "actions": True}
    await house.hub.control("POST /ci", **new, **more)
    number = await people.issue("ann")
    await people.begins(number, terms=PATIENT)
    await people.hands_in("pull_request", title="Mend it", body="Mended.")
    await house.passes(5)
    await reported(house)


async def reported(house):
    """Wait until Actions has reported, and let the app hear it."""
    assert (await house.hub.control("GET /ci?seconds=90"))["idle"]
    await house.passes(3)


NETWORK = "echo 'curl: (6) Could not resolve host: example.com'; exit 6"


@pytest.mark.full
async def test_a_suspected_flake_runs_again_where_the_app_may_have_it(house, people):
    app = {**union(), "actions": "write"}
    await house.hub.control("PATCH /apps/greenroom", permissions=app)
    await house.hub.control(f"PUT /installations/{house.hub.installation}/permissions")
    await with_actions(people, "true", flake=1)
    await house.passes(20, step=5)
    await reported(house)
    run = await passing(house, 120)
    assert (run.conclusion, run.words, run.handoffs) == (Conclusion.SUCCESS, "CI is green.", 0)
    assert "a suspected flake, running it again" in (await house.comments())[0]


async def test_where_it_may_not_a_suspected_flake_is_named_and_not_mended(house, people):
    await with_actions(people, NETWORK)
    run = await passing(house, 120)
    assert (run.state, run.conclusion, run.handoffs) == (Run.FINISHED, Conclusion.NEUTRAL, 0)
    assert "a suspected flake" in run.words
    pull = await people.did("ann", f"GET /pulls/{run.own_pull}")
    assert "Could not resolve host" in pull["body"]


async def test_the_log_of_a_job_reaches_the_agent(house, people):
    await with_actions(people, "echo 'a.py:1: error: wrong'; exit 1")
    await passing(house, 60)
    (message,) = house.runner.latest.plan.messages
    assert "a.py:1: error: wrong" in message.text
