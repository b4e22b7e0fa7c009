import pytest

from bot.agents.playbook.checks import suites


def commands(top):
    return [suite.command for suite in suites(top)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[tool.pytest.ini_options]\n"),
        ("pytest.ini", ""),
        ("conftest.py", ""),
        ("tox.ini", "[pytest]\n"),
        ("setup.cfg", "[tool:pytest]\n"),
        ("test_a.py", ""),
        ("tests/test_a.py", ""),
    ],
)
def test_pytest_is_used_where_the_repository_says_so(tmp_path, name, text):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    assert commands(tmp_path) == ["pytest -q -p no:cacheprovider"]


def test_a_repository_that_says_nothing_has_no_tests(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\n")
    (tmp_path / "package.json").write_text('{"scripts": []}')
    (tmp_path / "Makefile").write_text("test := no\nall:\n")
    assert commands(tmp_path) == []


def test_what_npm_writes_by_itself_is_no_test(tmp_path):
    default = 'echo \\"Error: no test specified\\" && exit 1'
    (tmp_path / "package.json").write_text(f'{{"scripts": {{"test": "{default}"}}}}')
    assert commands(tmp_path) == []


def test_every_language_is_tested_and_make_only_where_there_is_no_other(tmp_path):
    (tmp_path / "Makefile").write_text("all: test\ntest: all\n\tgo test\n")
    assert commands(tmp_path) == ["make test"]
    (tmp_path / "package.json").write_text('{"scripts": {"test": "vitest"}}')
    (tmp_path / "go.mod").write_text("module x\n")
    (tmp_path / "Cargo.toml").write_text("")
    assert commands(tmp_path) == ["npm test --silent", "go test ./...", "cargo test"]
