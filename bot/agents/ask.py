"""The small command `greenroom`, by which a program in a box asks for things.

    greenroom output pull-request --title TEXT --body-file FILE
    greenroom output push --title TEXT --body-file FILE
    greenroom output plan --body-file FILE
    greenroom output comment --body-file FILE
    greenroom output question --text TEXT [--choice TEXT]...
    greenroom output noop --reason TEXT
    greenroom output missing-tool --name NAME --why TEXT
    greenroom step TEXT
    greenroom note TEXT
    greenroom checks
    greenroom validate [NAME] [--artifacts DIR]

Status 0 says that it was accepted, 1 that it was refused (with the reason on stdout), 75
that nobody answered.  A FILE of `-` is the standard input.

A validation runs elsewhere, over the working tree as it is: what it prints comes as it is
printed, and the status is 0 where it passed, 1 where it did not, 2 where it was refused.
Without a NAME all that there are run, one after another.
"""

import sys
from collections.abc import Sequence

from bot.agents.door import AwayError
from bot.agents.validating import PASSED, validate

TYPE_CHECKING = False  # most of what is imported below takes longer than a known verdict
if TYPE_CHECKING:
    import argparse
    from typing import Any

ACCEPTED, REFUSED, AWAY = 0, 1, 75


def main(words: Sequence[str] | None = None) -> int:
    """Ask for what the command line says, print the answer, and return the exit status."""
    given = sys.argv[1:] if words is None else words
    try:
        match given:
            case ["validate", name] if not name.startswith("-"):
                return _validated(name)
            case _:
                said = parser().parse_args(given)
                if said.verb != "validate":
                    return _asked(said)
                return _validated(said.name, said.artifacts)
    except AwayError as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - this is a command
        return AWAY


def _asked(given: "argparse.Namespace") -> int:
    from bot.agents.asking import ask  # noqa: PLC0415 - as above

    path, payload = request(given)
    answer = ask(path, payload)
    left = "" if answer.left is None else f" ({answer.left} left)"
    print(f"{answer.words}{left}")  # noqa: T201 - this is a command
    return ACCEPTED if answer.accepted else REFUSED


def _validated(name: str | None, folder: str | None = None) -> int:
    """Return the first status that is not good."""
    names = [name] if name else _all()
    if not names:
        print("There are no validations here.")  # noqa: T201 - this is a command
    outcomes = []
    for each in names:
        outcome = validate(each, _hear)
        print(outcome.words, flush=True)  # noqa: T201 - this is a command
        if folder and outcome.left:
            _fetch(outcome.left, folder)
        outcomes.append(outcome.status)
    return next((status for status in outcomes if status != PASSED), PASSED)


def _fetch(validation: str, folder: str) -> None:
    from pathlib import Path  # noqa: PLC0415 - as above

    from bot.agents.artifacts import fetch  # noqa: PLC0415 - as above

    count = fetch(validation, Path(folder))
    print(f"{count} files written to {folder}")  # noqa: T201 - this is a command


def _all() -> Sequence[str]:
    from bot.agents.asking import validations  # noqa: PLC0415 - as above

    return validations()


def _hear(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def parser() -> "argparse.ArgumentParser":
    """Return the grammar of the command line."""
    import argparse  # noqa: PLC0415 - as above

    top = argparse.ArgumentParser(prog="greenroom", description="Ask Greenroom for something.")
    verbs = top.add_subparsers(dest="verb", required=True)
    kinds = verbs.add_parser("output", help="have something done on GitHub").add_subparsers(
        dest="kind", required=True
    )
    for kind, what in (
        ("pull-request", "open one with the changes in the workspace"),
        ("push", "add the changes in the workspace to the pull request the run was asked on"),
    ):
        changes = kinds.add_parser(kind, help=what)
        changes.add_argument("--title", required=True)
        changes.add_argument("--body-file", required=True)
    for kind, what in (
        ("plan", "say what you would change, and wait for a yes"),
        ("comment", "write one where the run was asked for"),
    ):
        kinds.add_parser(kind, help=what).add_argument("--body-file", required=True)
    question = kinds.add_parser("question", help="ask a person")
    question.add_argument("--text", required=True)
    question.add_argument("--choice", action="append", default=[], dest="choices")
    kinds.add_parser("noop", help="say that nothing had to be done").add_argument(
        "--reason", required=True
    )
    missing = kinds.add_parser("missing-tool", help="say that a tool was needed and not there")
    missing.add_argument("--name", required=True)
    missing.add_argument("--why", required=True)
    verbs.add_parser("step", help="tell the reader what is going on").add_argument("text")
    verbs.add_parser("note", help="keep something for the next job").add_argument("text")
    verbs.add_parser("checks", help="say how CI of the last commit stood")
    trying = verbs.add_parser("validate", help="run a validation over the tree as it is")
    trying.add_argument("name", nargs="?", help="which one; all of them without it")
    trying.add_argument("--artifacts", metavar="DIR", help="where to write the files it leaves")
    return top


def request(given: "argparse.Namespace") -> "tuple[str, dict[str, Any]]":
    """Return the path and the payload of what was asked for."""
    if given.verb == "checks":
        return "/checks", {}
    if given.verb != "output":
        return f"/{given.verb}s", {"text": given.text}
    fields = {name: value for name, value in vars(given).items() if name not in ("verb", "kind")}
    if "body_file" in fields:
        fields["text" if given.kind == "plan" else "body"] = _read(fields.pop("body_file"))
    return "/outputs", {"kind": given.kind.replace("-", "_"), **fields}


def _read(file: str) -> str:
    from pathlib import Path  # noqa: PLC0415 - as above

    return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
