"""What is proposed for a whole repository: its parts put together, each name once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count

from bot.rules.proposals.base import Check, Part, Project, Setup
from bot.rules.proposals.compiled import go, java, make, rust
from bot.rules.proposals.hosts import hosts
from bot.rules.proposals.images import Devcontainer, built, devcontainer
from bot.rules.proposals.node import node
from bot.rules.proposals.python import python
from bot.rules.proposals.workflows import Line, beside, lines

_MOST_SUFFIX = 24
"""Characters that tell two validations of one name apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a configuration could say.

    Attributes:
        boxes: toolboxes that the checks need, with the reason of each.
        hosts: those that setup has to reach, with the file that names each.
        notes: what to know before it is used, a sentence or two each.
    """

    checks: tuple[Check, ...]
    setup: Setup | None
    boxes: Mapping[str, str]
    hosts: Mapping[str, str]
    notes: tuple[str, ...]


def proposed(top: Project, below: Sequence[Project] = ()) -> Proposal | None:
    """Return what to propose; None where nothing says how the repository is checked.

    Args:
        top: the repository.
        below: the folders right below its top; what a language needs at the top holds for all.
    """
    parts = [*_parts(top, lines(top.files))]
    known = {"", *(part.box for part in parts)}
    parts += [part for each in below for part in _parts(each, ()) if part.box not in known]
    if not any(part.checks for part in parts):
        return None
    container = devcontainer(top.files)
    return Proposal(
        checks=tuple(_apart(check for part in parts for check in part.checks)),
        setup=_together([part.setup for part in parts if part.setup], container),
        boxes={part.box: part.why for part in reversed(parts) if part.box},
        hosts=_hosts([top, *below]),
        notes=tuple(_notes(top.files, container)),
    )


def _parts(project: Project, said: Sequence[Line]) -> Iterator[Part]:
    found = (
        python(project, said),
        node(project),
        go(project, said),
        rust(project),
        java(project),
        make(project),
        built(project),
    )
    yield from (_inside(part, project.folder) for part in found if part)


def _inside(part: Part, folder: str) -> Part:
    """Have a part do in its folder what it would do at the top."""
    if not folder:
        return part
    setup = part.setup and replace(
        part.setup,
        steps=(f"(cd {folder} && {' && '.join(part.setup.steps)})",),
        inputs=tuple(f"{folder}/{each}" for each in part.setup.inputs),
        why=f"in {folder}, {part.setup.why}",
    )
    checks = tuple(
        replace(
            check,
            folder=folder,
            run=f"cd {folder} && {check.run}",
            report=check.report and f"{folder}/{check.report}",
            why=f"in {folder}, {check.why}",
        )
        for check in part.checks
    )
    return replace(part, why=f"in {folder}, {part.why}", setup=setup, checks=checks)


def _apart(checks: Iterator[Check]) -> Iterator[Check]:
    """Give each check a name of its own: the first one at the top keeps what they share."""
    taken: set[str] = set()
    for check in checks:
        suffix = re.sub(r"[^a-z0-9]+", "-", (check.folder or check.box).lower()).strip("-")
        other = f"{check.name}-{suffix[:_MOST_SUFFIX].strip('-')}"
        first = () if check.folder else (check.name,)
        names = chain(first, (other,), (f"{other}-{number}" for number in count(2)))
        name = next(each for each in names if each not in taken)
        taken.add(name)
        yield replace(check, name=name)


def _together(setups: Sequence[Setup], container: Devcontainer | None) -> Setup | None:
    """Make one setup of all; where there is none, of what a devcontainer runs."""
    if setups:
        return Setup(
            steps=tuple(step for each in setups for step in each.steps),
            inputs=tuple(name for each in setups for name in each.inputs),
            why="; ".join(each.why for each in setups),
        )
    if container and container.command:
        why = f"{container.file} runs this when it is made"
        return Setup(steps=(container.command,), inputs=(container.file,), why=why)
    return None


def _hosts(projects: Sequence[Project]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for project in projects:
        for host, file in hosts(project.files).items():
            found.setdefault(host, f"{project.folder}/{file}" if project.folder else file)
    return found


def _notes(files: Mapping[str, str], container: Devcontainer | None) -> Iterator[str]:
    if container and container.image:
        yield (
            f"People work in {container.image} here ({container.file}): "
            "the toolboxes should hold the same versions."
        )
    for file, names in beside(files).items():
        yield (
            f"{file} starts {', '.join(names)} beside its tests. For tests that need it, give the "
            "validation `class: services`, and name it under `services` with an image by digest "
            "and its port."
        )
