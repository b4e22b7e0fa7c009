"""Jobs in containers that podman makes, one a job, from an image that the operator names.

They are jobs of this host in everything else: the same folder, the same lock, and in the
container the same harness, which puts the agent into the same box.  So an agent has two
walls around it, and of the host's programs none that the image does not bring.

What cannot work is found out at the start, by making such a container with such a box.
"""

import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from bot.model.errors import Misconfigured
from bot.runners import podman_argv
from bot.runners.local import GRACE, LocalRunner
from bot.runners.podman_argv import FILES, PROCESSES, Engine
from bot.runners.process import code, compile_ours, harness, interpreter, packages, python
from bot.sandbox.box import Bubblewrap
from bot.sandbox.folder import JobFolder, Order
from bot.sandbox.seccomp import BUILDS, DENIED, program

PATIENCE = 120
"""Seconds that one call of podman may take; an image's first container takes the longest."""

NEEDED = frozenset({"mount", "pivot_root", "umount2", "unshare", *BUILDS})
"""System calls that no agent gets, and without which no box, or no image in one, can be made."""

_LACKING = ("not found", "o such file", "cannot open shared", "o module named", "to install")
_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
_CHATTER = ("level=warning", "level=info")

log = structlog.get_logger()


def open_podman(  # noqa: PLR0913 - settings of one host, named by the caller
    root: Path,
    *,
    image: str,
    runtime: str,
    uids: tuple[int, int],
    toolboxes: Mapping[str, Path],
    environment: Mapping[str, str],
    clock: Path | None = None,
    grace: float = GRACE,
) -> LocalRunner:
    """Return the runner, having made one container with a box in it to see that it can.

    Blocks for a second or two.

    Args:
        root: `GREENROOM_HOME/jobs`.
        image: as podman names it, by digest.
        runtime: the program that makes podman's containers: its name or path.
        uids: first and last uid that jobs may take when this process is root.
        toolboxes: read-only tool trees by name; each has a `bin`.
        environment: variables by which podman finds its own configuration and storage.
        clock: the file that moves the clock, in tests and the demo; jobs see its folder.
        grace: seconds between asking an agent's program to end and ending it.

    Raises:
        Misconfigured: it cannot work here; the message says what to install or to set.
    """
    if clock is not None and root.is_relative_to(clock.parent):
        raise Misconfigured("GREENROOM_CLOCK must name a file in a folder of its own.")
    compile_ours()
    around = {"PATH": _PATH, **environment}
    engine = _engine(root, image, runtime, around)
    found, lacks = _tried(engine, uids[0] if os.geteuid() == 0 else None, around)
    bounds = "cgroups" if engine.bounds else "prlimit"
    log.info("runner.ready", bounds=bounds, disable_userns=found.disable_userns, image=image)
    if lacks:
        log.warning("runner.no_builders", why=lacks)
    return LocalRunner(
        root,
        found,
        uids=uids,
        toolboxes=toolboxes,
        clock=clock,
        grace=grace,
        enclosure=Podman(engine, around),
        builds=not lacks,
    )


class Podman:
    """Containers around harnesses.

    Args:
        engine: what was found.
        environment: what podman is started with.
    """

    def __init__(self, engine: Engine, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._engine = engine

    def enclosed(self, folder: JobFolder, order: Order) -> Order:
        """Add to an order how podman runs the harness, and what it shows to it."""
        shown = replace(order, views=podman_argv.views(folder, order))
        words = podman_argv.for_job(self._engine, folder, shown, harness(folder, first=True))
        return replace(shown, container=tuple(words))

    def signal(self, folder: JobFolder, number: signal.Signals) -> bool:
        """Signal the harness; False where its container has not come up, or is gone."""
        try:
            words = podman_argv.for_signal(self._engine, folder, number.name)
        except FileNotFoundError:
            return False
        return _called(words, self.environment).returncode == 0

    def remove(self, folder: JobFolder) -> None:
        """Remove what is left of a container.

        Raises:
            OSError: podman refused to.
        """
        done = _called(podman_argv.for_removal(self._engine, folder), self.environment)
        if done.returncode != 0:
            raise OSError(_complaint(done.stderr))


def _engine(root: Path, image: str, runtime: str, around: Mapping[str, str]) -> Engine:
    """Look at podman, its image and its runtime.

    Raises:
        Misconfigured: one of them is not there, or cannot be used.
    """
    path = shutil.which("podman", path=around["PATH"])
    if path is None:
        raise Misconfigured("GREENROOM_RUNNER=podman needs podman: install the package `podman`.")
    made_by = shutil.which(runtime, path=around["PATH"])
    if made_by is None:
        words = f"no program {runtime} is installed; give runc or crun"
        raise Misconfigured(f"GREENROOM_PODMAN_RUNTIME is wrong: {words}.")
    host = _host([path, "--runtime", made_by, "info", "--format", "json"], around)
    if _called([path, "image", "exists", image], around).returncode != 0:
        words = f"podman has no image {image} here: fetch it with `podman pull`, as this user"
        raise Misconfigured(f"GREENROOM_AGENT_IMAGE is wrong: {words}.")
    ordinary = os.geteuid() != 0
    if ordinary and not any(each["size"] > 1 for each in host["idMappings"]["uidmap"] or ()):
        raise Misconfigured(
            "GREENROOM_RUNNER=podman needs subordinate ids for the user that starts it: install "
            "the package `uidmap` and add a line to /etc/subuid and to /etc/subgid."
        )
    return Engine(
        path=path,
        runtime=made_by,
        image=image,
        filter=_filter(root / ".podman"),
        keeps_id=ordinary,
        bounds={"memory", "pids"} <= set(host["cgroupControllers"] or ()),
        files=_at_most(resource.RLIMIT_NOFILE, FILES),
        processes=_at_most(resource.RLIMIT_NPROC, PROCESSES),
    )


def _host(words: Sequence[str], around: Mapping[str, str]) -> dict[str, Any]:
    done = _called(words, around)
    if done.returncode != 0:
        said = _complaint(done.stderr)
        raise Misconfigured(f"GREENROOM_RUNNER=podman cannot work: podman says: {said}")
    host: dict[str, Any] = json.loads(done.stdout)["host"]
    return host


def _filter(folder: Path) -> str:
    """Write down for podman the system calls that nothing in a container gets.

    https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#seccomp
    """
    denied = sorted(set(DENIED) - NEEDED)
    refused = {"names": denied, "action": "SCMP_ACT_ERRNO", "errnoRet": errno.EPERM}
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "seccomp.json"
    path.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [refused]}))
    return str(path)


_TRY = """
import json, sys
sys.path.insert(0, {code!r}); sys.path.extend({packages!r})
import aiohttp, pydantic, structlog
from bot.model.errors import Misconfigured
from bot.sandbox.box import Bind, Box
from bot.sandbox.probe import cannot_build, probe
filters = sys.stdin.buffer.read()
box = Box(binds=(Bind(source={python!r}, target="/opt/python"),))
script = "/usr/bin/git --version && /opt/python/bin/python3 -I -S -c ''"
try:
    found = probe(filters[:{size}], box, ("/bin/sh", "-c", script))
except Misconfigured as problem:
    sys.exit(str(problem))
print(json.dumps([found.path, found.disable_userns, cannot_build(filters[{size}:])]))
"""


def _tried(engine: Engine, uid: int | None, around: Mapping[str, str]) -> tuple[Bubblewrap, str]:
    """Make a box in a container, with what jobs have there.

    Returns:
        What made it, and why no images can be built there; nothing where they can.

    Raises:
        Misconfigured: there can be none.
    """
    shown = tuple(podman_argv.ours(str(code()), python(), packages()))
    plain, builds = program(), program(builds=True)
    script = _TRY.format(code=str(code()), packages=packages(), python=python(), size=len(plain))
    words = (interpreter(), "-I", "-S", "-c", script)
    done = _called(podman_argv.for_probe(engine, uid, shown, words), around, plain + builds)
    if done.returncode != 0:
        raise Misconfigured(_remedy(engine, _complaint(done.stderr)))
    path, disable_userns, lacks = json.loads(done.stdout)
    return Bubblewrap(path=path, disable_userns=disable_userns), lacks


def _remedy(engine: Engine, complaint: str) -> str:
    """Say what to do about a container that did not come up, or in which no box can be made."""
    if "runsc" in Path(engine.runtime).name:
        advice = "gVisor's runsc cannot hold the agent's box: use runc or crun"
    elif "hybrid" in complaint:
        advice = "use runc, which takes hosts that mix both versions of cgroups"
    elif any(words in complaint for words in _LACKING):
        advice = (
            f"the image needs Python {sys.version_info.major}.{sys.version_info.minor}, "
            "bubblewrap, git and util-linux"
        )
    else:
        advice = "docs/security.md says what a host and an image need"
    return f"GREENROOM_RUNNER=podman cannot work: {complaint}; {advice}."


def _called(
    words: Sequence[str], around: Mapping[str, str], given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            words, input=given, capture_output=True, check=False, env=dict(around), cwd="/",
            timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        said = f"podman did not answer within {PATIENCE} s".encode()
        return subprocess.CompletedProcess(words, 1, b"", said)


def _complaint(said: bytes) -> str:
    """Return the last of what podman said that is no warning."""
    lines = said.decode(errors="replace").strip().splitlines()
    told = [line for line in lines if not any(each in line for each in _CHATTER)]
    return told[-1].strip().rstrip(".")[-400:] if told else "it gave no reason"


def _at_most(kind: int, wanted: int) -> int:
    hard = resource.getrlimit(kind)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
