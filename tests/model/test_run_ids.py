import re

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.ids import (
    Fence,
    JobName,
    ValidationId,
    job_name,
    run_id,
    run_of,
    validation_job,
    validation_of,
)

MOST = 2**80 - 1
MOST_LABEL = 63  # characters of a name in Kubernetes


def test_a_run_s_id_is_a_ulid():
    assert run_id(1469918176.385, 0) == "01ARYZ6S410000000000000000"
    assert run_id(1469918176.385, MOST) == "01ARYZ6S41ZZZZZZZZZZZZZZZZ"


@settings(deadline=None, derandomize=True)
@given(
    st.integers(min_value=0, max_value=10**12),
    st.integers(min_value=1, max_value=10**6),
    st.integers(min_value=0, max_value=MOST),
    st.integers(min_value=0, max_value=MOST),
)
def test_ids_sort_by_the_time_the_run_was_asked_for(at, later, one, other):
    first, second = run_id(at / 1000, one), run_id((at + later) / 1000 + 0.0005, other)
    assert first < second
    assert len(first) == 26


@settings(deadline=None, derandomize=True)
@given(
    st.integers(min_value=0, max_value=10**12),
    st.integers(min_value=0, max_value=MOST),
    st.integers(min_value=0, max_value=10**6),
)
def test_a_job_s_name_tells_its_run(at, randomness, fence):
    run = run_id(at / 1000, randomness)
    name = job_name(run, Fence(fence))
    assert run_of(name) == run
    assert re.fullmatch(r"[0-9a-z]{26}-[0-9]+", name)
    assert len(name) <= MOST_LABEL


def test_each_job_of_a_run_has_a_name_of_its_own():
    run = run_id(1469918176.385, 0)
    assert job_name(run, Fence(1)) == "01aryz6s410000000000000000-1"
    assert job_name(run, Fence(1)) != job_name(run, Fence(11))


def test_a_job_s_name_tells_its_validation_and_that_it_is_no_run_s():
    job = validation_job(ValidationId("01ARYZ6S410000000000000000"), Fence(2))
    assert job == "v-01aryz6s410000000000000000-2"
    assert validation_of(job) == "01ARYZ6S410000000000000000"
    assert validation_of(JobName("01aryz6s410000000000000000-2")) is None
