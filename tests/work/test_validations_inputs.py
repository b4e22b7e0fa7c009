"""Validations with inputs: which trees share a verdict, and that no job can bend that."""

from dataclasses import replace
from typing import Any

import pytest

from bot.model.errors import Refused
from bot.model.ids import Sha
from bot.model.runs import Checkpoint
from bot.model.validations import COMING, Definition
from bot.store import checkpoints, runs
from bot.work.validator import Tree
from bot.workspace.git import GIT
from bot.workspace.snapshot import WORK_REF
from tests.work.conversations import People, terms
from tests.work.validating import GOOD, Inner

UNIT = Definition(name="unit", run="pytest -q", seconds=60, inputs=("src/**", "tests/**"))
SOURCE = {"src/a.py": "1\n", "tests/test_a.py": "import a\n"}


class Agents:
    """Agents that leave work and ask for the validation of it."""

    def __init__(self, inner: Inner, people: People) -> None:
        self.inner, self.people, self.house = inner, people, inner.house

    async def begins(self, **changes: Any) -> Any:
        """Have an agent at work on an issue; return its token and its run."""
        number = await self.people.issue("ann")
        run = await self.people.begins(number, terms=terms(validations=(UNIT,)), **changes)
        return await self.house.comes_up(), run

    async def leaves(self, run: Any, files: dict[str, str]) -> Tree:
        """Have one leave these files, as a bundle on top of its base."""
        async with self.house.store.read() as tx:
            row = await runs.get(tx, run)
        tree, bundle = await self._bundled(row, files)
        blob = await self.inner.blobs.put(bundle)
        async with self.house.store.begin() as tx:
            left = Checkpoint(base=row.base, work=blob)
            await checkpoints.keep(tx, await runs.get(tx, run), left)
        return Tree(sha=tree, work=blob)

    async def _bundled(self, row: Any, files: dict[str, str]) -> tuple[Sha, bytes]:
        scratch = self.house.home / "scratch"
        mirror = self.house.mirrors.path(f"{row.repo}.{row.repo_id}")
        await GIT.out(scratch, "init", "-q", "--bare")
        (scratch / "objects/info/alternates").write_text(f"{mirror}/objects\n")
        commit = f"commit {WORK_REF}\ncommitter A <a@x> 1 +0000\ndata 1\nw\nfrom {row.base}\n"
        parts = [f"M 644 inline {at}\ndata {len(text)}\n{text}\n" for at, text in files.items()]
        given = "".join([commit, *parts]).encode()
        await GIT.out(scratch, "fast-import", "--quiet", "--force", stdin=given)
        to = self.house.home / "bundle"
        await GIT.out(scratch, "bundle", "create", "-q", str(to), WORK_REF, f"^{row.base}")
        return Sha(await GIT.line(scratch, "rev-parse", f"{WORK_REF}^{{tree}}")), to.read_bytes()

    async def asks(self, token: Any, tree: Tree) -> Any:
        """Have it ask, and return the row once the loop has done what it can."""
        asked = await self.inner.validator.ask(token, "unit", tree)
        await self.inner.goes_on(2)
        return await self.inner.row(asked.id)

    async def passes(self, files: dict[str, str]) -> Any:
        """Have an agent leave these files and hear that they are fine."""
        token, run = await self.begins()
        row = await self.asks(token, await self.leaves(run, files))
        await self.inner.verdicts.end(await self.inner.claims(), GOOD)
        return await self.inner.row(row.id)


@pytest.fixture
async def agents(house):
    people = await People.around(house)
    return Agents(Inner(house), people)


async def test_another_tree_with_the_same_inputs_has_the_same_verdict(agents):
    first = await agents.passes(SOURCE | {"README.md": "one\n"})
    token, run = await agents.begins()
    row = await agents.asks(token, await agents.leaves(run, SOURCE | {"README.md": "two\n"}))
    assert (row.state, row.cached, row.verdict) == ("done", True, first.verdict)
    assert (row.key, row.tree != first.tree) == (first.key, True)
    assert len(agents.inner.stand.launched) == 1
    again = await agents.inner.validator.ask(token, "unit", Tree(sha=row.tree, work=None))
    assert (again.id, again.under_way, again.cached) == (row.id, False, True)


@pytest.mark.parametrize("change", [{"src/a.py": "2\n"}, {"tests/new.py": "x\n"}])
@pytest.mark.full
async def test_a_tree_with_other_inputs_is_run(agents, change):
    first = await agents.passes(SOURCE)
    token, run = await agents.begins()
    row = await agents.asks(token, await agents.leaves(run, SOURCE | change))
    assert (row.state, row.key != first.key) == ("running", True)
    assert len(agents.inner.stand.launched) == 2


async def test_who_asks_for_the_same_inputs_meanwhile_follows_the_first(agents):
    token, run = await agents.begins()
    first = await agents.asks(token, await agents.leaves(run, SOURCE | {"a": "1\n"}))
    other, second = await agents.begins()
    row = await agents.asks(other, await agents.leaves(second, SOURCE | {"b": "1\n"}))
    assert row.follows == first.id
    await agents.inner.verdicts.end(await agents.inner.claims(), GOOD)
    assert (await agents.inner.row(row.id)).verdict.outcome == "passed"


async def test_a_tree_without_the_work_for_it_gets_no_verdict_and_leaves_none(agents):
    good = await agents.passes(SOURCE)
    token, run = await agents.begins()
    mine = await agents.leaves(run, {"src/a.py": "broken\n"})
    row = await agents.asks(token, replace(mine, sha=good.tree))
    assert (row.verdict.outcome, row.key) == ("broken", None)
    assert len(agents.inner.stand.launched) == 1
    row = await agents.asks(token, mine)
    assert (row.state, row.cached) == ("running", False)


@pytest.mark.full
async def test_what_a_fork_has_shown_is_no_answer_for_others(agents):
    number, start = await agents.people.fork()
    theirs = await agents.people.begins(number, start, terms=terms(validations=(UNIT,)))
    token = await agents.house.comes_up()
    await agents.asks(token, await agents.leaves(theirs, SOURCE))
    await agents.inner.verdicts.end(await agents.inner.claims(), GOOD)
    token, run = await agents.begins()
    row = await agents.asks(token, await agents.leaves(run, SOURCE))
    assert (row.state, row.cached) == ("running", False)


async def test_work_that_follows_its_question_is_waited_for(agents):
    token, run = await agents.begins()
    tree = await agents.leaves(run, SOURCE)
    row = await agents.asks(token, replace(tree, work=COMING))
    assert (row.state, row.key) == ("queued", None)
    await agents.inner.validator.supply(token, row.id, tree.work)
    await agents.inner.goes_on(1)
    assert (await agents.inner.row(row.id)).state == "running"


async def test_work_that_was_dropped_is_said_to_be_gone(agents):
    token, run = await agents.begins()
    tree = await agents.leaves(run, SOURCE)
    await agents.inner.blobs.drop([tree.work])
    row = await agents.asks(token, tree)
    assert row.verdict.words == "The work that it is about is not there any more."
    with pytest.raises(Refused):
        await agents.inner.verdicts.claim(token)
