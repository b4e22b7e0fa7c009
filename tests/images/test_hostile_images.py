"""Images that try to get out, to take too much, or to be something else than they say."""

import gzip
import os
import stat
from tarfile import (
    BLKTYPE,
    CHRTYPE,
    DIRTYPE,
    FIFOTYPE,
    GNUTYPE_SPARSE,
    LNKTYPE,
    REGTYPE,
    SYMTYPE,
    XHDTYPE,
)

import pytest
from backports.zstd import CompressionParameter, ZstdCompressor, compress

from bot.model.errors import Refused
from bot.rules.images import SAYS
from tests.images.built import GZIP, ZSTD, Image, entry, image, sha256, tar, written


def paths(tree):
    return {str(path.relative_to(tree)) for path in tree.rglob("*")} - {SAYS}


OUT = {
    "a path that leads up": [("../out", b"")],
    "one that leads up in between": [("a/../../out", b"")],
    "a folder that is a link to another place": [entry("a", SYMTYPE, "/tmp"), ("a/out", b"")],
    "a link to above": [entry("a", SYMTYPE, ".."), ("a/out", b"")],
    "a link to a link": [entry("a", SYMTYPE, "/"), entry("b", SYMTYPE, "a"), ("b/out", b"")],
    "a second name of a file above": [entry("a", LNKTYPE, "../../secret")],
    "a second name through a link": [entry("a", SYMTYPE, "/etc"), entry("b", LNKTYPE, "a/passwd")],
    "a second name of a link": [entry("a", SYMTYPE, "/etc/passwd"), entry("b", LNKTYPE, "a")],
    "a second name of a folder": [entry("a/", DIRTYPE), entry("b", LNKTYPE, "a")],
    "a second name of the top": [entry("b", LNKTYPE, "/")],
    "a file below a file": [("a", b""), ("a/b", b"")],
    "a whiteout of the folder above": [entry("a/", DIRTYPE), entry("a/.wh...", REGTYPE)],
    "a whiteout of a folder itself": [entry("a/", DIRTYPE), entry("a/.wh..", REGTYPE)],
    "folders in folders": [("a/" * 70 + "b", b"")],
    "a name that no disk takes": [("n" * 300, b"")],
}


@pytest.mark.parametrize("entries", OUT.values(), ids=OUT)
async def test_what_leads_out_is_refused(unpacked, tmp_path, entries):
    (tmp_path / "secret").write_text("ours")
    with pytest.raises(Refused, match="image"):
        await unpacked(tar(*entries))
    assert not list(tmp_path.rglob("out"))
    assert not list((tmp_path / "images/trees").iterdir())


async def test_whiteouts_through_a_link_take_nothing_away(unpacked, tmp_path):
    kept = tmp_path / "kept"
    kept.write_text("ours")
    for name in (".wh.kept", ".wh..wh..opq"):
        with pytest.raises(Refused, match="link"):
            await unpacked(
                tar(entry("a", SYMTYPE, str(tmp_path))), tar(entry(f"a/{name}", REGTYPE))
            )
    assert kept.read_text() == "ours"


async def test_a_file_takes_the_place_of_a_link_and_is_not_written_through_it(unpacked, tmp_path):
    kept = tmp_path / "kept"
    kept.write_text("ours")
    tree = await unpacked(tar(entry("a", SYMTYPE, str(kept)), ("a", b"theirs")))
    assert kept.read_text() == "ours"
    assert not (tree / "a").is_symlink()


async def test_absolute_paths_begin_at_the_top(unpacked):
    assert paths(await unpacked(tar(("/etc/passwd", b"")))) == {"etc", "etc/passwd"}


async def test_devices_and_pipes_are_left_out(unpacked):
    odd = [entry(name, kind) for name, kind in (("c", CHRTYPE), ("b", BLKTYPE), ("p", FIFOTYPE))]
    tree = await unpacked(tar(("c", b"was here"), ("bin/tool", b"")), tar(*odd))
    assert paths(tree) == {"bin", "bin/tool"}


async def test_nothing_runs_as_somebody_else(unpacked):
    file = entry("su", REGTYPE, mode=0o6755)
    file.pax_headers = {"SCHILY.xattr.security.capability": "all"}
    su = await unpacked(tar(file)) / "su"
    assert stat.S_IMODE(su.stat().st_mode) == 0o755
    assert os.listxattr(su) == []


async def test_whiteouts_hide_what_lies_below_and_nothing_of_their_own_layer(unpacked):
    below = tar(("a/one", b""), ("a/two", b""), ("b/one", b""), ("c", b""), ("d/one", b""))
    above = tar(
        ("a/three", b""),
        entry("a/.wh..wh..opq", REGTYPE),
        entry("b/.wh.one", REGTYPE),
        entry(".wh.c", REGTYPE),
        ("d/one", b"new"),
        entry("d/.wh.one", REGTYPE),
        entry("none/.wh.one", REGTYPE),
        entry(".wh..wh.plnk", REGTYPE),
    )
    tree = await unpacked(below, above)
    assert paths(tree) == {"a", "a/three", "b", "d", "d/one"}
    assert (tree / "d/one").read_bytes() == b"new"


async def test_files_folders_and_links_take_each_others_place(unpacked):
    below = tar(("a/b", b""), ("b", b""), entry("c", SYMTYPE, "b"), entry("d/", DIRTYPE))
    above = tar(("a", b""), entry("b/", DIRTYPE), entry("c/", DIRTYPE), entry("d", SYMTYPE, "a"))
    tree = await unpacked(below, above)
    assert (tree / "a").is_file()
    assert [(tree / name).is_dir() for name in "bc"] == [True, True]
    assert (tree / "d").is_symlink()


def sparse():
    made = entry("big", GNUTYPE_SPARSE)
    return bytes(tar(made))


def long_header():
    made = entry("a", REGTYPE)
    made.pax_headers = {"comment": "x" * (2 * 1024**2)}
    return tar(made)


def negative():
    data = bytearray(tar(("a", b"")))
    data[124:136] = b"\xff" * 11 + b"\x00"  # base 256, and far below zero
    data[148:156] = b" " * 8
    data[148:156] = f"{sum(data[:512]):06o}\0 ".encode()
    return bytes(data)


BROKEN = {
    "a file with holes": sparse(),
    "a header that is too long": long_header(),
    "a size below zero": negative(),
    "no tar": b"x" * 2048,
    "nothing": b"",
    "a file that breaks off": tar(("a", b"x" * 5000))[:2000],
    "garbage in between": tar(("a", b"x" * 512))[:1024] + b"y" * 1024,
    "too much": tar(("a", bytes(9 * 1024**2))),
    "too many files": tar(*((f"f{number}", b"") for number in range(300))),
    "too many folders": tar(*((f"{number}/" * 50 + "f", b"") for number in range(10))),
}


@pytest.mark.parametrize("layer", BROKEN.values(), ids=BROKEN)
async def test_what_is_broken_or_too_much_is_refused(unpacked, tmp_path, layer):
    with pytest.raises(Refused):
        await unpacked(layer)
    assert not list((tmp_path / "images/trees").iterdir())


async def test_a_bomb_is_stopped_before_it_fills_the_disk(unpacked):
    def bomb(_data):
        return gzip.compress(bytes(64 * 1024**2))

    with pytest.raises(Refused, match="unpacks to more than"):
        await unpacked(image(b"", pack=bomb))


def scratched(packed: bytes) -> bytes:
    return packed[:20] + bytes(byte ^ 0x55 for byte in packed[20:])


@pytest.mark.parametrize("harm", [lambda data: data[:-10], lambda data: data[20:], scratched])
@pytest.mark.parametrize(("kind", "pack"), [(GZIP, gzip.compress), (ZSTD, compress)])
async def test_a_layer_that_cannot_be_unzipped_is_refused(unpacked, harm, kind, pack):
    made = image(tar(("a", b"a" * 4000)), kind=kind, pack=lambda data: harm(pack(data)))
    with pytest.raises(Refused, match=r"cannot be read|no tar"):
        await unpacked(made)


async def test_zstd_gets_no_more_memory_than_others_give_it(unpacked):
    def wide(data):
        packer = ZstdCompressor(options={CompressionParameter.window_log: 30})
        return packer.compress(data) + packer.flush()

    with pytest.raises(Refused, match="cannot be read"):
        await unpacked(image(tar(("a", os.urandom(1024**2))), kind=ZSTD, pack=wide))


async def test_a_layer_is_what_its_config_says_it_unpacks_to(unpacked):
    with pytest.raises(Refused, match="something else than its config"):
        await unpacked(image(tar(("a", b"")), pack=lambda _: gzip.compress(tar(("b", b"")))))


@pytest.mark.parametrize("which", [0, 1, 2], ids=["layer", "config", "manifest"])
@pytest.mark.parametrize("how", [lambda data: data + b" ", lambda data: b" " + data[1:]])
async def test_every_byte_is_what_its_digest_says(images, registry, which, how):
    made = image(tar(("a", b"")))
    name = registry.has(made)
    digest = list(made.blobs)[which]
    registry.blobs[digest] = how(registry.blobs[digest])
    with pytest.raises(Refused):
        await images.tree(name)


async def test_an_image_that_is_too_large_is_not_fetched(images, registry):
    with pytest.raises(Refused, match="larger than"):
        await images.tree(registry.has(image(os.urandom(5 * 1024**2))))
    assert registry.times("blobs") == 0


async def test_an_index_of_indexes_is_refused(images, registry):
    inner = image(tar(("a", b""))).under_index()
    data = written(
        {
            "manifests": [
                {
                    "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "digest": inner.digest,
                    "size": 1,
                    "platform": {"os": "linux", "architecture": "amd64"},
                }
            ]
        }
    )
    with pytest.raises(Refused, match="index"):
        await images.tree(registry.has(Image(sha256(data), inner.blobs | {sha256(data): data})))


async def test_words_about_a_name_end_where_they_should(unpacked):
    with pytest.raises(Refused) as problem:
        await unpacked(tar(("../`@everyone\n# out", b"")))
    assert "`../?@everyone?# out`" in str(problem.value)


async def test_headers_of_headers_of_headers_are_refused(unpacked):
    header = tar(entry("a", XHDTYPE))[:512]
    with pytest.raises(Refused, match="cannot be read"):
        await unpacked(header * 2000 + bytes(1024))
