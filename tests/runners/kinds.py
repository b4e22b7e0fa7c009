"""Which runners the contract tests run over, and why one of them cannot run here."""

import os
import shutil

import pytest

from bot.model.errors import Misconfigured
from bot.runners.local import LocalRunner
from bot.runners.podman import open_podman
from bot.sandbox.probe import probe

RUNC = "runc"
"""The runtime of podman's containers: of those that distributions have, it asks for the least."""


def runner_of(kind, root, podman, **settings):
    """Return a runner of a kind; skip the test where this host cannot have it."""
    if kind == "local":
        return LocalRunner(root, probe(), **settings)
    try:
        return open_podman(
            root,
            image=podman.image,
            runtime=kind,
            environment=podman.environment,
            toolboxes=settings.pop("toolboxes", {}),
            **settings,
        )
    except Misconfigured as problem:
        pytest.skip(f"podman with {kind}: {problem}")


def missing():
    """Say why podman cannot be tried here at all; None where it can."""
    if shutil.which("podman") is None:
        return "podman is not installed"
    if os.geteuid() != 0:
        return "podman is tried as root, and as an ordinary user of root's making"
    return None
