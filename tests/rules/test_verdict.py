from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.standings import (
    CONCLUSIONS,
    CheckSeen,
    Seen,
    StatusSeen,
    SuiteSeen,
    standings,
)
from bot.rules.verdict import Flaky, Green, Patience, Pending, Red, Silent, Watch, fold

PUSHED = 1_800_000_000.0
OURS = 42
ACTIONS = 15368
WATCH = Watch(ours=OURS, since=PUSHED)
REQUIRED = replace(WATCH, required=frozenset({"unit"}))
LATER = PUSHED + 120


def check(name: str = "unit", conclusion: str | None = "success", **more) -> CheckSeen:
    told = {
        "id": 1,
        "app_id": ACTIONS,
        "app_slug": "github-actions",
        "status": "completed" if conclusion else "in_progress",
        "started": PUSHED + 5,
        "completed": PUSHED + 30 if conclusion else None,
        "rerunnable": True,
    }
    return CheckSeen(name=name, conclusion=conclusion, **{**told, **more})


def suite(**more) -> SuiteSeen:
    told = {"id": 9, "app_id": ACTIONS, "app_slug": "github-actions", "at": PUSHED}
    return SuiteSeen(**{**told, "status": "queued", **more})


def verdict(*checks, watch=WATCH, now=LATER, statuses=(), suites=()):
    return fold(Seen(checks=checks, statuses=statuses, suites=suites), watch, now=now)


def names(rows) -> list[str]:
    return [row.name for row in rows]


@pytest.mark.parametrize("conclusion", ["success", "neutral", "skipped"])
def test_what_did_not_fail_is_green(conclusion):
    assert verdict(check(conclusion=conclusion)) == Green()


@pytest.mark.parametrize("conclusion", ["failure", "timed_out", "startup_failure"])
def test_what_failed_is_red(conclusion):
    red = verdict(check(conclusion=conclusion), check("lint", id=2))
    assert isinstance(red, Red)
    assert [(row.name, row.word) for row in red.failures] == [("unit", conclusion)]


@pytest.mark.parametrize("conclusion", ["cancelled", "stale"])
def test_what_was_stopped_says_nothing_of_the_change_and_may_run_again(conclusion):
    flaky = verdict(check(conclusion=conclusion))
    assert isinstance(flaky, Flaky)
    assert names(flaky.rerunnable) == ["unit"]


@pytest.mark.parametrize("conclusion", ["action_required", "something_new"])
def test_what_asks_for_a_person_is_waited_for(conclusion):
    pending = verdict(check(conclusion=conclusion), now=PUSHED + 3600)
    assert isinstance(pending, Pending)
    assert pending.reason == "waiting for a person: unit"
    assert pending.until == PUSHED + 30 + Patience().person


def test_a_job_that_waits_for_approval_waits_for_a_person():
    pending = verdict(check(conclusion=None, status="waiting"))
    assert isinstance(pending, Pending)
    assert pending.reason == "waiting for a person: unit"


@pytest.mark.parametrize("status", ["queued", "in_progress", "pending", "requested"])
def test_what_runs_is_waited_for(status):
    pending = verdict(check(conclusion=None, status=status))
    assert pending == Pending(
        reason="running: unit",
        since=PUSHED + 5,
        until=PUSHED + 5 + Patience().stuck,
    )


def test_a_failure_waits_for_the_others_but_not_for_long():
    seen = check(conclusion="failure"), check("slow", conclusion=None, id=2)
    until = PUSHED + 30 + Patience().linger
    pending = verdict(*seen, now=until - 1)
    assert isinstance(pending, Pending)
    assert pending.until == until
    assert isinstance(verdict(*seen, now=until), Red)


def test_an_app_that_never_finishes_is_not_waited_for_for_ever():
    seen = check(), check("slow", conclusion=None, id=2)
    late = PUSHED + 5 + Patience().stuck
    assert isinstance(verdict(*seen, now=late - 1), Pending)
    assert verdict(*seen, now=late) == Green(unfinished=("slow",))
    assert verdict(seen[1], now=late) == Silent()


def test_a_required_check_that_never_finishes_is_missing():
    late = PUSHED + 5 + Patience().stuck
    assert verdict(check(conclusion=None), watch=REQUIRED, now=late) == Silent(missing=("unit",))


def test_silence_is_told_after_a_time():
    pending = verdict(now=PUSHED + 59)
    assert isinstance(pending, Pending)
    assert pending.reason == "giving checks time to appear"
    assert verdict(now=PUSHED + 60) == Silent()


def test_early_success_is_not_believed_before_others_had_time_to_appear():
    assert isinstance(verdict(check(), now=PUSHED + 40), Pending)


def test_it_is_green_at_once_when_all_that_is_required_is_fine():
    assert verdict(check(), watch=REQUIRED, now=PUSHED + 31) == Green()
    assert verdict(check("Unit"), watch=REQUIRED, now=PUSHED + 31) == Green()


def test_a_required_check_that_was_renamed_holds_up_until_a_deadline():
    late = PUSHED + Patience().missing
    pending = verdict(check("unit tests"), watch=REQUIRED, now=late - 1)
    assert isinstance(pending, Pending)
    assert pending.reason == "required and not heard of yet: unit"
    assert verdict(check("unit tests"), watch=REQUIRED, now=late) == Silent(missing=("unit",))


def test_a_check_that_is_renamed_while_it_runs_is_one_check():
    seen = check("old", conclusion=None), check("new")
    assert names(standings(Seen(checks=seen), ours=OURS)) == ["new"]


def test_checks_of_ours_never_count_also_when_they_are_required():
    mine = check("greenroom / fix", conclusion="failure", app_id=OURS)
    assert verdict(mine, suites=[suite(app_id=OURS, runs=1)]) == Silent()
    required = frozenset({"unit", "Second", "greenroom / second reviewer"})
    other = check("second", conclusion=None, app_id=OURS, id=3)
    watch = replace(WATCH, required=required)
    assert verdict(mine, other, check(), watch=watch) == Green()


def test_somebody_elses_check_with_a_name_like_ours_counts():
    assert isinstance(verdict(check("greenroom / fix", conclusion="failure")), Red)


def test_a_check_that_ran_again_counts_as_it_ended_last():
    assert verdict(check(conclusion="failure"), check(id=2)) == Green()
    assert isinstance(verdict(check(id=2, conclusion=None), check(conclusion="failure")), Pending)


def test_one_name_of_two_apps_is_two_checks():
    other = check(conclusion="failure", id=2, app_id=7, app_slug="other")
    assert isinstance(verdict(check(), other), Red)


def test_two_runs_side_by_side_in_suites_of_their_own_both_count():
    push = check(conclusion="failure", suite=1)
    pull = check(id=2, suite=2)
    assert isinstance(verdict(push, pull), Red)
    assert isinstance(verdict(push, replace(pull, started=None)), Red)
    assert verdict(push, replace(pull, started=PUSHED + 30)) == Green()
    assert verdict(replace(push, conclusion="cancelled"), pull) == Green()


def test_a_check_that_also_passed_on_this_commit_is_a_suspected_flake():
    flaky = verdict(check(), check(conclusion="failure", id=2))
    assert isinstance(flaky, Flaky)
    assert names(flaky.rerunnable) == ["unit"]


def test_a_flake_that_fails_again_is_a_failure():
    seen = check(), check(conclusion="failure", id=2), check(conclusion="failure", id=3)
    assert isinstance(verdict(*seen), Red)


def test_a_log_that_tells_of_trouble_outside_makes_a_suspected_flake_once():
    watch = replace(WATCH, outside=frozenset({1}))
    failed = check(conclusion="failure")
    assert isinstance(verdict(failed, watch=watch), Flaky)
    assert isinstance(verdict(replace(failed, attempt=2), watch=watch), Red)


def test_a_flake_beside_a_failure_is_no_excuse():
    red = verdict(check(conclusion="cancelled"), check("lint", conclusion="failure", id=2))
    assert isinstance(red, Red)
    assert names(red.failures) == ["lint", "unit"]


def test_what_github_cannot_run_again_is_left_to_a_person():
    flaky = verdict(check(conclusion="cancelled", rerunnable=False))
    assert isinstance(flaky, Flaky)
    assert flaky.rerunnable == ()


def test_what_was_stopped_twice_is_not_run_a_third_time():
    flaky = verdict(check(conclusion="cancelled"), check(conclusion="cancelled", id=2))
    assert isinstance(flaky, Flaky)
    assert flaky.rerunnable == ()


@pytest.mark.parametrize(
    ("state", "kind"),
    [("success", Green), ("pending", Pending), ("failure", Red), ("error", Red), ("odd", Pending)],
)
def test_a_status_counts_by_its_newest_state(state, kind):
    old = StatusSeen(context="CI/build", state="pending", at=PUSHED + 1)
    new = StatusSeen(context="ci/build", state=state, at=PUSHED + 20)
    assert isinstance(verdict(statuses=[new, old]), kind)
    (row,) = standings(Seen(statuses=[new, old]), ours=OURS)
    assert (row.name, row.started) == ("ci/build", PUSHED + 1)


def test_a_suite_that_never_begins_does_not_hold_up():
    watch = replace(REQUIRED, since=PUSHED)
    pending = verdict(check(), suites=[suite()], watch=watch, now=PUSHED + 40)
    assert isinstance(pending, Pending)
    assert pending.reason == "more to come from github-actions"
    assert verdict(check(), suites=[suite()], watch=watch) == Green()


@pytest.mark.parametrize("more", [{"runs": 1}, {"id": 3}])
def test_a_suite_with_check_runs_has_more_to_come_until_it_is_completed(more):
    seen = check(suite=3)
    assert isinstance(verdict(seen, suites=[suite(**more)]), Pending)
    done = suite(status="completed", conclusion="success", **more)
    assert verdict(seen, suites=[done, suite(**more)]) == Green()


def test_a_workflow_that_cannot_start_is_red():
    broken = suite(status="completed", conclusion="startup_failure")
    red = verdict(suites=[broken])
    assert isinstance(red, Red)
    assert names(red.failures) == ["github-actions"]
    assert verdict(check(suite=9), suites=[broken]) == Green()
    assert verdict(check(), suites=[replace(broken, runs=1)]) == Green()


def test_many_names_make_no_long_sentence():
    pending = verdict(*(check(f"c{n}", conclusion=None, id=n) for n in range(7)))
    assert isinstance(pending, Pending)
    assert pending.reason == "running: c0, c1, c2, c3, c4 and 2 more"


CHECKS = st.builds(
    check,
    st.sampled_from(["unit", "lint"]),
    st.sampled_from([None, *CONCLUSIONS]),
    id=st.integers(1, 6),
    suite=st.integers(0, 2),
    attempt=st.integers(1, 2),
    app_id=st.sampled_from([ACTIONS, OURS, None]),
    started=st.none() | st.integers(0, 100).map(lambda n: PUSHED + n),
)
STATUSES = st.builds(
    StatusSeen,
    context=st.sampled_from(["unit", "ci"]),
    state=st.sampled_from(["success", "pending", "failure", "odd"]),
    at=st.integers(0, 100).map(lambda n: PUSHED + n),
)
SUITES = st.builds(
    suite,
    id=st.integers(1, 3),
    status=st.sampled_from(["queued", "completed"]),
    conclusion=st.sampled_from([None, "success", "failure"]),
    runs=st.integers(0, 1),
)
WATCHES = st.builds(
    Watch,
    ours=st.just(OURS),
    since=st.just(PUSHED),
    required=st.none() | st.frozensets(st.sampled_from(["unit", "gone", "greenroom / x"])),
    outside=st.frozensets(st.integers(1, 6)),
)
TIMES = st.floats(0, 10**6).map(lambda n: PUSHED + n)


SEENS = st.builds(
    Seen,
    checks=st.lists(CHECKS, max_size=6),
    statuses=st.lists(STATUSES, max_size=4),
    suites=st.lists(SUITES, max_size=3),
)


@given(SEENS, WATCHES, TIMES, st.randoms())
def test_neither_the_order_of_events_nor_their_repetition_matters(seen, watch, now, random):
    def stirred(told):
        return random.sample([*told, *told[:2]], len([*told, *told[:2]]))

    again = Seen(
        checks=stirred(seen.checks),
        statuses=stirred(seen.statuses),
        suites=stirred(seen.suites),
    )
    assert fold(seen, watch, now=now) == fold(again, watch, now=now)


@given(SEENS, WATCHES, st.lists(TIMES, min_size=2, max_size=2))
def test_time_alone_ends_waiting_and_changes_nothing_else(seen, watch, times):
    early, late = sorted(times)
    before, after = fold(seen, watch, now=early), fold(seen, watch, now=late)
    if not isinstance(before, Pending):
        assert after == before
    elif late < before.until:
        assert isinstance(after, Pending)


@given(SEENS, WATCHES, TIMES)
def test_every_wait_has_an_end_that_is_known(seen, watch, now):
    steps = 0
    while isinstance(pending := fold(seen, watch, now=now), Pending):
        assert pending.until > now
        now, steps = pending.until, steps + 1
    assert steps <= 4 * (len(seen.checks) + len(seen.statuses) + len(seen.suites) + 4)


@given(st.lists(CHECKS, max_size=6), WATCHES, TIMES)
def test_nothing_that_our_own_checks_tell_matters(checks, watch, now):
    others = [each for each in checks if each.app_id != OURS]
    mine = [replace(each, name="greenroom / mine") for each in checks if each.app_id == OURS]
    assert fold(Seen(checks=[*others, *mine]), watch, now=now) == fold(
        Seen(checks=others), watch, now=now
    )
