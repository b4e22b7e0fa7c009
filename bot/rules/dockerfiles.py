"""The images that a Dockerfile begins with, and why one of them cannot be had.

A build fetches an image by its digest alone, and only from places that the default branch
names: a tag may be another image tomorrow, and the name of an image that the tree may choose
freely would be a way to send something out.
https://docs.docker.com/reference/dockerfile/
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.model.errors import Refused
from bot.rules.images import coded, reference

NAMES = ("Dockerfile", "Containerfile")
"""What a Dockerfile is called."""

SCRATCH = "scratch"
"""What stands for no image."""

HUB = "docker.io"
"""The registry of images that are named without one."""

MOST = 64 * 1024
"""Characters of a Dockerfile that are read."""

MOST_LACKS = 800
"""Characters of what is said of an image that cannot be had."""

_OFFICIAL = "library"
_JOINED = re.compile(r"\\[ \t]*\n")
_ARG = re.compile(r"ARG\s+(\w+)=[\"']?([^\s\"']*)[\"']?\s*", re.IGNORECASE)
_FROM = re.compile(r"FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*", re.IGNORECASE)
_COPY = re.compile(r"(?:COPY|ADD)\s+(?:--\S+\s+)*?--from=(\S+)\s.*", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")
_TAG = re.compile(r":[\w][\w.-]*$", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """An image that a build needs.

    Attributes:
        line: where it is named, the first one being 1.
        name: as it stands there, with the defaults of its variables.
    """

    line: int
    name: str

    @property
    def place(self) -> str:
        """Registry and repository, without tag and digest."""
        bare = _TAG.sub("", self.name.partition("@")[0])
        first, slash, _ = bare.partition("/")
        if slash and (any(each in first for each in ".:") or first == "localhost"):
            return bare
        return f"{HUB}/{bare}" if slash else f"{HUB}/{_OFFICIAL}/{bare}"


def bases(text: str) -> Sequence[Base]:
    """Return the images that a Dockerfile needs, each once: its stages and `scratch` are none."""
    found: dict[str, Base] = {}
    stages: set[str] = set()
    arguments: dict[str, str] = {}
    for number, line in _lines(text[:MOST]):
        if said := _ARG.fullmatch(line):
            arguments.setdefault(said[1], said[2])
        elif said := _FROM.fullmatch(line):
            name = _filled(said[1], arguments)
            if name.lower() not in {SCRATCH, *stages}:
                found.setdefault(name, Base(line=number, name=name))
            stages.add((said[2] or "").lower())
        elif said := _COPY.fullmatch(line):
            name = _filled(said[1], arguments)
            if not name.isdecimal() and name.lower() not in stages:
                found.setdefault(name, Base(line=number, name=name))
    return list(found.values())


def lacking(base: Base, places: Collection[str]) -> str:
    """Say why a build cannot have an image; nothing where it can.

    Args:
        base: the image.
        places: registries and repositories that builds may begin with.
    """
    shown = f"{coded(base.name)} (line {base.line})"
    if "@sha256:" not in base.name:
        return f"{shown} has no digest: write {coded(f'{base.place}@sha256:DIGEST')}."
    try:
        reference(f"{base.place}@{base.name.partition('@')[2]}")
    except Refused:
        return f"{shown} is no image by its digest."
    if base.place not in places:
        return f"{shown} is of none of the validation's `bases`."
    return ""


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the instructions, each on one line, with the number of the line that it begins on."""
    number = 1
    whole = _JOINED.sub("\0", text)
    for line in whole.split("\n"):
        words = " ".join(line.replace("\0", " ").split())
        if words and not words.startswith("#"):
            yield number, words
        number += 1 + line.count("\0")


def _filled(text: str, arguments: Mapping[str, str]) -> str:
    """Put the defaults of variables in their places, where there are some."""
    return _VARIABLE.sub(lambda said: arguments.get(said[1] or said[3], said[2] or said[0]), text)
