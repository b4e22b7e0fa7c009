"""The house as files: what lies where, what it is called, and what must not be named."""

import ast
import re
import subprocess
import tomllib
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from program import ROOT

TOP = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "Procfile",
    "README.md",
    "app.yml",
    "bench",
    "bot",
    "deploy",
    "docs",
    "handlers",
    "pyproject.toml",
    "requirements.lock",
    "tests",
}
SAYS_NOTHING = {"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}

# Spelled in halves, or this file would be what it looks for.
WORKPLACE = ("../sha" + "red", "/wo" + "rk/")
REGISTRIES = (
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "deb.debian" + ".org",
)


def committed() -> list[Path]:
    argv = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    said = subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in said.split("\0") if name and (path := ROOT / name).is_file()]


def python_files(folder: str = "") -> list[Path]:
    return [p for p in committed() if p.suffix == ".py" and p.is_relative_to(ROOT / folder)]


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_top_level_holds_what_every_project_has():
    found = {path.relative_to(ROOT).parts[0] for path in committed()}
    assert found <= TOP, f"{sorted(found - TOP)}: put it into one of the folders"


def test_files_are_named_after_what_they_hold():
    vague = [
        shown(path)
        for path in python_files()
        if any(
            SAYS_NOTHING & set(part.split("_")) for part in Path(shown(path)).with_suffix("").parts
        )
    ]
    assert not vague, f"{vague}: name the one thing that is in there"


@pytest.mark.parametrize("words", WORKPLACE + REGISTRIES)
def test_nothing_committed_depends_on_where_it_was_made(words):
    naming = [shown(path) for path in committed() if words.encode() in path.read_bytes()]
    assert not naming, f"{naming} name {words}"


def test_nothing_is_tested_against_a_mock():
    mocking = [
        shown(path)
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Import | ast.ImportFrom) and "mock" in ast.unparse(node)
    ]
    assert not mocking, f"{mocking}: use the real thing, or its one fake at the wire"


def test_every_file_of_tests_is_used():
    files = python_files("tests")
    texts = {path: path.read_text(encoding="utf-8") for path in files}
    idle = [
        shown(path)
        for path in files
        if path.name != "conftest.py"
        and not re.search(r"^\s*(async )?def test_", texts[path], re.MULTILINE)
        and not any(
            re.search(rf"\b{path.stem}\b", text) for other, text in texts.items() if other != path
        )
    ]
    assert not idle, f"{idle}: no tests, and no test names it"


def test_no_two_files_of_tests_share_a_name():
    # pytest imports them by their bare names; a folder of tests is no package.
    names = Counter(path.name for path in python_files("tests") if path.name != "conftest.py")
    assert not [name for name, times in names.items() if times > 1]


def test_the_lock_holds_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock, re.MULTILINE))
    asked = chain(project["dependencies"], *project["optional-dependencies"].values())
    for wish in map(Requirement, asked):
        assert wish.specifier.contains(locked.get(wish.name, "0")), f"{wish}: run `make lock`"


def test_every_process_is_a_command_of_ours():
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[a-z]+: python -m bot [a-z]+", line) for line in lines)


def test_every_task_of_make_says_what_it_does():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    tasks = re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)[1].split()
    assert tasks == re.findall(r"^([a-z-]+):.* ## .+$", text, re.MULTILINE)
