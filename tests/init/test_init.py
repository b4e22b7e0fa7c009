"""`greenroom init`, as somebody types it in their repository."""

import os
from pathlib import Path

import pytest

from bot.cli import main

IMAGE = f"registry.example/tools/python@sha256:{'0' * 64}"
PYPROJECT = """
[project]
name = "app"
requires-python = ">=3.11"
optional-dependencies = {dev = ["pytest", "ruff"]}

[tool.pytest.ini_options]
addopts = "-q"

[tool.ruff]
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small project in Python."""
    top = tmp_path / "app"
    top.mkdir()
    (top / "pyproject.toml").write_text(PYPROJECT)
    return top


def lay(top: Path, **files: str) -> None:
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_proposal_is_printed_and_nothing_is_written(repository, capsys, monkeypatch):
    monkeypatch.chdir(repository)
    assert main(["init"]) == 0
    said = capsys.readouterr().out
    assert "  unit:  # pytest is configured in pyproject.toml\n" in said
    assert "  lint:  # ruff is named in pyproject.toml\n" in said
    assert [each.name for each in repository.iterdir()] == ["pyproject.toml"]


def test_what_is_written_passes_check_config(repository, capsys):
    assert main(["init", "--write", str(repository)]) == 0
    written = repository / ".github/greenroom.yml"
    assert capsys.readouterr().out.startswith(f"{written} is written. Read it")
    assert main(["check-config", str(repository)]) == 0


@pytest.mark.parametrize("name", ["greenroom.yml", "greenroom.yaml"])
def test_what_is_there_is_never_written_over(repository, capsys, name):
    lay(repository, **{f".github/{name}": "ci: auto\n"})
    assert main(["init", "--write", str(repository)]) == 1
    assert f".github/{name} is there already and is left as it is." in capsys.readouterr().err
    assert [(each.name, each.read_text()) for each in (repository / ".github").iterdir()] == [
        (name, "ci: auto\n")
    ]


def test_a_link_is_not_written_through(repository, tmp_path):
    (repository / ".github").mkdir()
    (repository / ".github/greenroom.yml").symlink_to(tmp_path / "elsewhere")
    assert main(["init", "--write", str(repository)]) == 1
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_may_stand_where_the_folder_would_be(repository, capsys):
    lay(repository, **{".github": "a file"})
    assert main(["init", "--write", str(repository)]) == 1
    assert "/.github is there already and is left" in capsys.readouterr().err


def test_what_cannot_be_written_is_said(repository, capsys):
    (repository / ".github").symlink_to("/proc/self/fd")
    assert main(["init", "--write", str(repository)]) == 2
    assert "greenroom.yml: " in capsys.readouterr().err


def test_a_proposal_is_printed_beside_a_configuration(repository, capsys):
    lay(repository, **{".github/greenroom.yml": "ci: auto\n"})
    assert main(["init", str(repository)]) == 0
    assert "validations:" in capsys.readouterr().out


def test_a_toolbox_is_named_by_what_needs_it(repository):
    assert main(["init", "--write", "--toolbox", f"python={IMAGE}", str(repository)]) == 0
    text = (repository / ".github/greenroom.yml").read_text()
    assert f'  python: {{image: "{IMAGE}"}}\n' in text
    assert text.count("    toolboxes: [python]") == 2
    assert main(["check-config", str(repository)]) == 0


def test_a_toolbox_is_known_by_its_kind_whatever_its_version(repository, capsys):
    assert main(["init", "--toolbox", f"python-3-12={IMAGE}", str(repository)]) == 0
    said = capsys.readouterr().out
    assert "    toolboxes: [python-3-12]  # its program is in there\n" in said
    assert "# toolboxes:" not in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("python", "--toolbox python: write NAME=IMAGE."),
        ("=x", "--toolbox =x: write NAME=IMAGE."),
        ("python=python:3.12", "is not an image by its digest"),
        (f"Python={IMAGE}", "is not a name in lower-case letters"),
    ],
)
def test_what_is_no_toolbox_is_refused(repository, capsys, words, told):
    assert main(["init", "--toolbox", words, str(repository)]) == 2
    out, err = capsys.readouterr()
    assert told in err
    assert not out


def test_a_folder_that_is_not_there(tmp_path, capsys):
    assert main(["init", str(tmp_path / "gone")]) == 2
    assert capsys.readouterr().err.endswith("/gone: there is no such folder.\n")


def test_a_folder_that_says_nothing(tmp_path, capsys):
    lay(tmp_path, **{"README.md": "Hello"})
    assert main(["init", "--write", str(tmp_path)]) == 2
    assert "no file here tells how it is tested or built" in capsys.readouterr().err
    assert not (tmp_path / ".github").exists()


def test_projects_in_folders_are_found_and_other_peoples_are_not(tmp_path, capsys):
    package = '{"scripts": {"test": "vitest"}}'
    folders = ("web", "node_modules", ".hidden", "with space")
    lay(tmp_path, **{f"{each}/package.json": package for each in folders})
    (tmp_path / "linked").symlink_to(tmp_path / "web")
    assert main(["init", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert '    run: "cd web && CI=1 npm run test"\n' in said
    assert said.count("CI=1") == 1


def test_what_is_no_plain_file_is_not_opened(repository, capsys):
    os.mkfifo(repository / "package.json")
    (repository / "go.mod").mkdir()
    (repository / "Cargo.toml").symlink_to("/dev/zero")
    assert main(["init", str(repository)]) == 0
    assert "node" not in capsys.readouterr().out


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_is_named(repository, capsys):
    (repository / "pyproject.toml").chmod(0)
    assert main(["init", str(repository)]) == 2
    assert "pyproject.toml: Permission denied" in capsys.readouterr().err
