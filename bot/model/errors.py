"""One tree for everything that may go wrong on purpose.

    GreenroomError
    ├── Refused          somebody asked for what they may not have; words for them
    ├── Unavailable      the outside did not answer; says when to try again
    ├── Fenced           a newer job or lease has taken over; stop writing
    └── Misconfigured    the operator's settings are wrong; one sentence that names it

Anything else that is raised is a bug.
"""


class GreenroomError(Exception):
    """The root; never raised itself."""


class Refused(GreenroomError):
    """Somebody asked for something that will not be done.

    Attributes:
        reason: a short stable word for metrics, such as `role` or `protected_path`.
        words: one sentence for the person who asked.
    """

    def __init__(self, reason: str, words: str) -> None:
        self.reason = reason
        self.words = words
        super().__init__(words)


class Unavailable(GreenroomError):
    """Something outside did not answer, and may later.

    Attributes:
        what: which outside thing, such as `github`.
        retry_after: seconds to wait before the next try.
        sent: whether a request may have taken effect although no answer came.
    """

    def __init__(self, what: str, words: str, *, retry_after: float, sent: bool = False) -> None:
        self.what = what
        self.retry_after = retry_after
        self.sent = sent
        super().__init__(f"{what}: {words}")


class Fenced(GreenroomError):
    """A newer job or another worker's lease has taken over what this one was writing."""


class Misconfigured(GreenroomError):
    """The operator's settings are missing or broken; the message is one sentence."""
