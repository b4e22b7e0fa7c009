"""Layers of configuration as rows."""

from dataclasses import replace

import pytest

from bot.model.errors import Fenced
from bot.model.ids import Repo, Sha
from bot.rules.repoconfig import Mistake
from bot.store import layers
from bot.store.layers import LayerRow

REPO = Repo("octo/cat")
FILES = {".github/greenroom.yml": "version: 1\n"}
FIRST = LayerRow(repo=REPO, repo_id=5, sha=Sha("a" * 40), mistakes=(), good_sha=Sha("a" * 40))
WRONG = Mistake(path=".github/greenroom.yml", line=3, words="No.", remedy="Yes.")
SECOND = LayerRow(repo=REPO, repo_id=5, sha=Sha("b" * 40), mistakes=(WRONG,), good_sha=None)


async def keep(store, *rows: LayerRow, files=FILES) -> LayerRow:
    async with store.begin() as tx:
        for row in rows:
            await layers.keep(tx, row, files, now=1.0)
        found = await layers.find(tx, REPO)
    assert found is not None
    return found


async def test_a_commit_without_mistakes_comes_into_force(store):
    assert await keep(store, FIRST) == FIRST
    third = replace(FIRST, sha=Sha("c" * 40), good_sha=Sha("c" * 40))
    assert await keep(store, SECOND, third, files={}) == third
    async with store.read() as rows:
        assert (await layers.in_force(rows, third)).files == {}


async def test_with_mistakes_the_last_good_commit_stays_in_force(store):
    assert await keep(store, FIRST) == FIRST
    found = await keep(store, SECOND, files={"other": "x"})
    assert found == replace(SECOND, good_sha=FIRST.sha)
    async with store.read() as rows:
        layer = await layers.in_force(rows, found)
    assert (layer.where, layer.files) == (REPO, FILES)


async def test_a_first_commit_with_mistakes_puts_nothing_in_force(store):
    assert await keep(store, SECOND) == SECOND
    assert (await keep(store, FIRST)).good_sha == FIRST.sha


async def test_files_of_another_repository_that_had_the_name_do_not_stay(store):
    await keep(store, FIRST)
    assert await keep(store, replace(SECOND, repo_id=6)) == replace(SECOND, repo_id=6)


async def test_files_that_are_no_longer_in_force_are_not_read(store):
    await keep(store, FIRST)
    async with store.read() as rows:
        with pytest.raises(Fenced):
            await layers.in_force(rows, replace(FIRST, good_sha=Sha("d" * 40)))


async def test_a_repository_that_may_no_longer_be_read_is_forgotten(store):
    await keep(store, FIRST)
    async with store.begin() as tx:
        await layers.forget(tx, REPO)
        assert await layers.find(tx, REPO) is None
