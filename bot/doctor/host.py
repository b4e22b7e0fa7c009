"""This host: whether jobs can be boxed in, have users of their own, and find room."""

import os
import pwd
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.doctor.findings import Finding
from bot.model.errors import Misconfigured, Refused
from bot.model.settings import Settings
from bot.sandbox import cgroups
from bot.sandbox.probe import cannot_build, probe
from bot.sandbox.toolboxes import check
from bot.wiring.runners import open_runner

ROOM = 2 << 30
"""Bytes that should be free in GREENROOM_HOME: a mirror, a few trees and their checkpoints."""


def host_findings(settings: Settings) -> Iterator[Finding]:
    """Look at the sandbox, the user ids of jobs, the toolboxes and the disk; blocks a moment."""
    yield from _sandbox(settings)
    yield _users(settings)
    for name, folder in settings.toolboxes.items():
        where = f"GREENROOM_TOOLBOXES, {name}"
        if not folder.is_dir():
            yield Finding(where=where, what=f"{folder} is no folder", remedy="Name one that is")
            continue
        try:
            check(name, folder)
        except Refused as problem:
            remedy = "Give it programs, and a `toolbox.json` that can be used, or none"
            yield Finding(where=where, what=problem.words.rstrip("."), remedy=remedy)
    yield _disk(settings.home)


def _sandbox(settings: Settings) -> Iterator[Finding]:
    if settings.runner == "podman":
        yield from _containers(settings)
        return
    try:
        found = probe()
    except Misconfigured as problem:
        remedy = str(problem).rstrip(".")
        yield Finding(where="sandbox", what="none can be made", remedy=remedy)
        return
    bounds = {"cgroups": "memory and processes of a job are bounded by cgroups"}
    alone = "only each process of a job has bounds, since cgroups cannot be divided here"
    what = bounds.get(cgroups.report(), alone)
    yield Finding(where="sandbox", what=f"{found.path} makes one; {what}")
    yield _builders(lacks=cannot_build(), buildah=shutil.which("buildah"))


def _containers(settings: Settings) -> Iterator[Finding]:
    try:
        with TemporaryDirectory() as elsewhere:
            runner = open_runner(replace(settings, home=Path(elsewhere)))
    except Misconfigured as problem:
        remedy = str(problem).rstrip(".")
        yield Finding(where="GREENROOM_RUNNER", what="no container can be used", remedy=remedy)
        return
    what = f"podman with {settings.podman_runtime} makes containers, and a sandbox in each"
    yield Finding(where="GREENROOM_RUNNER", what=what)
    lacks = "" if runner.builds else "no user namespace can be made in a sandbox there"
    yield _builders(lacks=lacks, buildah=None)


def _builders(*, lacks: str, buildah: str | None) -> Finding:
    """Say whether validations can build images; who wants none has nothing to do."""
    if lacks:
        return Finding(where="builders", what=f"there can be none: {lacks.rstrip('.')}")
    own = "buildah comes from an image or a toolbox"
    what = f"{buildah} builds images" if buildah else own
    return Finding(where="builders", what=f"validations may have the class; {what}")


def _users(settings: Settings) -> Finding:
    first, last = settings.job_uids
    where = "GREENROOM_JOB_UIDS"
    if os.geteuid() != 0:
        return Finding(
            where=where, what=f"not used: all jobs are of user {os.geteuid()}, as we are"
        )
    taken = [user.pw_name for user in pwd.getpwall() if first <= user.pw_uid <= last]
    if taken:
        what = f"{first}-{last} has users of this host in it, such as {taken[0]}"
        return Finding(where=where, what=what, remedy="Give a range that nobody uses")
    if last - first + 1 < settings.runs_at_once:
        what = f"{first}-{last} is less than the {settings.runs_at_once} runs at once"
        return Finding(where=where, what=what, remedy="Give a wider range")
    return Finding(where=where, what=f"{first}-{last}, nobody else's")


def _disk(home: Path) -> Finding:
    if not home.is_dir():
        remedy = "Start `greenroom serve`, which makes it, or name the right one"
        return Finding(where="GREENROOM_HOME", what=f"{home} is not there", remedy=remedy)
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        remedy = "Run as the user that it belongs to"
        return Finding(where="GREENROOM_HOME", what=f"{home} cannot be used", remedy=remedy)
    free = shutil.disk_usage(home).free
    what = f"{free / 2**30:,.1f} GB are free for {home}"
    remedy = "" if free >= ROOM else "Make room: mirrors and jobs grow there"
    return Finding(where="GREENROOM_HOME", what=what, remedy=remedy)
