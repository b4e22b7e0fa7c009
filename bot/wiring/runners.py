"""Where jobs run, as the operator has set it."""

import os

from bot.model.settings import Settings
from bot.runners.base import Runner
from bot.runners.local import open_local
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


def open_runner(settings: Settings) -> Runner:
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
