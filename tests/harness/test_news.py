"""What has come for an agent, and when it is said."""

from dataclasses import replace

import pytest

from bot.harness import gateway_client
from bot.harness.news import News
from bot.model.errors import Unavailable
from bot.model.ids import Login
from bot.model.runs import Message
from tests.agents.test_playbook_driver import PLAN

LETTER = Message(kind="steer", text="And the docs.", by=Login("ann"), trusted=True)


class Letters:
    """A gateway that has some messages."""

    def __init__(self, *letters):
        self.letters = letters
        self.kept = 0

    async def messages(self, after):
        return self.letters[after:]

    async def keep(self):
        self.kept += 1


def news(folder, *, told=0):
    plan = replace(PLAN, messages=(LETTER,) * told, mail=tuple(range(told)))
    return News(plan, folder)


async def test_only_what_was_not_told_before_is_said_after_what_was_made_is_kept(tmp_path):
    gateway, said = Letters(LETTER, replace(LETTER, text="And the tests.")), news(tmp_path, told=1)
    words = await said.next(gateway, gateway.keep, is_there=lambda: True)
    assert "And the tests." in words
    assert "And the docs." not in words
    assert (tmp_path / "brief.md").read_text() == words
    assert (said.said, gateway.kept) == (2, 1)
    assert await said.next(gateway, gateway.keep, is_there=lambda: True) is None


async def test_nothing_is_asked_for_an_agent_that_has_gone(tmp_path):
    said = news(tmp_path)
    assert await said.next(None, None, is_there=lambda: False) is None


async def test_what_nobody_is_there_to_hear_was_not_said(tmp_path):
    gateway, said = Letters(LETTER), news(tmp_path)
    words = await said.next(gateway, gateway.keep, is_there=lambda: not gateway.kept)
    assert (words, said.said, gateway.kept) == (None, 0, 1)


async def test_a_gateway_that_stays_away_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(gateway_client, "LOOKS_FOR", 0.01)
    gateway = gateway_client.Gateway(str(tmp_path / "none.sock"), "t")
    with pytest.raises(Unavailable, match="/messages was not answered"):
        await gateway.messages(0)
