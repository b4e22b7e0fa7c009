"""What maintainers, contributors with a fork, and strangers see of what they ask for."""

import pytest
import pytest_asyncio

from tests.stories.people import people, place

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.full]

PATCH = """\
```diff
--- a/README.md
+++ b/README.md
@@ -1 +1 @@
-# Sums
+# All sums
```
"""
BARE = "version: 1\ncommands: {bare: true}\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def crowd(town):
    async with people(town) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def here(town, crowd):
    await town.tomorrow()
    return await place(town, crowd)


async def test_a_maintainer_s_command_becomes_a_pull_request_with_them_as_its_author(here):
    number = await here.issue(here.maintainer)
    comment = await here.says(here.maintainer, number, "Please:\n\n/gr tidy\n")
    await here.quiet()
    assert here.runs() == [("tidy", "finished", "success", "")]
    assert await here.reactions(comment) == ["eyes"]
    (pull,) = await here.pulls()
    (said,) = await here.comments(number)
    assert f"opened #{pull['number']}" in said
    commit = await here.maintainer.get(f"{here.at}/commits/{pull['head']['sha']}")
    assert "Co-authored-by: maintainer <" in commit["commit"]["message"]


async def test_quoting_a_command_asks_for_nothing_and_editing_asks_once(here):
    number = await here.issue(here.maintainer)
    comment = await here.says(here.maintainer, number, "> /gr tidy\n\nDid that work?")
    await here.quiet()
    assert here.runs() == []
    for _ in range(2):
        await here.edits(here.maintainer, comment, "> /gr tidy\n\nDid that work?\n\n/gr tidy")
        await here.quiet()
    assert len(here.runs()) == 1


@pytest.mark.full
async def test_commands_work_without_the_prefix_where_configuration_says_so(here):
    number = await here.issue(here.maintainer)
    await here.says(here.maintainer, number, "/tidy")
    await here.quiet()
    assert here.runs() == []
    await here.writes(here.maintainer, ".github/greenroom.yml", BARE)
    await here.says(here.maintainer, number, "/tidy")
    await here.quiet()
    assert len(here.runs()) == 1


async def test_five_hundred_commands_of_a_stranger_cost_one_comment_and_no_run(here):
    number = await here.issue(here.maintainer)
    for _ in range(25):
        await here.says(here.stranger, number, "\n\n".join(["/gr tidy", "/gr help"] * 10))
    await here.quiet()
    assert here.runs() == []
    (said,) = await here.comments(number)
    assert "needs write access" in said
    assert "Here you may say" in said
    assert len(said) < 2_000


async def test_everybody_is_told_what_they_may_do_here(here):
    number = await here.issue(here.maintainer)
    await here.says(here.maintainer, number, "/gr help")
    await here.says(here.contributor, number, "/gr help")
    await here.quiet()
    mine, theirs = await here.comments(number)
    assert "/gr tidy" in mine
    assert "/gr pause" in mine
    assert "/gr status" in theirs
    assert "/gr tidy" not in theirs


async def test_a_verb_that_nobody_knows_gets_the_nearest_one(here):
    number = await here.issue(here.maintainer)
    await here.says(here.maintainer, number, "/gr tydi")
    await here.quiet()
    (said,) = await here.comments(number)
    assert "Did you mean `/gr tidy`?" in said


async def test_a_stranger_s_words_wait_for_a_yes_before_anything_is_pushed(here):
    number = await here.issue(here.stranger, "The title could say more", PATCH)
    await here.says(here.maintainer, number, "/gr fix apply the suggestion of stranger")
    await here.quiet()
    assert here.runs()[0][1] == "parked"
    (wait,) = here.world.rows("SELECT about FROM waits WHERE reason = 'approval'")
    assert await here.pulls() == []
    asked = (await here.comments(number))[-1]
    assert f"/gr approve {wait[0][:12]}" in asked
    assert "+# All sums" in asked
    await here.says(here.stranger, number, f"/gr approve {wait[0][:12]}")
    await here.quiet()
    assert await here.pulls() == []
    await here.says(here.maintainer, number, f"/gr approve {wait[0][:12]}")
    await here.quiet()
    (pull,) = await here.pulls()
    assert pull["head"]["sha"] == wait[0]
    assert here.waits() >= {"review"}


async def test_on_a_pull_request_the_commit_lands_on_its_branch(here):
    await here.writes(here.maintainer, "b.py", "import os,sys\n", branch="side")
    pull = await here.maintainer.send(
        "POST", f"{here.at}/pulls", {"title": "Add b", "head": "side", "base": "main", "body": ""}
    )
    await here.quiet()
    here.world.move(2)
    await here.says(here.maintainer, pull["number"], "/gr tidy")
    await here.quiet()
    ((agent, state, conclusion, words),) = here.runs()
    assert (agent, state, conclusion) == ("tidy", "finished", "success")
    assert words.endswith("to `side`")
    after = await here.maintainer.get(f"{here.at}/pulls/{pull['number']}")
    assert after["commits"] == pull["commits"] + 1
    (check, *_) = await here.checks(after["head"]["sha"])
    assert check["conclusion"] == "success"
    assert await here.pulls() == []


async def test_an_agent_s_own_pull_request_is_no_stranger_s(here):
    number = await here.issue(here.maintainer)
    await here.says(here.maintainer, number, "/gr tidy")
    await here.quiet()
    (pull,) = await here.pulls()
    here.world.move(2)
    await here.says(here.maintainer, pull["number"], f"/gr fix\n\n{PATCH}")
    await here.quiet()
    assert here.waits() >= {"review"}
    after = await here.maintainer.get(f"{here.at}/pulls/{pull['number']}")
    assert after["commits"] == 2


async def test_a_fork_gets_words_only(here):
    pull = await here.forked_pull("import os,sys\n")
    await here.quiet()
    here.world.move(2)
    await here.says(here.maintainer, pull["number"], "/gr tidy")
    await here.says(here.maintainer, pull["number"], f"/gr fix\n\n{PATCH}")
    await here.quiet()
    said = "\n".join(await here.comments(pull["number"]))
    assert said.count("✅ said what it would change") == 2
    assert [run[0] for run in here.runs()] == ["tidy", "fix"]
    branches = await here.maintainer.get(f"{here.at}/branches")
    assert [each["name"] for each in branches] == ["main"]
    after = await here.maintainer.get(f"{here.at}/pulls/{pull['number']}")
    assert after["head"]["sha"] == pull["head"]["sha"]


async def test_a_head_that_nobody_could_have_seen_waits_for_a_yes(here):
    await here.writes(here.maintainer, "b.py", "import os,sys\n", branch="side")
    new = {"title": "Add b", "head": "side", "base": "main", "body": ""}
    pull = await here.maintainer.send("POST", f"{here.at}/pulls", new)
    await here.quiet()
    here.world.move(2)
    await here.world.kill("work")
    await here.says(here.maintainer, pull["number"], "/gr tidy")
    here.world.move(2)
    head = await here.writes(here.maintainer, "c.py", "import os,sys\n", branch="side")
    await here.world.start("work")
    await here.quiet()
    assert here.runs()[0][1] == "parked"
    (check,) = await here.checks(head)
    assert check["conclusion"] == "action_required"
    await here.presses("maintainer", check["id"], "approve")
    await here.quiet()
    assert here.runs()[0][1:3] == ("finished", "success")
    asked = await here.maintainer.get(f"{here.at}/check-runs/{check['id']}")
    assert (asked["conclusion"], asked["output"]["title"]) == ("neutral", "A yes was given")


async def test_a_mistake_in_configuration_is_shown_on_its_commit_and_changes_nothing(here):
    await here.writes(here.maintainer, ".github/greenroom.yml", BARE)
    wrong = "version: 1\ncommands:\n  bear: true\n"
    sha = await here.writes(here.maintainer, ".github/greenroom.yml", wrong)
    await here.quiet()
    (check,) = await here.checks(sha)
    assert (check["name"], check["conclusion"]) == ("greenroom / config", "failure")
    notes = await here.maintainer.get(f"{here.at}/check-runs/{check['id']}/annotations")
    assert [(note["path"], note["start_line"]) for note in notes] == [(".github/greenroom.yml", 3)]
    assert "`bare`" in notes[0]["message"]
    number = await here.issue(here.maintainer)
    await here.says(here.maintainer, number, "/tidy")
    await here.quiet()
    assert len(here.runs()) == 1


async def test_a_button_on_a_finished_check_does_it_again(here):
    number = await here.issue(here.maintainer)
    await here.says(here.maintainer, number, "/gr tidy")
    await here.quiet()
    (pull,) = await here.pulls()
    (check,) = await here.checks(pull["head"]["sha"])
    await here.presses("maintainer", check["id"], "retry")
    await here.quiet()
    assert len(here.runs()) == 2


async def test_a_pause_holds_runs_back_until_somebody_ends_it(here):
    number = await here.issue(here.maintainer)
    await here.says(here.maintainer, number, "/gr pause\n\n/gr tidy")
    await here.quiet()
    assert here.runs()[0][1] == "queued"
    assert "Runs are paused by maintainer" in (await here.comments(number))[0]
    await here.says(here.maintainer, number, "/gr resume")
    await here.world.until(lambda: _finished(here), "the end of the pause")
    assert here.runs()[0][2] == "success"


async def _finished(here):
    return here.runs()[0][1] == "finished"


async def test_stop_ends_what_runs_and_explain_tells_why(here):
    number = await here.issue(here.maintainer)
    for words in ("/gr pause\n\n/gr tidy", "/gr stop", "/gr resume"):
        await here.says(here.maintainer, number, words)
        await here.quiet()
    assert here.runs()[0][1:] == ("finished", "cancelled", "maintainer stopped it.")
    await here.says(here.maintainer, number, "/gr explain")
    await here.quiet()
    assert "maintainer stopped it." in (await here.comments(number))[-1]
