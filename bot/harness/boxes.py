"""The boxes that a harness makes: for agents, for validations, and for git and what it does."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.agents.proxied import proxy
from bot.model.inside import (
    BASES,
    DOOR,
    EGRESS,
    HOME,
    IMAGES,
    MIRROR,
    PROXY,
    RESULT_REPO,
    SOCKET,
    WORKSPACE,
)
from bot.model.limits import Limits
from bot.model.validations import Definition, ValidationPlan
from bot.sandbox.box import Bind, Box
from bot.sandbox.folder import JobFolder, Order
from bot.workspace.snapshot import snapshot_environment

if TYPE_CHECKING:  # what a validation can do without
    from bot.agents.base import Start
    from bot.model.runs import JobPlan

_OURS = "/opt/greenroom"
_PYTHON = f"{_OURS}/python"
_RELAY = f"{_OURS}/relay.py"
_ERRANDS = f"{_OURS}/errands.py"
_PACKER = f"{_OURS}/packer.py"

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
"""Where the host has its programs."""

_COMMON = {"HOME": HOME, "LANG": "C.UTF-8", "TERM": "dumb", "SHELL": "/bin/sh"}
PERSON = _COMMON | {"USER": "agent", "LOGNAME": "agent"}
"""What programs that are not ours are told of whom they run as."""


def for_agent(folder: JobFolder, order: Order, start: "Start", plan: "JobPlan") -> Box:
    """Return the agent's box: its workspace, its home, its tools and one door."""
    hidden = _hidden(folder, start.masks)
    return Box(
        binds=(
            Bind(source=str(folder.workspace), target=WORKSPACE, writable=True),
            Bind(source=order.mirror, target=MIRROR),
            Bind(source=str(folder.home), target=HOME, writable=True),
            Bind(source=str(folder.door), target=DOOR),
            *_programs(order),
            *_packages(order, start.packages),
            *((_program(_RELAY),) if doors(start, plan) else ()),
            *_toolboxes(order),
        ),
        links=_python_link(order),
        environment=_agent_environment(order) | dict(start.environment),
        directory=WORKSPACE,
        limits=plan.agent.limits,
        reserves=start.reserves,
        hidden_folders=tuple(inside for inside, path in hidden.items() if path.is_dir()),
        hidden_files=tuple(inside for inside, path in hidden.items() if not path.is_dir()),
    )


def for_validation(folder: JobFolder, order: Order, plan: ValidationPlan) -> Box:
    """Return the box of a validation: a workspace, a home and its tools, and no door.

    One that may reach hosts has a door with the socket that leads there, and nothing else; in
    a network of the job, the harness itself stands at the port that leads there.
    """
    hosts = plan.definition.egress
    relayed = bool(ways(plan.definition)) and not joined(order)
    box = Box(
        binds=(
            Bind(source=str(folder.workspace), target=WORKSPACE, writable=True),
            *(() if plan.definition.inputs else (Bind(source=order.mirror, target=MIRROR),)),
            Bind(source=str(folder.home), target=HOME, writable=True),
            *_toolboxes(order),
            *(_way_out(folder, order) if relayed else ()),
        ),
        links=_python_link(order) if relayed else (),
        environment={**_tools(order), "CI": "true", **proxy(hosts)},
        directory=WORKSPACE,
        limits=plan.limits,
        joined=joined(order),
    )
    if plan.definition.kind == "builder":
        from bot.harness.building import outfitted  # noqa: PLC0415 - few need it

        box = outfitted(box, folder, plan.definition)
    return box if plan.definition.image is None else rooted(box, folder, order, plan)


def rooted(box: Box, folder: JobFolder, order: Order, plan: ValidationPlan) -> Box:
    """Return the same box with the image that a validation names for its root.

    Raises:
        KeyError, Refused: the image is not there, or cannot be the root of a box.
    """
    from bot.harness.rooting import image_of, in_image  # noqa: PLC0415 - few need it

    assert plan.definition.image is not None
    image = image_of(order, plan.definition.image)
    return in_image(box, image, folder.root / "etc", usual=SYSTEM_PATH)


def joined(order: Order) -> bool:
    """Tell whether the boxes of a validation share a network: `stage` makes one for images."""
    return bool(order.roots)


def for_git(folder: JobFolder, order: Order, limits: Limits, *, writes: bool = False) -> Box:
    """Return the box of git: no network, and the workspace read-only.

    Args:
        folder: the job's.
        order: what the runner wrote.
        limits: of each command.
        writes: whether git may write to the workspace, while no agent has been there.
    """
    return Box(
        binds=(
            Bind(source=str(folder.workspace), target=WORKSPACE, writable=writes),
            *_result(folder, order),
            *_python(order),
            _program(_ERRANDS),
        ),
        links=_python_link(order),
        environment=_git_environment(),
        directory=RESULT_REPO,
        limits=limits,
    )


def for_packing(folder: JobFolder, order: Order, limits: Limits) -> Box:
    """Return the box that packs what a setup has added: it reads, and can do nothing else."""
    return Box(
        binds=(
            Bind(source=str(folder.workspace), target=WORKSPACE),
            Bind(source=str(folder.home), target=HOME),
            Bind(source=str(folder.result), target=RESULT_REPO),
            *_python(order),
            _program(_PACKER),
        ),
        links=_python_link(order),
        environment=_COMMON | {"PATH": SYSTEM_PATH},
        limits=limits,
    )


def for_push(folder: JobFolder, order: Order, limits: Limits) -> Box:
    """Return the box that pushes the result: no workspace, and a door for git alone."""
    return Box(
        binds=(
            *_result(folder, order),
            Bind(source=str(folder.push), target=DOOR),
            *_python(order),
            _program(_RELAY),
        ),
        links=_python_link(order),
        environment=_git_environment(),
        directory=RESULT_REPO,
        limits=limits,
    )


def doors(start: "Start", plan: "JobPlan") -> Mapping[int, str]:
    """Return which loopback ports lead the agent to which socket of its door."""
    models = {start.port: SOCKET} if start.port else {}
    return models | ({PROXY: EGRESS} if plan.egress else {})


def ways(definition: Definition) -> Mapping[int, str]:
    """Return which loopback ports lead a validation to which socket of its door."""
    hosts = {PROXY: EGRESS} if definition.egress else {}
    return hosts | ({IMAGES: BASES} if definition.bases else {})


def relayed(ports: Mapping[int, str], program: Sequence[str]) -> Sequence[str]:
    """Return the argv that runs `program` while loopback ports lead to sockets of the door."""
    if not ports:
        return program
    served = ",".join(f"{port}={DOOR}/{name}" for port, name in ports.items())
    return [f"{_PYTHON}/bin/python3", "-I", "-S", _RELAY, served, *program]


def errands() -> list[str]:
    """Return the argv that runs git's commands one after another, as they come."""
    return [f"{_PYTHON}/bin/python3", "-I", "-S", _ERRANDS]


def packer() -> list[str]:
    """Return the argv that packs what it is told to."""
    return [f"{_PYTHON}/bin/python3", "-I", "-S", _PACKER]


def _hidden(folder: JobFolder, masks: Sequence[str]) -> Mapping[str, Path]:
    """Return where in the box each mask lies that the workspace has, and the path outside.

    What a link leads to is hidden, were it the whole workspace; and that is hidden too where
    a link leads out of it, since in the box it might lead back, as `/proc/self/cwd` does.
    """
    top = Path(os.path.realpath(folder.workspace))
    found: dict[str, Path] = {}
    for name in masks:
        path = Path(os.path.realpath(top / name))
        if not path.is_relative_to(top):
            path = top
        if path.exists():
            found[str(Path(WORKSPACE, path.relative_to(top)))] = path
    # of two, one inside the other, the outer one hides both
    return {
        inside: path
        for inside, path in found.items()
        if not any(parent in found.values() for parent in path.parents)
    }


def _program(at: str) -> Bind:
    """Show one of our own programs."""
    return Bind(source=str(Path(__file__).with_name(Path(at).name)), target=at)


def _git_environment() -> dict[str, str]:
    return _COMMON | {"PATH": SYSTEM_PATH} | snapshot_environment()


def _result(folder: JobFolder, order: Order) -> tuple[Bind, ...]:
    return (
        Bind(source=order.mirror, target=MIRROR),
        Bind(source=str(folder.result), target=RESULT_REPO, writable=True),
    )


def _programs(order: Order) -> tuple[Bind, ...]:
    agents = f"{order.code}/bot/agents"
    return (
        Bind(source=f"{agents}/bin", target=f"{_OURS}/bin"),
        Bind(source=agents, target=f"{_OURS}/lib/bot/agents"),
        *_python(order),
    )


def _packages(order: Order, names: tuple[str, ...]) -> tuple[Bind, ...]:
    """Lay installed packages beside our own programs, read-only, and no others.

    Anybody may read what lies in them: they are public.  Nothing of the repository can stand
    in for one: our programs run isolated (`-I`), know neither its folder nor PYTHONPATH, and
    look here first.
    """
    found = (
        next((path for root in order.packages if (path := Path(root, name)).exists()), None)
        for name in names
    )
    return tuple(
        Bind(source=str(path), target=f"{_OURS}/lib/{path.name}") for path in found if path
    )


def _toolboxes(order: Order) -> tuple[Bind, ...]:
    return tuple(Bind(source=path, target=f"/toolbox/{name}") for name, path in order.toolboxes)


def _way_out(folder: JobFolder, order: Order) -> tuple[Bind, ...]:
    door = Bind(source=str(folder.door), target=DOOR)
    return (door, *_python(order), _program(_RELAY))


def _python(order: Order) -> tuple[Bind, ...]:
    """An interpreter outside /usr is mounted; one inside is linked to."""
    return () if _python_link(order) else (Bind(source=order.python, target=_PYTHON),)


def _python_link(order: Order) -> tuple[tuple[str, str], ...]:
    inside = Path(order.python).is_relative_to("/usr")
    return ((order.python, _PYTHON),) if inside else ()


def _agent_environment(order: Order) -> dict[str, str]:
    who = {"NAME": "agent", "EMAIL": "agent@greenroom.invalid"}
    ours = _tools(order)
    return {
        **ours,
        "PATH": f"{_OURS}/bin:{ours['PATH']}",
        **{f"GIT_{role}_{key}": who[key] for role in ("AUTHOR", "COMMITTER") for key in who},
    }


def _tools(order: Order) -> dict[str, str]:
    """Return what every program that is not ours is told of its box."""
    environment, path = _beside(order) if order.toolboxes else ({}, ())
    return {
        **environment,
        **PERSON,
        "PATH": ":".join((*path, SYSTEM_PATH)),
        "NO_COLOR": "1",
    }


def _beside(order: Order) -> tuple[Mapping[str, str], Sequence[str]]:
    from bot.sandbox.toolboxes import surroundings  # noqa: PLC0415 - many jobs have none

    found = surroundings({name: Path(path) for name, path in order.toolboxes})
    return found.environment, found.path
