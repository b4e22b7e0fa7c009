"""From what an agent hands in to a pull request, or to the words why there is none."""

import pytest

from bot.model.errors import Fenced, Unavailable
from bot.model.runs import Conclusion
from bot.rules.attempts import DELIVERING_PATIENCE
from bot.rules.lifecycle import Compute, Run
from bot.store import outbox, runs
from bot.work.claimed import BROKEN
from bot.work.context import renewing
from bot.work.delivering import Delivering
from bot.workspace.quarantine import Quarantines
from bot.workspace.remote import LOGIN
from tests.github.embedded import REPO
from tests.work.house import NOREPLY, RULES

BRANCH = "greenroom/tidy/1-untidy"


async def pulls(house):
    return await house.hub.acts("GET /pulls?state=all")


async def branches(house):
    return [branch["name"] for branch in await house.hub.acts("GET /branches")]


async def parked(house):
    """Bring a run so far that its result is pushed as soon as somebody looks."""
    await house.asks_for_a_pull_request(await house.works())
    assert (await house.run()).state is Run.PARKED


async def test_changes_become_a_branch_and_a_pull_request(house):
    await parked(house)
    await house.passes(30, step=5)
    run = await house.run()
    assert (run.state, run.compute, run.conclusion) == (
        Run.FINISHED,
        Compute.NONE,
        Conclusion.SUCCESS,
    )
    (pull,) = await pulls(house)
    assert (pull["title"], pull["head"]["ref"]) == ("Tidy up", BRANCH)
    assert pull["head"]["sha"] == run.head
    assert pull["body"].startswith(f"<!-- greenroom run {run.id} -->\nRan it.\n")
    assert pull["body"].endswith("| `tidy.txt` | +1 | -0 |\n\nMade by **tidy** for ann. Closes #1")


async def test_the_comment_and_the_check_run_tell_the_same_end(house):
    await parked(house)
    await house.passes(30, step=5)
    (comment,) = await house.comments()
    assert "**tidy** · ✅ opened #2" in comment
    head = (await house.run()).head
    listed = await house.hub.acts(f"GET /commits/{head}/check-runs")
    (check,) = listed["check_runs"]
    assert (check["name"], check["status"], check["conclusion"]) == (
        "greenroom / tidy",
        "completed",
        "success",
    )
    assert check["output"]["title"] == "✅ opened #2"


async def test_the_commit_is_the_app_s_and_not_the_agent_s(house):
    await parked(house)
    await house.passes(30, step=5)
    head = (await house.run()).head
    commit = (await house.hub.acts(f"GET /git/commits/{head}"))["author"]
    assert commit["name"] == "greenroom[bot]"
    assert commit["email"].endswith("+greenroom[bot]@users.noreply.localhost")


async def test_a_run_that_changed_nothing_is_neutral(house):
    token = await house.works()
    await house.broker.ask(token, "noop", {"reason": "All is tidy."})
    await house.ends(token)
    await house.passes(10)
    run = await house.run()
    assert (run.conclusion, run.words) == (Conclusion.NEUTRAL, "Nothing had to be done.")
    (comment,) = await house.comments()
    assert "\nAll is tidy.\n" in comment


async def test_a_protected_path_is_named_and_nothing_is_pushed(house):
    token = await house.works()
    await house.broker.ask(token, "pull_request", {"title": "Tidy up", "body": "Ran it."})
    await house.ends(token, result=await house.pushes(".github/workflows/ci.yml"))
    await house.passes(10)
    run = await house.run()
    assert run.conclusion is Conclusion.FAILURE
    assert "`.github/workflows/ci.yml`" in run.words
    assert await branches(house) == ["main"]
    assert await pulls(house) == []


async def test_a_second_run_on_an_issue_gets_a_branch_of_its_own(house):
    await parked(house)
    await house.passes(30, step=5)
    await house.hub.acts("POST /issues/1/labels", labels=["agent:tidy"])
    await house.settles("inbox", "scheduler", "supervisor")
    await house.asks_for_a_pull_request(await house.comes_up())
    await house.passes(30, step=5)
    assert sorted(await branches(house)) == [BRANCH, f"{BRANCH}-2", "main"]
    assert len(await pulls(house)) == 2


@pytest.mark.parametrize("others", [1, 2])
async def test_a_branch_whose_name_somebody_else_has_gets_the_next_number(house, others):
    await parked(house)
    (main,) = await house.hub.acts("GET /branches")
    for name in (BRANCH, f"{BRANCH}-2")[:others]:
        sha = main["commit"]["sha"]
        await house.hub.acts("POST /git/refs", ref=f"refs/heads/{name}", sha=sha)
    await house.passes(40, step=5)
    (pull,) = await pulls(house)
    run = await house.run()
    name = f"{BRANCH}-{1 + others}"
    assert (run.conclusion, run.head_branch, run.fence) == (Conclusion.SUCCESS, name, 1)
    assert (pull["head"]["ref"], pull["head"]["sha"]) == (name, run.head)


async def test_a_run_stopped_before_its_result_was_looked_at_delivers_nothing(house):
    await parked(house)
    await house.hub.acts("DELETE /issues/1/labels/agent:tidy")
    await house.passes(10)
    assert (await house.run()).conclusion is Conclusion.CANCELLED
    assert await branches(house) == ["main"]


async def test_a_run_stopped_before_its_branch_is_pushed_pushes_nothing(house):
    await parked(house)
    await house.passes(1, "supervisor", "delivering")
    await house.hub.acts("DELETE /issues/1/labels/agent:tidy")
    await house.settles("inbox")
    await house.passes(10)
    assert (await house.run()).conclusion is Conclusion.CANCELLED
    assert await branches(house) == ["main"]


async def test_a_run_stopped_while_it_is_looked_at_stays_stopped(house):
    await parked(house)
    row = await house.run()
    await house.hub.acts("DELETE /issues/1/labels/agent:tidy")
    await house.settles("inbox")
    with pytest.raises(Fenced):
        await house.loops["delivering"]._advance(row)
    assert (await house.run()).conclusion is Conclusion.CANCELLED


async def test_what_github_refuses_ends_the_run_with_its_words(house):
    await parked(house)
    await house.passes(1, "supervisor", "delivering")
    run = await house.run()
    async with house.store.begin() as tx:
        (row,) = [
            row
            for row in await outbox.claim(tx, house.context.lease(), most=9)
            if row.kind == "branch"
        ]
        await outbox.refuse(tx, row, worker="w1", words="A ruleset forbids it.")
        await runs.poke(tx, run.id, now=house.time.now)
    await house.passes(6, "supervisor", "delivering")
    run = await house.run()
    words = "GitHub refused it: A ruleset forbids it."
    assert (run.conclusion, run.words) == (Conclusion.FAILURE, words)


async def test_a_delivery_is_not_waited_for_for_ever(house):
    await parked(house)
    await house.passes(1, "supervisor", "delivering")
    await house.passes(DELIVERING_PATIENCE + 10, "supervisor", "delivering", step=300)
    run = await house.run()
    assert (run.conclusion, run.words) == (Conclusion.TIMED_OUT, "GitHub did not take it in time.")


@pytest.mark.parametrize("path", ["POST .*/pulls", "PATCH .*/issues/comments"])
async def test_an_answer_that_got_lost_makes_nothing_twice(house, path):
    await parked(house)
    await house.hub.control("PATCH /switches", bad_gateway_times=1, bad_gateway_match=path)
    await house.passes(60, step=5)
    assert (await house.run()).conclusion is Conclusion.SUCCESS
    assert len(await pulls(house)) == 1
    assert len(await house.comments()) == 1


@pytest.mark.parametrize(
    ("problem", "wait"),
    [
        (Unavailable("github", "no answer", retry_after=7.0), 7),
        (Fenced("it moved"), 0),
        (ZeroDivisionError(), BROKEN),
    ],
)
async def test_a_delivery_that_cannot_go_on_is_looked_at_again(house, problem, wait):
    class Interrupted(Quarantines):
        def path(self, _run):
            raise problem

    await parked(house)
    await house.passes(2, "supervisor")
    places = Interrupted(house.home / "quarantine")
    broken = Delivering(house.context, places, NOREPLY, RULES)
    assert await broken.step()
    await house.idle()
    run = await house.run()
    assert run.state is Run.PARKED
    assert round(run.next_attempt_at - house.time.now) == wait
    await house.passes(60, step=5)
    assert (await house.run()).conclusion is Conclusion.SUCCESS


async def test_a_git_token_that_is_no_longer_taken_is_made_anew(house):
    await parked(house)
    at = house.hub.github.at((await house.run()).installation, REPO)
    refused = await at.token_to_push()
    with pytest.raises(Unavailable), renewing(at):
        raise Unavailable(LOGIN, "the token was not taken", retry_after=1)
    assert (await at.token_to_push()).get_secret_value() != refused.get_secret_value()
