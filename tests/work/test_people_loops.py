"""What people say, twice, late, out of order, at one moment, and with GitHub in the way."""

import pytest

from bot.model.runs import Conclusion
from bot.rules.attempts import FRESH
from bot.rules.lifecycle import Run
from bot.store import queue, story
from bot.work.approvals import Approvals
from tests.github.embedded import REPO
from tests.work.conversations import People

DAYS = 2 * 86_400.0
EVENTS = [
    "issues",
    "issue_comment",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
]
TWO = "/gr tidy\n\n/gr status"


@pytest.fixture
async def people(house):
    made = await People.around(house)
    await house.hub.control("PATCH /apps/greenroom", events=EVENTS)
    await house.hub.control(f"PUT /installations/{house.hub.installation}/permissions")
    await house.settles()
    return made


async def says(people, number, body, *, by="ann"):
    """Comment, and let a moment pass: what came before could be seen."""
    people.house.time.now += 5
    made = await people.did(by, f"POST /issues/{number}/comments", body=body)
    return made["id"]


async def loses(house, event="issue_comment"):
    await house.hub.control("PATCH /switches", lose_times=1, lose_match=event)


async def comes_again(house, *, event="issue_comment", lost=True):
    """Have GitHub deliver the newest of these events once more."""
    page = await house.hub.github.hooks.deliveries(None)
    wanted = [each for each in page.deliveries if each.event == event and each.ok != lost]
    await house.hub.github.hooks.redeliver(wanted[0].id)
    await house.settles()


async def ours(house, number):
    """What the app has written, oldest first."""
    rows = await house.hub.acts(f"GET /issues/{number}/comments")
    return [each["body"] for each in rows if each["user"]["type"] == "Bot"]


async def deletes(people, path):
    headers = {"Authorization": f"token {people.tokens['ann']}", "User-Agent": "ann"}
    url = f"{people.house.hub.base}/repos/{REPO}{path}"
    async with people.house.hub.http.delete(url, headers=headers) as response:
        assert response.ok, await response.text()


async def configures(people, text):
    main = await people.tip("main")
    entry = {"path": ".github/greenroom.yml", "mode": "100644", "type": "blob", "content": text}
    tree = await people.did("ann", "POST /git/trees", base_tree=main, tree=[entry])
    new = {"message": "Configure", "tree": tree["sha"], "parents": [main]}
    made = await people.did("ann", "POST /git/commits", **new)
    await people.did("ann", "PATCH /git/refs/heads/main", sha=made["sha"])
    await people.house.settles()


async def every(house):
    """Agent and state of every run, the oldest first."""
    async with house.store.read() as rows:
        query = "SELECT agent, state FROM runs ORDER BY id"
        return [tuple(row) for row in (await rows.exec_driver_sql(query)).all()]


async def asked_about(house):
    run = await house.run()
    async with house.store.read() as rows:
        return {wait.about for wait in (await story.waiting(rows, [run.id])).get(run.id, ())}


async def test_a_comment_that_is_delivered_twice_acts_once(house, people):
    number = await people.issue("ann")
    await says(people, number, TWO)
    await house.settles()
    await comes_again(house, lost=False)
    await house.passes(DAYS, "inbox", step=DAYS)
    await comes_again(house, lost=False)
    assert len(await every(house)) == 1
    assert len(await ours(house, number)) == 2


@pytest.mark.parametrize(
    ("now", "does"),
    [
        (TWO, {"run", "status"}),
        ("/gr status", {"status"}),
        ("/gr tidy\n\nPlease.", {"run"}),
        ("> /gr tidy", set()),
        ("Never mind.", set()),
        (None, set()),
    ],
    ids=["as it was", "one left", "the other left", "quoted", "none left", "deleted"],
)
async def test_a_comment_that_comes_days_late_asks_only_for_what_still_stands_in_it(
    house, people, now, does
):
    number = await people.issue("ann")
    await loses(house)
    comment = await says(people, number, TWO)
    await house.settles()
    await loses(house)
    if now is None:
        await deletes(people, f"/issues/comments/{comment}")
    elif now != TWO:
        await people.did("ann", f"PATCH /issues/comments/{comment}", body=now)
    await house.hub.control("PATCH /switches", lose_times=0)
    house.time.now += DAYS
    page = await house.hub.github.hooks.deliveries(None)
    first = min(each.id for each in page.deliveries if each.event == "issue_comment")
    await house.hub.github.hooks.redeliver(first)
    await house.settles()
    assert [agent for agent, _ in await every(house)] == ["tidy"] * ("run" in does)
    assert len(await ours(house, number)) == len(does)


@pytest.mark.parametrize("seconds", [0, FRESH - 10, FRESH + 1])
async def test_a_text_is_read_again_only_when_it_is_old(house, people, seconds):
    number = await people.issue("ann")
    await loses(house)
    comment = await says(people, number, "/gr tidy")
    await house.settles()
    house.time.now += seconds
    await house.hub.control("DELETE /requests")
    await comes_again(house)
    seen = (await house.hub.control("GET /requests"))["requests"]
    read = f"GET /repos/octo/cat/issues/comments/{comment}"
    assert (read in [each["request"] for each in seen]) is (seconds > FRESH)
    assert len(await every(house)) == 1


@pytest.mark.parametrize("now", ["/gr help", "Never mind."], ids=["kept", "taken back"])
@pytest.mark.parametrize("kind", ["description", "review", "review_comment"])
async def test_every_kind_of_text_is_read_again(house, people, kind, now):
    number, start = await people.pull()
    await house.settles()
    house.time.now += 5
    text, event = "/gr help", "pull_request_review"
    await loses(house, event if kind == "review" else "pull_request")
    at = f"/pulls/{number}"
    if kind == "description":
        event, path = "pull_request", at
        await people.did("ann", f"PATCH {at}", body=text)
    elif kind == "review":
        made = await people.did("ann", f"POST {at}/reviews", event="COMMENT", body=text)
        path = f"{at}/reviews/{made['id']}"
    else:
        event = "pull_request_review_comment"
        await loses(house, event)
        beside = {"path": "new.txt", "subject_type": "file", "commit_id": start.sha}
        made = await people.did("ann", f"POST {at}/comments", body=text, **beside)
        path = f"/pulls/comments/{made['id']}"
    await house.settles()
    page = await house.hub.github.hooks.deliveries(None)
    lost = max(each.id for each in page.deliveries if each.event == event and not each.ok)
    if now != text:
        await loses(house, event)
        method = "PUT" if kind == "review" else "PATCH"
        await people.did("ann", f"{method} {path}", body=now)
    house.time.now += DAYS
    await house.hub.control("PATCH /switches", lose_times=0)
    await house.hub.github.hooks.redeliver(lost)
    await house.settles()
    assert len(await ours(house, number)) == (now == text)


@pytest.mark.parametrize("reorder", [0, 2], ids=["in order", "the push first"])
async def test_a_push_right_after_a_command_makes_it_wait_for_a_yes(house, people, reorder):
    number, start = await people.pull()
    await house.settles()
    if reorder:
        await loses(house)
    await says(people, number, "/gr tidy")
    house.time.now += 5
    head = await people.moves("topic")
    await house.settles()
    if reorder:
        await comes_again(house)
    assert await every(house) == [("tidy", "queued" if not reorder else "parked")] or reorder == 0
    if reorder:
        assert await asked_about(house) == {head}
        await says(people, number, f"/gr approve {head[:12]}")
        await house.settles()
        assert (await house.run()).base == head
        assert house.runner.latest.plan.base == head != start.sha


async def parked(house, people):
    """Bring a run so far that it waits for a yes to a head that nobody could have seen."""
    await loses(house, "pull_request.opened")
    number, start = await people.pull()
    await says(people, number, "/gr tidy")
    await house.settles()
    assert (await house.run()).state is Run.PARKED
    return number, start


async def test_a_yes_to_a_head_that_has_moved_meanwhile_is_asked_for_again(house, people):
    number, start = await parked(house, people)
    await loses(house, "pull_request.synchronize")
    head = await people.moves("topic")
    await says(people, number, f"/gr approve {start.sha[:12]}")
    await house.settles()
    assert (await house.run()).state is Run.PARKED
    assert await asked_about(house) == {head}
    assert "The branch has moved meanwhile" in (await ours(house, number))[-1]


async def test_pushes_that_come_in_the_wrong_order_ask_about_the_last(house, people):
    number, _ = await parked(house, people)
    await loses(house, "pull_request.synchronize")
    await people.moves("topic")
    await house.settles()
    last = await people.moves("topic", "again")
    await house.settles()
    await comes_again(house, event="pull_request")
    assert await asked_about(house) == {last}
    assert len(await ours(house, number)) == 1


async def test_two_yeses_are_one(house, people):
    number, start = await parked(house, people)
    for _ in range(2):
        await says(people, number, f"/gr approve {start.sha[:12]}")
    await house.settles()
    assert len(house.runner.launched) == 1
    assert "No run waits for a yes" in (await ours(house, number))[-1]


@pytest.mark.parametrize("how", ["close", "stop"])
async def test_what_waits_is_ended_with_words_on_its_check(house, people, how):
    number, start = await parked(house, people)
    if how == "close":
        await people.did("ann", f"PATCH /pulls/{number}", state="closed")
    else:
        await says(people, number, "/gr stop")
    await house.passes(10, step=5)
    run = await house.run()
    assert (run.state, run.conclusion) == (Run.FINISHED, Conclusion.CANCELLED)
    found = await people.did("ann", f"GET /commits/{start.sha}/check-runs")
    assert [each["conclusion"] for each in found["check_runs"]] == ["cancelled"]


async def test_what_nobody_says_yes_to_ends_in_time(house, people):
    number, _ = await parked(house, people)
    house.loops["approvals"] = Approvals(house.context)
    run = await house.run()
    await house.passes(run.terms.parked - 60, "approvals", step=run.terms.parked / 2)
    assert (await house.run()).state is Run.PARKED
    await house.passes(120, "approvals", step=30)
    assert (await house.run()).conclusion is Conclusion.TIMED_OUT
    await house.settles("reporter")
    assert "Nobody said yes in time." in (await ours(house, number))[0]


async def test_two_people_who_ask_at_once_get_one_run(house, people):
    await house.hub.control("PUT /repositories/octo/cat/collaborators/bob", role="write")
    number = await people.issue("ann")
    for login in ("ann", "bob"):
        await people.did(login, f"POST /issues/{number}/comments", body="/gr tidy")
    await house.settles()
    assert len(await every(house)) == 1
    told = [said.count("is at work here already") for said in await ours(house, number)]
    assert sorted(told) == [0, 1]


async def test_a_run_that_waits_ends_when_the_app_is_suspended(house, people):
    number, _ = await parked(house, people)
    at = f"/installations/{house.hub.installation}/suspended"
    await house.hub.control(f"PUT {at}")
    await house.passes(60, step=20)
    run = await house.run()
    assert (run.conclusion, run.words) == (Conclusion.CANCELLED, "The app was suspended.")
    await house.hub.control(f"DELETE {at}")
    await says(people, number, "/gr explain")
    await house.passes(60, step=20)
    assert "The app was suspended." in (await ours(house, number))[-1]


async def test_words_of_someone_who_lost_their_access_meanwhile_are_a_strangers(house, people):
    number = await people.issue("ann")
    await says(people, number, "/gr fix the race")
    await house.settles("inbox")
    await house.hub.control("PUT /repositories/octo/cat/collaborators/ann", role="read")
    await house.settles("scheduler", "supervisor")
    assert (await house.run()).outsiders is True


async def test_a_branch_that_was_deleted_while_its_agent_worked_is_said(house, people):
    number, _ = await people.pull()
    await house.settles()
    await says(people, number, "/gr tidy")
    await house.settles()
    await loses(house, "pull_request.closed")
    await deletes(people, "/git/refs/heads/topic")
    await people.hands_in("push", title="Tidy up", body="Ran it.")
    await house.passes(30, step=5)
    run = await house.run()
    assert (run.state, run.conclusion) == (Run.FINISHED, Conclusion.FAILURE)
    assert "`topic`" in run.words


async def test_a_run_of_a_repository_that_is_renamed_meanwhile_ends(house, people):
    number = await people.issue("ann")
    await says(people, number, "/gr tidy")
    await house.settles()
    await house.hub.control("PUT /repositories/octo/cat/name", name="lion")
    await people.hands_in("pull_request", title="Tidy up", body="Ran it.")
    await house.passes(30, step=5)
    run = await house.run()
    assert (run.state, run.conclusion) == (Run.FINISHED, Conclusion.FAILURE)


async def test_the_runs_of_a_day_are_bounded(house, people):
    await configures(people, "version: 1\nlimits: {runs: {per_day: 1}}\n")
    first, second = await people.issue("ann"), await people.issue("ann")
    await says(people, first, "/gr tidy")
    await says(people, second, "/gr tidy")
    await house.passes(1)
    assert len(await every(house)) == 1
    said = "".join([*await ours(house, first), *await ours(house, second)])
    assert said.count("as many runs today as its configuration allows") == 1
    house.time.now += 86_400
    await says(people, await people.issue("ann"), "/gr tidy")
    await house.settles()
    assert len(await every(house)) == 2


async def test_runs_at_once_are_as_many_as_configuration_says(house, people):
    await configures(people, "version: 1\nlimits: {runs: {concurrent: 1}}\n")
    for _ in range(2):
        await says(people, await people.issue("ann"), "/gr tidy")
    await house.settles()
    assert await every(house) == [("tidy", "running"), ("tidy", "queued")]
    await house.ends(await house.comes_up(), exit=1)
    await house.passes(10, step=5)
    assert [state for _, state in await every(house)] == ["finished", "running"]


async def test_commands_of_many_repositories_all_act_and_in_turn(house, people):
    names = [f"many-{number}" for number in range(20)]
    for name in names:
        new = {"owner": "octo", "name": name, "files": {"a.txt": "a\n"}}
        await house.hub.control("POST /repositories", **new)
        await house.hub.control(f"PUT /repositories/octo/{name}/collaborators/ann", role="write")
    headers = {"Authorization": f"token {people.tokens['ann']}", "User-Agent": "ann"}
    for name in names:
        at = f"{house.hub.base}/repos/octo/{name}/issues"
        for path, body in (("", {"title": "A mess"}), ("/1/comments", {"body": "/gr tidy"})):
            async with house.hub.http.post(f"{at}{path}", json=body, headers=headers) as response:
                assert response.ok
    await house.settles("inbox")
    assert len(await every(house)) == len(names)
    assert {state for state, _ in await house.notes()} <= {"done", "ignored"}
    async with house.store.read() as rows:
        assert await queue.taken_slots(rows) == frozenset()
    await house.settles("scheduler")
    assert [state for _, state in await every(house)].count("running") == 4


async def test_configuration_that_cannot_be_read_is_tried_again_and_then_said(house, people):
    number = await people.issue("ann")
    await house.settles()
    granted = {"metadata": "read", "issues": "write"}
    await house.hub.control("PATCH /apps/greenroom", permissions=granted)
    await house.hub.control(f"PUT /installations/{house.hub.installation}/permissions")
    house.time.now += 3600  # the tokens of before are over
    await says(people, number, "/gr tidy")
    await house.passes(300, "inbox", "reporter", step=10)
    assert "set_aside" in dict(await house.notes())
    (said,) = await ours(house, number)
    assert "contents" in said
    assert await every(house) == []
