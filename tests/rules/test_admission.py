from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.ids import Repo, RunId
from bot.rules.admission import EVERYWHERE, Admission, Capacity, Queued, admit

SMALL = st.integers(min_value=1, max_value=4)
QUEUES = st.lists(st.sampled_from(["o/a", "o/b", "o/c"]), max_size=12)
SLOTS = st.sets(
    st.tuples(
        st.sampled_from([EVERYWHERE, "repo:o/a", "repo:o/b"]),
        st.integers(min_value=0, max_value=5),
    )
)


def queue(repos, at_once=9):
    return [
        Queued(run=RunId(f"run-{place:02}"), repo=Repo(repo), at_once=at_once)
        for place, repo in enumerate(repos)
    ]


def test_each_that_starts_takes_the_lowest_free_slot_of_each_scope():
    taken = {(EVERYWHERE, 0), (EVERYWHERE, 2), ("repo:o/a", 0)}
    found = admit(queue(["o/a", "o/b"]), taken, Capacity(everywhere=9, repo=3))
    assert list(found) == [
        Admission(run=RunId("run-00"), slots={EVERYWHERE: 1, "repo:o/a": 1}),
        Admission(run=RunId("run-01"), slots={EVERYWHERE: 3, "repo:o/b": 0}),
    ]


def test_a_full_repository_does_not_hold_up_others():
    found = admit(queue(["o/a", "o/a", "o/b"]), set(), Capacity(everywhere=9, repo=1))
    assert [each.run for each in found] == ["run-00", "run-02"]


@pytest.mark.parametrize(("at_once", "starts"), [(0, 0), (1, 1), (2, 2), (3, 2)])
def test_a_repository_asks_for_less_than_it_may_have_and_never_for_more(at_once, starts):
    capacity = Capacity(everywhere=9, repo=2)
    found = admit(queue(["o/a"] * 4, at_once), set(), capacity)
    assert len(list(found)) == starts


def test_nothing_starts_when_everything_is_full():
    taken = {(EVERYWHERE, 0), (EVERYWHERE, 1)}
    assert list(admit(queue(["o/a"]), taken, Capacity(everywhere=2, repo=2))) == []


def test_slots_from_before_the_capacity_was_lowered_still_count():
    taken = {(EVERYWHERE, 6), (EVERYWHERE, 7)}
    assert list(admit(queue(["o/a"]), taken, Capacity(everywhere=2, repo=2))) == []


@given(repos=QUEUES, taken=SLOTS, everywhere=SMALL, repo=SMALL)
def test_no_scope_ever_holds_more_than_its_capacity(repos, taken, everywhere, repo):
    found = list(admit(queue(repos), taken, Capacity(everywhere=everywhere, repo=repo)))
    given_out = [slot for each in found for slot in each.slots.items()]
    assert len({*given_out, *taken}) == len(given_out) + len(taken)
    before = Counter(scope for scope, _ in taken)
    for scope, number in Counter(scope for scope, _ in given_out).items():
        assert before[scope] + number <= (everywhere if scope == EVERYWHERE else repo)


@given(repos=QUEUES, taken=SLOTS, everywhere=SMALL, repo=SMALL)
def test_nobody_overtakes_an_older_run_of_the_same_repository(repos, taken, everywhere, repo):
    queued = queue(repos)
    found = admit(queued, taken, Capacity(everywhere=everywhere, repo=repo))
    started = {each.run for each in found}
    for name in set(repos):
        fate = [each.run in started for each in queued if each.repo == name]
        assert fate == sorted(fate, reverse=True)
