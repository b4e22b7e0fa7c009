"""What a run keeps of CI on its head."""

from dataclasses import replace

from bot.model.ids import Sha
from bot.rules.cinow import (
    MOST_ROUNDS,
    MOST_ROWS,
    CiNow,
    Excerpt,
    answered,
    pushed,
    taken,
    told,
    with_excerpts,
)
from bot.rules.digest import Digest
from bot.rules.standings import Standing, State
from bot.rules.verdict import Green, Pending, Red
from bot.rules.watching import Round

HEAD, OTHER = Sha("a" * 40), Sha("b" * 40)
UNIT = Standing(
    name="unit",
    source="ci",
    state=State.FAILED,
    word="failure",
    url="https://ci.example/1",
    started=1000.0,
    completed=1060.0,
)
RUNS = replace(UNIT, name="slow", state=State.RUNNING, completed=None)
RED = Red(failures=(UNIT,))
ROUND = Round(sha=HEAD, mark="m")
BEFORE = CiNow(
    sha=HEAD,
    word="red",
    excerpts=(Excerpt(name="unit", text="E"),),
    rounds=(ROUND,),
    rerun_at=5.0,
    theirs=True,
)


def test_a_first_look():
    now = taken(None, HEAD, RED, [UNIT, RUNS], since=990.0)
    assert (now.word, now.feedback, now.hidden) == ("red", 70.0, 0)
    assert [(row.name, row.seconds) for row in now.rows] == [("unit", 60.0), ("slow", None)]


def test_nothing_has_ended_yet():
    pending = Pending(reason="", since=990.0, until=2000.0)
    assert taken(None, HEAD, pending, [RUNS], since=990.0).feedback is None


def test_of_the_same_commit_all_is_kept_and_of_another_what_was_tried():
    same = taken(BEFORE, HEAD, Green(), [], since=0.0)
    assert (same.excerpts, same.rerun_at, same.theirs) == (BEFORE.excerpts, 5.0, True)
    other = taken(BEFORE, OTHER, Green(), [], since=0.0)
    assert other == CiNow(sha=OTHER, word="green", rounds=(ROUND,))


def test_a_commit_of_somebody_else_begins_anew():
    assert pushed(BEFORE, OTHER, 7.0) == CiNow(
        sha=OTHER, word="pending", since=7.0, rounds=(ROUND,), theirs=True
    )
    assert pushed(None, OTHER, 7.0).rounds == ()


def test_it_is_bounded():
    now = taken(None, HEAD, RED, [UNIT] * (MOST_ROWS + 2), since=0.0)
    assert (len(now.rows), now.hidden) == (MOST_ROWS, 2)
    for number in range(MOST_ROUNDS + 5):
        now = told(now, str(number))
    assert len(now.rounds) == MOST_ROUNDS
    assert now.rounds[-1].mark == str(MOST_ROUNDS + 4)


def test_excerpts_are_kept_of_what_has_any():
    unit = Digest(name="unit", word="failure", url="", excerpt="E   1 == 2")
    now = with_excerpts(BEFORE, [unit, replace(unit, excerpt="")])
    assert now.excerpts == (Excerpt(name="unit", text="E   1 == 2"),)


def test_what_the_agent_said_belongs_to_the_last_failure():
    assert answered(BEFORE, "Mended.").rounds[-1].said == "Mended."
    fresh = CiNow(sha=HEAD, word="red")
    assert answered(fresh, "Made.") == fresh
