"""`greenroom check-config`, as somebody types it in their repository."""

import json
from pathlib import Path

import pytest

from bot.cli import main

AGENT = "---\ndescription: Own\ngreenroom:\n  runtime: magic\n  on: {label: agent:own}\n---\nDo."


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with nothing in it but the folder."""
    (tmp_path / "app/.github/agents").mkdir(parents=True)
    return tmp_path / "app"


def write(repository: Path, **files: str) -> None:
    paths = {"settings": "greenroom.yml", "agent": "agents/own.md", "more": "greenroom/more.yml"}
    for name, text in files.items():
        path = repository / ".github" / paths[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_files_without_mistakes_are_counted(repository, capsys):
    write(repository, settings="include: [greenroom/more.yml]", more="ci: auto")
    assert main(["check-config", str(repository)]) == 0
    assert capsys.readouterr().out == "2 files, no mistakes; agents: fix, plan, tidy\n"


def test_each_mistake_is_a_line_that_editors_open(repository, capsys, monkeypatch):
    write(repository, settings="ci: auto\ncomands: {}", agent=AGENT)
    monkeypatch.chdir(repository)
    assert main(["check-config"]) == 1
    own, settings, count = capsys.readouterr().out.splitlines()
    assert own.startswith(".github/agents/own.md:4: `greenroom.runtime`: `magic` is none")
    assert settings == ".github/greenroom.yml:2: There is no setting `comands`. Write `commands`."
    assert count == "2 files, 2 mistakes"


@pytest.mark.parametrize("inside", [".github", ".github/greenroom.yml", ".github/agents"])
def test_any_part_of_the_configuration_stands_for_all_of_it(repository, capsys, inside):
    write(repository, settings="x: 1")
    assert main(["check-config", str(repository / inside)]) == 1
    assert capsys.readouterr().out.endswith("1 file, 1 mistake\n")


def test_programs_read_json(repository, capsys):
    write(repository, settings="x: 1")
    assert main(["check-config", "--json", str(repository)]) == 1
    told = json.loads(capsys.readouterr().out)
    (mistake,) = told["mistakes"]
    assert told["files"] == 1
    assert mistake.keys() == {"path", "line", "words", "remedy"}
    assert mistake["path"] == str(repository / ".github/greenroom.yml")


def test_what_the_organization_enforces_is_looked_at_too(repository, tmp_path, capsys):
    shared = tmp_path / ".github"
    write(shared, settings="enforce: [ci]")
    write(repository, settings="# mine\nci: auto")
    assert main(["check-config", str(repository), "--org", str(shared)]) == 1
    line, count = capsys.readouterr().out.splitlines()
    assert line == (
        f"{repository}/.github/greenroom.yml:2: `ci` has no effect here: the organization "
        "enforces its own. Take it out, or write `approve`."
    )
    assert count == "2 files, 1 mistake"


def test_mistakes_of_the_organization_have_its_path(repository, tmp_path, capsys):
    shared = tmp_path / "shared"
    write(shared, settings="x: 1")
    write(repository, settings="ci: auto")
    assert main(["check-config", str(repository), "--org", str(shared)]) == 1
    assert capsys.readouterr().out.startswith(f"{shared}/.github/greenroom.yml:1: ")


@pytest.mark.parametrize("where", ["", "nowhere", ".github/agents/nothing.md"])
def test_nothing_to_read_is_another_status(repository, capsys, where):
    (repository / ".github/greenroom.yml").mkdir()
    assert main(["check-config", str(repository / where)]) == 2
    told = capsys.readouterr().err
    assert "there is no .github/greenroom.yml and nothing in .github/agents/" in told


def test_a_file_that_is_no_text_is_told(repository, capsys):
    (repository / ".github/greenroom.yml").write_bytes(b"ci: \xff\xfe")
    assert main(["check-config", str(repository)]) == 1
    assert "U+FFFD cannot stand in YAML" in capsys.readouterr().out


def test_the_page_shows_what_is_printed(repository, capsys, monkeypatch):
    page = (Path(__file__).parents[2] / "docs/configuration.md").read_text()
    shown = page.split("$ greenroom check-config\n")[1].split("```")[0]
    write(repository, settings="ci: auto\ncomands: {}")
    monkeypatch.chdir(repository)
    main(["check-config"])
    assert capsys.readouterr().out == shown
