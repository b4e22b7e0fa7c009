from bot.agents.formatters import TABLE, configured, read


def names(top):
    return [tool.name for tool in configured(read(top))]


def test_a_repository_that_says_nothing_uses_nothing(tmp_path):
    (tmp_path / "main.py").write_text("x=1\n")
    assert names(tmp_path) == []


def test_a_table_for_the_linter_does_not_configure_the_formatter(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 99\n[tool.black]\n")
    assert names(tmp_path) == ["ruff check", "black"]


def test_hooks_say_what_a_repository_uses(tmp_path):
    (tmp_path / ".pre-commit-config.yaml").write_text(
        "repos:\n- repo: x\n  hooks:\n    - id: ruff-check\n      args: [--fix]\n"
        "    - id: 'ruff-format'\n"
    )
    assert names(tmp_path) == ["ruff check", "ruff format"]


def test_its_own_scripts_do_too(tmp_path):
    (tmp_path / "Makefile").write_text("lint:\n\truff format --check .\n")
    assert names(tmp_path) == ["ruff format"]


def test_files_and_keys_of_other_languages_are_known(tmp_path):
    (tmp_path / "package.json").write_text('{"prettier": {}}')
    (tmp_path / "eslint.config.mjs").write_text("")
    (tmp_path / "go.mod").write_text("module x\n")
    (tmp_path / ".clang-format").write_text("")
    assert names(tmp_path) == ["eslint", "prettier", "gofmt", "clang-format"]


def test_broken_settings_say_nothing(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.ruff\n")
    (tmp_path / "package.json").write_text("[]")
    assert names(tmp_path) == []


def test_every_row_says_how_it_is_recognised():
    for tool in TABLE:
        assert tool.files or tool.tables or tool.keys or tool.hooks or tool.commands
