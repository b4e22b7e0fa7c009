"""What goes wrong on purpose: GitHub's bad moments, switched on by a test."""

import dataclasses
import re
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True, kw_only=True)
class Switches:
    """Everything is off by default.  Seconds are those of the hub's clock.

    A `match` is a regular expression, searched in `METHOD /path` of the requests of
    apps, or in `event.action` of deliveries; empty matches all.  A `times` counts
    down to zero.

    Attributes:
        list_lag: new issues, comments, pull requests and check runs are missing in lists for
            that many seconds.
        missing_after_event: what an event was about answers 404 to apps for that many seconds.
        bad_gateway_times: that many requests are carried out and then answered 502.
        secondary_limit_times: that many requests are refused with 403 and Retry-After.
        retry_after: seconds that a secondary limit asks for.
        primary_limit: requests that one installation has in an hour.
        late_times: that many deliveries are held back for `late` seconds.
        reorder: deliveries are held until there are that many, then sent last first.
        lose_times: that many deliveries find no connection.
    """

    list_lag: float = 0
    missing_after_event: float = 0
    bad_gateway_times: int = 0
    bad_gateway_match: str = ""
    secondary_limit_times: int = 0
    secondary_limit_match: str = ""
    retry_after: int = 60
    primary_limit: int = 5000
    late: float = 0
    late_times: int = 0
    late_match: str = ""
    reorder: int = 0
    lose_times: int = 0
    lose_match: str = ""

    def strikes(self, name: str, subject: str) -> bool:
        """Return whether a counted switch hits this request or event, and count it down."""
        left: int = getattr(self, f"{name}_times")
        if left < 1 or not re.search(getattr(self, f"{name}_match"), subject):
            return False
        setattr(self, f"{name}_times", left - 1)
        return True

    def turn(self, changes: dict[str, Any]) -> None:
        """Set some of them.

        Raises:
            KeyError: there is no such switch.
        """
        known = {each.name for each in dataclasses.fields(self)}
        if unknown := changes.keys() - known:
            raise KeyError(*sorted(unknown))
        for name, value in changes.items():
            setattr(self, name, value)
