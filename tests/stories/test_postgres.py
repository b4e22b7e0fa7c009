"""The main job with two workers on one PostgreSQL, who share the work and do nothing twice."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import asyncpg
import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.store.changes import CHANNEL
from bot.store.engine import Store, open_store
from tests.postgres import new_database
from tests.published.recording import check_recording
from tests.stories.asked import Asked
from tests.stories.verdict import wrong_after_success
from tests.stories.world import World, world

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.full]

AT_ONCE, PER_REPO = 3, 2
WORKERS = ("work", "work-2")

HELD = "SELECT scope, count(*) FROM slots GROUP BY scope"
UNCOUNTED = """
    SELECT runs.id, runs.state, runs.compute, count(slots.run)
    FROM runs LEFT JOIN slots ON slots.run = runs.id
    WHERE runs.state = 'running' OR runs.compute <> 'none'
    GROUP BY runs.id HAVING count(slots.run) <> 2
"""
"""Runs under way that do not hold one slot of all and one of their repository's."""

ENDED = """
    SELECT count(*) FROM runs WHERE repo = ? AND state = 'finished' AND compute = 'none'
"""


class Pair(World):
    """A world with two workers, whose rows are on PostgreSQL."""

    @cached_property
    def store(self) -> Store:
        return open_store(SecretStr(self.database.replace("://", "+asyncpg://")))

    def settings(self, name):
        few = {"GREENROOM_RUNS_AT_ONCE": AT_ONCE, "GREENROOM_RUNS_PER_REPO": PER_REPO}
        return {**super().settings(name), **{key: str(value) for key, value in few.items()}}

    async def start(self, *names):
        await super().start(*names)
        first, second = WORKERS
        await self._spawn(second, (*self.command, first), self.settings(first))

    def rows(self, query, *values):
        """Ask in a thread, whose loop may be waited for."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, self._ask(query, values)).result()

    async def _ask(self, query, values):
        numbers = iter(range(1, len(values) + 1))
        connection = await asyncpg.connect(self.database)
        try:
            found = await connection.fetch(
                re.sub(r"\?", lambda _: f"${next(numbers)}", query), *values
            )
        finally:
            await connection.close()
        return [tuple(row) for row in found]

    def move(self, seconds):
        super().move(seconds)
        self.rows(f"NOTIFY {CHANNEL}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory, postgres_url):
    """Two workers for all stories of this file."""
    root = tmp_path_factory.mktemp("pair")
    async with new_database(postgres_url) as url:
        database = url.get_secret_value().replace("+asyncpg", "")
        async with world(root, "web", "work", "gateway", kind=Pair, database=database) as made:
            yield made


async def test_two_workers_make_one_of_each(pair):
    asked = await pair.done()
    assert await wrong_after_success(asked) == []


async def test_many_labels_at_once_never_take_more_than_the_slots(pair):
    asked = [*await issues(pair, 4), *await issues(pair, 3)]
    async with asyncio.TaskGroup() as group:
        for each in asked:
            group.create_task(each.label())
    await ended(pair, asked)
    assert [await shown(each) for each in asked] == [(1, ["eyes"], [])] * len(asked)
    for repo, count in ((asked[0], 4), (asked[-1], 3)):
        assert await delivered(repo) == [["success"]] * count
    for name in WORKERS:
        assert '"run.admitted"' in pair.log(name).read_text(), f"{name} had nothing to do"


async def test_all_that_two_workers_said_is_in_githubs_description(pair):
    assert check_recording(pair.recording) == []


async def issues(made: World, count: int) -> list[Asked]:
    """Open some issues in one new repository."""
    first = await made.issue()
    path = f"/repos/{first.repo}/issues"
    more = [
        await made.hub.send("POST", path, {"title": f"Tidy {number}"})
        for number in range(1, count)
    ]
    await made.drained()
    return [first, *(Asked(made, first.repo, issue["number"]) for issue in more)]


async def ended(made: World, asked: list[Asked]) -> None:
    """Wait until each has a run that is over and told, and look at the slots meanwhile."""
    repos = {each.repo: each for each in asked}

    async def holds() -> bool:
        sizes = dict(made.rows(HELD))
        assert sizes.pop("all", 0) <= AT_ONCE
        assert all(size <= PER_REPO for size in sizes.values())
        assert made.rows(UNCOUNTED) == []
        over = sum(made.rows(ENDED, repo)[0][0] for repo in repos)
        return over == len(asked) and all([await each.is_quiet() for each in repos.values()])

    await made.until(holds, "the end of all runs")
    await made.drained()


async def shown(asked: Asked) -> tuple[int, list[str], list[str]]:
    """Return how many comments an issue has, its reactions and its labels."""
    return len(await asked.comments()), await asked.reactions(), await asked.labels()


async def delivered(asked: Asked) -> list[list[str]]:
    """Return how the check runs on the head of each pull request ended."""
    heads = [pull["head"]["sha"] for pull in await asked.pulls()]
    return [[run["conclusion"] for run in await asked.checks(head)] for head in heads]
