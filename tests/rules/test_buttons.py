import pytest

from bot.rules.buttons import APPROVE, BUTTONS, RERUN, RETRY, STOP, buttons
from bot.rules.lifecycle import Run
from bot.rules.waiting import ANSWER, APPROVAL, PLAN, START


@pytest.mark.parametrize("state", Run)
@pytest.mark.parametrize("asks", [None, START, APPROVAL, PLAN, ANSWER])
def test_a_completed_check_has_the_buttons_that_do_something(state, asks):
    names = [each["identifier"] for each in buttons(state, asks=asks)]
    if state is Run.FINISHED:
        assert names == [RETRY]
    else:
        wanted = {None: [], ANSWER: [STOP]}
        assert names == wanted.get(asks, [APPROVE, STOP])


@pytest.mark.parametrize("name", BUTTONS)
def test_github_takes_our_buttons(name):
    button = BUTTONS[name]
    assert button["identifier"] == name
    assert 0 < len(button["label"]) <= 20
    assert 0 < len(button["description"]) <= 40
    assert len(name) <= 20


def test_github_s_own_button_is_none_of_ours():
    assert RERUN not in BUTTONS
