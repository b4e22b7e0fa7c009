"""Reviews of a run's own pull request, from the event to the answer in the thread."""

from dataclasses import replace

import pytest

from bot.model.runs import Conclusion, Terms
from bot.rules.lifecycle import Run
from tests.work.conversations import FIXER, People

EVENTS = ["issues", "issue_comment", "pull_request", "pull_request_review"]
EVENTS += ["pull_request_review_comment"]
PUSH = {"title": "Close the file", "body": "It was open."}


@pytest.fixture
async def people(house):
    made = await People.around(house)
    await house.hub.control("PATCH /apps/greenroom", events=EVENTS)
    await house.hub.control(f"PUT /installations/{house.hub.installation}/permissions")
    await house.settles()
    return made


async def delivered(house, people):
    """Bring a run so far that its pull request waits for a review; return the number of that."""
    number = await people.issue("ann")
    await people.begins(number, terms=Terms(agent=replace(FIXER, waits=("review",))))
    await people.hands_in("pull_request", **PUSH)
    await house.passes(20, step=5)
    run = await house.run()
    assert run.state is Run.PARKED
    return run.own_pull


async def reviews(house, people, pull, event, **more):
    house.time.now += 5
    made = await people.did("ann", f"POST /pulls/{pull}/reviews", event=event, **more)
    await house.passes(10, step=5)
    return made


async def asks_for_a_change(house, people, pull):
    line = {"path": "tidy.txt", "line": 1, "side": "RIGHT", "body": "```suggestion\nneat\n```"}
    await reviews(house, people, pull, "REQUEST_CHANGES", body="Not yet.", comments=[line])


async def branches(people):
    return [each["name"] for each in await people.did("ann", "GET /branches")]


async def tree(people, branch):
    commit = await people.did("ann", f"GET /git/commits/{await people.tip(branch)}")
    return commit["tree"]["sha"]


async def test_a_review_wakes_the_run_which_answers_in_the_thread(house, people):
    pull = await delivered(house, people)
    before = (await house.run()).head
    await asks_for_a_change(house, people, pull)
    plan = house.runner.latest.plan
    (message,) = plan.messages
    assert (message.kind, message.text, message.trusted) == ("review", "Not yet.", True)
    assert [(text.path, text.line, text.trusted) for text in message.texts] == [
        ("tidy.txt", 1, True)
    ]
    assert (plan.base, plan.own) == (before, True)
    assert "Text about tidy.txt, line 1, by ann, who may write here:" in plan.brief
    token = await house.comes_up()
    await house.broker.ask(token, "push", PUSH)
    await house.ends(token, result=await house.pushes(text="neat\n"))
    await house.passes(20, step=5)
    run = await house.run()
    assert (run.state, run.head != before) == (Run.PARKED, True)
    _, answer = await people.did("ann", f"GET /pulls/{pull}/comments")
    assert answer["body"].endswith(f"Taken up in {run.head}.")
    assert answer["in_reply_to_id"] == message.texts[0].thread


async def test_an_approval_of_the_head_ends_the_run_well(house, people):
    pull = await delivered(house, people)
    await reviews(house, people, pull, "APPROVE")
    run = await house.run()
    assert (run.conclusion, run.words) == (Conclusion.SUCCESS, "ann approved it.")


@pytest.mark.parametrize("event", ["APPROVE", "REQUEST_CHANGES"])
async def test_a_stranger_s_review_moves_nothing(house, people, event):
    await house.hub.control("PUT /repositories/octo/cat/collaborators/bob", role="triage")
    pull = await delivered(house, people)
    await people.did("bob", f"POST /pulls/{pull}/reviews", event=event, body="Hm.")
    await house.passes(10, step=5)
    assert (await house.run()).state is Run.PARKED
    assert len(house.runner.launched) == 1


async def test_a_merge_ends_the_run_well_also_when_it_closes_the_issue(house, people):
    pull = await delivered(house, people)
    await people.did("ann", f"PUT /pulls/{pull}/merge")
    await house.passes(10, step=5)
    run = await house.run()
    assert (run.conclusion, run.words) == (Conclusion.SUCCESS, "The pull request was merged.")
    assert run.head_branch not in await branches(people)


async def test_a_branch_that_a_person_has_pushed_to_stays(house, people):
    pull = await delivered(house, people)
    branch = (await house.run()).head_branch
    main = await people.tip("main")
    new = {"message": "More", "tree": await tree(people, branch), "parents": [main]}
    made = await people.did("ann", "POST /git/commits", **new)
    await people.did("ann", f"PATCH /git/refs/heads/{branch}", sha=made["sha"], force=True)
    await people.did("ann", f"PUT /pulls/{pull}/merge")
    await house.passes(10, step=5)
    assert branch in await branches(people)


async def test_a_pull_request_that_is_closed_stops_its_run(house, people):
    pull = await delivered(house, people)
    await people.did("ann", f"PATCH /pulls/{pull}", state="closed")
    await house.passes(10, step=5)
    assert (await house.run()).conclusion is Conclusion.CANCELLED


async def test_a_command_on_a_line_wakes_the_run_with_the_line(house, people):
    pull = await delivered(house, people)
    house.time.now += 5
    beside = {"path": "tidy.txt", "line": 1, "side": "RIGHT"}
    sha = (await house.run()).head
    body = "/gr fix say it better"
    await people.did("ann", f"POST /pulls/{pull}/comments", body=body, commit_id=sha, **beside)
    await house.passes(10, step=5)
    (message,) = house.runner.latest.plan.messages
    assert (message.text, message.texts[0].path) == ("say it better", "tidy.txt")
    assert len(house.runner.launched) == 2
