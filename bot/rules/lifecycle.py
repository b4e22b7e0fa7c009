"""The life of a run, as three tables.

A run is what somebody wants; its compute is what exists.  They are two small
machines, not one large one, and they meet only in `owed`, which says what the
supervisor owes each pair of states.  A restart needs no memory: read the rows
back, look up what is owed, do it.

A lost runner is no event in the life of the run: its compute is gone, the run
still wants one, and `owed` says LAUNCH again.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TypeVar


class Run(StrEnum):
    """What is wanted.  Only RUNNING may hold compute for long."""

    QUEUED = "queued"
    RUNNING = "running"
    PARKED = "parked"
    FINISHED = "finished"


class Compute(StrEnum):
    """What exists."""

    NONE = "none"
    STARTING = "starting"
    LIVE = "live"
    STOPPING = "stopping"


class Signal(StrEnum):
    """Something that happened.  Each machine sees only the signals of its own table."""

    ADMITTED = "admitted"
    ASKED = "asked"
    AWAITS_CI = "awaits_ci"
    AWAITS_REVIEW = "awaits_review"
    DELIVERS = "delivers"
    OVER_QUOTA = "over_quota"
    WOKEN = "woken"
    FAILED = "failed"
    DELIVERED = "delivered"
    SETTLED = "settled"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"

    LAUNCHED = "launched"
    CAME_UP = "came_up"
    STOP_SENT = "stop_sent"
    VANISHED = "vanished"


class Duty(StrEnum):
    """What the supervisor does next for a run."""

    REST = "rest"
    WAIT = "wait"
    WATCH = "watch"
    ADMIT = "admit"
    LAUNCH = "launch"
    STOP = "stop"
    FENCE = "fence"


RUN: Mapping[Run, Mapping[Signal, Run]] = {
    Run.QUEUED: {
        Signal.ADMITTED: Run.RUNNING,
        Signal.CANCELLED: Run.FINISHED,
        Signal.SUPERSEDED: Run.FINISHED,
    },
    Run.RUNNING: {
        Signal.ASKED: Run.PARKED,
        Signal.AWAITS_CI: Run.PARKED,
        Signal.AWAITS_REVIEW: Run.PARKED,
        Signal.DELIVERS: Run.PARKED,
        Signal.OVER_QUOTA: Run.PARKED,
        Signal.FAILED: Run.FINISHED,
        Signal.CANCELLED: Run.FINISHED,
    },
    Run.PARKED: {
        Signal.WOKEN: Run.QUEUED,
        Signal.DELIVERED: Run.FINISHED,
        Signal.SETTLED: Run.FINISHED,
        Signal.EXPIRED: Run.FINISHED,
        Signal.FAILED: Run.FINISHED,
        Signal.CANCELLED: Run.FINISHED,
        Signal.SUPERSEDED: Run.FINISHED,
    },
    Run.FINISHED: {},
}

COMPUTE: Mapping[Compute, Mapping[Signal, Compute]] = {
    Compute.NONE: {Signal.LAUNCHED: Compute.STARTING},
    Compute.STARTING: {
        Signal.CAME_UP: Compute.LIVE,
        Signal.STOP_SENT: Compute.STOPPING,
        Signal.VANISHED: Compute.NONE,
    },
    Compute.LIVE: {Signal.STOP_SENT: Compute.STOPPING, Signal.VANISHED: Compute.NONE},
    Compute.STOPPING: {Signal.VANISHED: Compute.NONE},
}

OWED: Mapping[tuple[Run, Compute], Duty] = {
    (Run.QUEUED, Compute.NONE): Duty.ADMIT,
    (Run.QUEUED, Compute.STARTING): Duty.STOP,
    (Run.QUEUED, Compute.LIVE): Duty.STOP,
    (Run.QUEUED, Compute.STOPPING): Duty.WAIT,
    (Run.RUNNING, Compute.NONE): Duty.LAUNCH,
    (Run.RUNNING, Compute.STARTING): Duty.WAIT,
    (Run.RUNNING, Compute.LIVE): Duty.WATCH,
    (Run.RUNNING, Compute.STOPPING): Duty.WAIT,
    (Run.PARKED, Compute.NONE): Duty.REST,
    (Run.PARKED, Compute.STARTING): Duty.STOP,
    (Run.PARKED, Compute.LIVE): Duty.STOP,
    (Run.PARKED, Compute.STOPPING): Duty.WAIT,
    (Run.FINISHED, Compute.NONE): Duty.REST,
    (Run.FINISHED, Compute.STARTING): Duty.STOP,
    (Run.FINISHED, Compute.LIVE): Duty.STOP,
    (Run.FINISHED, Compute.STOPPING): Duty.WAIT,
}

S = TypeVar("S", Run, Compute)


class IllegalTransition(Exception):
    """A machine saw a signal that its current state has no row for."""

    def __init__(self, state: Run | Compute, signal: Signal) -> None:
        self.state = state
        self.signal = signal
        super().__init__(f"{signal} is not possible while {state}")


def after(table: Mapping[S, Mapping[Signal, S]], state: S, signal: Signal) -> S:
    """Return the state that follows, or raise `IllegalTransition`."""
    try:
        return table[state][signal]
    except KeyError:
        raise IllegalTransition(state, signal) from None


def owed(run: Run, compute: Compute, *, overdue: bool) -> Duty:
    """Say what the supervisor does next.

    `overdue` means that the job outlived its deadline, whatever its runner says of
    it: then it loses its fence, so that nothing it still writes counts, and is killed.
    """
    if overdue and compute is not Compute.NONE:
        return Duty.FENCE
    return OWED[run, compute]


def mermaid(table: Mapping[S, Mapping[Signal, S]]) -> Iterator[str]:
    """Draw one machine for the docs, a line at a time."""
    yield "stateDiagram-v2"
    for state, row in table.items():
        for signal, then in row.items():
            yield f"    {state} --> {then}: {signal}"
