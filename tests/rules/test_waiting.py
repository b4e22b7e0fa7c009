import pytest

from bot.rules.waiting import APPROVAL, APPROVED, SHORTEST_SHA, START, means

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("given", [SHA, SHA[:12], SHA[:20], SHA[:12].upper()])
def test_a_commit_is_meant_by_how_its_name_begins(given):
    assert means(given, SHA)


@pytest.mark.parametrize(
    "given", ["", "0", SHA[:7], SHA[:11], SHA[1:], f"{SHA}0", "0123456789abd", "f" * 12]
)
def test_nothing_else_means_it(given):
    assert not means(given, SHA)


def test_nothing_means_what_has_no_commit():
    assert not means(SHA, None)
    assert not means("", None)


def test_what_we_ask_with_is_long_enough():
    assert means(SHA[:12], SHA)
    assert SHORTEST_SHA == 12


def test_the_reasons_to_wait_differ():
    assert len({START, APPROVAL, APPROVED}) == 3
