"""What holds for all tests."""

import gc

from hypothesis import HealthCheck, settings

# Examples that are chosen anew, or that have little time, fail on somebody else's machine.
settings.register_profile(
    "greenroom", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("greenroom")


def pytest_collection_finish() -> None:
    """Leave what stays to the end out of each search for garbage."""
    gc.freeze()
