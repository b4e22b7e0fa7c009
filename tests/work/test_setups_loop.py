"""What runs and validations stand on: waited for, shared, kept apart, lost and made anew."""

from dataclasses import replace

import pytest

from bot.images.additions import Additions
from bot.model.errors import Fenced, Refused
from bot.model.validations import Setup
from bot.rules.reports import Ended
from bot.rules.setups import FAILS_FOR, HOLDS
from bot.store import runs
from bot.work.checkpoints import KEEPS_UNNAMED, drop_old
from bot.work.launching import shelf_of
from tests.work.conversations import People
from tests.work.preparing import ADDED, SETUP, Prepared, tar_of
from tests.work.test_people_loops import configures
from tests.work.test_validations_inputs import Agents
from tests.work.test_validations_of_people import asks
from tests.work.validating import GOOD, TREE

ANY = replace(SETUP, inputs=())
"""One that depends on no file, so that what nobody has looked at will do for a tree."""

BAD = Ended(exit=1, signal=None, cause="exited", seconds=3.0, log="no such wheel\n")


@pytest.fixture
async def people(house):
    return await People.around(house)


@pytest.fixture
def inner(house):
    return Prepared(house)


async def comment(people, number=1):
    return "".join(
        each["body"] for each in await people.did("ann", f"GET /issues/{number}/comments")
    )


async def test_a_run_waits_for_its_setup_and_stands_on_what_it_adds(inner, people, house):
    await inner.begins(people)
    (launch,) = inner.stand.launched
    assert (launch.task, house.runner.launched) == ("validation", [])
    assert "Setting up the workspace" in await comment(people)
    row = await inner.hands_in()
    assert (row.sets_up, row.definition.egress, row.base) == (True, SETUP.egress, launch.tree.name)
    (run,) = house.runner.launched
    (layer,), (home,) = run.launch.layers, run.launch.homes
    assert ((layer / ".venv/x").read_text(), (home / "y").read_text()) == ("x", "y")
    assert "was run before you came" in run.plan.brief
    assert "Set up in 2 s" in await comment(people)


async def test_the_next_run_stands_on_the_same_at_once(inner, people, house):
    await inner.begins(people)
    await inner.hands_in()
    await inner.begins(people)
    first, second = house.runner.launched
    assert first.launch.layers == second.launch.layers
    assert len(inner.stand.launched) == 1
    assert "Set" not in await comment(people, 2)


@pytest.mark.full
async def test_two_runs_wait_for_one(inner, people, house):
    await inner.begins(people)
    await inner.begins(people)
    assert len(inner.stand.launched) == 1
    await inner.hands_in()
    assert len(house.runner.launched) == 2


async def test_a_run_that_is_stopped_leaves_its_setup_to_others(inner, people, house):
    await inner.begins(people)
    await people.did("ann", "PATCH /issues/1", state="closed")
    await house.settles("inbox")
    await inner.passes(3)
    assert (await inner.hands_in()).state == "done"
    assert house.runner.launched == []


async def test_a_run_goes_on_without_a_setup_that_fails_and_says_so(inner, people, house):
    await inner.begins(people, setup=ANY)
    await inner.hands_in(ended=BAD)
    (run,) = house.runner.launched
    assert (run.launch.layers, run.launch.homes) == ((), ())
    assert "no such wheel" in run.plan.brief
    text = await comment(people)
    assert "Setting up failed after 3 s; it goes on without." in text
    assert "no such wheel" in text
    asked = await inner.validator.ask(await house.comes_up(), "unit", TREE)
    await inner.goes_on(2)
    verdict = (await inner.row(asked.id)).verdict
    assert verdict.outcome == "broken"
    assert verdict.words.startswith("Setup did not pass.")
    assert "no such wheel" in verdict.excerpt


@pytest.mark.parametrize(("ended", "seconds"), [(BAD, FAILS_FOR), (GOOD, HOLDS)])
@pytest.mark.full
async def test_it_is_made_anew_after_a_while(inner, people, house, ended, seconds):
    await inner.begins(people)
    await inner.hands_in(ended=ended)
    house.time.now += seconds - 30
    await inner.begins(people)
    assert len(inner.stand.launched) == 1
    house.time.now += 60
    await inner.begins(people)
    assert len(inner.stand.launched) == 2


@pytest.mark.full
async def test_a_pull_request_with_other_inputs_has_its_own(inner, people, house):
    await inner.begins(people)
    await inner.hands_in()
    number, start = await people.pull()
    await inner.begins(people, number, start)
    row = await inner.hands_in()
    assert (row.base, row.number) == (start.sha, number)
    launch = house.runner.latest.launch
    assert launch.layers != ()
    assert launch.homes == ()  # whoever pushed there would tell the agent what to do


async def test_a_pull_request_with_the_same_inputs_stands_on_the_default_branch(
    inner, people, house
):
    number, start = await people.pull()
    await inner.begins(people, number, start, setup=replace(SETUP, inputs=("lock",)))
    row = await inner.hands_in()
    assert row.base == await people.tip("main")
    assert house.runner.latest.launch.homes != ()


@pytest.mark.parametrize("inputs", [("lock",), ()])
async def test_a_fork_stands_on_what_the_repository_shares(inner, people, inputs):
    number, start = await people.fork()
    await inner.begins(people, number, start, setup=replace(SETUP, inputs=inputs))
    row = await inner.setup()
    assert (row.base, row.definition.egress) == (await people.tip("main"), SETUP.egress)


async def test_over_a_forks_tree_a_setup_reaches_nothing_and_is_nobody_elses(inner, people):
    number, start = await people.fork()
    await inner.begins(people, number, start)
    theirs = await inner.setup()
    assert (theirs.base, theirs.definition.egress) == (start.sha, ())
    await inner.hands_in()
    mine = await people.pull()
    await inner.begins(people, *mine)
    assert (await inner.setup()).key != theirs.key


async def test_without_a_default_branch_nothing_of_a_forks_is_shared(inner, people, house):
    number, start = await people.fork()
    run = await inner.begins(people, number, start, setup=ANY)
    async with house.store.read() as tx:
        row = await runs.get(tx, run)
    setups, shelf = house.places.setups, shelf_of(row)
    shared = await setups.of_run(row, shelf, start.sha, "main")
    theirs = await setups.of_run(row, shelf, start.sha, "not-fetched-yet")
    assert (shared.apart, theirs.apart, theirs.setup.egress) == ("", str(number), ())


async def test_a_validation_of_a_tree_with_other_inputs_waits_for_its_own(inner, people, house):
    agents = Agents(inner, people)
    run = await inner.begins(people)
    shared = await inner.hands_in()
    token = await house.comes_up()
    same = await inner.validator.ask(token, "unit", await agents.leaves(run, {"other": "1\n"}))
    await inner.goes_on(1)
    assert (await inner.row(same.id)).state == "running"
    assert inner.stand.launched[-1].layers == house.runner.latest.launch.layers
    changed = await agents.leaves(run, {"lock": "2\n"})
    asked = await inner.validator.ask(token, "unit", changed)
    await inner.goes_on(1)
    row = await inner.setup()
    assert (row.sets_up, row.tree, row.work) == (True, changed.sha, changed.work)
    assert row.key != shared.key
    assert (await inner.row(asked.id)).state == "queued"
    await inner.hands_in(tar_of(ADDED | {"workspace/more": "m"}))
    await inner.goes_on(1)
    assert (await inner.row(asked.id)).state == "running"
    (layer,) = inner.stand.launched[-1].layers
    assert (layer / "more").exists()


@pytest.mark.full
async def test_a_layer_that_is_lost_is_made_anew(inner, people, house):
    await inner.begins(people)
    row = await inner.hands_in()
    await inner.blobs.drop([row.layer])
    house.time.now += 8 * 24 * 3600
    await Additions(house.home / "setups", house.time.clock).prune()
    house.time.now -= 8 * 24 * 3600
    await inner.begins(people)
    assert len(inner.stand.launched) == 2
    await inner.hands_in()
    assert len(house.runner.launched) == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no tar", "has a layer that cannot be read"),
        (tar_of({"etc/passwd": "x"}), "has more at its top than a workspace and a home"),
        (tar_of({"workspace/.git/hooks/x": "x"}), "has files of the repository itself"),
        (tar_of({"workspace/../../x": "x"}), "has a path that leads up"),
    ],
    ids=["no tar", "elsewhere", "repository", "above"],
)
async def test_what_is_no_layer_is_none(inner, people, house, data, words):
    await inner.begins(people)
    row = await inner.hands_in(data)
    assert (row.verdict.outcome, row.layer) == ("broken", None)
    assert words in row.verdict.words
    assert house.runner.latest.launch.layers == ()


@pytest.mark.full
async def test_only_the_present_job_of_a_setup_hands_in(inner, people, house, tmp_path):
    await inner.begins(people, setup=ANY)
    await inner.hands_in()
    file = tmp_path / "x"
    file.write_bytes(b"x")
    asked = await inner.validator.ask(await house.comes_up(), "unit", TREE)
    await inner.goes_on(1)
    assert (await inner.row(asked.id)).state == "running"
    with pytest.raises(Refused):
        await inner.layers.keep(await inner.claims(), file)
    await inner.begins(people, setup=Setup(run="other"))
    token = await inner.claims()
    await inner.verdicts.end(token, BAD)
    with pytest.raises(Fenced):
        await inner.layers.keep(token, file)


async def test_one_that_says_it_ended_well_and_left_nothing_has_not_passed(inner, people, house):
    await inner.begins(people)
    await inner.verdicts.end(await inner.claims(), GOOD)
    await inner.passes(2)
    assert (await inner.setup()).verdict.outcome == "broken"
    assert house.runner.latest.launch.layers == ()


@pytest.mark.full
async def test_a_person_who_validates_waits_for_it_too(inner, people, house):
    await house.hub.control("PATCH /apps/greenroom", events=["issue_comment", "pull_request"])
    await house.hub.control(f"PUT /installations/{house.hub.installation}/permissions")
    await configures(
        people, "version: 1\nvalidations: {unit: {run: x}}\nsetup: {run: y, inputs: [new.txt]}\n"
    )
    number, start = await people.pull()
    await asks(people, number)
    row = await inner.setup()
    assert (row.sets_up, row.base) == (True, start.sha)
    await inner.hands_in()
    assert inner.stand.launched[-1].layers != ()
    assert not (await inner.setup()).sets_up


async def test_layers_are_kept_as_long_as_they_hold(inner, people, house):
    await inner.begins(people)
    row = await inner.hands_in()
    store, now = house.store, house.time.now
    await drop_old(store, inner.blobs, now=now + 2 * KEEPS_UNNAMED)
    assert row.layer in {each.name async for each in inner.blobs.kept()}
    await drop_old(store, inner.blobs, now=now + HOLDS + 60)
    assert row.layer not in {each.name async for each in inner.blobs.kept()}
