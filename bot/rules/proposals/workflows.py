"""What a repository's GitHub workflows run, and what they start beside it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.rules.configfile import compose, plain
from bot.rules.proposals.base import within

FOLDER = ".github/workflows/"

_THROUGH = re.compile(
    r"^(?:(?:uv|poetry|pdm|hatch|pipenv|rye) run(?: --?[\w-]+)* |python3? -m |npx |\.venv/bin/)+"
)
"""What stands before a program and only says where it comes from."""

_SIMPLE = re.compile(r"[\w./ =:,@%+\"'\[\]-]{1,200}", re.ASCII)
"""One command without variables, expressions of GitHub's, pipes and redirections."""

_NAME = re.compile(r"[\w-]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a step's script."""

    file: str
    words: str


def lines(files: Mapping[str, str]) -> tuple[Line, ...]:
    """Return what the steps of all workflows run, a line each, where it means the same here."""
    return tuple(
        Line(file=file, words=_THROUGH.sub("", words))
        for file, job in _jobs(files)
        for step in _each(job.get("steps"))
        if isinstance(script := step.get("run"), str) and "working-directory" not in step
        for words in map(str.strip, script.splitlines())
        if _SIMPLE.fullmatch(words)
    )


def beside(files: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    """Return the servers that workflows start beside their jobs, by file."""
    found: dict[str, tuple[str, ...]] = {}
    for file, job in _jobs(files):
        names = (name for name in within(job, "services") if _NAME.fullmatch(name))
        if more := (*found.get(file, ()), *names):
            found[file] = tuple(dict.fromkeys(more))
    return found


def as_it_runs(run: str, lines: Sequence[Line]) -> tuple[str, str]:
    """Return a command as a workflow has it, and the workflow; as given where none does.

    Args:
        run: the program with the words that it cannot do without.
        lines: what the workflows run.
    """
    for line in lines:
        if line.words == run or line.words.startswith(f"{run} "):
            return line.words, line.file
    return run, ""


def _jobs(files: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for file in sorted(files):
        if file.startswith(FOLDER):
            node, _ = compose(file, files[file])
            jobs = within(plain(node) if node else None, "jobs")
            yield from ((file, within(job)) for job in jobs.values())


def _each(listed: object) -> Iterator[Mapping[str, object]]:
    yield from map(within, listed if isinstance(listed, tuple) else ())
