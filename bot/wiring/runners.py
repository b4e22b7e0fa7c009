"""Where jobs run, as the operator has set it."""

import os
import platform
from collections.abc import Collection, Mapping

from bot.model.settings import Settings
from bot.model.validations import Class
from bot.runners.base import Runner
from bot.runners.local import LocalRunner, open_local
from bot.runners.podman import open_podman

PODMANS = (
    "CONTAINERS_CONF",
    "CONTAINERS_STORAGE_CONF",
    "DBUS_SESSION_BUS_ADDRESS",
    "HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
)
"""The variables by which podman finds its configuration, its images and, as a user, systemd."""


def by_class(runner: LocalRunner, classes: Collection[Class]) -> Mapping[Class, Runner]:
    """Return where validations of each class run, as far as the operator and the host let them."""
    return {each: runner for each in classes if each != "builder" or runner.builds}


def open_runner(settings: Settings) -> LocalRunner:
    """Open the runner, which tries at once whether it can work; blocks for up to some seconds.

    Raises:
        Misconfigured: it cannot work here; the message says what to install or to set.
    """
    jobs = settings.home / "jobs"
    if settings.runner == "local":
        return open_local(
            jobs, uids=settings.job_uids, toolboxes=settings.toolboxes, clock=settings.clock
        )
    return open_podman(
        jobs,
        image=settings.agent_image,
        runtime=settings.podman_runtime,
        uids=settings.job_uids,
        toolboxes=settings.toolboxes,
        environment={name: os.environ[name] for name in PODMANS if name in os.environ},
        clock=settings.clock,
    )


def platform_of(settings: Settings) -> str:
    """Name the system that jobs run on: what a setup has installed fits no other."""
    machine = platform.machine()
    if settings.agent_image:
        return f"{machine} {settings.agent_image}"
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        return f"{machine} {platform.release()}"
    return f"{machine} {system['ID']} {system.get('VERSION_ID', system['PRETTY_NAME'])}"
