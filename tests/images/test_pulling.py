"""From a name to a tree: fetched by digest, unpacked once."""

import asyncio
import gzip
import os
import shutil
import stat
from tarfile import DIRTYPE, LNKTYPE, REGTYPE, SYMTYPE

import pytest
from backports.zstd import compress

from bot.images.images import UNWANTED_FOR, Images
from bot.images.registry import open_registry
from bot.images.store import Store
from bot.model.clock import Clock
from bot.model.errors import Refused, Unavailable
from bot.model.validations import Toolbox
from bot.rules.images import SAYS
from bot.sandbox import roots
from tests.images.built import TAR, ZSTD, entry, image, tar

BOX = tar(
    entry("bin/", DIRTYPE),
    ("bin/tool", b"#!/bin/sh\necho new\n"),
    entry("bin/also", LNKTYPE, "bin/tool"),
    entry("bin/short", SYMTYPE, "tool"),
)


async def test_a_toolbox_is_a_folder_with_its_tools(images, registry):
    name = registry.has(image(BOX))
    found = await images.toolboxes([Toolbox(name="box", image=name)])
    tool = found["box"] / "bin/tool"
    assert os.access(tool, os.X_OK)
    assert (found["box"] / "bin/also").samefile(tool)
    assert (found["box"] / "bin/short").readlink().name == "tool"


async def test_an_image_without_programs_is_no_toolbox(images, registry):
    name = registry.has(image(tar(("etc/passwd", b""))))
    with pytest.raises(Refused, match="`box` cannot be used: it has no folder `bin`"):
        await images.toolboxes([Toolbox(name="box", image=name)])


@pytest.mark.parametrize(("kind", "pack"), [(TAR, bytes), (ZSTD, compress)])
async def test_layers_may_be_packed_in_other_ways(unpacked, kind, pack):
    tree = await unpacked(image(BOX, kind=kind, pack=pack))
    assert (tree / "bin/tool").read_bytes().endswith(b"new\n")


async def test_of_an_index_the_one_for_this_host_is_taken(unpacked):
    tree = await unpacked(image(BOX).under_index())
    assert (tree / "bin/tool").exists()


async def test_what_is_there_is_not_asked_for_again(images, registry):
    name = registry.has(image(BOX))
    first = await images.tree(name)
    asked = len(registry.asked)
    assert await images.tree(name) == first
    assert len(registry.asked) == asked


async def test_who_wants_the_same_meanwhile_waits_for_it(images, registry):
    name = registry.has(image(BOX))
    trees = await asyncio.gather(*(images.tree(name) for _ in range(5)))
    assert len(set(trees)) == 1
    assert registry.times("manifests") == 1


async def test_of_two_versions_only_what_differs_is_fetched(unpacked, registry):
    base = tar(("share/data", os.urandom(100_000)))
    await unpacked(base, BOX)
    before = registry.times("blobs")
    tree = await unpacked(base, tar(("bin/tool", b"newer")))
    assert registry.times("blobs") - before == 2, "its config, and one layer"
    assert (tree / "bin/tool").read_bytes() == b"newer"


async def test_a_digest_alone_gives_nobody_what_others_may_read(images, registry):
    made = image(BOX)
    await images.tree(registry.has(made))
    registry.blobs.clear()
    with pytest.raises(Refused, match="not there"):
        await images.tree(made.named(registry.place, "mine"))


async def test_a_registry_that_is_busy_is_asked_later(images, registry):
    registry.status = 429
    with pytest.raises(Unavailable) as busy:
        await images.tree(registry.has(image(BOX)))
    assert busy.value.retry_after == 7


async def test_what_was_interrupted_is_fetched_anew(images, registry, tmp_path):
    made = image(BOX)
    name, kept = registry.has(made), dict(registry.blobs)
    registry.blobs = {made.digest: kept[made.digest]}
    with pytest.raises(Refused, match="404"):
        await images.tree(name)
    registry.blobs = kept
    assert (await images.tree(name) / "bin/tool").exists()
    assert not list(tmp_path.rglob("*.fresh"))


async def test_modes_are_ours(unpacked):
    tree = await unpacked(
        tar(
            ("open", b""),
            entry("closed/", DIRTYPE, mode=0o0),
            entry("sticky/", DIRTYPE, mode=0o7777),
        )
    )
    found = [path for path in (*tree.iterdir(), tree) if path.name != SAYS]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in found}
    assert set(modes.values()) == {0o755}
    assert {path.stat().st_uid for path in tree.iterdir()} == {os.geteuid()}


@pytest.mark.parametrize("own", [("file", REGTYPE), ("link", SYMTYPE), ("folder", DIRTYPE)])
async def test_what_an_image_says_lies_beside_it_whatever_it_has_there(unpacked, tmp_path, own):
    (tmp_path / "outside").write_text("outside")
    tree = await unpacked(
        image(tar(entry(SAYS, own[1], str(tmp_path / "outside"))), says={"WorkingDir": "/srv"})
    )
    assert roots.config(tree).directory == "/srv"
    assert (tmp_path / "outside").read_text() == "outside"


async def test_a_root_is_looked_at_before_anything_runs_in_it(images, registry):
    with pytest.raises(Refused, match="has a config that cannot be read"):
        await images.root(registry.has(image(BOX, says={"Env": ["PATH"]})))
    assert (await images.root(registry.has(image(BOX))) / "bin/tool").exists()


async def test_gzip_in_several_members_is_read_to_its_end(unpacked):
    def twice(data: bytes) -> bytes:
        return gzip.compress(data[:700]) + gzip.compress(data[700:])

    assert (await unpacked(image(BOX, pack=twice)) / "bin/short").is_symlink()


async def test_what_nobody_wants_any_more_is_removed(registry, known, tmp_path):
    now = [0.0]
    async with open_registry(known, {}) as client:
        images = Images(Store(tmp_path, Clock(lambda: now[0])), client)
        old = await images.tree(registry.has(image(BOX)))
        wanted = registry.has(image(tar(("bin/tool", b"wanted"))))
        kept = await images.tree(wanted)
        now[0] = UNWANTED_FOR
        await images.tree(wanted)
        now[0] += 1
        assert await images.prune() == 3, "a tree, its layer, and that of what stays"
    assert (old.exists(), kept.exists()) == (False, True)


async def test_a_disk_that_is_nearly_full_gets_no_more(registry, known, tmp_path):
    everything = shutil.disk_usage(tmp_path).total
    async with open_registry(known, {}) as client:
        images = Images(Store(tmp_path, Clock(lambda: 0.0), spare=everything), client)
        with pytest.raises(Unavailable, match="nearly full"):
            await images.tree(registry.has(image(BOX)))
    assert registry.times("blobs") == 0


async def test_one_job_has_not_endlessly_many_toolboxes(images):
    many = [Toolbox(name=f"t{number}", image="") for number in range(17)]
    with pytest.raises(Refused, match="16 may"):
        await images.toolboxes(many)
