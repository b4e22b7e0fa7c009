"""What each language asks for, by the files that say so."""

import pytest

from bot.rules.proposals.base import Project
from bot.rules.proposals.compiled import go, java, make, rust
from bot.rules.proposals.images import built
from bot.rules.proposals.node import node
from bot.rules.proposals.python import python
from bot.rules.proposals.workflows import Line

HERE = "PATH=$PWD/.venv/bin:$PATH "
POETRY = "POETRY_VIRTUALENVS_IN_PROJECT=true poetry install --no-interaction"
RUFF = ("ruff check", "ruff format", "black", "isort")


def py(files, *suites, tools=(), lines=(), folder=""):
    return python(Project(files=files, suites=suites, tools=tools, folder=folder), lines)


def js(*, tools=(), suites=(), **files):
    return node(Project(files=files, tools=tools, suites=suites))


def steps(part):
    return part.setup.steps


def runs(part):
    return {check.name: check.run for check in part.checks}


def test_tests_and_linters_of_python_look_into_the_environment_first():
    part = py({"pyproject.toml": "[project]\n[tool.mypy]\n"}, "pytest", tools=RUFF)
    assert runs(part) == {
        "unit": f"{HERE}pytest -q --junitxml=report.xml",
        "lint": f"{HERE}ruff check .",
        "format": f"{HERE}ruff format --check .",
        "imports": f"{HERE}isort --check-only .",
        "types": f"{HERE}mypy .",
    }


@pytest.mark.parametrize(
    ("files", "step"),
    [
        ({"uv.lock": "pytest"}, "uv sync --locked --extra tests --group dev"),
        (
            {"poetry.lock": "pytest"},
            f"{POETRY} --extras tests --with dev",
        ),
        ({"pdm.lock": "pytest"}, "pdm sync --group tests --group dev"),
        ({"Pipfile.lock": "pytest"}, "PIPENV_VENV_IN_PROJECT=1 pipenv sync --dev"),
    ],
)
def test_a_lock_file_says_who_installs(files, step):
    text = '[project]\noptional-dependencies.tests = []\n[dependency-groups]\ndev = ["pytest"]\n'
    part = py({"pyproject.toml": text, **files}, "pytest")
    assert steps(part) == (step,)
    assert part.setup.inputs == (*files, "pyproject.toml")


def test_what_a_lock_file_does_not_hold_is_said():
    part = py({"pyproject.toml": "", "uv.lock": ""}, "pytest", tools=RUFF[:2])
    words = "; pytest and ruff it does not hold: let a toolbox bring that"
    assert part.setup.why == f"uv.lock holds what is installed{words}"
    assert part.why == "there is a pyproject.toml; setup needs `uv` too"


def test_without_a_lock_file_pip_installs_what_files_list():
    text = '[project]\ndependencies = ["attrs"]\n[dependency-groups]\nlint = ["ruff"]\n'
    files = {"pyproject.toml": text, "requirements-dev.txt": "pytest\n"}
    part = py(files, "pytest", tools=RUFF[:2])
    assert steps(part) == (
        "python3 -m venv .venv",
        ".venv/bin/pip install -r requirements-dev.txt -e . --group lint",
    )
    assert part.setup.why == (
        "what is listed in pyproject.toml, requirements-dev.txt; `--group` needs pip 25.1 or later"
    )


def test_what_no_file_lists_is_installed_as_hooks_pin_it():
    hooks = (
        "repos:\n  - repo: https://example.com/ruff-pre-commit\n    rev: v0.9.10\n"
        "    hooks: [{id: ruff}]\n"
    )
    text = "[project]\noptional-dependencies = {dev = ['mypy']}\n"
    files = {"pyproject.toml": text, ".pre-commit-config.yaml": hooks}
    part = py(files, "pytest", tools=["ruff check"])
    assert steps(part)[1] == ".venv/bin/pip install -e '.[dev]' pytest ruff==0.9.10"
    assert part.setup.why.endswith("; pytest and ruff==0.9.10 because validations run it")


def test_tests_alone_are_python_at_the_top_and_in_no_folder():
    part = py({}, "pytest")
    assert part.why == "there are tests"
    assert part.checks[0].why == "there are tests that pytest finds"
    assert part.setup.why == "no file lists packages; pytest because validations run it"
    assert py({}, "pytest", folder="scripts") is None
    assert py({"go.mod": ""}) is None


def test_nothing_is_installed_where_nothing_is_needed():
    assert py({"pyproject.toml": "[tool.other]"}).setup is None


def test_a_workflow_knows_better_how_tests_are_run():
    lines = [
        Line(file="ci.yml", words="pytest --junitxml=x.xml"),
        Line(file="ci.yml", words="pytest tests --cov"),
        Line(file="ci.yml", words="mypy src"),
    ]
    part = py({"setup.py": ""}, "pytest", lines=lines)
    assert runs(part) == {
        "unit": f"{HERE}pytest tests --cov --junitxml=report.xml",
        "types": f"{HERE}mypy src",
    }
    assert {check.why for check in part.checks} == {"ci.yml runs it so"}


def test_mypy_is_left_its_own_list_of_files():
    part = py({"pyproject.toml": "[tool.mypy]\nfiles = ['src']"})
    assert runs(part) == {"types": f"{HERE}mypy"}
    assert runs(py({"setup.py": "", "mypy.ini": ""})) == {"types": f"{HERE}mypy ."}


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (
            {"pyproject.toml": "[project]\nrequires-python = '>=3.9'"},
            "pyproject.toml asks for Python >=3.9",
        ),
        ({"setup.py": "", ".python-version": "3.12\n"}, ".python-version says 3.12"),
        ({"setup.py": "", ".python-version": "x\ny"}, "there is a setup.py"),
        ({"pyproject.toml": "[project]\nrequires-python = 3"}, "there is a pyproject.toml"),
        ({"pyproject.toml": "no toml"}, "there is a pyproject.toml"),
    ],
)
def test_the_version_of_python_is_told(files, why):
    assert py(files).why == why


def test_scripts_of_a_package_become_validations():
    scripts = '{"scripts": {"test": "jest", "lint": "x", "tsc": "x", "build": "x"}}'
    files = {"package.json": scripts, "pnpm-lock.yaml": ""}
    part = js(suites=["npm"], tools=["eslint", "prettier"], **files, **{".prettierrc": ""})
    assert runs(part) == {
        "unit": "CI=1 pnpm run test",
        "lint": "pnpm run lint",
        "types": "pnpm run tsc",
        "build": "pnpm run build",
        "format": "npx --no-install prettier --check .",
    }
    assert part.checks[-1].why == "prettier is named in .prettierrc"
    assert part.why == "there is a package.json; setup needs `pnpm` too"


@pytest.mark.parametrize(
    ("lock", "step"),
    [
        ("package-lock.json", "npm ci"),
        ("yarn.lock", "yarn install --frozen-lockfile"),
        ("bun.lock", "bun install --frozen-lockfile"),
        ("README.md", "npm install"),
    ],
)
def test_the_lock_file_of_a_package_says_who_installs(lock, step):
    part = js(**{"package.json": "{}", lock: ""})
    assert steps(part) == (step,)


def test_bun_is_a_toolbox_of_its_own():
    part = js(suites=["npm"], **{"package.json": "{}", "bun.lock": ""})
    assert (part.box, part.why) == ("bun", "there is a package.json")
    assert runs(part) == {"unit": "CI=1 bun run test"}


def test_a_newer_yarn_has_another_word():
    part = js(**{"package.json": "{}", "yarn.lock": "", ".yarnrc.yml": ""})
    assert steps(part) == ("yarn install --immutable",)
    assert part.setup.inputs == ("package.json", "yarn.lock", ".yarnrc.yml")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"scripts": 1'])
def test_what_is_no_package_asks_for_nothing(text):
    assert js(**{"package.json": text}) is None
    assert js() is None


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"package.json": '{"engines": {"node": ">=20"}}'}, "package.json asks for Node >=20"),
        ({"package.json": "{}", ".nvmrc": "v22\n"}, ".nvmrc says v22"),
        ({"package.json": '{"engines": {"node": "\\n"}}'}, "there is a package.json"),
    ],
)
def test_the_version_of_node_is_told(files, why):
    assert js(**files).why == why


def test_a_module_of_go():
    part = go(Project(files={"go.mod": "module x\n\ngo 1.22\n", "go.sum": ""}), ())
    assert runs(part) == {"unit": "go test ./...", "lint": "go vet ./..."}
    assert part.why == "go.mod asks for Go 1.22"
    assert part.setup.inputs == ("go.mod", "go.sum")
    assert go(Project(), ()) is None


def test_a_module_of_go_as_its_workflow_tests_it():
    line = Line(file="ci.yml", words="go test -race ./...")
    part = go(Project(files={"go.mod": ""}), [line])
    assert runs(part)["unit"] == "go test -race ./..."
    assert part.why == "there is a go.mod"


def test_a_crate():
    files = {"Cargo.toml": "", "Cargo.lock": "", "rust-toolchain": "1.80.0\n", "rustfmt.toml": ""}
    part = rust(Project(files=files, tools=["cargo fmt"]))
    assert runs(part) == {
        "unit": "cargo test --offline --locked",
        "format": "cargo fmt --all --check",
    }
    assert part.why == "rust-toolchain says 1.80.0"
    assert part.setup.inputs == ("Cargo.toml", "Cargo.lock", "rust-toolchain")


def test_a_crate_with_little_to_say():
    part = rust(Project(files={"Cargo.toml": ""}))
    assert steps(part) == ("cargo fetch",)
    assert part.why == "there is a Cargo.toml"
    chosen = {"Cargo.toml": "", "rust-toolchain.toml": '[toolchain]\nchannel = "stable"\n'}
    assert rust(Project(files=chosen)).why == "rust-toolchain.toml says stable"
    assert rust(Project()) is None


@pytest.mark.parametrize(
    ("files", "run"),
    [
        (("pom.xml",), "mvn -B --offline test"),
        (("pom.xml", "mvnw"), "./mvnw -B --offline test"),
        (("build.gradle",), "gradle --no-daemon --offline test"),
        (("build.gradle.kts", "gradlew"), "./gradlew --no-daemon --offline test"),
    ],
)
def test_builds_of_java(files, run):
    part = java(Project(files=dict.fromkeys(files, "")))
    assert runs(part) == {"unit": run}
    assert part.setup.inputs == files[:1]
    assert java(Project()) is None


def test_a_makefile_tests_what_nothing_else_is_known_of():
    assert runs(make(Project(suites=["make"]))) == {"unit": "make test"}
    assert make(Project()) is None


def test_an_image_is_built_with_more_power_and_its_base_wants_a_digest():
    text = f"FROM python:3.12 AS a\nFROM x.example/b@sha256:{'0' * 64}\nFROM scratch\n"
    part = built(Project(files={"Dockerfile": text}))
    (check,) = part.checks
    assert (check.kind, check.minutes) == ("builder", 30)
    assert check.run == "buildah bud --tag app --file Dockerfile ."
    assert check.why == "there is a Dockerfile; name its base by digest: python:3.12"
    assert built(Project()) is None


def test_an_image_from_scratch_has_no_base():
    (check,) = built(Project(files={"Containerfile": "FROM scratch\nFROM $BASE\n"})).checks
    assert check.why == "there is a Containerfile"
