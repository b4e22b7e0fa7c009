"""Images that a repository builds, and the one that its people work in."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.rules.proposals.base import Check, Part, Project, within

DOCKERFILES = ("Dockerfile", "Containerfile")
DEVCONTAINERS = (".devcontainer/devcontainer.json", ".devcontainer.json")

_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)", re.MULTILINE | re.IGNORECASE)
_COMMENT = re.compile(r"(\"(?:[^\"\\\n]|\\.)*\")|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_HANGING = re.compile(r",(?=\s*[}\]])")
_PRINTABLE = re.compile(r"[\x20-\x7e]{1,1000}")
_IMAGE = re.compile(r"[\w./:@-]{1,300}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Devcontainer:
    """What a devcontainer is made of.

    Attributes:
        image: what it begins with; empty where it says none.
        command: what installs the project in it; empty for nothing.
    """

    file: str
    image: str = ""
    command: str = ""


def built(project: Project) -> Part | None:
    """Return how the image of a project is built; None where it has none."""
    file = project.first(*DOCKERFILES)
    if not file:
        return None
    loose = [each for each in _FROM.findall(project.files[file]) if _is_loose(each)]
    why = f"there is a {file}"
    if loose:
        why += f"; name its base by digest: {loose[0]}"
    run = f"buildah bud --tag app --file {file} ."
    check = Check(name="image", run=run, why=why, minutes=30, kind="builder", box="buildah")
    return Part(box="buildah", why=f"it builds the image of {file}", checks=(check,))


def devcontainer(files: Mapping[str, str]) -> Devcontainer | None:
    """Read a devcontainer; None where there is none that can be read.

    https://containers.dev/implementors/json_reference/
    """
    file = next((each for each in DEVCONTAINERS if each in files), "")
    bare = _COMMENT.sub(lambda found: found[1] or " ", files.get(file, ""))
    try:
        found = within(json.loads(_HANGING.sub("", bare)))
    except (ValueError, RecursionError):
        return None
    image, command = found.get("image"), found.get("postCreateCommand")
    return Devcontainer(
        file=file,
        image=image if isinstance(image, str) and _IMAGE.fullmatch(image) else "",
        command=command if isinstance(command, str) and _PRINTABLE.fullmatch(command) else "",
    )


def _is_loose(image: str) -> bool:
    return bool(_IMAGE.fullmatch(image)) and "@sha256:" not in image and image != "scratch"
