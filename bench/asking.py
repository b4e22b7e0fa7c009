"""Runs as an agent in its box: changes files, asks for validations, and says how long that took.

    python3 asking.py ROUNDS CHANGED

It prints a line of JSON for each thing that it measured: what, round, and milliseconds; of a
question also when it was asked and answered, by the monotonic clock, which all processes share.
"""

import json
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    rounds, changed = map(int, sys.argv[1:])
    files = sorted(Path("src").rglob("*.py"))
    _asked("quick", "warm", 0)
    for number in range(rounds):
        for path in files[number :: len(files) // (changed - 1)][: changed - 1]:
            path.write_text(f"{path.read_text()}changed = {number}\n")
        Path("new.py").write_text(f"new = {number}\n")
        _asked("quick", "first line", number)
        _asked("quick", "cached", number)
        _asked("unit", "broker", number)
        began = time.monotonic()
        subprocess.run(["sh", "unit.sh"], stdout=subprocess.DEVNULL, check=True)
        _say("by hand", number, began, time.monotonic())


THINKS = 0.5
"""Seconds from one question to the next: those that come sooner wait for their turn."""


def _asked(name: str, what: str, number: int) -> None:
    """Ask for a validation; `first line` is over with the first thing that is heard."""
    time.sleep(THINKS)
    began = time.monotonic()
    words = ["greenroom", "validate", name]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as command:
        assert command.stdout is not None
        command.stdout.readline()
        heard = time.monotonic()
        command.stdout.read()
    assert command.returncode == 0, f"{name} ended with {command.returncode}"
    _say(what, number, began, heard if what == "first line" else time.monotonic())


def _say(what: str, number: int, began: float, ended: float) -> None:
    took = round((ended - began) * 1000, 1)
    line = {"what": what, "round": number, "took": took, "began": began, "ended": ended}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
