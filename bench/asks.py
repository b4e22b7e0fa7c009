"""Asks a model again and again on one connection, and prints how soon it began to answer.

    LASTS=seconds python3 -I asks.py

It is an agent of the benches, started in a box, and by hand beside it.  So the standard library
is all that it has; it finds the model as every agent does.
"""

import http.client
import json
import os
import sys
import time
from urllib.parse import urlsplit

MODEL = "claude-haiku-4-5"
PROMPT = 64 * 1024
"""Bytes of a request: what an agent sends with its tools, after some turns."""

WARM = 5
"""Requests that are not counted."""

ASKS = 25

LEAST = 1.0
"""Seconds of life, so that what is printed is found in the log."""


def main() -> None:
    base = urlsplit(os.environ["ANTHROPIC_BASE_URL"])
    door = http.client.HTTPConnection(base.hostname, base.port)
    request = body()
    took = [_ask(door, base.path, request) for _ in range(WARM + ASKS)]
    print(json.dumps(took[WARM:]), flush=True)
    time.sleep(float(os.environ["LASTS"]))


def body() -> bytes:
    """Return a request whose answer comes piece by piece."""
    texts = [{"type": "text", "text": "All work and no play. " * 46} for _ in range(PROMPT >> 10)]
    messages = [{"role": "user", "content": texts}]
    fields = {"model": MODEL, "max_tokens": 1000, "stream": True, "messages": messages}
    return json.dumps(fields).encode()


def headers(key: str) -> dict[str, str]:
    """Return what goes with it."""
    version = {"anthropic-version": "2023-06-01"}
    return {"Content-Type": "application/json", "x-api-key": key, **version}


def _ask(door: http.client.HTTPConnection, path: str, request: bytes) -> float:
    """Return the milliseconds to the first byte of an answer, which is read to its end."""
    began = time.perf_counter()
    door.request("POST", f"{path}/v1/messages", request, headers(os.environ["ANTHROPIC_API_KEY"]))
    answer = door.getresponse()
    first = answer.read1(1)
    took = time.perf_counter() - began
    rest = answer.read()
    if answer.status != 200 or b"message_stop" not in first + rest:
        sys.exit(f"{answer.status}: {rest[:500]!r}")
    return took * 1000


if __name__ == "__main__":
    main()
