"""What the environment of a box says of where an agent works."""

import pytest

from bot.agents.asking import base, plans


@pytest.mark.parametrize(
    ("granted", "only"),
    [
        ("plan comment question noop", True),
        ("plan pull_request comment", False),
        ("plan push comment", False),
        ("comment", False),
        ("", False),
    ],
)
def test_where_changes_wait_for_a_yes_a_plan_is_all(monkeypatch, granted, only):
    monkeypatch.setenv("GREENROOM_OUTPUTS", granted)
    assert plans() == only


def test_where_nobody_says_there_is_no_base_and_no_plan(monkeypatch):
    monkeypatch.delenv("GREENROOM_OUTPUTS", raising=False)
    monkeypatch.delenv("GREENROOM_BASE", raising=False)
    assert (base(), plans()) == ("", False)
    monkeypatch.setenv("GREENROOM_BASE", "b" * 40)
    assert base() == "b" * 40
