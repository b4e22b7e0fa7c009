"""Plans of agents, from the comment that asks to the changes that follow a person's yes."""

from dataclasses import replace

import pytest

from bot.model.intents import AskAgain
from bot.model.runs import Conclusion
from bot.rules.lifecycle import Compute, Run
from bot.rules.outputs import Rejected
from bot.store import story
from bot.work import approvals
from tests.github.embedded import REPO
from tests.work.conversations import FIXER, People, terms

EVENTS = ["issues", "issue_comment", "pull_request", "check_run"]
PLAN = {"text": "- Close the file in `x.py`\n- Ask @bob nothing"}
OTHER = {"text": "- Open it again"}
PULL = {"title": "Close the file", "body": "It was left open."}
OUTPUTS = {**FIXER.outputs, "plan": 1}
PLANNER = replace(FIXER, name="plan", outputs=OUTPUTS)
TERMS = terms(agent=PLANNER, command="plan")
A_DAY = 86_400.0


@pytest.fixture
async def people(house):
    made = await People.around(house)
    await house.hub.control("PATCH /apps/greenroom", events=EVENTS)
    await house.hub.control(f"PUT /installations/{house.hub.installation}/permissions")
    await house.settles()
    return made


async def says(people, number, body, *, by="ann"):
    people.house.time.now += 5
    await people.did(by, f"POST /issues/{number}/comments", body=body)
    await people.house.passes(10, step=5)


async def made(house, plan=PLAN):
    """Be the agent: make a plan, and end; return the beginning of its hash."""
    token = await house.comes_up()
    answer = await house.broker.ask(token, "plan", plan)
    assert getattr(answer, "words", None) is None
    await house.ends(token, result=await house.pushes())
    await house.passes(10, step=5)
    return (await waits(house))["plan"][:12]


async def planned(people, house, **changes):
    """Have a plan made for an issue; return its number and the plan's hash."""
    number = await people.issue("ann")
    await people.begins(number, terms=replace(TERMS, **changes))
    return number, await made(house)


async def waits(house):
    run = await house.run()
    async with house.store.read() as rows:
        found = (await story.waiting(rows, [run.id])).get(run.id, ())
    return {each.reason: each.about for each in found}


async def asked_in(house, number):
    """The comments with plans, oldest first."""
    return [body for body in await house.comments(number) if "greenroom plan" in body]


async def pulls(people):
    return await people.did("ann", "GET /pulls")


async def test_a_plan_waits_for_a_yes_and_changes_nothing(house, people):
    number, named = await planned(people, house)
    run = await house.run()
    assert (run.state, run.compute, run.plan) == (Run.PARKED, Compute.NONE, None)
    assert await pulls(people) == []
    status, asking = await house.comments(number)
    assert "waiting for a yes to its plan" in status
    assert f"a yes to its plan `{named}` by somebody who may write here" in status
    assert "@ann, **plan** has a plan for" in asking
    assert "- Close the file in `x.py`\n- Ask @\u200bbob nothing" in asking
    assert f"\n/gr approve {named}\n" in asking


async def test_before_the_yes_no_change_may_be_asked_for(house, people):
    number = await people.issue("ann")
    await people.begins(number, terms=TERMS)
    token = await house.comes_up()
    answer = await house.broker.ask(token, "pull_request", PULL)
    assert isinstance(answer, Rejected)
    words = "A person says yes to a `plan` first; your work is kept until then."
    assert answer.words.endswith(words)
    assert "pull_request" not in house.runner.latest.plan.agent.outputs


async def test_a_yes_has_the_same_run_do_it_in_another_job(house, people):
    number, named = await planned(people, house)
    await says(people, number, f"/gr approve {named}")
    plan = house.runner.latest.plan
    assert [(each.kind, each.text, each.by) for each in plan.messages] == [
        ("plan", PLAN["text"], "ann")
    ]
    assert plan.agent.outputs["pull_request"] == 1
    assert (await house.run()).outsiders is False
    await people.hands_in("pull_request", **PULL)
    await house.passes(30, step=5)
    run = await house.run()
    assert (run.conclusion, run.fence) == (Conclusion.SUCCESS, 2)
    assert len(await pulls(people)) == 1
    (asking,) = await asked_in(house, number)
    assert asking.endswith(f"\n`{named}`: ann said yes to it.")
    assert "@ann" not in asking


async def test_who_may_not_write_says_no_yes_and_no_other_hash_is_one(house, people):
    number, named = await planned(people, house)
    await says(people, number, f"/gr approve {named}", by="bob")
    await says(people, number, f"/gr approve {'f' * 12}")
    assert list(await waits(house)) == ["plan"]
    *_, refusal, _, answer = await house.comments(number)
    assert "`approve` needs write access" in refusal
    assert f"No run waits for a yes to `{'f' * 12}`. Asked about: `{named}`." in answer


async def test_other_words_have_it_plan_anew_and_the_old_hash_is_none(house, people):
    number, named = await planned(people, house)
    await says(people, number, "/gr plan Open it again.")
    again = await made(house, OTHER)
    assert again != named
    await says(people, number, f"/gr approve {named}")
    assert await waits(house) == {"plan": (await waits(house))["plan"]}
    first, second = await asked_in(house, number)
    assert first.endswith(": it went on without a yes, another plan needs its own.")
    assert f"/gr approve {again}" in second
    assert f"Asked about: `{again}`." in (await house.comments(number))[-1]


async def test_the_same_plan_made_again_is_asked_about_again(house, people):
    number, named = await planned(people, house)
    await says(people, number, f"/gr approve {named}")
    assert await made(house) == named
    assert (await house.run()).plan is None
    assert "pull_request" in house.runner.latest.plan.agent.outputs
    await says(people, number, f"/gr approve {named}")
    assert len(house.runner.launched) == 3
    assert len(await asked_in(house, number)) == 2


async def test_two_yeses_at_once_are_one(house, people):
    await planned(people, house)
    run = await house.run()
    about = (await waits(house))["plan"]
    said = [await people.says_yes(run.id, about) for _ in range(2)]
    assert said == [f"run {run.id} goes on", f"run {run.id} does not wait for a yes to {about}"]
    await house.passes(10, step=5)
    assert len(house.runner.latest.plan.messages) == 1


async def test_words_to_a_run_that_did_what_it_planned_need_another_plan(house, people):
    number, named = await planned(people, house, agent=replace(PLANNER, waits=("review",)))
    await says(people, number, f"/gr approve {named}")
    await people.hands_in("pull_request", **PULL)
    await house.passes(30, step=5)
    assert list(await waits(house)) == ["review"]
    await says(people, number, "/gr plan Do another thing.")
    outputs = house.runner.latest.plan.agent.outputs
    assert ("plan" in outputs, "push" in outputs) == (True, False)
    await made(house, OTHER)
    assert list(await waits(house)) == ["plan"]


@pytest.mark.parametrize(
    ("text", "conclusion", "last"),
    [
        ("/gr stop", Conclusion.CANCELLED, "the run was stopped, it is dropped."),
        (None, Conclusion.TIMED_OUT, "nobody said yes, it was dropped."),
    ],
    ids=["stopped", "late"],
)
async def test_a_plan_of_a_run_that_ends_is_dropped(house, people, text, conclusion, last):
    number, _ = await planned(people, house, parked=7200)
    if text:
        await says(people, number, text)
    else:
        await house.passes(7300, "waits", step=600)
    await house.passes(10, step=5)
    run = await house.run()
    assert run.conclusion is conclusion
    if not text:
        assert run.words == "Nobody has said yes to the plan in 2 hours."
    (asking,) = await asked_in(house, number)
    assert asking.endswith(last)


async def test_people_are_reminded_once_with_the_hash(house, people):
    number, named = await planned(people, house, parked=int(4 * A_DAY))
    await house.passes(3.5 * A_DAY, "waits", step=A_DAY / 2)
    await house.passes(10, step=5)
    (reminder,) = [each for each in await house.comments(number) if "reminder" in each]
    assert f"still waits for a yes to its plan: `/gr approve {named}`. It ends in" in reminder


async def on_a_pull(people, house):
    number, start = await people.pull()
    await people.begins(number, start, terms=TERMS)
    return number, start, await made(house)


async def checks(people, sha):
    found = await people.did("ann", f"GET /commits/{sha}/check-runs?filter=all")
    return [each for each in found["check_runs"] if each["name"] == "greenroom / plan"]


async def presses(house, check, button):
    what = {"repository": REPO, "check_run": check["id"], "identifier": button}
    await house.hub.control("POST /press", login="ann", **what)
    await house.passes(10, step=5)


async def test_on_a_pull_request_the_check_asks_and_its_button_says_yes(house, people):
    _, start, _ = await on_a_pull(people, house)
    (check,) = await checks(people, start.sha)
    assert (check["conclusion"], check["output"]["title"]) == (
        "action_required",
        "waiting for a yes to its plan",
    )
    await presses(house, check, "approve")
    assert [each.kind for each in house.runner.latest.plan.messages] == ["plan"]
    ended, going_on = sorted(await checks(people, start.sha), key=lambda each: each["id"])
    assert (ended["conclusion"], ended["output"]["title"]) == ("neutral", "A yes was given")
    assert going_on["status"] == "in_progress"


async def test_a_yes_to_a_plan_for_a_head_that_moved_has_it_plan_anew(house, people):
    number, start, named = await on_a_pull(people, house)
    head = await people.moves("topic")
    await says(people, number, f"/gr approve {named}")
    plan = house.runner.latest.plan
    assert [(each.kind, head in each.text) for each in plan.messages] == [("push", True)]
    assert (plan.base, "push" in plan.agent.outputs) == (head, False)
    assert "The branch has moved meanwhile" in (await house.comments(number))[-1]
    assert [each["conclusion"] for each in await checks(people, start.sha)] == ["neutral"]
    again = await made(house)
    assert again != named
    await says(people, number, f"/gr approve {again}")
    assert "push" in house.runner.latest.plan.agent.outputs


async def test_a_head_that_moves_between_the_yes_and_the_job_makes_it_none(house, people):
    _, _, named = await on_a_pull(people, house)
    run = await house.run()
    await people.says_yes(run.id, (await waits(house))["plan"])
    head = await people.moves("topic")
    await house.passes(10, step=5)
    plan = house.runner.latest.plan
    assert [(each.kind, head in each.text) for each in plan.messages] == [("push", True)]
    assert (plan.base, "push" in plan.agent.outputs) == (head, False)
    assert await made(house) != named


async def test_a_message_that_comes_before_the_plan_is_asked_about_goes_first(house, people):
    number = await people.issue("ann")
    await people.begins(number, terms=TERMS)
    token = await house.comes_up()
    await house.broker.ask(token, "plan", PLAN)
    await house.ends(token)
    await people.did("ann", f"POST /issues/{number}/comments", body="/gr plan Wait.")
    await house.passes(10, step=5)
    assert len(house.runner.launched) == 2
    assert await asked_in(house, number) == []


async def test_other_words_between_the_yes_and_the_job_make_it_none(house, people):
    number, named = await planned(people, house)
    run = await house.run()
    await people.says_yes(run.id, (await waits(house))["plan"])
    house.time.now += 5
    await people.did("ann", f"POST /issues/{number}/comments", body="/gr plan Open it again.")
    await house.settles("inbox")
    await house.passes(10, step=5)
    plan = house.runner.latest.plan
    assert [each.kind for each in plan.messages] == ["steer"]
    assert "pull_request" not in plan.agent.outputs
    assert await made(house, OTHER) != named


async def test_other_words_while_the_agent_does_its_plan_are_for_a_job_that_plans(house, people):
    number, named = await planned(people, house)
    await says(people, number, f"/gr approve {named}")
    token = await house.comes_up()
    told = len(house.runner.latest.plan.messages)
    await says(people, number, "/gr plan Open it again.")
    assert await house.broker.messages(token, after=told) == ()
    await house.broker.ask(token, "pull_request", PULL)
    await house.ends(token, result=await house.pushes())
    await house.passes(20, step=5)
    plan = house.runner.latest.plan
    assert [each.kind for each in plan.messages] == ["steer"]
    assert ("pull_request" in plan.agent.outputs, await pulls(people)) == (False, [])


@pytest.mark.full
async def test_words_while_what_was_planned_is_pushed_need_another_plan(house, people):
    number, named = await planned(people, house, agent=replace(PLANNER, waits=("review",)))
    await says(people, number, f"/gr approve {named}")
    await people.hands_in("pull_request", **PULL)
    await people.did("ann", f"POST /issues/{number}/comments", body="/gr plan Do another thing.")
    await house.settles("inbox")
    await house.passes(30, step=5)
    outputs = house.runner.latest.plan.agent.outputs
    assert ("plan" in outputs, "push" in outputs, len(await pulls(people))) == (True, False, 1)


@pytest.mark.full
async def test_a_late_yes_to_an_older_plan_leaves_the_one_for_the_new_head(house, people):
    number, _, named = await on_a_pull(people, house)
    head = await people.moves("topic")
    await says(people, number, f"/gr approve {named}")
    again = await made(house)
    run = await house.run()
    async with house.store.begin() as tx:
        await approvals.ask_again(tx, AskAgain(run=run.id, sha=head), now=house.time.now)
    assert (await waits(house))["plan"].startswith(again)
    assert len(house.runner.launched) == 2
