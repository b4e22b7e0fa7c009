"""What a run does next about CI."""

import pytest

from bot.model.ids import Sha
from bot.model.runs import Conclusion
from bot.rules.standings import Standing, State
from bot.rules.verdict import Flaky, Green, Pending, Red, Silent
from bot.rules.watching import (
    FIRST,
    LAST,
    RERUN_PATIENCE,
    Look,
    Met,
    Past,
    Rerun,
    Round,
    Stop,
    Wake,
    interval,
    named,
    step,
)

NOW = 1_800_000_000.0
UNIT = Standing(name="unit", source="ci", state=State.FAILED, word="failure", url="")
FLAKE = Standing(
    name="net",
    source="github-actions",
    state=State.FAILED,
    word="failure",
    url="",
    rerunnable=True,
)
TOLD = Round(sha=Sha("a" * 40), mark="m1")


def after(verdict, past=None, mark="m2", since=NOW):
    return step(verdict, past or Past(), mark=mark, since=since, now=NOW)


def test_what_is_pending_is_looked_at_again_and_sooner_when_time_ends_it():
    assert after(Pending(reason="", since=NOW, until=NOW + 900)) == Look(seconds=FIRST)
    assert after(Pending(reason="", since=NOW, until=NOW + 3)) == Look(seconds=3)
    assert after(Pending(reason="", since=NOW, until=NOW - 3)) == Look(seconds=0)


def test_looks_get_rarer():
    waits = [interval(NOW, NOW + seconds) for seconds in (0, 240, 86_400)]
    assert waits == [FIRST, 30.0, LAST]


@pytest.mark.parametrize(
    ("verdict", "conclusion", "words"),
    [
        (Green(), "success", "CI is green."),
        (Green(unfinished=("e2e",)), "success", "CI is green, but for what never ended: `e2e`."),
        (Silent(), "success", "No CI has reported a result."),
        (
            Silent(missing=("lint",)),
            "neutral",
            "These checks are required and never ended: `lint`.",
        ),
    ],
)
def test_the_wait_is_over(verdict, conclusion, words):
    assert after(verdict) == Met(conclusion=Conclusion(conclusion), words=words)


def test_a_new_failure_wakes_the_agent():
    past = Past(rounds=(TOLD,), handoffs=1, most=3)
    assert after(Red(failures=(UNIT,)), past) == Wake(words="CI failed: `unit`; going on (2 of 3)")


def test_the_failure_that_it_was_told_of_last_does_not():
    past = Past(rounds=(TOLD,), handoffs=1)
    assert after(Red(failures=(UNIT,)), past, mark="m1") == Stop(
        words="CI fails as it did before: `unit`."
    )


@pytest.mark.parametrize(
    ("handoffs", "words"),
    [
        (0, "CI still fails: `unit`."),
        (1, "CI still fails after going on once: `unit`."),
        (5, "CI still fails after going on 5 times: `unit`."),
    ],
)
def test_there_is_an_end_to_it(handoffs, words):
    past = Past(handoffs=handoffs, most=handoffs)
    assert after(Red(failures=(UNIT,)), past) == Stop(words=words)


def test_a_flake_is_run_again_once():
    found = after(Flaky(failures=(FLAKE,), rerunnable=(FLAKE,)))
    assert isinstance(found, Rerun)
    assert (found.failures, found.instead.conclusion) == ((FLAKE,), Conclusion.NEUTRAL)
    assert "suspected flake" in found.words


def test_a_flake_that_was_asked_to_run_again_has_its_time():
    flaky = Flaky(failures=(FLAKE,), rerunnable=(FLAKE,))
    assert after(flaky, Past(rerun_at=NOW - 1)) == Look(seconds=FIRST)
    assert isinstance(after(flaky, Past(rerun_at=NOW - RERUN_PATIENCE)), Met)


def test_a_flake_that_cannot_run_again_is_named_as_one():
    found = after(Flaky(failures=(FLAKE,), rerunnable=()))
    assert isinstance(found, Met)
    assert "`net`: a suspected flake" in found.words


def test_names_of_others_stay_in_their_place():
    assert named(["a`b", "@ann", "c", "d"]).endswith("`c` and 1 more")
    assert "`a'b`" in named(["a`b"])
    assert "@ann" not in named(["@ann"])
