import pytest

from bot.rules.attempts import MOST_FAILURES, gives_up, pause


@pytest.mark.parametrize(
    ("tries", "seconds"),
    [(-1, 1), (0, 1), (1, 1), (2, 2), (3, 4), (8, 128), (9, 256), (10, 300), (5000, 300)],
)
def test_pauses_double_up_to_five_minutes(tries, seconds):
    assert pause(tries) == seconds


@pytest.mark.parametrize(
    ("jobs", "answer"), [(0, False), (1, False), (4, False), (5, True), (6, True)]
)
def test_the_fifth_lost_job_is_the_last(jobs, answer):
    assert gives_up(jobs) is answer


def test_a_run_that_only_fails_is_given_up_after_some_half_an_hour():
    assert 20 * 60 <= sum(pause(tries) for tries in range(1, MOST_FAILURES)) <= 40 * 60
