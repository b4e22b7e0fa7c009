"""Images that builds begin with, part by part."""

import json

import pytest

from bot.images import bases as lending
from bot.images.bases import Bases
from bot.images.unpacker import Bounds
from bot.model.errors import Refused
from bot.rules.images import reference
from tests.images.built import image, sha256, tar, zipped

LAYER = tar(("a", b"a"))


@pytest.fixture
def bases(images):
    return Bases(images)


def of(name, digest):
    return reference(f"{name.partition('@')[0]}@{digest}")


async def test_the_parts_of_an_image_come_once_its_manifest_has(bases, registry):
    name = registry.has(image(LAYER).under_index())
    index = json.loads(await bases.manifest(reference(name)))
    blob = of(name, sha256(zipped(LAYER)))
    with pytest.raises(Refused, match="manifest first"):
        await bases.blob(blob)
    for each in index["manifests"]:
        if each["platform"]["os"] == "linux":
            await bases.manifest(of(name, each["digest"]))
    assert (await bases.blob(blob)).read_bytes() == zipped(LAYER)
    assert (await bases.blob(blob)).read_bytes() == zipped(LAYER)
    assert registry.times("/blobs/") == 1


async def test_an_image_that_is_too_large_is_not_lent(images, registry):
    name = registry.has(image(LAYER))
    with pytest.raises(Refused, match=r"^The image `.*` is larger than the 9 bytes"):
        await Bases(images, Bounds(packed=9)).manifest(reference(name))


async def test_what_is_known_of_images_is_bounded(bases, registry, monkeypatch):
    monkeypatch.setattr(lending, "MOST_KNOWN", 2)
    first, second = (registry.has(image(tar((name, b"")))) for name in "ab")
    await bases.manifest(reference(first))
    await bases.manifest(reference(second))
    with pytest.raises(Refused):
        await bases.blob(of(first, sha256(zipped(tar(("a", b""))))))
    assert await bases.blob(of(second, sha256(zipped(tar(("b", b""))))))
