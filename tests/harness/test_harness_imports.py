"""An agent that asks early waits for its harness: what that imports is time."""

import subprocess
import sys

HEAVY = (
    *("aiohttp", "yarl", "pydantic", "structlog", "markdown_it", "sqlalchemy", "acp", "mcp"),
    *("cryptography",),
)
LOADED = (
    f"import sys, bot.harness.supervise; print([each for each in {HEAVY} if each in sys.modules])"
)


def test_a_harness_imports_nothing_that_takes_long():
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
