"""What CI says of a commit: green, red, a suspected flake, still at work, or nothing at all.

Some who begin never end, and nobody says who will begin.  So everything that is known of a
commit is folded anew each time, and whatever holds the verdict up does so until a moment
that is known beforehand.  Time alone only ever ends waiting: what was green or red stays
so until somebody reports something else.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from bot.rules.standings import Seen, Standing, State, newest_suites, standings

OURS = "greenroom / "
"""How the names of our own check runs begin."""

MOST_TRIES = 2
"""Failures of one check on one commit, after which it is no flake any more."""

MOST_NAMES = 5
"""Names that one sentence lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds that a verdict waits for what it cannot know.

    Attributes:
        settle: after a push, for the first report, and for suites without check runs.
        missing: after a push, for required checks of which nothing was heard.
        linger: after the first failure, for checks that still run.
        stuck: for the end of a check that has begun; Actions ends jobs after six hours.
        person: for a check that waits for a person.
    """

    settle: float = 60.0
    missing: float = 3600.0
    linger: float = 600.0
    stuck: float = 6.5 * 3600
    person: float = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """There is more to come.

    Attributes:
        reason: what it waits for, in words; names in it are others' text.
        since: Unix time from which it has been waiting for that.
        until: Unix time at which the verdict may change although nobody reports.
    """

    reason: str
    since: float
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Green:
    """All that reported is fine; `unfinished` names what is not waited for any longer."""

    unfinished: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Red:
    """Something failed, and the change may be why."""

    failures: tuple[Standing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaky:
    """All that failed did so for reasons outside the change, as far as can be told.

    Attributes:
        rerunnable: those of the failures that GitHub can be asked to run again.
    """

    failures: tuple[Standing, ...]
    rerunnable: tuple[Standing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """Nobody reported, or `missing`, which are required, never did or never ended."""

    missing: tuple[str, ...] = ()


Verdict = Pending | Green | Red | Flaky | Silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What a verdict is asked about.

    Attributes:
        required: names that branch rules ask for; None where they cannot be read.
        ours: the id of our own app, whose checks never count.
        since: Unix time of the push.
        outside: ids of check runs whose failure, as their logs tell, is not the change's.
    """

    ours: int
    since: float
    required: frozenset[str] | None = None
    outside: frozenset[int] = frozenset()
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class _Hold:
    kind: str
    name: str
    since: float
    until: float


def fold(seen: Seen, watch: Watch, *, now: float) -> Verdict:
    """Return what is to be made of all that is known of a commit at a Unix time."""
    rows = standings(seen, ours=watch.ours)
    wanted = _required(seen, watch)
    holds = [hold for hold in _holds(seen, rows, wanted, watch) if hold.until > now]
    failures = tuple(row for row in rows if row.state in {State.STOPPED, State.FAILED})
    first = min((_ended(row, watch) for row in failures), default=inf)
    if holds and now < first + watch.patience.linger:
        until = min(first + watch.patience.linger, *(hold.until for hold in holds))
        return Pending(reason=_reason(holds), since=min(hold.since for hold in holds), until=until)
    if failures:
        return _red(failures, watch)
    unfinished = tuple(row.name for row in rows if row.state is not State.FINE)
    fine = {row.name.casefold() for row in rows if row.state is State.FINE}
    missing = tuple(name for name in wanted if name.casefold() not in fine)
    return Silent(missing=missing) if missing or not fine else Green(unfinished=unfinished)


def _red(failures: tuple[Standing, ...], watch: Watch) -> Red | Flaky:
    """Tell flakes from failures: one that has failed before on this commit is none."""
    flakes = [row for row in failures if _suspected(row, watch.outside)]
    if len(flakes) < len(failures):
        return Red(failures=failures)
    again = tuple(row for row in flakes if row.rerunnable and row.tries < MOST_TRIES)
    return Flaky(failures=failures, rerunnable=again)


def _suspected(row: Standing, outside: Collection[int]) -> bool:
    if row.state is State.STOPPED:
        return True
    return (row.passed or row.id in outside) and row.tries < MOST_TRIES


def _ended(row: Standing, watch: Watch) -> float:
    return watch.since if row.completed is None else max(row.completed, watch.since)


def _required(seen: Seen, watch: Watch) -> tuple[str, ...]:
    """Return the names that have to be fine; ours are not among them, whoever requires them."""
    mine = {check.name.casefold() for check in seen.checks if check.app_id == watch.ours}
    return tuple(
        name
        for name in sorted(watch.required or ())
        if not name.startswith(OURS) and name.casefold() not in mine
    )


def _holds(
    seen: Seen, rows: Sequence[Standing], wanted: Sequence[str], watch: Watch
) -> Iterator[_Hold]:
    """Yield what holds the verdict up, each with the moment at which it no longer does."""
    since, patience = watch.since, watch.patience
    lasting = {State.RUNNING: patience.stuck, State.HELD: patience.person}
    for row in rows:
        if row.state in lasting:
            begun = max(row.completed or row.started or since, since)
            yield _Hold(row.state, row.name, begun, begun + lasting[row.state])
    reported = {row.name.casefold() for row in rows}
    missing = [name for name in wanted if name.casefold() not in reported]
    for name in missing:
        yield _Hold("missing", name, since, since + patience.missing)
    yield from _starting(seen, watch)
    failed = any(row.state in {State.STOPPED, State.FAILED} for row in rows)
    if (missing or not wanted) and not failed:  # a failure needs no more reports to be one
        yield _Hold("settling", "", since, since + patience.settle)


def _starting(seen: Seen, watch: Watch) -> Iterator[_Hold]:
    """Yield suites in which more check runs are to come: one without any will have none."""
    peopled = {check.suite for check in seen.checks}
    for suite in newest_suites(seen, watch.ours):
        if suite.status != "completed":
            begun = max(suite.at, watch.since)
            busy = suite.runs or suite.id in peopled
            patience = watch.patience.stuck if busy else watch.patience.settle
            yield _Hold("starting", suite.app_slug, begun, begun + patience)


REASONS: Mapping[str, str] = {
    State.RUNNING: "running: {}",
    State.HELD: "waiting for a person: {}",
    "missing": "required and not heard of yet: {}",
    "starting": "more to come from {}",
    "settling": "giving checks time to appear",
}


def _reason(holds: Sequence[_Hold]) -> str:
    parts = []
    for kind, words in REASONS.items():
        names = sorted({hold.name for hold in holds if hold.kind == kind})
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        if names:
            parts.append(words.format(", ".join(names[:MOST_NAMES]) + more))
    return "; ".join(parts)
