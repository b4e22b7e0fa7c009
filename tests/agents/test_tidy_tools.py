"""The built-in agent with tools of a line or two, on a real repository."""

import subprocess
from pathlib import Path

import pytest

from bot.agents.tidy import main

WHO = ("-c", "user.name=a", "-c", "user.email=a@example.com")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository that configures isort and black, and the folder where they may lie."""
    top, tools = tmp_path / "project", tmp_path / "bin"
    top.mkdir()
    tools.mkdir()
    (top / "pyproject.toml").write_text("[tool.isort]\n[tool.black]\n")
    (top / "a.py").write_text("x  =  1\n")
    for words in (("init", "-q"), ("add", "."), (*WHO, "commit", "-qm", "first")):
        subprocess.run(["git", *words], cwd=top, check=True)
    monkeypatch.chdir(top)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    return tools


def tool(folder, name, script):
    (folder / name).write_text(f'#!/bin/sh\n[ "$1" = --version ] && exit\n{script}\n')
    (folder / name).chmod(0o755)


def output(door):
    asked, answers = door
    answers += [(204, None)] * 3 + [(200, {"accepted": True})]
    assert main() == 0
    return asked[-1][1]


def test_a_tool_that_ran_and_changed_nothing_is_not_in_the_title(project, door):
    tool(project, "isort", "exit 0")
    tool(project, "black", "echo 'x = 1' > a.py")
    assert output(door)["title"] == "Apply black"


def test_tools_that_change_the_same_file_are_both_in_the_title(project, door):
    tool(project, "isort", "echo 'import x' > a.py")
    tool(project, "black", "echo 'import y' > a.py")
    assert output(door)["title"] == "Apply isort and black"


def test_a_tool_that_failed_half_way_is_named_for_what_it_changed(project, door):
    tool(project, "isort", "exit 0")
    tool(project, "black", "echo 'x = 1' > a.py; echo 'cannot parse b.py' >&2; exit 1")
    told = output(door)
    assert told["title"] == "Apply black"
    assert "**black failed**" in told["body"]


def test_it_begins_at_the_base_and_compares_with_it(project, door, monkeypatch):
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip()
    monkeypatch.setenv("GREENROOM_BASE", head)
    tool(project, "isort", "exit 0")
    tool(project, "black", "echo 'x = 1' > a.py")
    Path("a.py").write_text("x = 1\n")  # what a job left that was broken off
    assert output(door)["title"] == "Apply black"
    assert Path("a.py").read_text() == "x = 1\n"


def test_where_there_is_no_such_base_it_is_the_head(project, door, monkeypatch):
    monkeypatch.setenv("GREENROOM_BASE", "f" * 40)
    tool(project, "isort", "exit 0")
    tool(project, "black", "exit 0")
    assert output(door)["reason"] == "isort and black changed no file."
