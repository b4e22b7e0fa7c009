"""Runs on pull requests: their commits go onto its branch, and on forks they go nowhere."""

from dataclasses import replace

import pytest

from bot.model.ids import Sha
from bot.model.runs import Conclusion
from bot.rules.lifecycle import Run
from bot.rules.outputs import Rejected
from tests.work.conversations import FIXER, People, terms

PUSH = {"title": "Close the file", "body": "It was left open."}


@pytest.fixture
async def people(house):
    return await People.around(house)


async def checks(people, sha):
    listed = await people.did("ann", f"GET /commits/{sha}/check-runs")
    return {each["conclusion"]: each["output"]["title"] for each in listed["check_runs"]}


async def test_a_run_starts_at_the_head_that_it_was_asked_on(house, people):
    number, start = await people.pull()
    await people.moves("topic")
    await people.begins(number, start)
    plan = house.runner.latest.plan
    assert (plan.kind, plan.base, plan.base_branch) == ("pull", start.sha, "topic")
    assert (house.runner.latest.launch.tree / "new.txt").read_text() == "n\n"
    assert not (house.runner.latest.launch.tree / "more.txt").exists()
    assert "pull_request" not in plan.agent.outputs


async def test_its_changes_become_one_commit_on_the_branch_and_no_pull_request(house, people):
    number, start = await people.pull()
    await people.begins(number, start)
    await people.hands_in("push", **PUSH)
    await house.passes(30, step=5)
    run = await house.run()
    tip = await people.tip("topic")
    assert (run.conclusion, run.head) == (Conclusion.SUCCESS, tip)
    commit = await people.did("ann", f"GET /git/commits/{tip}")
    assert [each["sha"] for each in commit["parents"]] == [start.sha]
    assert commit["message"].startswith("Close the file\n\nMade by fix for octo/cat#1.\n")
    assert len(await people.did("ann", "GET /pulls?state=all")) == 1


async def test_the_check_run_moves_on_to_the_new_commit(house, people):
    number, start = await people.pull()
    await people.begins(number, start)
    await house.passes(5)
    assert list(await checks(people, start.sha)) == [None]
    await people.hands_in("push", **PUSH)
    await house.passes(30, step=5)
    tip = await people.tip("topic")
    said = f"✅ pushed `{tip[:9]}` to `topic`"
    assert await checks(people, start.sha) == {"neutral": f"Went on at {tip[:9]}"}
    assert await checks(people, tip) == {"success": said.replace("`", "")}
    (comment,) = await house.comments(number)
    assert f"**fix** · {said}\n" in comment
    assert "\nIt was left open.\n" in comment


async def test_an_answer_that_got_lost_pushes_nothing_twice(house, people):
    number, start = await people.pull()
    await people.begins(number, start)
    await people.hands_in("push", **PUSH)
    await house.passes(2, "supervisor", "delivering")
    await house.hub.control("PATCH /switches", bad_gateway_times=1, bad_gateway_match="/git/")
    await house.passes(60, step=5)
    commit = await people.did("ann", f"GET /git/commits/{await people.tip('topic')}")
    assert [each["sha"] for each in commit["parents"]] == [start.sha]


async def test_nothing_is_pushed_to_the_default_branch(house, people):
    number, start = await people.pull()
    main = await people.tip("main")
    await people.begins(number, replace(start, sha=main, branch="main"))
    await people.hands_in("push", **PUSH)
    await house.passes(10, step=5)
    run = await house.run()
    assert (run.conclusion, run.words) == (
        Conclusion.FAILURE,
        "This pull request comes from the default branch, to which only people push.",
    )
    assert await people.tip("main") == main


async def test_a_head_that_is_gone_is_looked_for_a_while(house, people):
    number, start = await people.pull()
    gone = replace(start, sha=Sha("f" * 40))
    await people.begins(number, gone)
    run = await house.run()
    assert (run.state, run.failures, house.runner.launched) == (Run.RUNNING, 1, [])
    await house.passes(4000, "supervisor", step=50)
    assert (await house.run()).words.endswith("its branch may have been rewritten")


async def test_what_the_repository_protects_is_protected_beside_what_we_do(house, people):
    number, start = await people.pull()
    await people.begins(number, start, terms=terms(protect=("tidy.*",)))
    await people.hands_in("push", **PUSH)
    await house.passes(10, step=5)
    assert (await house.run()).words == "`tidy.txt` is protected: only people change it."


@pytest.mark.parametrize(
    ("on", "kind", "words"),
    [
        ("issue", "push", "`pull_request`"),
        ("pull", "pull_request", "`push`"),
        ("fork", "push", "words only"),
        ("fork", "pull_request", "words only"),
    ],
)
async def test_what_a_place_cannot_take_is_refused_at_once(house, people, on, kind, words):
    places = {"pull": people.pull, "fork": people.fork}
    number, start = await places[on]() if on in places else (await people.issue("ann"), None)
    await people.begins(number, start)
    answer = await house.broker.ask(await house.comes_up(), kind, PUSH)
    assert isinstance(answer, Rejected)
    assert words in answer.words


async def test_a_run_on_a_fork_sees_its_commit_and_has_words_only(house, people):
    number, start = await people.fork()
    await people.begins(number, start)
    plan = house.runner.latest.plan
    assert (plan.base, (house.runner.latest.launch.tree / "new.txt").exists()) == (start.sha, True)
    assert plan.agent.outputs == {
        kind: most for kind, most in FIXER.outputs.items() if kind not in {"pull_request", "push"}
    }


async def test_what_was_changed_on_a_fork_is_shown_below_what_was_said(house, people):
    number, start = await people.fork()
    await people.begins(number, start)
    await people.hands_in("comment", body="I would write it so.")
    await house.passes(30, step=5)
    assert (await house.run()).conclusion is Conclusion.SUCCESS
    (comment,) = await house.comments(number)
    assert "\nI would write it so.\n\n<details><summary>What was changed</summary>\n" in comment
    assert "\n```diff\ndiff --git a/tidy.txt b/tidy.txt\nnew file mode 100644\n" in comment
    assert "\n+tidy\n```\n" in comment


async def test_on_a_fork_nothing_is_shown_where_nothing_was_changed(house, people):
    number, start = await people.fork()
    await people.begins(number, start)
    token = await house.comes_up()
    await house.broker.ask(token, "comment", {"body": "Looks right."})
    await house.ends(token)
    await house.passes(30, step=5)
    (comment,) = await house.comments(number)
    assert "What was changed" not in comment


async def test_commits_name_who_asked_and_are_signed_off_where_it_is_wanted(house, people):
    number = await people.issue("ann")
    await people.begins(number, terms=terms(sign_off=True, draft=True))
    await people.hands_in("pull_request", **PUSH)
    await house.passes(30, step=5)
    commit = await people.did("ann", f"GET /git/commits/{(await house.run()).head}")
    bot = (await house.hub.github.app.identity()).bot
    host = "users.noreply.localhost"
    assert commit["message"] == (
        "Close the file\n\nMade by fix for octo/cat#1.\n\n"
        f"Co-authored-by: ann <{people.ids['ann']}+ann@{host}>\n"
        f"Signed-off-by: greenroom[bot] <{bot.id}+greenroom[bot]@{host}>"
    )
    (pull,) = await people.did("ann", "GET /pulls")
    assert pull["draft"] is True


async def test_a_commit_that_github_signs_is_the_head(house, people):
    number, start = await people.pull()
    await people.begins(number, start, terms=terms(signed=True))
    await people.hands_in("push", **PUSH)
    await house.passes(30, step=5)
    run, tip = await house.run(), await people.tip("topic")
    assert (run.conclusion, run.head) == (Conclusion.SUCCESS, tip)
    commit = await people.did("ann", f"GET /git/commits/{tip}")
    assert commit["verification"]["verified"] is True
    assert list(await checks(people, tip)) == ["success"]
