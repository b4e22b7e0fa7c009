"""`greenroom pause` and `resume`, as an operator types them, and what they hold back."""

import asyncio

import pytest

from bot.cli import main
from bot.model.ids import Repo, RunId, Sha
from bot.store import layers, pauses, queue
from bot.store.engine import open_store
from bot.store.layers import LayerRow
from bot.wiring.base import settings_for
from tests.migrated import migrated
from tests.store.rows import NOW, begun

CAT, DOG = "01CAT", "01DAG"
"""A run in `octo/cat`, whose number is 5, and one in `acme/dog`, whose number is 6."""


@pytest.fixture(autouse=True)
def address(tmp_path, monkeypatch):
    """A database with two runs that wait for a runner."""
    for name in ("DATABASE_URL", "GREENROOM_CLOCK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GREENROOM_HOME", str(tmp_path))
    address = settings_for().database_url
    asyncio.run(_two_runs(address))
    return address


async def _two_runs(address):
    await migrated(address)
    store = open_store(address)
    await begun(store, id=RunId(CAT), repo=Repo("octo/cat"), repo_id=5, number=1)
    await begun(store, id=RunId(DOG), repo=Repo("acme/dog"), repo_id=6, number=2)
    sha = Sha("a" * 40)
    row = LayerRow(repo=Repo("octo/cat"), repo_id=5, sha=sha, mistakes=(), good_sha=sha)
    async with store.begin() as tx:
        await layers.keep(tx, row, {}, now=NOW)
    await store.close()


def may_start(address) -> list[str]:
    """The runs that a worker would give a runner now."""

    async def ask():
        store = open_store(address)
        async with store.begin() as tx:
            found = await queue.queued(tx, now=NOW, most=9, of_repo=9)
        await store.close()
        return [row.id for row in found]

    return asyncio.run(ask())


@pytest.fixture
def types(capsys):
    """Type a command; returns its exit status and what it says."""

    def run(*words: str) -> tuple[int, str]:
        status = main(words)
        told = capsys.readouterr()
        return status, told.out + told.err

    return run


@pytest.mark.parametrize(
    ("where", "scope", "left"),
    [
        ((), "all", []),
        (("--org", "octo"), "owner:octo", [DOG]),
        (("--org", "OCTO"), "owner:octo", [DOG]),
        (("--repo", "octo/cat"), "repo:5", [DOG]),
        (("--org", "oct"), "owner:oct", [CAT, DOG]),
    ],
)
def test_a_pause_holds_back_what_it_names_and_its_resume_ends_it(
    types, address, where, scope, left
):
    assert may_start(address) == [CAT, DOG]
    assert types("pause", *where) == (0, f"{scope}: paused\n")
    assert may_start(address) == left
    assert types("resume", *where) == (0, f"{scope}: runs go on\n")
    assert may_start(address) == [CAT, DOG]


def test_each_may_be_said_twice(types, address):
    assert types("resume") == (0, "all: was not paused\n")
    types("pause")
    assert types("pause") == (0, "all: was paused already\n")
    assert types("resume") == (0, "all: runs go on\n")
    assert may_start(address) == [CAT, DOG]


def test_one_resume_leaves_other_pauses_alone(types, address):
    types("pause", "--repo", "octo/cat")
    types("pause")
    types("resume")
    assert may_start(address) == [DOG]


def test_a_repository_that_nobody_asked_in_is_not_known(types, address):
    words = "greenroom: --repo octo/bat: nothing was asked for there yet.\n"
    assert types("pause", "--repo", "octo/bat") == (78, words)
    assert types("resume", "--repo", "octo/bat") == (78, words)
    assert may_start(address) == [CAT, DOG]


def test_who_paused_is_kept(types, address):
    async def ask():
        store = open_store(address)
        async with store.read() as rows:
            found = await pauses.among(rows, [pauses.EVERYWHERE])
        await store.close()
        return found

    types("pause")
    (pause,) = asyncio.run(ask())
    assert pause.by.startswith("the operator (")


def test_a_place_is_one_place(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["pause", "--org", "octo", "--repo", "octo/cat"])
    assert ended.value.code == 2
    assert "not allowed with argument --org" in capsys.readouterr().err


def test_a_database_without_tables_is_said_so(types, tmp_path, monkeypatch):
    monkeypatch.setenv("GREENROOM_HOME", str(tmp_path / "new"))
    status, told = types("pause")
    assert status == 78
    assert "run `greenroom migrate`" in told
