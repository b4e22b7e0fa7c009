"""The command lines by which podman runs a job's harness in a container; pure.

The container is a wall around the same box that jobs of this host have: of the host it shows
the folders that the harness works in, under their own names, and the rest is the image's.
It has no network at all, no capability, and nothing in it gains any.
https://docs.podman.io/en/v4.3/markdown/podman-run.1.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.model.runs import Limits
from bot.sandbox.folder import JobFolder, Order

BESIDE_MEMORY, BESIDE_PROCESSES = 256 * 1024**2, 256
"""What a container may use beside its agent: the harness, git, and threads of both."""

FILES, PROCESSES = 65_536, 32_768
"""What podman sets of limits that it would otherwise raise, which not every host allows."""

WHOLE_USR = "/usr"
"""What is below it comes from the image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Podman as it was found on this host, and what it is to run.

    Attributes:
        path: absolute path of `podman`.
        runtime: absolute path of the program that makes its containers.
        image: what containers are made from, by digest.
        filter: file of the system calls that no process in a container gets.
        keeps_id: whether an ordinary user starts it, who is the same in its containers.
        bounds: whether it can bound the memory and processes of a container.
        files: file descriptors that each process may have at most.
        processes: the same of processes.
    """

    path: str
    runtime: str
    image: str
    filter: str
    keeps_id: bool
    bounds: bool
    files: int = FILES
    processes: int = PROCESSES


def for_job(engine: Engine, folder: JobFolder, order: Order, program: Sequence[str]) -> list[str]:
    """Return the command line that runs a job's harness, with the job's lock as descriptor 3.

    Args:
        engine: what was found.
        folder: the job's.
        order: what the harness is told, with its views.
        program: the harness's own command line.
    """
    mounts = {path: (source, True) for path, source in order.views}
    return [
        *_run(engine, order.uid),
        *("--name", folder.group, "--label", f"greenroom.job={order.job}", "--replace"),
        *("--interactive", "--preserve-fds", "1"),
        # servers beside a command may want port 80, in a network that leads nowhere
        *(("--sysctl", "net.ipv4.ip_unprivileged_port_start=0") if order.roots else ()),
        *(_bounds(Limits(**order.limits)) if engine.bounds else ()),
        *_mounts(mounts | {str(folder.root): (str(folder.root), False)}),
        *_program(engine, program),
    ]


def for_probe(
    engine: Engine, uid: int | None, shown: Sequence[str], program: Sequence[str]
) -> list[str]:
    """Return the command line that runs a program of ours in such a container, to try it."""
    mounts = {path: (path, True) for path in shown}
    return [
        *_run(engine, uid),
        "--interactive",
        *(_bounds(Limits()) if engine.bounds else ()),
        *_mounts(mounts),
        *_program(engine, program),
    ]


def for_signal(engine: Engine, folder: JobFolder, name: str) -> list[str]:
    """Return the command line that signals the harness of a job."""
    return [engine.path, "kill", "--signal", name, folder.group]


def for_removal(engine: Engine, folder: JobFolder) -> list[str]:
    """Return the command line that removes what a broken start has left of a container."""
    return [engine.path, "rm", "--force", "--ignore", "--time", "0", folder.group]


def views(folder: JobFolder, order: Order) -> tuple[tuple[str, str], ...]:
    """Return each path of the host that the harness reads, and where the container has it from.

    Under root that is a view of it, in which its files are the job's own.
    """
    if order.uid is None:
        return tuple((path, path) for path in (order.tree, *_read(order)))
    paths = dict.fromkeys(_read(order))
    return tuple((path, str(folder.view(number))) for number, path in enumerate(paths))


def _read(order: Order) -> Iterator[str]:
    yield from (order.mirror, order.gateway)
    yield from ours(order.code, order.python, order.packages)
    yield from (path for _, path in (*order.toolboxes, *order.roots))
    if order.uid is None:  # else they are in the workspace and the home already
        yield from (*order.layers, *order.homes)
    if order.clock is not None:
        yield str(Path(order.clock).parent)


def ours(code: str, python: str, packages: Sequence[str]) -> Iterator[str]:
    """Yield what our own program needs; an interpreter in /usr the image has itself."""
    yield f"{code}/bot"
    if not Path(python).is_relative_to(WHOLE_USR):
        yield python
    yield from packages


def _run(engine: Engine, uid: int | None) -> list[str]:
    return [
        *(engine.path, "--runtime", engine.runtime, "run", "--rm", "--pull", "never"),
        *("--network", "none", "--no-hosts", "--http-proxy=false", "--hostname", "greenroom"),
        *("--cap-drop", "all", "--security-opt", "no-new-privileges"),
        *("--security-opt", f"seccomp={engine.filter}"),
        # the box in the container has a /proc of its own, which the kernel grants to those alone
        # who see all of theirs; what it tells of the host is closed there
        *("--security-opt", "unmask=ALL"),
        # profiles of containers forbid to make a box, or to read folders not labelled as theirs
        *("--security-opt", "label=disable", "--security-opt", "apparmor=unconfined"),
        *("--read-only", "--image-volume", "ignore", "--no-healthcheck", "--log-driver", "none"),
        *("--ulimit", f"nofile={engine.files}:{engine.files}"),
        *("--ulimit", f"nproc={engine.processes}:{engine.processes}"),
        *(("--userns", "keep-id") if engine.keeps_id else ()),
        *(() if uid is None else ("--user", f"{uid}:{uid}")),
        *("--workdir", "/", "--unsetenv-all", "--env", "PATH=/usr/bin:/bin"),
        *("--env", "LANG=C.UTF-8"),
    ]


def _bounds(limits: Limits) -> list[str]:
    memory = limits.memory + BESIDE_MEMORY
    processes = limits.processes + BESIDE_PROCESSES
    # memory and nothing beside it: neither swap nor both together
    return ["--memory", f"{memory}", "--memory-swap", f"{memory}", "--pids-limit", f"{processes}"]


def _mounts(mounts: Mapping[str, tuple[str, bool]]) -> Iterator[str]:
    """Mount outer folders first, since inner ones lie in them."""
    for path in sorted(mounts, key=lambda each: len(Path(each).parts)):
        source, read_only = mounts[path]
        mode = ",readonly" if read_only else ""
        yield from ("--mount", f"type=bind,source={source},target={path}{mode}")


def _program(engine: Engine, program: Sequence[str]) -> list[str]:
    return ["--entrypoint", program[0], engine.image, *program[1:]]
