"""What stands in the docs is drawn from the code: one function a block.

`python -m tests.docs.drawn` writes every block anew; the tests only compare.  With the word
`figures` it also writes what `make bench` has measured last.
"""

import argparse
import json
import os
import platform
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.cli import _parser
from bot.github.permissions import PUSH, Operation, union
from bot.images.layers import MOST_DEEP
from bot.images.unpacker import MEMORY, Bounds
from bot.model.errors import Misconfigured
from bot.model.readers import ALWAYS_SENT, EVENTS, READERS
from bot.model.runs import Limits
from bot.model.settings import HINTS, VENDORS, Process, read_settings
from bot.rules.agents import BUILT_IN
from bot.rules.buttons import buttons as shown_buttons
from bot.rules.images import MOST_LAYERS
from bot.rules.lifecycle import COMPUTE, OWED, RUN, Compute, Run, Signal, mermaid
from bot.rules.toolboxes import KINDS
from bot.rules.verbs import VERBS, Verb
from bot.rules.waiting import ANSWER, APPROVAL
from bot.store.schema import metadata
from bot.web.answers import STATUSES

ROOT = Path(__file__).parents[2]
LATEST = ROOT / "bench/latest.json"
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(r"(?<=<!-- drawn: )([a-z ]+)( -->\n)(.*?)(?=<!-- /drawn -->)", re.DOTALL)

MUST = {"GITHUB_APP_ID": "1", "GITHUB_PRIVATE_KEY_FILE": "key", "GITHUB_WEBHOOK_SECRET": "s"}
"""Something that will do, for each setting without which a process does not start."""

FIELDS = {
    "GITHUB_API_URL": "api_url",
    "GITHUB_SERVER_URL": "server_url",
    "DATABASE_URL": "database_url",
    "PORT": "port",
    "GREENROOM_HOST": "host",
    "GREENROOM_HOME": "home",
    "GREENROOM_BLOBS": "blobs",
    "GREENROOM_RUNNER": "runner",
    "GREENROOM_PODMAN_RUNTIME": "podman_runtime",
    "GREENROOM_JOB_UIDS": "job_uids",
    "GREENROOM_RUNTIME": "runtime",
    "GREENROOM_RUNS_AT_ONCE": "runs_at_once",
    "GREENROOM_RUNS_PER_REPO": "runs_per_repo",
}


def needs(process: Process) -> set[str]:
    """Return the settings without which a process does not start, found out by trying."""
    given: dict[str, str] = {}
    while True:
        try:
            read_settings(given, frozenset({process}))
        except Misconfigured as problem:
            name = str(problem).split()[0]
            given[name] = MUST[name]
        else:
            return set(given)


def required_settings() -> Iterator[str]:
    names = {name for process in Process for name in needs(process)}
    return table(
        ("setting", "what to write there"), [(f"`{n}`", HINTS[n]) for n in HINTS if n in names]
    )


def settings() -> Iterator[str]:
    rows = [(f"`{name}`", _who(name), _default(name), hint) for name, hint in HINTS.items()]
    return table(("setting", "must be set for", "else", "what to write there"), rows)


def _who(name: str) -> str:
    return ", ".join(f"`{process}`" for process in Process if name in needs(process))


def _default(name: str) -> str:
    if found := [url for _, base, url in VENDORS.values() if base == name]:
        return f"`{found[0]}`"
    if name not in FIELDS:
        return ""
    found = read_settings({}, frozenset())
    value = getattr(found, FIELDS[name])
    if name == "GREENROOM_HOME":
        return f"`{value.name}`"
    text = value.get_secret_value() if name == "DATABASE_URL" else str(value)
    if isinstance(value, tuple):
        text = "-".join(map(str, value))
    return f"`{text.replace(str(found.home), 'GREENROOM_HOME').replace('+aiosqlite', '')}`"


def agents() -> Iterator[str]:
    rows = [
        (
            f"`{agent.on.label}` or `/gr {agent.on.command}`",
            agent.spec.description,
            agent.allow.role,
            ", ".join(f"{most} `{kind}`" for kind, most in agent.spec.outputs.items()),
            "yes" if agent.spec.context == "thread" else "no",
            ", ".join(f"`{each}`" for each in agent.spec.waits) or "nothing",
        )
        for agent in BUILT_IN.values()
    ]
    heads = ("label or command", "what it does", "who may start it", "what it may ask for")
    return table((*heads, "is shown the conversation", "then waits for"), rows)


def verbs() -> Iterator[str]:
    rows = [
        (f"`/gr {name} {verb.usage}`".replace(" `", "`"), _help(verb), verb.needs)
        for name, verb in VERBS.items()
    ]
    return table(("command", "what it does", "least role"), rows)


def _help(verb: Verb) -> str:
    return f"*Not yet.* {verb.later}" if verb.later else verb.help


def buttons() -> Iterator[str]:
    states = {
        "the run is finished": shown_buttons(Run.FINISHED, asks=None),
        "the run waits for a yes": shown_buttons(Run.PARKED, asks=APPROVAL),
        "the run waits for an answer": shown_buttons(Run.PARKED, asks=ANSWER),
    }
    rows = [
        (f"**{each['label']}**", each["description"], state)
        for state, some in states.items()
        for each in some
    ]
    return table(("button", "what it does", "shown while"), rows)


def commands() -> Iterator[str]:
    (choices,) = (a for a in _parser(())._actions if isinstance(a, argparse._SubParsersAction))
    rows = [(f"`greenroom {each.dest}`", each.help) for each in choices._choices_actions]
    return table(("command", "what it does"), rows)


def answers() -> Iterator[str]:
    rows = [("202", "accepted: the delivery is committed, now or before")]
    rows += [(str(int(status)), f"`{reason}`") for reason, status in STATUSES.items()]
    rows += [("503", "the database does not answer; nothing was taken in")]
    return table(("status", "what it means"), rows)


def events() -> Iterator[str]:
    rows = []
    for event in sorted(EVENTS):
        actions = [f"`{action}`" for name, action in READERS if name == event and action]
        sent = "to every app" if event in ALWAYS_SENT else "as `app.yml` asks"
        rows.append((f"`{event}`", ", ".join(actions), sent))
    return table(("event", "actions that are read", "sent"), rows)


def run_states() -> Iterator[str]:
    return fenced(mermaid(RUN))


def compute_states() -> Iterator[str]:
    return fenced(mermaid(COMPUTE))


def owed() -> Iterator[str]:
    rows = [(f"**{run}**", *(OWED[run, compute] for compute in Compute)) for run in Run]
    return table(("run \\ compute", *Compute), rows)


def permissions() -> Iterator[str]:
    rows = []
    for name, level in union().items():
        using = [f"`{_short(each)}`" for each in Operation if name in each.needs]
        git = ["git fetch", "git push"] if name in PUSH else []
        rows.append((f"`{name}: {level}`", ", ".join([*using, *git])))
    return table(("permission", "what is done with it"), rows)


def as_the_app() -> Iterator[str]:
    asked = (each for each in Operation if not each.needs)
    return table(("operation", "page of GitHub's docs"), [(f"`{e}`", _page(e)) for e in asked])


def _page(operation: Operation) -> str:
    name = operation.docs.rpartition("#")[2].replace("-", " ")
    return f"[{name}]({operation.docs})"


def _short(operation: Operation) -> str:
    return str(operation).replace("/repos/{owner}/{repo}", "…")


def unsent_signals() -> Iterator[str]:
    """Name the signals that no module sends."""
    sources = [path for path in (ROOT / "bot").rglob("*.py") if path.name != "lifecycle.py"]
    sent = set(re.findall(r"\bSignal\.(\w+)", "".join(map(Path.read_text, sources))))
    unsent = ", ".join(f"`{each}`" for each in Signal if each.name not in sent)
    words = "The rules know these too, and nothing sends them, since runs wait by rows of `waits`"
    yield f"{words}: {unsent}." if unsent else ""


def tables() -> Iterator[str]:
    rows = [
        (f"`{each.name}`", ", ".join(f"`{column.name}`" for column in each.columns))
        for each in metadata.sorted_tables
    ]
    return table(("table", "columns"), sorted(rows))


def job_limits() -> Iterator[str]:
    most = Limits()
    rows = [
        ("wall-clock time", f"{most.seconds // 60} min"),
        ("memory", f"{most.memory >> 30} GiB"),
        ("processes and threads", f"{most.processes}"),
        ("one file", f"{most.file_size >> 30} GiB"),
        ("all files that it adds or changes", f"{most.disk >> 30} GiB"),
        ("open files of a process", f"{most.open_files}"),
    ]
    return table(("of one job", "at most"), rows)


def toolboxes() -> Iterator[str]:
    rows = [(f"`{kind}`", ", ".join(f"`{each}`" for each in KINDS[kind])) for kind in KINDS]
    return table(("toolbox", "files that ask for it"), rows)


def image_bounds() -> Iterator[str]:
    most = Bounds()
    rows = [
        ("all layers as they are fetched", f"{most.packed >> 30} GiB"),
        ("all layers unpacked", f"{most.size >> 30} GiB"),
        ("layers", f"{MOST_LAYERS}"),
        ("files, folders and links", f"{most.entries:,}"),
        ("folders in each other", f"{MOST_DEEP}"),
        ("the processor's time to unpack it", f"{most.seconds // 60} min"),
        ("memory of the process that unpacks it", f"{MEMORY >> 30} GiB"),
    ]
    return table(("of one image", "at most"), rows)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"


def fenced(lines: Iterable[str]) -> Iterator[str]:
    yield "```mermaid"
    yield from lines
    yield "```"


BLOCKS: Mapping[str, Callable[[], Iterator[str]]] = {
    function.__name__.replace("_", " "): function
    for function in (
        required_settings,
        settings,
        agents,
        verbs,
        buttons,
        commands,
        answers,
        events,
        run_states,
        compute_states,
        owed,
        permissions,
        as_the_app,
        unsent_signals,
        tables,
        job_limits,
        toolboxes,
        image_bounds,
    )
}


def figures() -> Iterator[str]:
    cores, python = os.cpu_count(), platform.python_version()
    linux = platform.release().partition("-")[0]
    yield f"Measured on {cores} cores, Linux {linux}, Python {python}."
    yield ""
    heads = ("figure", "value", "baseline", "ratio", "bar", "holds", "spread")
    yield from table(heads, map(_figure, json.loads(LATEST.read_text(encoding="utf-8"))))


def _figure(row: Mapping[str, Any]) -> Sequence[object]:
    value = f"{row['value']:,} {row['unit']}"
    rest = ("" if row[name] is None else row[name] for name in ("baseline", "ratio", "bar"))
    holds = {True: "yes", False: "no", None: ""}[row["holds"]]
    ends = [f"{least:,} to {most:,}" for least, most in _pairs(row["spread"])]
    return row["name"], value, *rest, holds, "; ".join(ends)


def _pairs(spread: Sequence[float]) -> Iterator[tuple[float, float]]:
    return zip(spread[::2], spread[1::2], strict=True)


MEASURED = {"figures": figures}
"""What only a machine can tell: written when asked for, after `make bench`; never compared."""


def drawn(text: str, blocks: Mapping[str, Callable[[], Iterator[str]]] = BLOCKS) -> str:
    """Return a page with each of its blocks as the code has it now."""

    def anew(block: re.Match[str]) -> str:
        if block[1] not in blocks:
            return block[0]
        return f"{block[1]}{block[2]}" + "".join(f"{line}\n" for line in blocks[block[1]]())

    return BLOCK.sub(anew, text)


def main(words: Sequence[str]) -> None:
    blocks = {**BLOCKS, **(MEASURED if "figures" in words else {})}
    for page in PAGES:
        before = page.read_text(encoding="utf-8")
        if (after := drawn(before, blocks)) != before:
            page.write_text(after, encoding="utf-8")
            sys.stderr.write(f"{page.name} is drawn anew\n")


if __name__ == "__main__":
    main(sys.argv[1:])
