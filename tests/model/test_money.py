from decimal import Decimal

import pytest

from bot.model.models import NOTHING, Cost, Spent, Usage
from bot.model.money import Micros, micros, shown, total


@pytest.mark.parametrize(
    ("dollars", "amount"),
    [("2", 2_000_000), ("0.000001", 1), (Decimal("5.00"), 5_000_000), (3, 3_000_000)],
)
def test_dollars_are_kept_as_whole_millionths(dollars, amount):
    assert micros(dollars) == amount


@pytest.mark.parametrize("text", ["", "two", "nan", "Infinity"])
def test_what_is_no_number_is_no_money(text):
    with pytest.raises(ValueError, match="is no amount of money"):
        micros(text)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "$0.00"), (1, "under $0.01"), (10_000, "$0.01"), (1_234_560_000, "$1,234.56")],
)
def test_money_is_shown_to_the_cent(amount, text):
    assert shown(Micros(amount)) == text


def test_amounts_are_added_up():
    assert total([]) == NOTHING
    assert total([micros("0.1"), micros("0.2")]) == micros("0.3")


def test_nothing_is_spent_and_nothing_bounded_until_somebody_says_so():
    assert Cost() == Cost(per_run=None, per_day=None)
    assert Spent() == Spent(models=(), turns=0, usage=Usage(), cost=None)
