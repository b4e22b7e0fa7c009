"""Names of images and their manifests, read in one way or not at all."""

import json

import pytest

from bot.model.errors import Refused
from bot.rules.images import (
    INDEX,
    MANIFEST,
    Descriptor,
    Layer,
    Manifest,
    manifest,
    reference,
    unpacked_digests,
)

DIGEST = f"sha256:{'0' * 64}"
OTHER = f"sha256:{'1' * 64}"
LINUX = ("linux", "amd64")
GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG = {
    "mediaType": "application/vnd.oci.image.config.v1+json",
    "digest": OTHER,
    "size": 2,
}
LAYER = {"mediaType": GZIP, "digest": DIGEST, "size": 7}
WHOLE = {"schemaVersion": 2, "mediaType": MANIFEST, "config": CONFIG, "layers": [LAYER]}


def written(said) -> bytes:
    return json.dumps(said).encode()


def listed(**platform):
    return {"mediaType": MANIFEST, "digest": DIGEST, "size": 3, "platform": platform}


def test_a_name_says_where_and_what():
    found = reference(f"registry.example:5000/tools/go_1.22:latest@{DIGEST}")
    assert (found.host, found.port, found.repository) == (
        "registry.example",
        5000,
        "tools/go_1.22",
    )
    assert str(found) == f"registry.example:5000/tools/go_1.22@{DIGEST}"
    assert reference(f"registry.example/go@{DIGEST}").place == "registry.example/go"


@pytest.mark.parametrize(
    "text",
    [
        "registry.example/go",
        "registry.example/go:1",
        f"go@{DIGEST}",
        f"registry.example/../go@{DIGEST}",
        f"registry.example/Go@{DIGEST}",
        f"registry.example/go?x@{DIGEST}",
        f"a@b/go@{DIGEST}",
        f"https://registry.example/go@{DIGEST}",
        f"registry.example:0/go@{DIGEST}",
        f"registry.example/go@{DIGEST}\n",
        f"registry.example/go@sha256:{'A' * 64}",
        f"registry.example/go@sha512:{'0' * 128}",
    ],
)
def test_what_is_no_name_by_digest_is_refused(text):
    with pytest.raises(Refused, match="is no image"):
        reference(text)


def test_a_manifest_names_its_layers_and_its_config():
    assert manifest(written(WHOLE), LINUX) == Manifest(
        layers=(Layer(blob=Descriptor(digest=DIGEST, size=7), packing="gzip"),),
        config=Descriptor(digest=OTHER, size=2),
    )


def test_what_is_no_image_of_a_system_has_layers_all_the_same():
    said = WHOLE | {"config": CONFIG | {"mediaType": "application/vnd.oci.empty.v1+json"}}
    found = manifest(written(said), LINUX)
    assert isinstance(found, Manifest)
    assert found.config is None


def test_an_index_leads_to_the_manifest_of_a_platform():
    said = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [
            "nothing",
            {"mediaType": MANIFEST, "digest": OTHER, "size": 3},
            listed(os="linux", architecture="arm64"),
            listed(os="linux", architecture="amd64"),
        ],
    }
    assert manifest(written(said), LINUX) == Descriptor(digest=DIGEST, size=3)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"{", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b'{"layers": 1, "layers": 2}', "cannot be read"),
        (b"[]", "another kind"),
        (written(WHOLE | {"schemaVersion": 1}), "another kind"),
        (written(WHOLE | {"mediaType": INDEX}), "says that it is another kind"),
        (written(WHOLE | {"mediaType": [MANIFEST]}), "says that it is another kind"),
        (written({"manifests": [], "mediaType": MANIFEST}), "says that it is another kind"),
        (written(WHOLE | {"manifests": []}), "at once"),
        (written({"manifests": "many"}), "not made for linux/amd64"),
        (written({"manifests": [listed(os="plan9")]}), "not made for linux/amd64"),
        (written({"schemaVersion": 2}), "no layers"),
        (written(WHOLE | {"layers": []}), "no layers"),
        (written(WHOLE | {"layers": [LAYER] * 128}), "more than 127"),
        (written(WHOLE | {"layers": [LAYER | {"mediaType": "x/y"}]}), "kind that is not read"),
        (written(WHOLE | {"layers": [LAYER | {"mediaType": 7}]}), "kind that is not read"),
        (written(WHOLE | {"layers": ["layer"]}), "kind that is not read"),
        (written(WHOLE | {"layers": [LAYER | {"size": -1}]}), "without its size"),
        (written(WHOLE | {"layers": [LAYER | {"size": True}]}), "without its size"),
        (written(WHOLE | {"layers": [LAYER | {"digest": "sha512:0"}]}), "another digest"),
        (written(WHOLE | {"layers": [LAYER | {"digest": None}]}), "another digest"),
    ],
)
def test_what_can_be_read_in_two_ways_or_none_is_refused(said, words):
    with pytest.raises(Refused, match=words):
        manifest(said, LINUX)


def test_a_config_tells_what_each_layer_unpacks_to():
    found = manifest(written(WHOLE), LINUX)
    assert isinstance(found, Manifest)
    assert unpacked_digests(written({"rootfs": {"diff_ids": [OTHER]}}), found) == (OTHER,)


@pytest.mark.parametrize(
    "said", [{}, {"rootfs": []}, {"rootfs": {"diff_ids": []}}, {"rootfs": {"diff_ids": OTHER}}]
)
def test_a_config_of_other_layers_is_refused(said):
    found = manifest(written(WHOLE), LINUX)
    assert isinstance(found, Manifest)
    with pytest.raises(Refused, match="other layers"):
        unpacked_digests(written(said), found)
