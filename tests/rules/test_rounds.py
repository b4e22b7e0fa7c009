"""Check runs of runs that wait: none is incomplete for as long as GitHub has patience."""

import pytest

from bot.rules.rounds import LASTS, next_round_at, rounds

DAY = 24 * 3600.0


@pytest.mark.parametrize(
    ("days", "due", "following"),
    [(-1, 0, 12), (0, 0, 12), (11.9, 0, 12), (12, 1, 24), (90, 7, 96)],
)
def test_each_check_run_is_completed_in_time(days, due, following):
    now = 1_000.0 + days * DAY
    assert rounds(1_000.0, now) == due
    assert next_round_at(1_000.0, now) == 1_000.0 + following * DAY


def test_github_has_more_patience_than_a_check_run_lasts():
    assert LASTS < 14 * DAY
