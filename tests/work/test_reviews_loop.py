"""Reviews of a run's own pull request, from the event to the answer in the thread."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.github.threads import RESOLVE
from bot.model.runs import Conclusion, Terms, Trigger
from bot.rules.lifecycle import Run
from bot.store import outbox, story
from bot.work import threads
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
    assert await resolved(house, pull) == [True]


async def resolved(house, pull):
    """Whether each thread is resolved, oldest first."""
    return [each.resolved for each in await house.hub.octo.threads.of(pull)]


async def resolves(house, people, pull, number):
    """Have ann resolve a thread, counted from 0."""
    thread = (await house.hub.octo.threads.of(pull))[number].id
    body = {"query": RESOLVE, "variables": {"thread": thread}}
    headers = {"Authorization": f"token {people.tokens['ann']}", "User-Agent": "ann"}
    url = f"{house.hub.base}/graphql"
    async with house.hub.http.post(url, json=body, headers=headers) as response:
        assert "errors" not in await response.json()


async def wants_two_changes(house, people, pull):
    """Have ann ask for a change to each of two lines of one file."""
    lines = [
        {"path": "tidy.txt", "line": 1, "side": "RIGHT", "body": body}
        for body in ("Why one?", "Why two?")
    ]
    await reviews(house, people, pull, "REQUEST_CHANGES", body="Not yet.", comments=lines)


async def test_a_thread_whose_file_was_not_changed_is_answered_and_stays_open(house, people):
    pull = await delivered(house, people)
    await asks_for_a_change(house, people, pull)
    token = await house.comes_up()
    await house.broker.ask(token, "push", PUSH)
    await house.ends(token, result=await house.pushes("other.txt"))
    await house.passes(20, step=5)
    _, answer = await people.did("ann", f"GET /pulls/{pull}/comments")
    assert "Taken up in" in answer["body"]
    assert await resolved(house, pull) == [False]


@pytest.mark.full
async def test_an_agent_is_not_told_of_a_thread_that_was_resolved_before_its_job(house, people):
    pull = await delivered(house, people)
    await house.hub.control("PATCH /switches", late=30, late_times=1, late_match="review")
    house.patience = 0.1
    await wants_two_changes(house, people, pull)
    await resolves(house, people, pull, 0)
    await house.passes(60, step=5)
    (message,) = house.runner.latest.plan.messages
    assert [text.body for text in message.texts] == ["Why two?"]
    assert "Why one?" not in house.runner.latest.plan.brief


async def test_a_run_on_a_pull_request_is_shown_open_threads_and_told_of_others(house, people):
    pull, start = await people.pull()
    lines = [
        {"path": "new.txt", "line": 1, "side": "RIGHT", "body": body}
        for body in ("Why one?", "Why two?")
    ]
    await reviews(house, people, pull, "COMMENT", body="Hm.", comments=lines)
    await resolves(house, people, pull, 1)
    await people.begins(pull, start)
    brief = house.runner.latest.plan.brief
    assert "Why one?" in brief
    assert "Why two?" not in brief
    assert "- One comment of threads that were resolved." in brief


@pytest.mark.full
async def test_the_thread_that_a_run_was_asked_for_in_is_shown_although_it_is_resolved(
    house, people
):
    pull, start = await people.pull()
    line = {"path": "new.txt", "line": 1, "side": "RIGHT", "commit_id": start.sha}
    made = await people.did("ann", f"POST /pulls/{pull}/comments", body="Why?", **line)
    await resolves(house, people, pull, 0)
    await people.begins(pull, start, trigger=Trigger(kind="review_comment", id=made["id"]))
    assert "Why?" in house.runner.latest.plan.brief


async def test_what_graphql_refuses_holds_nothing_up(house, people):
    number = await people.issue("ann")
    await people.begins(number)
    run, at = await house.run(), house.hub.octo
    nowhere = replace(run, own_pull=99)
    async with house.store.read() as rows:
        row = (await outbox.of_run(rows, run.id))["comment"]
    row = replace(row, wish={"number": 99, "thread": 7, "resolves": True})
    with capture_logs() as logs:
        assert await threads.resolved(at, nowhere) == frozenset()
        await threads.Thread().edit(at, row, "1")
    assert [(each["event"], each["reason"]) for each in logs] == [
        ("threads.unknown", "not_found"),
        ("thread.not_resolved", "not_found"),
    ]


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


async def pushes(house, text="neat\n"):
    """Be the agent: change the file that is talked about, and ask for its push."""
    token = await house.comes_up()
    await house.broker.ask(token, "push", PUSH)
    await house.ends(token, result=await house.pushes(text=text))
    await house.passes(20, step=5)


@pytest.mark.full
async def test_a_thread_is_answered_also_when_somebody_pushed_before_the_agent(house, people):
    pull = await delivered(house, people)
    await asks_for_a_change(house, people, pull)
    branch = (await house.run()).head_branch
    new = {"message": "More", "tree": await tree(people, branch)}
    made = await people.did("ann", "POST /git/commits", parents=[await people.tip(branch)], **new)
    await people.did("ann", f"PATCH /git/refs/heads/{branch}", sha=made["sha"])
    await pushes(house)
    plan = house.runner.latest.plan
    assert [(each.kind, len(each.texts)) for each in plan.messages] == [("push", 1)]
    await pushes(house, "neater\n")
    _, answer = await people.did("ann", f"GET /pulls/{pull}/comments")
    assert answer["body"].endswith(f"Taken up in {(await house.run()).head}.")
    assert await resolved(house, pull) == [True]


async def test_a_run_that_was_asked_for_beside_a_line_answers_there_once(house, people):
    pull, start = await people.pull()
    line = {"path": "new.txt", "line": 1, "side": "RIGHT", "commit_id": start.sha}
    made = await people.did("ann", f"POST /pulls/{pull}/comments", body="Why?", **line)
    trigger = Trigger(kind="review_comment", id=made["id"])
    again = Terms(agent=replace(FIXER, waits=("review",)), command="fix")
    await people.begins(pull, start, terms=again, trigger=trigger)
    await pushes(house)
    first = (await house.run()).head
    house.time.now += 5
    await people.did("ann", f"POST /issues/{pull}/comments", body="/gr fix say it better")
    await house.passes(10, step=5)
    await pushes(house, "neater\n")
    assert (await house.run()).head != first
    _, answer = await people.did("ann", f"GET /pulls/{pull}/comments")
    assert answer["body"].endswith(f"Taken up in {first}.")
    assert answer["in_reply_to_id"] == made["id"]


@pytest.mark.parametrize("waits", [("review",), ("ci", "review")])
async def test_a_person_s_push_is_followed_while_a_review_is_all_that_is_waited_for(
    house, people, waits
):
    number = await people.issue("ann")
    await people.begins(number, terms=Terms(agent=replace(FIXER, waits=waits)))
    await people.hands_in("pull_request", **PUSH)
    await house.passes(300, step=30)
    run = await house.run()
    assert [each.reason for each in await waiting(house)] == ["review"]
    new = {"message": "More", "tree": await tree(people, run.head_branch)}
    made = await people.did("ann", "POST /git/commits", parents=[run.head], **new)
    await people.did("ann", f"PATCH /git/refs/heads/{run.head_branch}", sha=made["sha"])
    await house.passes(5)
    assert (await house.run()).head == made["sha"]
    assert {each.reason for each in await waiting(house)} == set(waits)
    comment = (await house.comments(number))[0]
    assert f"Somebody has pushed `{made['sha'][:9]}`; waiting for " in comment
    await house.passes(300, step=30)
    await reviews(house, people, run.own_pull, "APPROVE")
    assert (await house.run()).conclusion is Conclusion.SUCCESS


async def waiting(house):
    run = (await house.run()).id
    async with house.store.read() as rows:
        return (await story.waiting(rows, [run])).get(run, [])
