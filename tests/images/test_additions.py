import asyncio
import errno
import os

import pytest

from bot.images.additions import UNWANTED_FOR, Additions
from bot.model.clock import Clock
from bot.model.errors import Refused, Unavailable
from tests.work.preparing import ADDED, tar_of

NAME, OTHER = "a" * 64, "b" * 64


class Time:
    now = 1_000_000.0


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def additions(tmp_path, time):
    return Additions(tmp_path / "setups", Clock(lambda: time.now))


def gives(data, asked):
    async def fetch(into):
        asked.append(into)
        await asyncio.sleep(0)
        into.write_bytes(data)

    return fetch


async def test_a_tree_is_unpacked_once_however_many_want_it(additions, tmp_path):
    asked = []
    fetch = gives(tar_of(ADDED), asked)
    assert additions.tree(NAME) is None
    first, second = await asyncio.gather(
        additions.bring(NAME, fetch), additions.bring(NAME, fetch)
    )
    assert first == second == additions.tree(NAME)
    assert len(asked) == 1
    assert (first / "workspace/.venv/x").read_text() == "x"
    assert [each.name for each in (tmp_path / "setups").iterdir()] == [NAME]


async def test_both_parts_are_there_and_are_nobodys_to_write(additions):
    found = await additions.bring(NAME, gives(tar_of({"workspace/a": "a"}), []))
    assert list((found / "home").iterdir()) == []
    assert found.stat().st_uid == os.geteuid()
    assert (found / "workspace/a").stat().st_mode & 0o777 == 0o644


async def test_one_that_is_refused_leaves_nothing(additions, tmp_path):
    with pytest.raises(Refused):
        await additions.bring(NAME, gives(b"no tar", []))
    assert list((tmp_path / "setups").iterdir()) == []


async def test_one_that_cannot_be_had_leaves_nothing(additions, tmp_path):
    async def fetch(_into):
        raise LookupError(NAME)

    with pytest.raises(LookupError):
        await additions.bring(NAME, fetch)
    assert list((tmp_path / "setups").iterdir()) == []


async def test_a_disk_that_is_nearly_full_takes_none(tmp_path):
    additions = Additions(tmp_path / "setups", Clock(lambda: 0.0), spare=1 << 60)
    with pytest.raises(Unavailable):
        await additions.bring(NAME, gives(tar_of(ADDED), []))


async def test_a_disk_that_is_full_is_tried_again_later(additions):
    async def fetch(_into):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(Unavailable):
        await additions.bring(NAME, fetch)


async def test_what_nobody_wants_is_removed(additions, time, tmp_path):
    await additions.bring(NAME, gives(tar_of(ADDED), []))
    await additions.bring(OTHER, gives(tar_of(ADDED), []))
    time.now += UNWANTED_FOR - 1
    assert additions.tree(OTHER) is not None
    assert await additions.prune() == 0
    time.now += 2
    assert await additions.prune() == 1
    assert additions.tree(NAME) is None
    assert [each.name for each in (tmp_path / "setups").iterdir()] == [OTHER]
