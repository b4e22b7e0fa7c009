"""What holds for all tests: the same examples in every run, and no limit on a busy machine."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "greenroom", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("greenroom")
