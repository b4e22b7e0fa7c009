"""Images that a repository builds, and the one that its people work in."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.rules.dockerfiles import NAMES, bases
from bot.rules.proposals.base import Check, Part, Project, within

DEVCONTAINERS = (".devcontainer/devcontainer.json", ".devcontainer.json")

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
    file = project.first(*NAMES)
    if not file:
        return None
    found = [each for each in bases(project.files[file]) if _IMAGE.fullmatch(each.name)]
    loose = next((each for each in found if "@sha256:" not in each.name), None)
    why = f"there is a {file}"
    if loose:
        why += f"; name its base by digest: {loose.name}"
    check = Check(
        name="image",
        run=f"buildah bud --tag app --file {file} .",
        why=why,
        minutes=30,
        kind="builder",
        box="buildah",
        bases=tuple(dict.fromkeys(each.place for each in found)),
    )
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
