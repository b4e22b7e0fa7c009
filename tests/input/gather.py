"""Writes tests/data/webhooks: every payload that people recorded for Octokit, each one once.

Run by hand, `python -m tests.input.gather`; it needs `npm`.
"""

import json
import lzma
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.published.kept import EXAMPLES_PACKAGE

FILE = Path("tests/data/webhooks/payloads.jsonl.xz")


def main() -> None:
    """Fetch the package, and write a line of JSON for each payload of each of its sets."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["npm", "pack", "--silent", EXAMPLES_PACKAGE], cwd=scratch, check=True)
        with tarfile.open(next(Path(scratch).glob("*.tgz"))) as archive:
            archive.extractall(scratch, filter="data")
        sets = [json.loads(file.read_bytes()) for file in Path(scratch).glob("*/*/index.json")]
    lines = {
        json.dumps([event["name"], payload], sort_keys=True, separators=(",", ":"))
        for events in sets
        for event in events
        for payload in event["examples"]
    }
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_bytes(lzma.compress("\n".join(sorted(lines)).encode(), preset=9))
    sys.stdout.write(f"{FILE}: {len(lines)} payloads, {FILE.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
