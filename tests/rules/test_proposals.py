"""What is proposed for a repository as a whole, and how it is written."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.errors import Refused
from bot.rules.layers import SETTINGS, Layer
from bot.rules.proposals.base import Check, Project, Setup, table, within
from bot.rules.proposals.hosts import MOST, NAMING, hosts
from bot.rules.proposals.images import devcontainer
from bot.rules.proposals.proposal import Proposal, proposed
from bot.rules.proposals.workflows import beside, lines
from bot.rules.proposals.written import written
from bot.rules.repoconfig import effective, mistakes

IMAGE = f"registry.example/tools/python@sha256:{'0' * 64}"
HOST = "packages.example.com"
WORKFLOW = """
on: push
jobs:
  test:
    services: {postgres: {image: x}, "no name": {}}
    steps:
      - uses: checkout
      - run: |
          uv run --frozen pytest tests
          python -m mypy src
          echo ${{ secrets.X }} | cat
      - run: pytest elsewhere
        working-directory: other
      - text
  other: {steps: none, services: {postgres: {}, redis: {}}}
  broken: 1
"""


def plain(**more):
    blank = {"checks": (), "setup": None, "boxes": {}, "hosts": {}, "notes": ()}
    return Proposal(**(blank | more))


def reading(text):
    layer = Layer(where="acme/app", files={SETTINGS: text})
    assert mistakes(layer) == ()
    config = effective(None, layer)
    assert config.overruled == ()
    return config


def test_languages_stand_side_by_side_with_names_of_their_own():
    files = {"package.json": "{}", "go.mod": "", "Dockerfile": ""}
    top = Project(files=files, suites=["npm", "pytest", "go"])
    proposal = proposed(top)
    assert [each.name for each in proposal.checks] == [
        *("unit", "unit-node", "unit-go", "lint", "image"),
    ]
    assert list(proposal.boxes) == ["buildah", "go", "node", "python"]
    assert proposal.setup.steps[1:] == (
        *(".venv/bin/pip install pytest", "npm install", "go mod download"),
    )


def test_folders_ask_for_what_the_top_does_not():
    module = {"go.mod": "", "go.sum": ""}
    below = [
        Project(folder="Web.1", files={"package.json": "{}"}, suites=["npm"]),
        Project(folder="web-1", files={"package.json": "{}"}, suites=["npm"]),
        Project(folder="api", files=module, suites=["go", "make"]),
        Project(folder="py", files={"pyproject.toml": ""}, suites=["pytest"]),
    ]
    proposal = proposed(Project(files=module), below)
    assert [each.name for each in proposal.checks] == [
        *("unit", "lint", "unit-web-1", "unit-web-1-2", "unit-py"),
    ]
    assert proposal.checks[2].run == "cd Web.1 && CI=1 npm run test"
    assert proposal.checks[-1].report == "py/report.xml"
    assert "(cd Web.1 && npm install)" in proposal.setup.steps
    assert "Web.1/package.json" in proposal.setup.inputs


def test_a_folder_without_setup_has_none():
    below = Project(folder="image", files={"Dockerfile": "FROM scratch"})
    proposal = proposed(Project(), [below])
    assert proposal.setup is None
    assert proposal.checks[0].run == "cd image && buildah bud --tag app --file Dockerfile ."


def test_nothing_is_proposed_where_nothing_is_checked():
    assert proposed(Project(files={"package.json": "{}"})) is None


def test_a_devcontainer_tells_versions_and_installs_where_nothing_else_does():
    text = '{"image": "x.example/dev:1", /* c */ "postCreateCommand": "make deps",} // d'
    files = {".devcontainer.json": text, "Dockerfile": ""}
    proposal = proposed(Project(files=files))
    assert proposal.setup == Setup(
        steps=("make deps",),
        inputs=(".devcontainer.json",),
        why=".devcontainer.json runs this when it is made",
    )
    (note,) = proposal.notes
    assert note.startswith("People work in x.example/dev:1 here (.devcontainer.json): the tool")


@pytest.mark.parametrize("text", ["", "{", "[1"])
def test_a_devcontainer_that_cannot_be_read_says_nothing(text):
    assert devcontainer({".devcontainer.json": text}) is None
    assert devcontainer({}) is None


def test_an_image_is_built_from_the_places_that_its_dockerfile_names():
    file = "FROM golang:1.25 AS go\nFROM quay.io/a/b@sha256:1\nCOPY --from=go /a /a\n"
    text = written(proposed(Project(files={"Dockerfile": file})), {})
    assert (
        '    bases: ["docker.io/library/golang", "quay.io/a/b"]  # builds begin with them' in text
    )
    assert "name its base by digest: golang:1.25" in text
    assert "class: builder" in text


@pytest.mark.parametrize("text", ["[]", '{"image": 1, "postCreateCommand": ["a"]}'])
def test_a_devcontainer_of_another_shape_says_nothing(text):
    found = devcontainer({".devcontainer.json": text})
    assert (found.image, found.command) == ("", "")
    files = {".devcontainer.json": text, "Dockerfile": ""}
    assert proposed(Project(files=files)).notes == ()


def test_lines_of_workflows_lose_what_only_says_where_programs_are():
    found = lines({".github/workflows/ci.yml": WORKFLOW, "other.yml": WORKFLOW})
    assert [each.words for each in found] == ["pytest tests", "mypy src"]


@pytest.mark.parametrize("text", ["", "a: [", "jobs: 1", "- 1"])
def test_workflows_that_cannot_be_read_run_nothing(text):
    assert lines({".github/workflows/ci.yml": text}) == ()


def test_servers_beside_jobs_are_told():
    files = {".github/workflows/ci.yml": WORKFLOW, "Dockerfile": ""}
    assert beside(files) == {".github/workflows/ci.yml": ("postgres", "redis")}
    assert beside({".github/workflows/ci.yml": "jobs: {test: {}}"}) == {}
    said = written(proposed(Project(files=files)), {})
    assert (
        "#\n# .github/workflows/ci.yml starts postgres, redis beside its tests. For tests" in said
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", f'source = {{ registry = "https://{HOST}/simple" }}'),
        ("uv.lock", f'url = "https://user:word@{HOST.upper()}:443/a.whl"'),
        ("poetry.lock", f'[package.source]\nurl = "https://{HOST}"'),
        ("Pipfile.lock", f'"url": "https://{HOST}/simple"'),
        ("package-lock.json", f'"resolved": "https://{HOST}/a.tgz"'),
        ("yarn.lock", f'  resolved "https://{HOST}/a.tgz#1"'),
        ("pnpm-lock.yaml", f"resolution: {{tarball: https://{HOST}/a.tgz}}"),
        (".npmrc", f"@acme:registry=https://{HOST}/"),
        (".yarnrc.yml", f'npmRegistryServer: "https://{HOST}"'),
        ("requirements.txt", f"--index-url https://{HOST}/simple\nx"),
        ("Cargo.lock", f'source = "sparse+https://{HOST}/index/"'),
        ("pyproject.toml", f'[[tool.uv.index]]\nurl = "https://{HOST}/simple"'),
        ("pyproject.toml", f'[[tool.poetry.source]]\nname = "a"\nurl = "https://{HOST}"'),
    ],
)
def test_files_name_the_hosts_that_packages_come_from(name, text):
    assert hosts({name: text}) == {HOST: name}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package-lock.json", '"funding": {"url": "https://pay.example.com"}'),
        ("pyproject.toml", '[project.urls]\nurl = "https://example.com"'),
        ("pyproject.toml", '[tool.uv]\nindex = 1\n[[tool.poetry.source]]\nname = "a"'),
        ("uv.lock", 'url = "https://packages.example.com:8443/a"'),
        ("uv.lock", 'url = "https://127.0.0.1/a"'),
        ("uv.lock", 'url = "http://packages.example.com/a"'),
        ("README.md", 'url = "https://packages.example.com/a"'),
    ],
)
def test_what_is_no_host_of_packages_is_left(name, text):
    assert hosts({name: text}) == {}


def test_hosts_are_few_enough_to_be_read():
    text = "\n".join(f'url = "https://a{number}.example.com/"' for number in range(MOST + 5))
    assert len(hosts({"uv.lock": text})) == MOST


def test_a_whole_proposal_is_a_configuration():
    python = {"pyproject.toml": "[project]\n[tool.pytest]", "uv.lock": f'url = "https://{HOST}/"'}
    web = Project(folder="web", files={"package.json": "{}", "yarn.lock": python["uv.lock"]})
    proposal = proposed(Project(files=python, suites=["pytest"]), [web])
    config = reading(written(proposal, {"python": IMAGE}))
    assert config.setup.run == "uv sync --locked && (cd web && yarn install --frozen-lockfile)"
    assert config.setup.egress == (HOST,)
    assert config.setup.toolboxes == ("python",)
    assert config.setup.inputs == (
        *("uv.lock", "pyproject.toml", "web/package.json", "web/yarn.lock"),
    )
    assert config.validations["unit"].toolboxes == ("python",)
    assert config.validations["unit"].report == "report.xml"
    assert config.toolboxes["python"].image == IMAGE


def test_a_host_in_a_folder_is_told_with_it():
    web = {"package.json": "{}", ".npmrc": f"registry=https://{HOST}/"}
    proposal = proposed(Project(), [Project(folder="web", files=web, suites=["npm"])])
    assert proposal.hosts == {HOST: "web/.npmrc"}
    assert f"    - {HOST}  # web/.npmrc names it\n" in written(proposal, {})


def test_reasons_stand_behind_their_lines_or_above_them():
    check = Check(name="unit", run="true", why="it is so", minutes=20)
    text = written(plain(checks=(check,)), {})
    assert "  unit:  # it is so\n" in text
    assert "    timeout: 20m  # it takes longer" in text
    text = written(plain(checks=(Check(name="unit", run="true", why="long " * 30),)), {})
    assert re.search(r"^  # long .*\n  # long .*\n  unit:$", text, re.MULTILINE)
    assert max(map(len, text.splitlines())) < 100


def test_what_would_be_refused_is_a_comment_with_the_words():
    odd = Check(name="odd", run=" ", why="x")
    good = Check(name="good", run="true", why="x")
    setup = Setup(steps=("true",), inputs=("../up",), why="x")
    text = written(plain(checks=(odd, good), setup=setup), {})
    assert "#     run: " in text
    assert "is not a command" in text
    assert "# setup:\n" in text
    config = reading(text)
    assert list(config.validations) == ["good"]
    assert config.setup is None


def test_a_configuration_may_consist_of_comments():
    text = written(plain(checks=(Check(name="odd", run=" ", why="x"),)), {})
    assert reading(text).validations == {}


def test_setup_without_inputs_has_no_line_for_them():
    setup = Setup(steps=("true",), inputs=(), why="x")
    check = Check(name="good", run="true", why="x")
    assert reading(written(plain(checks=(check,), setup=setup), {})).setup.inputs == ()


def test_a_toolbox_that_nothing_needs_is_written_all_the_same():
    text = written(plain(checks=(Check(name="unit", run="true", why="x"),)), {"node": IMAGE})
    assert "# it was asked for; no validation below needs it\n" in text


def test_toolboxes_that_are_missing_are_shown_as_a_comment():
    text = written(plain(boxes={"go": "go.mod asks for it"}), {})
    assert '# toolboxes:\n#   go: {image: "registry.example/tools/go@sha256:…"}  # go.mod' in text


def test_a_toolbox_without_digest_is_refused():
    with pytest.raises(Refused, match="is not an image by its digest"):
        written(plain(), {"python": "python:3.12"})


def test_what_cannot_be_read_says_nothing():
    assert table("a = ") == {}
    assert within({"a": 1}, "a", "b") == {}
    assert Project(files={"uv.lock": "ruff"}).naming("ruff") == "its files"


TEXTS = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        [
            *('{"scripts": {"test": "x"}, "engines": {"node": "1\\u2028"}}', WORKFLOW),
            *("[project]\nrequires-python = 'x\\n'", 'url = "https://a.example.com/x"'),
            *('{"image": "a\\nb", "postCreateCommand": "a\\n---"}', "FROM a\x00b # c\nFROM é"),
        ]
    ),
)
NAMES = st.sampled_from(
    [
        *(*NAMING, "pyproject.toml", "package.json", "go.mod", "Cargo.toml", "rust-toolchain"),
        *("Dockerfile", ".devcontainer.json", ".python-version", ".nvmrc"),
        *(".github/workflows/ci.yml", ".pre-commit-config.yaml"),
    ]
)
TOOLS = st.sets(st.sampled_from(["ruff check", "black", "eslint", "prettier", "cargo fmt"]))


@settings(max_examples=60, deadline=None)
@given(files=st.dictionaries(NAMES, TEXTS), tools=TOOLS, folder=st.sampled_from(["", "1.0", "No"]))
def test_whatever_files_say_the_proposal_is_sound(files, tools, folder):
    suites = ["pytest", "npm", "go", "make"]
    project = Project(folder=folder, files=files, tools=tools, suites=suites)
    proposal = proposed(Project(), [project]) if folder else proposed(project)
    if proposal:
        reading(written(proposal, {"python": IMAGE}))
