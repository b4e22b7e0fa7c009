"""What the docs name exists, and what exists is named."""

import argparse
import ast
import os
import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from sqlalchemy import Table, UniqueConstraint, create_engine, text

from bot.cli import _parser
from bot.gateway.bases import Bases
from bot.gateway.calls import Calls
from bot.gateway.checkpoints import Blobs
from bot.gateway.layers import Layers
from bot.gateway.models import Models
from bot.gateway.repositories import Repositories
from bot.gateway.tools import Tools
from bot.gateway.validations import Validations
from bot.harness import __main__ as harness
from bot.model.settings import HINTS, Process
from bot.rules.repoconfig import AGENTS, LABEL
from bot.store.schema import metadata
from bot.wiring.processes import MISCONFIGURED
from tests.docs.drawn import ROOT, needs
from tests.docs.told import ALL, TEXTS, quoted, rows

FILE = re.compile(
    r"(?<![\w/.-])((?:[a-z_]+/)+\w+\.py|(?:reactions|clocks|githttp|cli|pausing|checkconfig)\.py)(?::([\w.]+\w))?"
)
OURS = "\n".join(text for name, text in TEXTS.items() if name != "configuration.md")
"""What names our own files; the other page names those of its readers."""

NAMED = sorted({match.groups() for match in FILE.finditer(OURS)}, key=str)


def defined(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    """Return what a body defines: functions, classes, values."""
    found: dict[str, ast.stmt] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            found |= {each.id: node for each in node.targets if isinstance(each, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = node
    return found


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_file_that_is_named_has_what_is_named(file, name):
    (path,) = [at for at in (ROOT / "bot" / file, ROOT / file) if at.is_file()]
    body = ast.parse(path.read_bytes()).body
    for part in (name or "").split(".") if name else ():
        found = defined(body)
        assert part in found, f"{file} has no {name}"
        body = getattr(found[part], "body", [])


def test_every_room_has_its_line():
    cells = [cells[1] for cells in rows("architecture.md", "Floors and rooms")]
    shown = [name for cell in cells for name in quoted(cell)]
    modules = [*(ROOT / "bot").glob("[!_]*.py"), *(ROOT / "bot").glob("[!_]*/__init__.py")]
    rooms = [p.name if p.name != "__init__.py" else p.parent.name for p in modules]
    halls = [f"handlers/{p.name}" for p in (ROOT / "handlers").glob("[!_]*.py")]
    assert sorted(shown) == sorted([*rooms, *halls])


def test_every_step_of_the_walk_names_a_function():
    walk = TEXTS["architecture.md"].split("## The walk of one event\n")[1].split("\n## ")[0]
    steps = re.split(r"^\d+\. ", walk, flags=re.MULTILINE)[1:]
    assert len(steps) == 13
    assert all(any(match[2] for match in FILE.finditer(step)) for step in steps)


def test_every_table_is_told_with_what_is_unique_in_it():
    told = {
        quoted(first)[0]: set(quoted(last)) for first, _, last in rows("architecture.md", "Tables")
    }
    assert told == {table.name: set(unique(table)) for table in metadata.sorted_tables}


def unique(table: Table) -> Iterator[str]:
    """Name the columns of each unique index; a number that only counts rows says nothing."""
    key = [] if table.autoincrement_column is not None else [table.primary_key.columns]
    indexes = [index.columns for index in table.indexes if index.unique]
    pairs = [each.columns for each in table.constraints if isinstance(each, UniqueConstraint)]
    for columns in (*key, *indexes, *pairs):
        yield ", ".join(column.name for column in columns)


def test_secrets_are_given_to_those_who_need_them():
    table = rows("security.md", "Who holds which secret")
    told = {quoted(who)[0]: set(quoted(secrets)) for who, secrets, _ in table if quoted(who)}
    app = {"GITHUB_PRIVATE_KEY", "GITHUB_PRIVATE_KEY_FILE"}
    for process in Process:
        wanted = needs(process) - {"GITHUB_APP_ID"}
        assert told[process] == wanted | {"DATABASE_URL"} | (app if wanted & app else set())


def test_every_setting_is_one():
    named = set(
        re.findall(
            r"\b(?:GREENROOM|GITHUB|ANTHROPIC|OPENAI|GEMINI)_[A-Z_]+\b|\bDATABASE_URL\b", ALL
        )
    )
    given_to_agents = {"GREENROOM_MODEL", "GREENROOM_EGRESS"}
    assert named == (HINTS.keys() - {"PORT"}) | given_to_agents


def test_every_command_is_one():
    (choices,) = (a for a in _parser(())._actions if isinstance(a, argparse._SubParsersAction))
    named = set(re.findall(r"`(?:\.venv/bin/)?greenroom ([a-z][a-z-]+)", ALL))
    assert named == set(choices.choices)


def test_every_task_of_make_is_one():
    tasks = set(
        re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
    )
    named = set(re.findall(r"(?:`|\$ )make ([a-z-]+)", ALL))
    assert {"demo", "test"} <= named <= tasks


def test_every_label_starts_an_agent():
    assert set(re.findall(rf"\b{LABEL}([a-z]+)\b", ALL)) == AGENTS.keys()


def test_every_threat_has_a_place_or_says_that_there_is_nothing():
    for attack, defence, where in rows("threats.md", "Threats"):
        nothing = re.search(r"ot yet:|There (?:is|are) none|^No model", defence)
        assert where or nothing, attack


def test_every_exit_status_is_told():
    table = TEXTS["operations.md"].split("| exit status |")[1].split("\n\n")[0]
    statuses = [int(number) for number in re.findall(r"^\| (\d+) ", table, re.MULTILINE)]
    assert statuses == [0, 1, 2, os.EX_UNAVAILABLE, MISCONFIGURED]
    assert f"it ends with {harness.SUPERSEDED}" in ALL
    assert f"it ends with {harness._CRASHED}" in ALL


def test_every_line_of_the_log_is_told():
    named = [name for cells in rows("operations.md", "Log") for name in quoted(cells[0])]
    assert sorted(named) == sorted(logged())


def logged() -> set[str]:
    """Return the events that the app's processes write, found as first arguments of calls."""
    others = {ROOT / "bot/devhub", ROOT / "bot/demo"}
    found = set()
    for file in (each for each in (ROOT / "bot").rglob("*.py") if not others & {*each.parents}):
        for node in ast.walk(ast.parse(file.read_bytes())):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="info" | "warning" | "error" | "debug")
                    | ast.Name(id="say" | "_say" | "write"),
                    args=[ast.Constant(value=str(event)), *_],
                ):
                    found.add(event)
    return found


def test_every_door_of_the_gateway_is_told():
    nothing = SimpleNamespace()
    routes = [
        *Calls(nothing, nothing).routes(),
        *Tools(nothing).routes(),
        *Blobs(nothing).routes(),
    ]
    routes += Repositories(nothing, nothing, nothing).routes()
    routes += Models(nothing, nothing).routes()
    routes += Validations(nothing, nothing, Layers(nothing, nothing), Bases(nothing)).routes()
    doors = {
        f"POST {route.path}" if route.method == "POST" else route.path.split("{")[0]
        for route in routes
    }
    assert {quoted(cells[0])[0] for cells in rows("security.md", "The doors")} == doors


def test_what_the_probe_advises_is_in_the_list_of_what_a_host_needs():
    probe = (ROOT / "bot/sandbox/probe.py").read_text()
    advice = set(re.findall(r"\b(?:kernel|user)\.\w+=\d+|\b\w+=unconfined", probe))
    listed = TEXTS["security.md"].split("### What a host needs")[1].split("\n## ")[0]
    assert advice
    assert advice == set(re.findall(r"\b(?:kernel|user)\.\w+=\d+|\b\w+=unconfined", listed))


def test_every_statement_of_sql_runs():
    engine = create_engine("sqlite://")
    statements = re.findall(r"```sql\n(.+?)```", ALL, re.DOTALL)
    with engine.begin() as connection:
        metadata.create_all(connection)
        for statement in "".join(statements).strip().splitlines():
            connection.execute(text(statement))
    assert statements


def test_every_folder_of_the_data_is_told():
    wiring = "".join(path.read_text() for path in (ROOT / "bot/wiring").glob("*.py"))
    made = set(re.findall(r'settings\.home / "([\w.]+)"', wiring))
    told = {name for cells in rows("operations.md", "Data") for name in quoted(cells[0])}
    assert made <= told


def test_every_bench_has_its_section():
    code = (ROOT / "bench/__main__.py").read_text()
    benches = re.search(r"^BENCHES = \(([^)]+)\)$", code, re.MULTILINE)[1]
    sections = re.findall(r"^## ([a-z]+)$", TEXTS["performance.md"], re.MULTILINE)
    assert sections == re.findall(r'"(\w+)"', benches)
