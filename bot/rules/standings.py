"""What each of those who report on a commit last said: check runs, statuses, check suites.

Reports come late, twice and out of order, and a check that runs again reports under a new
number.  The word of each reporter that counts does not depend on any of that.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What a report means for us, the worst last."""

    FINE = "fine"
    RUNNING = "running"
    HELD = "held"
    STOPPED = "stopped"
    FAILED = "failed"


WORST = tuple(State)

# https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-checks#about-check-suites
CONCLUSIONS: Mapping[str, State] = {
    "success": State.FINE,
    "neutral": State.FINE,
    "skipped": State.FINE,
    "action_required": State.HELD,  # a person has to do something there
    "cancelled": State.STOPPED,  # a person or a newer push stopped it: nothing of the change
    "stale": State.STOPPED,  # GitHub gave it up after fourteen days
    "failure": State.FAILED,
    "timed_out": State.FAILED,  # the change may be what hangs
    "startup_failure": State.FAILED,
}
"""Conclusions of check runs; one that is new to us is for a person to look at."""

STATUSES: Mapping[str, State] = {"waiting": State.HELD}
"""Check runs that are not completed run, but for those that wait for somebody's approval."""

CONTEXTS: Mapping[str, State] = {
    "success": State.FINE,
    "pending": State.RUNNING,
    "failure": State.FAILED,
    "error": State.FAILED,
}
"""States of commit statuses.

https://docs.github.com/en/rest/commits/statuses#create-a-commit-status
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSeen:
    """A check run as an event or GitHub's list told of it.

    Attributes:
        id: GitHub's number; a later run of the same check has a larger one.
        suite: the check suite that it belongs to; 0 when that is not known.
        rerunnable: whether GitHub can be asked to run it again: jobs of Actions.
        attempt: which try it is, as far as its reporter tells.
        started: Unix seconds, as is `completed`.
        said: title and summary of its output, text of others.
    """

    id: int
    name: str
    app_id: int | None
    app_slug: str
    status: str
    conclusion: str | None = None
    started: float | None = None
    completed: float | None = None
    url: str = ""
    suite: int = 0
    rerunnable: bool = False
    attempt: int = 1
    said: str = ""

    @property
    def state(self) -> State:
        """What it means."""
        if self.status != "completed":
            return STATUSES.get(self.status, State.RUNNING)
        return CONCLUSIONS.get(self.conclusion or "", State.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSeen:
    """A commit status: `state` of `context`, set at a Unix time."""

    context: str
    state: str
    at: float
    url: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteSeen:
    """A check suite: GitHub makes one for each app at each push, also where nothing follows.

    Attributes:
        runs: how many check runs it is known to have.
        at: Unix time of its making.
    """

    id: int
    app_id: int | None
    app_slug: str
    status: str
    conclusion: str | None = None
    runs: int = 0
    at: float = 0.0
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that is known of one commit, in any order, repeated or not."""

    checks: Collection[CheckSeen] = ()
    statuses: Collection[StatusSeen] = ()
    suites: Collection[SuiteSeen] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The word of one reporter that counts.

    Attributes:
        source: the app's slug; empty for a commit status.
        word: GitHub's own, such as `timed_out`.
        id: of the check run; None for what is none.
        tries: how often it failed on this commit.
        passed: whether the same check also passed on this commit.
    """

    name: str
    source: str
    state: State
    word: str
    url: str
    started: float | None = None
    completed: float | None = None
    id: int | None = None
    rerunnable: bool = False
    tries: int = 1
    passed: bool = False
    said: str = ""


def standings(seen: Seen, *, ours: int) -> tuple[Standing, ...]:
    """Return the word of each reporter that counts, the worst first, without our own checks."""
    found = [*_checks(seen, ours), *_statuses(seen), *_suites(seen, ours)]
    return tuple(
        sorted(found, key=lambda one: (-WORST.index(one.state), one.name, one.source, one.id or 0))
    )


def _checks(seen: Seen, ours: int) -> Iterator[Standing]:
    """Yield the check runs that count, with what earlier ones of the same name tell."""
    newest: dict[int, CheckSeen] = {}
    for check in sorted(seen.checks, key=_progress):
        if check.app_id != ours:
            newest[check.id] = check
    named: defaultdict[tuple[int | None, str], list[CheckSeen]] = defaultdict(list)
    for check in newest.values():
        named[check.app_id, check.name].append(check)
    for runs in named.values():
        for check in runs:
            if not any(_replaces(other, check) for other in runs):
                yield _standing(check, runs)


def _progress(check: CheckSeen) -> tuple[object, ...]:
    """Order what was told of one check run: its end is the last word, however late it comes."""
    done = check.status == "completed"
    times = check.completed or 0.0, check.started or 0.0
    return done, *times, WORST.index(check.state), check.name, check.conclusion or "", check.said


def _replaces(later: CheckSeen, check: CheckSeen) -> bool:
    """Tell whether a check run counts in place of another one of its name.

    Two that ran side by side in suites of their own both count: a workflow on `push` and
    on `pull_request` reports twice under one name.
    """
    if later.id <= check.id:
        return False
    if later.suite == check.suite or check.state is State.STOPPED:
        return True
    ended, begun = check.completed, later.started
    return ended is not None and begun is not None and ended <= begun


def _standing(check: CheckSeen, runs: Sequence[CheckSeen]) -> Standing:
    until = [run for run in runs if run.id <= check.id]
    passes = sum(run.state is State.FINE for run in until)
    return Standing(
        name=check.name,
        source=check.app_slug,
        state=check.state,
        word=check.conclusion or check.status,
        url=check.url,
        started=check.started,
        completed=check.completed,
        id=check.id,
        rerunnable=check.rerunnable,
        tries=max(check.attempt, len(until)) - passes,
        passed=passes > 0 and check.state is not State.FINE,
        said=check.said,
    )


def _statuses(seen: Seen) -> Iterator[Standing]:
    newest: dict[str, StatusSeen] = {}
    begun: dict[str, float] = {}
    for status in sorted(seen.statuses, key=lambda one: (one.at, one.state, one.url, one.said)):
        key = status.context.casefold()  # GitHub takes no notice of their case
        newest[key] = status
        begun.setdefault(key, status.at)
    for key, status in newest.items():
        state = CONTEXTS.get(status.state, State.HELD)
        yield Standing(
            name=status.context,
            source="",
            state=state,
            word=status.state,
            url=status.url,
            started=begun[key],
            completed=None if state is State.RUNNING else status.at,
            said=status.said,
        )


def newest_suites(seen: Seen, ours: int) -> Iterator[SuiteSeen]:
    """Yield the last that is known of each check suite but those of our own app."""
    newest: dict[int, SuiteSeen] = {}
    for suite in sorted(seen.suites, key=_suite_progress):
        newest[suite.id] = suite
    yield from (suite for suite in newest.values() if suite.app_id != ours)


def _suite_progress(suite: SuiteSeen) -> tuple[object, ...]:
    return suite.status == "completed", suite.status, suite.runs, suite.conclusion or "", suite.url


def _suites(seen: Seen, ours: int) -> Iterator[Standing]:
    """Yield suites that failed before they had a check run, such as a broken workflow file."""
    peopled = {check.suite for check in seen.checks}
    for suite in newest_suites(seen, ours):
        state = CONCLUSIONS.get(suite.conclusion or "", State.FINE)
        if state is State.FAILED and not suite.runs and suite.id not in peopled:
            yield Standing(
                name=suite.app_slug,
                source=suite.app_slug,
                state=state,
                word=suite.conclusion or "",
                url=suite.url,
                completed=suite.at,
            )
