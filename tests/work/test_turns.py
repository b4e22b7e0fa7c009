"""Turns: some at once, the others each at a moment of their own."""

from bot.work.turns import FORGOTTEN, Turns


def test_some_go_at_once_and_the_others_one_after_another():
    turns = Turns(spacing=2.0, at_once=3)
    assert [turns.wait("key", who, 10.0) for who in range(6)] == [0, 0, 0, 2.0, 4.0, 6.0]


def test_a_turn_stays_whoever_asks_again_meanwhile():
    turns = Turns(spacing=2.0, at_once=1)
    assert turns.wait("key", "a", 10.0) == 0
    assert [turns.wait("key", "b", at) for at in (10.0, 11.0, 12.0)] == [2.0, 1.0, 0]
    assert turns.wait("key", "b", 12.0) == 2.0


def test_what_is_shared_apart_is_no_concern_of_others():
    turns = Turns(spacing=2.0, at_once=1)
    assert [turns.wait(key, key, 10.0) for key in "abc"] == [0, 0, 0]


def test_a_turn_that_nobody_takes_is_given_up_and_rest_is_not_saved_up():
    turns = Turns(spacing=1.0, at_once=1)
    assert [turns.wait("key", who, 10.0) for who in "ab"] == [0, 1.0]
    late = 12.0 + FORGOTTEN
    assert turns.wait("key", "c", late) == 0
    assert turns.wait("key", "b", late) == 1.0
