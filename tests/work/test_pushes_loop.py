"""People push while a job is live: their commits stay, and the run goes on from them."""

from dataclasses import asdict, replace

import pytest

from bot.model.ids import Sha
from bot.model.runs import Checkpoint, Conclusion, Plan, Terms
from bot.rules.lifecycle import Run
from bot.store import runs, story
from tests.devhub.checkout import Checkout
from tests.work.conversations import FIXER, People, terms

PUSH = {"title": "Close the file", "body": "It was left open."}
PATIENT = replace(FIXER, waits=("review",))


@pytest.fixture
async def people(house):
    return await People.around(house)


async def overtaken(house, people, **changes):
    """Have ann push to her branch while the job is live, and the job ask for its push."""
    number, start = await people.pull()
    await people.begins(number, start, terms=terms(**changes))
    theirs = await people.moves("topic")
    await people.hands_in("push", **PUSH)
    await house.passes(20, step=5)
    return start, theirs


async def again(house, people, text="n\n"):
    """Have ann push once more while the next job is live, and that one ask again."""
    theirs = await people.moves("topic", text)
    await people.hands_in("push", **PUSH)
    await house.passes(20, step=5)
    return theirs


async def history(people, branch):
    """Commits of a branch, newest first, as far as they have one parent."""
    found, sha = [], await people.tip(branch)
    while sha:
        found.append(sha)
        parents = (await people.did("ann", f"GET /git/commits/{sha}"))["parents"]
        sha = parents[0]["sha"] if parents else None
    return found


async def rewrites(house, people, branch):
    """Put another commit in the place of the branch's last one."""
    checkout = Checkout(house.home / "clone-of-ann", people.tokens["ann"])
    await checkout.git("fetch", "-q", "origin", branch)
    await checkout.git("checkout", "-q", "-B", branch, "FETCH_HEAD")
    await checkout.git("commit", "-q", "--amend", "-m", "Other words")
    await checkout.push("-f", branch)
    return Sha(await checkout.head())


@pytest.mark.parametrize("signed", [False, True])
async def test_the_run_goes_on_from_what_was_pushed_and_both_stay(house, people, signed):
    start, theirs = await overtaken(house, people, signed=signed)
    plan = house.runner.latest.plan
    (message,) = plan.messages
    assert (plan.base, plan.base_branch, len(house.runner.launched)) == (theirs, "topic", 2)
    assert (message.kind, message.by) == ("push", None)
    assert f"Somebody has pushed `{theirs[:9]}` while you worked" in plan.brief
    await people.hands_in("push", **PUSH)
    await house.passes(20, step=5)
    run = await house.run()
    assert (run.conclusion, run.head) == (Conclusion.SUCCESS, await people.tip("topic"))
    assert (await history(people, "topic"))[:3] == [run.head, theirs, start.sha]


async def test_people_see_that_it_goes_on_and_on_which_commit(house, people):
    start, theirs = await overtaken(house, people)
    (comment,) = await house.comments(1)
    assert f"Somebody has pushed `{theirs[:9]}` meanwhile; going on from there (1 of 5)" in comment
    listed = await people.did("ann", f"GET /commits/{start.sha}/check-runs")
    assert [each["output"]["title"] for each in listed["check_runs"]] == [
        f"Went on at {theirs[:9]}"
    ]
    listed = await people.did("ann", f"GET /commits/{theirs}/check-runs")
    assert [each["status"] for each in listed["check_runs"]] == ["in_progress"]


async def test_it_ends_when_somebody_pushes_each_time(house, people):
    await overtaken(house, people, handoffs=1)
    theirs = await again(house, people)
    run = await house.run()
    assert run.conclusion is Conclusion.FAILURE
    assert run.words == (
        "`topic` has moved on again while the agent worked, so that nothing was pushed. "
        "`/gr retry` goes on from where it stands now."
    )
    assert await people.tip("topic") == theirs


async def test_nothing_left_to_do_is_no_success_of_ours(house, people):
    _, theirs = await overtaken(house, people)
    token = await house.comes_up()
    await house.broker.ask(token, "noop", {"reason": "They did it."})
    await house.ends(token)
    await house.passes(20, step=5)
    run = await house.run()
    assert (run.conclusion, run.words) == (Conclusion.NEUTRAL, "Nothing had to be done.")
    assert await people.tip("topic") == theirs


@pytest.mark.full
async def test_a_push_to_the_branch_of_the_run_itself_is_kept_too(house, people):
    number = await people.issue("ann")
    await people.begins(number, terms=Terms(agent=PATIENT))
    await people.hands_in("pull_request", **PUSH)
    await house.passes(20, step=5)
    run = await house.run()
    await people.pull()  # for a clone
    checkout = Checkout(house.home / "clone-of-ann", people.tokens["ann"])
    await checkout.git("fetch", "-q", "origin", run.head_branch)
    await checkout.git("checkout", "-q", "-b", "mine", "FETCH_HEAD")
    await steers(house, people, run)
    theirs = await checkout.commit({"more.txt": "m\n"}, "More")
    await checkout.push(f"mine:{run.head_branch}")
    for text in ("neat\n", "neater\n"):
        token = await house.comes_up()
        await house.broker.ask(token, "push", PUSH)
        await house.ends(token, result=await house.pushes(text=text))
        await house.passes(20, step=5)
    after = await house.run()
    assert (after.state, after.head) == (Run.PARKED, await people.tip(run.head_branch))
    assert (await history(people, run.head_branch))[1:3] == [theirs, run.head]


async def steers(house, people, run):
    """Have ann say something to a run that waits, so that its next job is live."""
    house.time.now += 5
    await people.did("ann", f"POST /issues/{run.number}/comments", body="/gr fix say it better")
    await house.passes(10, step=5)


async def test_a_history_that_was_rewritten_is_left_as_it_is(house, people):
    number, start = await people.pull()
    await people.begins(number, start)
    theirs = await rewrites(house, people, "topic")
    await people.hands_in("push", **PUSH)
    await house.passes(20, step=5)
    run = await house.run()
    assert run.conclusion is Conclusion.FAILURE
    assert run.words == (
        "`topic` was rewritten while the agent worked, so that nothing was pushed. "
        "`/gr retry --fresh` does the work anew on what stands there now."
    )
    assert await people.tip("topic") == theirs


@pytest.mark.parametrize("rewritten", [False, True])
async def test_a_lost_job_s_work_goes_onto_what_was_added_alone(house, people, rewritten):
    number, start = await people.pull()
    run = await people.begins(number, start)
    left = Checkpoint(base=start.sha, work="w" * 64, session="s" * 64)
    async with house.store.begin() as tx:
        await runs.note(tx, await runs.get(tx, run), checkpoint=asdict(left))
    theirs = await (rewrites(house, people, "topic") if rewritten else people.moves("topic"))
    house.runner.loses()
    await house.passes(20, step=5)
    plan = house.runner.latest.plan
    assert (plan.base, len(house.runner.launched)) == (theirs, 2)
    assert plan.checkpoint == (replace(left, work=None) if rewritten else left)
    (comment,) = await house.comments(number)
    assert ("without what was made before" in comment) == rewritten


async def test_a_branch_that_was_deleted_is_not_made_again(house, people):
    number, start = await people.pull()
    await people.begins(number, start)
    checkout = Checkout(house.home / "clone-of-ann", people.tokens["ann"])
    await checkout.push("--delete", "topic")
    await people.hands_in("push", **PUSH)
    await house.passes(20, step=5)
    run = await house.run()
    assert (run.conclusion, run.words) == (Conclusion.FAILURE, "The branch `topic` is gone.")
    assert [each["name"] for each in await people.did("ann", "GET /branches")] == ["main"]


async def test_a_fork_that_vanished_still_gets_its_words(house, people):
    number, start = await people.fork()
    await people.begins(number, start)
    await house.hub.control("DELETE /repositories/bob/cat")
    await people.hands_in("comment", body="Close the file.")
    await house.passes(20, step=5)
    run = await house.run()
    assert (run.conclusion, run.words) == (Conclusion.SUCCESS, "said what it would change")


async def test_a_yes_to_a_commit_that_was_overtaken_is_asked_for_again(house, people):
    number, start = await people.pull()
    run = await people.begins(number, start, terms=terms(), outsiders=True)
    await people.hands_in("push", **PUSH)
    await house.passes(10, step=5)
    async with house.store.read() as rows:
        (wait,) = [
            each for each in (await story.waiting(rows, [run]))[run] if each.reason == "approval"
        ]
    theirs = await people.moves("topic")
    await people.says_yes(run, wait.about)
    await house.passes(20, step=5)
    assert house.runner.latest.plan.base == theirs
    _, asked, *_ = await house.comments(number)
    assert "somebody has pushed since, it is made anew" in asked


async def test_a_yes_to_a_plan_is_one_for_the_commit_that_it_was_made_on(house, people):
    number, start = await people.pull()
    run = await people.begins(number, start)
    async with house.store.begin() as tx:
        plan = Plan(text="1. Close it", sha=start.sha, hash="0" * 12)
        await runs.note(tx, await runs.get(tx, run), plan=asdict(plan))
    await people.moves("topic")
    await people.hands_in("push", **PUSH)
    await house.passes(20, step=5)
    assert (await house.run()).plan is None


async def test_a_run_that_is_done_again_brings_nothing_back_that_was_taken_out(house, people):
    number, start = await people.pull()
    await people.begins(number, start)
    token = await house.comes_up()
    left = Checkpoint(base=start.sha, work="w" * 64, session="s" * 64)
    async with house.store.begin() as tx:
        row = await runs.get(tx, house.runner.latest.plan.run)
        await runs.note(tx, row, checkpoint=asdict(left))
    await house.ends(token, exit=1)
    await house.passes(20, step=5)
    theirs = await rewrites(house, people, "topic")
    await people.begins(number, replace(start, sha=theirs), after=(await house.run()).id)
    plan = house.runner.latest.plan
    assert (plan.base, plan.checkpoint) == (theirs, replace(left, work=None))
