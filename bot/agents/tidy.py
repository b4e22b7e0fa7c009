"""The built-in agent `tidy`: runs the repository's own formatters and says what they did.

It is a program like any other agent's: it runs in the box, has the standard library and
the tools on PATH, and asks for its pull request through the door.  It begins at the base
each time, so that a job which was broken off is made good by the next one.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from bot.agents import tidied
from bot.agents.asking import ask, base, handing_in
from bot.agents.door import AwayError
from bot.agents.programs import Programs
from bot.agents.tools import Tidying, back_to, changed, found, tidy, why_missing

_AWAY = 75
_MOST_STEP = 200


def main() -> int:
    """Tidy the working folder; return 0 when what it asked for was accepted."""
    programs = Programs(Path.cwd())
    compared = found(programs, base())
    back_to(programs, compared)
    try:
        done = tidy(programs, _step)
        for name in done.missing:
            ask("/outputs", why_missing(name))
        return _hand_in(done, changed(programs, compared))
    except AwayError as problem:
        sys.stderr.write(f"{problem}\n")
        return _AWAY


def _hand_in(done: Tidying, files: Sequence[str]) -> int:
    if files:
        _step(f"{len(files)} file{'s' * (len(files) != 1)} changed")
        text = tidied.body(done.ran, done.missing)
        output = tidied.handed_in(handing_in(), tidied.title(done.ran), text)
    else:
        output = {"kind": "noop", "reason": tidied.nothing(done.ran, done.missing)}
    answer = ask("/outputs", output)
    sys.stdout.write(f"{output['kind']}: {answer.words}\n")
    return 0 if answer.accepted else 1


def _step(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    ask("/steps", {"text": text[:_MOST_STEP]})
