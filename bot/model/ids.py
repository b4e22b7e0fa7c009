"""Names for things, so that a run's id is never passed where a repository's is meant."""

from typing import NewType

DeliveryGuid = NewType("DeliveryGuid", str)
"""`X-GitHub-Delivery`: the same on every redelivery of one event."""

OrderingKey = NewType("OrderingKey", str)
"""Deliveries that share it are handled one after another."""

Repo = NewType("Repo", str)
"""`owner/name`, as GitHub spells it."""

Login = NewType("Login", str)
UserId = NewType("UserId", int)
InstallationId = NewType("InstallationId", int)

Sha = NewType("Sha", str)
"""A full Git object name, forty lower-case hexadecimal digits."""

RunId = NewType("RunId", str)
"""Twenty-six characters that sort by the time the run was asked for."""

ValidationId = NewType("ValidationId", str)
"""Made as that of a run is."""

JobName = NewType("JobName", str)
"""What a runner calls a job: written down before the job exists, unique for ever."""

Fence = NewType("Fence", int)
"""The number of a run's current job; whoever writes with an older one is refused."""

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def run_id(at: float, randomness: int) -> RunId:
    """Make a ULID: 48 bits of milliseconds, 80 bits of randomness, in Crockford's base 32.

    Args:
        at: Unix time in seconds.
        randomness: a number below 2**80.

    https://github.com/ulid/spec
    """
    number = int(at * 1000) << 80 | randomness
    return RunId("".join(_DIGITS[number >> shift & 31] for shift in range(125, -1, -5)))


def job_name(run: RunId, fence: Fence) -> JobName:
    """Name a job; a container or a Kubernetes Job may bear the name too."""
    return JobName(f"{run.lower()}-{fence}")


def run_of(job: JobName) -> RunId:
    """Return the run that a job's name was made for."""
    return RunId(job.rpartition("-")[0].upper())


def validation_job(validation: ValidationId, fence: Fence) -> JobName:
    """Name a job that runs a validation; no run has one of that name."""
    return JobName(f"v-{validation.lower()}-{fence}")


def validation_of(job: JobName) -> ValidationId | None:
    """Return the validation that a job's name was made for; None for the job of a run."""
    kind, _, rest = job.partition("-")
    return ValidationId(rest.rpartition("-")[0].upper()) if kind == "v" else None
