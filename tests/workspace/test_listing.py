"""The files of a tree, of which there may be only a bundle."""

import pytest
from origins import FILE, run_git

from bot.model.errors import Refused
from bot.model.ids import Sha
from bot.workspace.listing import NOT_THERE, listed, listed_of
from bot.workspace.snapshot import WORK_REF

MOST = 1024**2


@pytest.fixture
def bundled(origin, base, tmp_path):
    """Make a bundle of a commit on top of the base; returns its tree and the bytes."""

    def make(files):
        commit = origin.commit(files, ref=WORK_REF, parent=base)
        bundle = tmp_path / "bundle"
        run_git(origin.path, "bundle", "create", "-q", str(bundle), WORK_REF, f"^{base}")
        tree = run_git(origin.path, "rev-parse", f"{commit}^{{tree}}")
        run_git(origin.path, "update-ref", "-d", WORK_REF)
        return Sha(tree), bundle.read_bytes()

    return make


def paths(lines):
    return [line.partition("\t")[2] for line in lines.split("\0") if line]


async def test_a_tree_of_the_mirror_is_listed_with_all_that_is_below(mirror, base):
    lines = await listed(mirror, base)
    assert paths(lines) == [".gitignore", "README.md", "link", "src/hall.py", "src/run.sh"]
    assert lines.startswith("100644 blob ")


async def test_a_tree_that_nobody_has_is_none(mirror):
    with pytest.raises(Refused):
        await listed(mirror, Sha("7" * 40))


async def test_a_tree_of_a_bundle_is_listed_as_it_will_be(mirror, bundled):
    tree, bundle = bundled({"src/new.py": (FILE, b"new\n"), "link": None})
    lines = await listed_of(mirror, tree, bundle, most=MOST)
    assert paths(lines) == [".gitignore", "README.md", "src/hall.py", "src/new.py", "src/run.sh"]
    with pytest.raises(Refused):  # and the mirror is as it was
        await listed(mirror, tree)


async def test_a_file_may_be_named_by_any_bytes(mirror, bundled):
    tree, bundle = bundled({b"src/\xff\n": (FILE, b"odd\n")})
    lines = await listed_of(mirror, tree, bundle, most=MOST)
    assert b"src/\xff\n" in lines.encode(errors="surrogateescape")


@pytest.mark.parametrize("lie", ["another tree", "no bundle", "cut off", "too large"])
async def test_who_names_a_tree_without_the_work_for_it_is_refused(mirror, bundled, lie):
    tree, bundle = bundled({"src/hall.py": (FILE, bytes(range(256)) * 40)})
    most = MOST
    match lie:
        case "another tree":
            tree, _ = bundled({"src/hall.py": (FILE, b"mine\n")})
        case "no bundle":
            bundle = b"PACK"
        case "cut off":
            bundle = bundle[:-30]
        case "too large":
            most = 100
    with pytest.raises(Refused) as refusal:
        await listed_of(mirror, tree, bundle, most=most)
    assert (refusal.value.reason, refusal.value.words) == ("tree", NOT_THERE)
