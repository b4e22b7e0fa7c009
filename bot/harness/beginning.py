"""What a job begins with, whether or not there was one before it."""

from dataclasses import dataclass

from bot.model.runs import JobPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What a job begins with.

    Attributes:
        plan: with a brief that says what was found of the last job.
        session: the runtime's session to go on with; None for a new one.
        lines: what people are told of it.
    """

    plan: JobPlan
    session: str | None = None
    lines: tuple[str, ...] = ()
