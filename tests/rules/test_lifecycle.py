from itertools import product

import pytest

from bot.rules.lifecycle import (
    COMPUTE,
    OWED,
    RUN,
    Compute,
    Duty,
    IllegalTransition,
    Run,
    Signal,
    after,
    mermaid,
    owed,
)

TABLES = {"run": RUN, "compute": COMPUTE}

# What the world answers when a duty is done.
ANSWERS = {
    Duty.ADMIT: [Signal.ADMITTED],
    Duty.LAUNCH: [Signal.LAUNCHED],
    Duty.STOP: [Signal.STOP_SENT],
    Duty.WAIT: [Signal.CAME_UP, Signal.VANISHED],
}


def moves(pair):
    run, compute = pair
    yield from ((then, compute) for then in RUN[run].values())
    yield from ((run, then) for then in COMPUTE[compute].values())


def reachable(start):
    seen, ahead = set(), [start]
    while ahead:
        if (pair := ahead.pop()) not in seen:
            seen.add(pair)
            ahead += moves(pair)
    return seen


def settle(pair):
    """Do what is owed, with nobody interfering, until nothing is."""
    for _ in range(10):
        run, compute = pair
        answers = ANSWERS.get(owed(run, compute, overdue=False), [])
        answer = next((s for s in answers if s in RUN[run] or s in COMPUTE[compute]), None)
        if answer is None:
            return pair
        pair = (RUN[run].get(answer, run), COMPUTE[compute].get(answer, compute))
    raise AssertionError(f"never settles: {pair}")


def test_every_pair_is_owed_something():
    assert set(OWED) == set(product(Run, Compute))


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_state_has_a_row(table):
    states = set(Run) if table is RUN else set(Compute)
    assert set(table) == states
    assert {then for row in table.values() for then in row.values()} <= states


@pytest.mark.parametrize("signal", Signal)
def test_each_signal_belongs_to_one_machine(signal):
    assert sum(any(signal in row for row in table.values()) for table in TABLES.values()) == 1


@pytest.mark.parametrize("run", [run for run in Run if run is not Run.FINISHED])
def test_every_open_run_can_be_cancelled(run):
    assert after(RUN, run, Signal.CANCELLED) is Run.FINISHED


@pytest.mark.parametrize("run", [Run.RUNNING, Run.PARKED])
def test_a_run_may_fail_at_its_work_and_at_its_delivery(run):
    assert after(RUN, run, Signal.FAILED) is Run.FINISHED


def test_what_is_finished_stays_finished():
    assert RUN[Run.FINISHED] == {}


@pytest.mark.parametrize("compute", [each for each in Compute if each is not Compute.NONE])
def test_whatever_exists_may_vanish(compute):
    assert after(COMPUTE, compute, Signal.VANISHED) is Compute.NONE


@pytest.mark.parametrize("pair", sorted(reachable((Run.QUEUED, Compute.NONE))))
def test_left_alone_every_pair_comes_to_rest(pair):
    assert settle(pair) in {
        (Run.RUNNING, Compute.LIVE),
        (Run.PARKED, Compute.NONE),
        (Run.FINISHED, Compute.NONE),
    }


@pytest.mark.parametrize("run", [Run.PARKED, Run.FINISHED])
@pytest.mark.parametrize("compute", Compute)
def test_nobody_waits_for_a_person_while_holding_compute(run, compute):
    assert settle((run, compute)) == (run, Compute.NONE)


@pytest.mark.parametrize(
    ("table", "state", "signal"),
    [
        (table, state, signal)
        for table in TABLES.values()
        for state in table
        for signal in Signal
        if signal not in table[state]
    ],
)
def test_a_signal_without_a_row_is_refused(table, state, signal):
    with pytest.raises(IllegalTransition) as refused:
        after(table, state, signal)
    assert (refused.value.state, refused.value.signal) == (state, signal)
    assert str(refused.value) == f"{signal} is not possible while {state}"


@pytest.mark.parametrize("run", Run)
@pytest.mark.parametrize("compute", [each for each in Compute if each is not Compute.NONE])
def test_a_job_past_its_deadline_loses_its_fence(run, compute):
    assert owed(run, compute, overdue=True) is Duty.FENCE


@pytest.mark.parametrize("run", Run)
def test_a_deadline_means_nothing_where_nothing_exists(run):
    assert owed(run, Compute.NONE, overdue=True) is OWED[run, Compute.NONE]


def test_a_machine_is_drawn_a_line_for_each_signal():
    assert list(mermaid(COMPUTE)) == [
        "stateDiagram-v2",
        "    none --> starting: launched",
        "    starting --> live: came_up",
        "    starting --> stopping: stop_sent",
        "    starting --> none: vanished",
        "    live --> stopping: stop_sent",
        "    live --> none: vanished",
        "    stopping --> none: vanished",
    ]
