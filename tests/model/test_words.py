from bot.model.clock import Clock
from bot.model.errors import (
    Fenced,
    GreenroomError,
    Misconfigured,
    Refused,
    Unavailable,
)
from bot.model.ids import Repo
from bot.model.priorities import Priority
from bot.model.runs import Subject


def test_a_clock_is_a_real_one_moved_by_what_is_read_each_time():
    offsets = iter([0.0, 60.0])
    clock = Clock(lambda: 1000.0, lambda: next(offsets))
    assert [clock.now(), clock.now()] == [1000.0, 1060.0]


def test_a_clock_that_nobody_moves_is_the_real_one():
    assert Clock(lambda: 1000.0).now() == 1000.0


def test_a_subject_is_written_as_github_writes_it():
    assert str(Subject(repo=Repo("octo/cat"), number=7, kind="pull")) == "octo/cat#7"


def test_a_refusal_has_a_reason_for_metrics_and_words_for_people():
    refused = Refused("role", "You need write access.")
    assert (refused.reason, refused.words) == ("role", "You need write access.")
    assert str(refused) == "You need write access."


def test_what_is_unavailable_says_what_and_when_to_try_again():
    away = Unavailable("github", "no answer", retry_after=2.5)
    assert (away.what, away.retry_after, away.sent) == ("github", 2.5, False)
    assert str(away) == "github: no answer"


def test_everything_that_goes_wrong_on_purpose_is_one_tree():
    for kind in (Refused, Unavailable, Fenced, Misconfigured):
        assert issubclass(kind, GreenroomError)


def test_acknowledging_goes_first_and_refusing_last():
    assert sorted(Priority) == [
        Priority.ACKNOWLEDGE,
        Priority.RESULT,
        Priority.PROGRESS,
        Priority.REFUSAL,
    ]
