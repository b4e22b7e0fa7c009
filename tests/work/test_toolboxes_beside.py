"""Which toolboxes an agent's job is given, and what is said of them."""

import subprocess
from pathlib import Path

import pytest

from bot.model.errors import Refused
from bot.model.ids import Repo, Sha
from bot.model.runs import AgentSpec, Terms
from bot.model.validations import Definition, Toolbox
from bot.work.toolboxes import Beside, Toolboxes
from bot.workspace.mirror import Mirrors

SHELF = Repo("octo/hall.1")


@pytest.fixture
def base(tmp_path: Path) -> Sha:
    """A commit with a `package.json`, in a mirror."""
    tree, mirror = tmp_path / "tree", tmp_path / "mirrors" / f"{SHELF}.git"
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init", "-q", str(tree))
    (tree / "package.json").write_text("{}")
    git("-C", str(tree), "add", ".")
    git("-C", str(tree), *who, "commit", "-qm", "begin")
    git("clone", "-q", "--bare", str(tree), str(mirror))
    return Sha(git("-C", str(tree), "rev-parse", "HEAD"))


def terms(*names: str, **more: tuple[Definition, ...]) -> Terms:
    spec = AgentSpec(name="fix", description="Fixes.", runtime="playbook")
    return Terms(agent=spec, toolboxes=tuple(Toolbox(name=n, image=n) for n in names), **more)


@pytest.fixture
def found(tmp_path: Path, base: Sha):
    """Find the toolboxes of these terms, beside an operator's `tools`."""

    async def unpack(boxes: tuple[Toolbox, ...]) -> dict[str, Path]:
        if any(each.name == "gone" for each in boxes):
            raise Refused("image", "It is gone.")
        return {each.name: _box(tmp_path, each.name) for each in boxes}

    own = {"tools": _box(tmp_path, "tools")}
    mirrors = Mirrors(tmp_path / "mirrors")
    toolboxes = Toolboxes(unpack, own, mirrors)

    async def of(said: Terms) -> Beside:
        return await toolboxes.of_agent(said, SHELF, base)

    return of


def _box(folder: Path, name: str) -> Path:
    path = folder / "boxes" / name
    (path / "bin").mkdir(parents=True, exist_ok=True)
    (path / "bin" / f"{name}-tool").touch()
    if name in {"tools", "company"}:
        (path / "bin/shared").touch()
    return path


async def test_an_agent_has_what_the_repository_needs_and_what_its_validations_name(found):
    unit = Definition(name="unit", run="go test", toolboxes=("go",))
    beside = await found(terms("go", "node", "python", validations=(unit,)))
    assert list(beside.folders) == ["go", "node"]
    assert beside.conflicts == ()


async def test_conflicts_with_the_operators_are_said(found):
    beside = await found(terms("company"))
    assert "`company`, `tools` all have `shared`; that of `company`" in beside.conflicts[0]


async def test_without_toolboxes_nothing_is_looked_at(found):
    assert await found(terms()) == Beside()


async def test_one_that_cannot_be_had_is_refused(found):
    with pytest.raises(Refused):
        await found(terms("gone"))
