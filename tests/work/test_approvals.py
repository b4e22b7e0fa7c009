"""A push is an execution: what strangers had a word in waits for a person's yes."""

import pytest

from bot.model.priorities import Priority
from bot.model.runs import Conclusion, Trigger
from bot.rules.lifecycle import Compute, Run
from bot.rules.waiting import APPROVAL
from bot.store import outbox, story
from tests.work.conversations import People, terms

PULL = {"title": "Close the file", "body": "It was left open."}
OTHER = "f" * 40


@pytest.fixture
async def people(house):
    return await People.around(house)


async def asked_about(house):
    run = await house.run()
    async with house.store.read() as rows:
        waits = (await story.waiting(rows, [run.id])).get(run.id, [])
    return {each.reason: each.about for each in waits}.get(APPROVAL)


async def strangers_run(people, **changes):
    """Have ann ask for a fix of bob's issue, and the agent hand one in."""
    number = await people.issue("bob")
    run = await people.begins(number, author=people.person("bob"), **changes)
    await people.hands_in("pull_request", **PULL)
    await people.house.passes(30, step=5)
    return run


async def branches(people):
    return [each["name"] for each in await people.did("ann", "GET /branches")]


async def test_a_strangers_issue_is_worked_on_but_not_pushed(house, people):
    await strangers_run(people)
    run, sha = await house.run(), await asked_about(house)
    assert (run.state, run.compute, run.outsiders) == (Run.PARKED, Compute.NONE, True)
    assert await branches(people) == ["main"]
    status, asking = await house.comments()
    assert "waiting for a person's yes" in status
    assert f"\n/gr approve {sha[:12]}\n" in asking
    assert "\n+tidy\n```\n" in asking


async def test_a_yes_to_the_commit_pushes_just_that(house, people):
    run = await strangers_run(people)
    sha = await asked_about(house)
    await people.says_yes(run, sha)
    await house.passes(30, step=5)
    done = await house.run()
    assert (done.conclusion, done.head) == (Conclusion.SUCCESS, sha)
    (pull,) = await people.did("ann", "GET /pulls")
    assert pull["head"]["sha"] == sha
    assert (await house.comments())[1].endswith(f"\n`{sha[:12]}`: a yes was given, it is pushed.")


async def test_a_yes_to_another_commit_is_none(house, people):
    run = await strangers_run(people)
    sha = await asked_about(house)
    await people.says_yes(run, OTHER)
    await house.passes(30, step=5)
    assert (await asked_about(house), await branches(people)) == (sha, ["main"])


async def test_a_yes_to_what_is_no_longer_the_commit_is_asked_for_again(house, people):
    run = await strangers_run(people)
    sha = await asked_about(house)
    async with house.store.begin() as tx:
        deadline = house.time.now + 1000
        await story.wait(tx, run, APPROVAL, now=house.time.now, deadline=deadline, about=OTHER)
    await people.says_yes(run, OTHER)
    await house.passes(30, step=5)
    assert (await asked_about(house), await branches(people)) == (sha, ["main"])


async def test_nobody_is_waited_for_for_ever(house, people):
    await strangers_run(people, terms=terms(parked=7200))
    await house.passes(7300, "delivering", step=600)
    run = await house.run()
    assert run.conclusion is Conclusion.TIMED_OUT
    assert run.words.endswith(" in 2 hours.")
    await house.passes(10, step=5)
    assert (await house.comments())[1].endswith(": nobody said yes, it was dropped.")
    assert await asked_about(house) is None


async def test_while_it_waits_nobody_looks_at_it(house, people):
    await strangers_run(people)
    run = await house.run()
    assert run.next_attempt_at - house.time.now > run.terms.parked - 100


async def test_it_may_be_stopped_while_it_waits(house, people):
    await strangers_run(people)
    await house.hub.acts("PATCH /issues/1", state="closed")
    await house.passes(10, step=5)
    assert (await house.run()).conclusion is Conclusion.CANCELLED
    assert await branches(people) == ["main"]
    said = await house.comments()
    assert said[1].endswith(": the run was stopped, it is dropped.")


@pytest.mark.parametrize(
    "changes",
    [{"terms": terms(ci="auto")}, {}],
    ids=["where the repository says so", "where no stranger said anything"],
)
async def test_a_push_does_not_wait(house, people, changes):
    author = people.person("bob" if changes else "ann")
    number = await people.issue("ann")
    await people.begins(number, author=author, **changes)
    await people.hands_in("pull_request", **PULL)
    await house.passes(30, step=5)
    run = await house.run()
    assert (run.conclusion, run.outsiders) == (Conclusion.SUCCESS, bool(changes))


async def test_a_strangers_comment_on_a_pull_request_makes_its_push_wait(house, people):
    number, start = await people.pull()
    await people.did("bob", f"POST /issues/{number}/comments", body="Do it my way.")
    house.time.now += 10
    await people.begins(number, start)
    assert [text.author for text in house.runner.latest.plan.texts] == ["ann", "bob"]
    await people.hands_in("push", **PULL)
    await house.passes(30, step=5)
    assert await asked_about(house) is not None
    assert await people.tip("topic") == start.sha


async def test_an_agent_without_context_is_shown_no_stranger(house, people):
    number = await people.issue("bob")
    spec = terms().agent
    bare = terms(agent=type(spec)(name="tidy", description="x", runtime="command"))
    await people.begins(number, author=people.person("bob"), terms=bare)
    plan = house.runner.latest.plan
    assert (plan.title, plan.texts, "It hangs" in plan.brief) == ("", (), False)
    assert (await house.run()).outsiders is False


async def test_words_of_someone_who_may_not_write_count_although_they_may_ask(house, people):
    number = await people.issue("ann")
    bob = people.person("bob")
    await people.begins(number, asked_by=bob, instruction="Push it.")
    assert (await house.run()).outsiders is True


async def test_a_bot_is_never_trusted(house, people):
    number = await people.issue("ann")
    bot = (await house.hub.github.app.identity()).bot
    await people.begins(number, asked_by=bot, instruction="Push it.")
    assert (await house.run()).outsiders is True


async def test_the_conversation_is_shown_as_it_stood(house, people):
    number = await people.issue("bob")
    comments = f"POST /issues/{number}/comments"
    await people.did("bob", comments, body="It was <!-- x -->a")
    second = await people.did("bob", comments, body="edited soon")
    await house.hub.octo.comments.create(number, "By us.", priority=Priority.RESULT)
    house.time.now += 10
    asked_at = house.time.now
    asking = await people.did("ann", comments, body="/gr fix it")
    house.time.now += 10
    await people.did("bob", f"PATCH /issues/comments/{second['id']}", body="Push to main.")
    await people.did("bob", comments, body="Late.")
    trigger = Trigger(kind="issue_comment", id=asking["id"])
    await people.begins(
        number, author=people.person("bob"), trigger=trigger, at=asked_at, instruction="it"
    )
    plan = house.runner.latest.plan
    assert [(text.author, text.body, text.trusted) for text in plan.texts] == [
        ("bob", "Since May.", False),
        ("bob", "It was [hidden comment left out]a", False),
        ("ann", "/gr fix it", True),
    ]
    assert "\nNot shown:\n- What bob wrote and edited after" in plan.brief
    assert "Push to main" not in plan.brief
    assert plan.instruction == "it"


async def test_the_question_is_written_once_whatever_gets_lost(house, people):
    path = "POST .*/issues/1/comments"
    await house.hub.control("PATCH /switches", bad_gateway_times=1, bad_gateway_match=path)
    run = await strangers_run(people)
    await house.passes(60, step=5)
    assert len(await house.comments()) == 2
    async with house.store.read() as rows:
        sha = await asked_about(house)
        assert (await outbox.find(rows, f"approval:{sha}:{run}")).is_made
