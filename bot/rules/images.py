"""What an image's name and its manifests say, read strictly before anything is fetched.

An image is named by the digest of its manifest, which names everything else by digest: so
one hash, written in a repository's configuration, decides every byte.  What could be read in
two ways is not read at all.
https://github.com/opencontainers/image-spec/blob/main/manifest.md
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.model.errors import Refused

MOST_MANIFEST = 4 * 1024**2
"""Bytes of a manifest, an index or a config.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests
"""

MOST_LAYERS = 127
"""Layers of one image: more than that an overlay cannot carry, so no builder makes them."""

MOST_SHOWN = 200
"""Characters of a stranger's name that are shown."""

Packing = Literal["none", "gzip", "zstd"]
"""How a layer's tar is packed."""

SAYS = ".image.json"
"""The file at the top of an unpacked image that holds its config, as it was fetched."""

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_DOCKER = "application/vnd.docker."
_LIST = f"{_DOCKER}distribution.manifest.list.v2+json"
_SCHEMA_2 = f"{_DOCKER}distribution.manifest.v2+json"
_CONFIGS = ("application/vnd.oci.image.config.v1+json", f"{_DOCKER}container.image.v1+json")

ACCEPTED = (INDEX, MANIFEST, _LIST, _SCHEMA_2)
"""The kinds of manifest that are asked for."""

_LAYER = "application/vnd.oci.image.layer.v1.tar"
PACKINGS: Mapping[str, Packing] = {
    _LAYER: "none",
    f"{_LAYER}+gzip": "gzip",
    f"{_LAYER}+zstd": "zstd",
    f"{_DOCKER}image.rootfs.diff.tar.gzip": "gzip",
    f"{_DOCKER}image.rootfs.diff.tar": "none",
}
"""The kinds of layer that are read; one that is fetched from elsewhere is none of them."""

_REFERENCE = re.compile(
    r"(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"/(?P<repository>[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)"
    r"(?::[\w][\w.-]{0,127})?@(?P<digest>sha256:[0-9a-f]{64})",
    re.ASCII,
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Where an image is, and what it is.

    Attributes:
        host: the registry's, in lower case.
        repository: the name of the image there.
        digest: `sha256:` and 64 digits.
    """

    host: str
    port: int | None
    repository: str
    digest: str

    @property
    def place(self) -> str:
        """Return registry and repository: who may read there may read all that is there."""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.host}{port}/{self.repository}"

    def __str__(self) -> str:
        return f"{self.place}@{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """Something that a manifest names: what it hashes to, and how many bytes it is."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of an image, as it is stored."""

    blob: Descriptor
    packing: Packing


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The layers of an image, the lowest first, and its config; None where it is another kind."""

    layers: tuple[Layer, ...]
    config: Descriptor | None


def coded(text: str) -> str:
    """Show a name that strangers chose as code, which ends where it should."""
    plain = (
        each if each.isascii() and each.isprintable() and each != "`" else "?"
        for each in text[:MOST_SHOWN]
    )
    return f"`{''.join(plain)}`"


def refused(words: str) -> Refused:
    """Make the refusal of an image; `words` go on after what it is called."""
    return Refused("image", words)


def reference(text: str) -> Reference:
    """Read the name of an image; a tag beside the digest says nothing.

    Raises:
        Refused: it is none, or has no digest.
    """
    found = _REFERENCE.fullmatch(text)
    if found is None:
        words = f"{coded(text)} is no image: write REGISTRY/NAME@sha256:DIGEST."
        raise refused(words)
    port = found["port"]
    return Reference(
        host=found["host"],
        port=int(port) if port else None,
        repository=found["repository"],
        digest=found["digest"],
    )


def manifest(data: bytes, platform: tuple[str, str]) -> Manifest | Descriptor:
    """Read a manifest, or from an index which manifest is the one for a platform.

    Args:
        data: what was hashed.
        platform: operating system and architecture, as in `("linux", "amd64")`.

    Raises:
        Refused: it is no image that can be read in one way only, or has nothing for the platform.
    """
    said = _object(data)
    if "manifests" in said and ("layers" in said or "config" in said):
        raise refused("is an index and an image at once.")
    kind = said.get("mediaType")
    if "manifests" in said:
        _expect(kind, (INDEX, _LIST))
        return _chosen(said, platform)
    _expect(kind, (MANIFEST, _SCHEMA_2))
    layers = said.get("layers")
    if not isinstance(layers, list) or not 0 < len(layers) <= MOST_LAYERS:
        raise refused(f"has no layers, or more than {MOST_LAYERS}.")
    config = said.get("config")
    return Manifest(
        layers=tuple(map(_layer, layers)),
        config=_descriptor(config) if _kind(config) in _CONFIGS else None,
    )


def unpacked_digests(data: bytes, manifest: Manifest) -> tuple[str, ...]:
    """Read from an image's config what its layers hash to once they are unpacked.

    Raises:
        Refused: it does not tell it of each layer.
    """
    rootfs = _object(data).get("rootfs")
    found = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    if not isinstance(found, list) or len(found) != len(manifest.layers):
        raise refused("has a config that is of other layers.")
    return tuple(map(_digest, found))


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data, object_pairs_hook=_unambiguous)
    except (ValueError, RecursionError):
        raise refused("has a manifest that cannot be read.") from None
    if not isinstance(found, dict) or found.get("schemaVersion", 2) != 2:  # noqa: PLR2004 - the one
        raise refused("has a manifest of another kind.")
    return found


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _expect(kind: object, kinds: tuple[str, ...]) -> None:
    """An OCI manifest may leave its kind out; a wrong one is read by others as something else."""
    if kind is not None and kind not in kinds:
        raise refused("says that it is another kind of manifest than it is.")


def _chosen(index: Mapping[str, Any], platform: tuple[str, str]) -> Descriptor:
    listed = index["manifests"]
    for each in listed if isinstance(listed, list) else ():
        if _kind(each) in {MANIFEST, _SCHEMA_2} and _platform(each) == platform:
            return _descriptor(each)
    raise refused(f"is not made for {'/'.join(platform)}.")


def _platform(entry: Mapping[str, Any]) -> tuple[object, object]:
    said = entry.get("platform")
    found = said if isinstance(said, dict) else {}
    return found.get("os"), found.get("architecture")


def _layer(entry: object) -> Layer:
    kind = _kind(entry)
    if kind not in PACKINGS:
        raise refused(f"has a layer of a kind that is not read, {coded(kind)}.")
    return Layer(blob=_descriptor(entry), packing=PACKINGS[kind])


def _kind(entry: object) -> str:
    kind = entry.get("mediaType") if isinstance(entry, dict) else None
    return kind if isinstance(kind, str) else ""


def _descriptor(entry: object) -> Descriptor:
    found = entry if isinstance(entry, dict) else {}
    size = found.get("size")
    if type(size) is not int or size < 0:
        raise refused("names something without its size.")
    return Descriptor(digest=_digest(found.get("digest")), size=size)


def _digest(text: object) -> str:
    if not isinstance(text, str) or not _DIGEST.fullmatch(text):
        raise refused("names something by another digest than sha256.")
    return text
