import tempfile
from pathlib import Path

import pytest

from bot.model.errors import Misconfigured
from bot.sandbox import probe as module
from bot.sandbox.box import Bubblewrap
from bot.sandbox.probe import bubblewrap, probe, remedy


def test_a_box_is_really_made():
    assert probe().path.startswith("/")


def test_without_bubblewrap_the_words_say_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    bubblewrap.cache_clear()
    with pytest.raises(Misconfigured, match="install the package `bubblewrap`"):
        probe()
    bubblewrap.cache_clear()


@pytest.fixture
def broken():
    """A `bwrap` that fails, where everybody can start it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "bwrap"


def test_a_bubblewrap_that_fails_stops_the_start(monkeypatch, broken):
    words = "bwrap: No permissions to create new namespace, likely because the kernel forbids it"
    broken.write_text(f"#!/bin/sh\necho '{words}' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(module, "bubblewrap", lambda: Bubblewrap(path=str(broken)))
    with pytest.raises(Misconfigured, match=r"sysctl kernel\.unprivileged_userns_clone=1"):
        probe()


@pytest.mark.parametrize(
    ("complaint", "advice"),
    [
        ("bwrap: setting up uid map: Permission denied", "kernel.apparmor_restrict"),
        ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "systempaths"),
        ("bwrap: Creating new namespace failed: Operation not permitted", "max_user_namespaces"),
        ("", "docs/security.md"),
    ],
)
def test_what_bubblewrap_complains_of_becomes_advice(complaint, advice):
    assert advice in remedy(complaint)
    assert "\n" not in remedy(complaint)
