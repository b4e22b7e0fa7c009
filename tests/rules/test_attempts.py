import pytest

from bot.rules.attempts import gives_up, pause


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
