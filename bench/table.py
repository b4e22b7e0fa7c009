"""The rows that a bench gives, and how they are shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure.

    `ratio` compares it with `baseline` the way `bar` asks: `holds` is None without a bar.
    `spread` has the least and the most that was measured, ours first, then the baseline's.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    bar: float | None = None
    holds: bool | None = None
    spread: Sequence[float] = ()


def compared(  # noqa: PLR0913 - a row has that many parts
    name: str,
    unit: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Row:
    """Compare medians: `ratio` is ours by theirs, and the bar a bound on it."""
    ratio = median(ours) / median(theirs)
    holds = (at_least is None or ratio >= at_least) and (at_most is None or ratio <= at_most)
    bar = at_most if at_least is None else at_least
    return Row(
        name=name,
        value=round(median(ours), 2),
        unit=unit,
        baseline=round(median(theirs), 2),
        ratio=round(ratio, 2),
        bar=bar,
        holds=None if bar is None else holds,
        spread=[round(each, 2) for each in (min(ours), max(ours), min(theirs), max(theirs))],
    )


def bounded(name: str, unit: str, measured: Sequence[float], *, at_most: float) -> Row:
    """Hold the median against a bound of its own; there is nothing to compare it with."""
    return Row(
        name=name,
        value=round(median(measured), 3),
        unit=unit,
        bar=at_most,
        holds=median(measured) <= at_most,
        spread=[round(min(measured), 3), round(max(measured), 3)],
    )


HEADS = ("", "value", "unit", "baseline", "ratio", "bar", "", "spread")


def table(rows: Iterable[Row]) -> str:
    """Set the rows in columns."""
    cells = [HEADS, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.name,
        _number(row.value),
        row.unit,
        _number(row.baseline),
        _number(row.ratio),
        _number(row.bar),
        {True: "holds", False: "FAILS", None: ""}[row.holds],
        " … ".join(map(_number, row.spread)),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
