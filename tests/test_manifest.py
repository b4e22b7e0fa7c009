"""The manifest asks for what the code uses, and for nothing else."""

from pathlib import Path

import yaml

from bot.github.permissions import union
from bot.model.readers import ALWAYS_SENT, EVENTS

MANIFEST = yaml.safe_load((Path(__file__).parent.parent / "app.yml").read_text())


def test_the_permissions_are_those_that_operations_need():
    assert MANIFEST["default_permissions"] == union()


def test_the_events_are_those_that_are_read():
    assert set(MANIFEST["default_events"]) == EVENTS - ALWAYS_SENT


def test_it_has_what_github_requires_of_a_manifest():
    assert MANIFEST["url"]
    assert MANIFEST["hook_attributes"]["url"].endswith("/webhook")
    assert MANIFEST["public"] is False
