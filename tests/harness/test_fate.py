from bot.harness.fate import Fate


def test_what_came_first_counts():
    fate = Fate()
    fate.decide("timeout")
    fate.break_off("It was too much.")
    assert (fate.cause, fate.words, fate.at_once) == ("timeout", "", False)


def test_what_is_broken_off_has_words_and_no_time():
    fate = Fate()
    fate.break_off("It was too much.")
    fate.decide("cancelled")
    assert (fate.cause, fate.words, fate.at_once) == ("crashed", "It was too much.", True)
    assert fate.changed.is_set()


def test_a_newer_job_leaves_no_time_either():
    fate = Fate()
    fate.fence()
    assert (fate.cause, fate.at_once) == (None, True)
