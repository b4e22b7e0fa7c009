"""Questions of agents, from the comment to the answer that the next job is told."""

import pytest

from bot.model.runs import Conclusion
from bot.rules.lifecycle import Compute, Run
from bot.store import story
from tests.work.conversations import People

DAYS = 2 * 86_400.0
ASKED = {"text": "Which one?", "choices": ["this", "that"]}


@pytest.fixture
async def people(house):
    made = await People.around(house)
    await house.hub.control("PATCH /apps/greenroom", events=["issues", "issue_comment"])
    await house.hub.control(f"PUT /installations/{house.hub.installation}/permissions")
    await house.settles()
    return made


async def says(people, number, body, *, by="ann"):
    people.house.time.now += 5
    await people.did(by, f"POST /issues/{number}/comments", body=body)


async def asked_in(house, number):
    """The comments with questions, oldest first."""
    return [body for body in await house.comments(number) if "greenroom question" in body]


async def asks(people, house, question=ASKED):
    """Have an agent ask something and end; return the number of the issue."""
    number = await people.issue("ann")
    await people.begins(number)
    await _asks(house, question)
    return number


async def _asks(house, question):
    token = await house.comes_up()
    await house.broker.ask(token, "question", question)
    await house.ends(token)
    await house.passes(10, step=5)


async def waits(house):
    run = await house.run()
    async with house.store.read() as rows:
        return [each.reason for each in (await story.waiting(rows, [run.id])).get(run.id, ())]


async def test_a_question_parks_the_run_and_calls_whoever_asked_for_it(house, people):
    number = await asks(people, house)
    run = await house.run()
    assert (run.state, run.compute, await waits(house)) == (Run.PARKED, Compute.NONE, ["answer"])
    (question,) = await asked_in(house, number)
    way = "Answer below this comment, or with `/gr answer …`."
    assert f"@ann, **fix** asks:\n\nWhich one?\n\n- this\n- that\n\n{way}" in question


@pytest.mark.parametrize("text", ["that", "/gr answer that", "> Which one?\n\nthat"])
async def test_an_answer_two_days_later_wakes_the_run_in_another_job(house, people, text):
    number = await asks(people, house)
    house.time.now += DAYS
    await says(people, number, text)
    await house.passes(10, step=5)
    plan = house.runner.latest.plan
    assert [(each.kind, each.text, each.by, each.trusted) for each in plan.messages] == [
        ("answer", "that", "ann", True)
    ]
    assert plan.fence == 2
    assert "An answer to your question, by ann:\n\nthat\n" in plan.brief
    (question,) = await asked_in(house, number)
    assert question.endswith("Answered by ann.")
    assert "@ann" not in question
    (*_, story) = [text for text in await house.comments(number) if "greenroom run" in text]
    assert "Asked a question; waiting for an answer\n" in story
    assert "Going on with the answer of ann\n" in story


async def test_two_answers_at_once_are_both_told_in_order_by_one_wake(house, people):
    await house.hub.control("PUT /repositories/octo/cat/collaborators/bob", role="triage")
    number = await asks(people, house)
    await says(people, number, "that")
    await says(people, number, "No: this.", by="bob")
    await house.settles("inbox")
    await house.passes(10, step=5)
    assert len(house.runner.launched) == 2
    plan = house.runner.latest.plan
    assert [(each.by, each.trusted) for each in plan.messages] == [("ann", True), ("bob", False)]
    assert "<untrusted>\nNo: this.\n</untrusted>" in plan.brief
    assert (await house.run()).outsiders is True


async def test_an_answer_that_comes_before_the_run_is_parked_wakes_it_all_the_same(house, people):
    number = await people.issue("ann")
    await people.begins(number)
    token = await house.comes_up()
    await house.broker.ask(token, "question", ASKED)
    await house.ends(token)
    await says(people, number, "that")
    await house.settles("inbox")
    assert await waits(house) == ["delivery"]
    await house.passes(10, step=5)
    assert [each.text for each in house.runner.latest.plan.messages] == ["that"]
    assert len(house.runner.launched) == 2


async def test_a_stranger_s_answer_wakes_nobody_and_is_refused_once(house, people):
    await house.hub.control("PUT /repositories/octo/cat/collaborators/bob", role="read")
    number = await asks(people, house)
    for text in ("this", "> Which one?\n\nthis", "/gr answer this"):
        await says(people, number, text, by="bob")
    await house.passes(10, step=5)
    assert await waits(house) == ["answer"]
    refused = [each for each in await house.comments(number) if "triage access" in each]
    assert len(refused) == 1


async def test_a_second_question_is_another_comment(house, people):
    number = await asks(people, house)
    await says(people, number, "that")
    await house.passes(10, step=5)
    await _asks(house, {"text": "Really?"})
    first, second = await asked_in(house, number)
    assert first.endswith("Answered by ann.")
    assert "Really?" in second


async def test_a_question_of_a_run_that_is_stopped_says_so(house, people):
    number = await asks(people, house)
    await says(people, number, "/gr stop")
    await house.passes(10, step=5)
    assert (await house.run()).conclusion is Conclusion.CANCELLED
    (question,) = await asked_in(house, number)
    assert question.endswith("The run was stopped.")
