"""One line of JSON in the job's log, before anything better has been imported."""

import json
import sys
import time
from contextlib import suppress


def say(event: str, **fields: object) -> None:
    """Write an event with its fields, and when it was by the monotonic clock."""
    with suppress(OSError):
        line = {"event": event, "monotonic": round(time.monotonic(), 4), **fields}
        sys.stderr.write(json.dumps(line) + "\n")
        sys.stderr.flush()
