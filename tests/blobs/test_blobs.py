import hashlib

import pytest
from obstore.store import MemoryStore

from bot.blobs.blobs import Blobs, open_blobs
from bot.model.errors import Misconfigured, Unavailable


@pytest.fixture(params=["folder", "memory"])
def blobs(request, tmp_path):
    return (
        open_blobs(str(tmp_path / "blobs")) if request.param == "folder" else Blobs(MemoryStore())
    )


async def names(blobs):
    return {each.name async for each in blobs.kept()}


async def test_what_was_put_is_found_under_the_hash_of_its_bytes(blobs):
    name = await blobs.put(b"work")
    assert name == hashlib.sha256(b"work").hexdigest()
    assert await blobs.get(name) == b"work"


async def test_the_same_bytes_are_kept_once_and_count_as_put_again(blobs):
    name = await blobs.put(b"work")
    (before,) = [each async for each in blobs.kept()]
    assert await blobs.put(b"work") == name
    (after,) = [each async for each in blobs.kept()]
    assert after.at >= before.at


async def test_what_is_dropped_is_gone_and_may_be_dropped_again(blobs):
    kept, dropped = await blobs.put(b"one"), await blobs.put(b"two")
    await blobs.drop({dropped})
    await blobs.drop({dropped})
    assert await names(blobs) == {kept}
    with pytest.raises(LookupError):
        await blobs.get(dropped)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
async def test_what_is_no_name_is_nowhere(blobs, name):
    with pytest.raises(LookupError):
        await blobs.get(name)


async def test_other_files_in_the_folder_are_none_of_ours(tmp_path):
    blobs = open_blobs(str(tmp_path))
    (tmp_path / "notes.txt").write_text("x")
    assert await names(blobs) == set()


async def test_a_folder_that_broke_is_one_to_try_again(tmp_path):
    blobs = open_blobs(str(tmp_path / "blobs"))
    (tmp_path / "blobs").rmdir()
    (tmp_path / "blobs").write_text("")
    with pytest.raises(Unavailable):
        await blobs.put(b"work")


@pytest.mark.parametrize("where", ["/proc/none/blobs", "s3:///", "az://container/prefix"])
def test_a_place_that_cannot_be_used_is_told_by_its_setting(where):
    with pytest.raises(Misconfigured, match=r"^GREENROOM_BLOBS is wrong: "):
        open_blobs(where)


def test_only_the_owner_may_look_into_the_folder(tmp_path):
    open_blobs(str(tmp_path / "blobs"))
    assert (tmp_path / "blobs").stat().st_mode & 0o777 == 0o700
