"""Money, as whole millionths of a US dollar: sums of it are exact, in the database too."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NewType

Micros = NewType("Micros", int)
"""Millionths of a US dollar."""

DOLLAR = 1_000_000
CENT = 10_000


def micros(dollars: Decimal | int | str) -> Micros:
    """Return an amount of dollars; what is below a millionth is rounded.

    Raises:
        ValueError: it is no finite number.
    """
    amount = Decimal(dollars) if isinstance(dollars, Decimal | int) else _number(dollars)
    if not amount.is_finite():
        raise ValueError(f"{dollars} is no amount of money")
    return Micros(int((amount * DOLLAR).to_integral_value()))


def total(amounts: Iterable[Micros]) -> Micros:
    """Return the sum of some amounts."""
    return Micros(sum(amounts))


def shown(amount: Micros) -> str:
    """Write an amount for people: to the cent, and below a cent as that."""
    if 0 < amount < CENT:
        return "under $0.01"
    return f"${Decimal(amount) / DOLLAR:,.2f}"


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        raise ValueError(f"{text!a} is no amount of money") from None
