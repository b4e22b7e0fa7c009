from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.ids import run_id

MOST = 2**80 - 1


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
