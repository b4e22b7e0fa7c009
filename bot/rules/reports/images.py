"""The images that a build has left, as buildah tells of them.

What it tells is what the tree made of it: names, digests and sizes that look like others are
left out.
https://github.com/containers/buildah/blob/main/docs/buildah-images.1.md
"""

import json
import re
from collections.abc import Collection, Iterator

from bot.rules.images import coded

MOST_NAMED = 3
"""Images that are named."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._/:-]{0,99}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SIZE = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,3})? [kKMGT]?B", re.ASCII)


def built(told: str, bases: Collection[str]) -> str:
    """Say in a sentence which images there are; nothing where there are none.

    Args:
        told: JSON.
        bases: where images come from that builds began with, which were not built.
    """
    found = list(_images(told, bases))
    if not found:
        return ""
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return f"Built {'; '.join(found[:MOST_NAMED])}{more}."


def _images(told: str, bases: Collection[str]) -> Iterator[str]:
    try:
        listed = json.loads(told)
    except (ValueError, RecursionError):
        return
    for each in listed if isinstance(listed, list) else ():
        said = each if isinstance(each, dict) else {}
        names, size = said.get("names"), said.get("size")
        name = names[0] if isinstance(names, list) and names else ""
        if not _is(_NAME, name) or not _is(_DIGEST, said.get("digest")):
            continue
        if not any(name == base or name.startswith((f"{base}:", f"{base}@")) for base in bases):
            large = f", {size}" if _is(_SIZE, size) else ""
            yield f"{coded(name)} as {coded(said['digest'])}{large}"


def _is(kind: re.Pattern[str], text: object) -> bool:
    return isinstance(text, str) and kind.fullmatch(text) is not None
