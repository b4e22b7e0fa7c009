"""The page about configuration and the published schemas say what the code does."""

import json
import re
from textwrap import dedent

import jsonschema_rs
import pytest

from bot.rules import agentfile, configfile, layers
from bot.rules.agentfile import EVENTS, OUTPUTS, RUNTIMES
from bot.rules.conditions import FUNCTIONS, MACROS
from bot.rules.mistakes import MOST_MISTAKES
from bot.rules.precedence import names
from bot.rules.repoconfig import Layer, mistakes
from tests.rules.config_pages import DOCS, PAGE, SCHEMAS, anew, published

TEXT = PAGE.read_text()
PAGES = (TEXT, *((DOCS / name).read_text() for name in ("toolboxes.md", "validations.md")))
YAML = re.compile(r"^ *```yaml\n(.+?)^ *```", re.DOTALL | re.MULTILINE)
SETTINGS = [dedent(text) for page in PAGES for text in YAML.findall(page)]
AGENTS = re.findall(r"^```markdown\n(.+?)^```", TEXT, re.DOTALL | re.MULTILINE)


def fits(schema: str, text: str) -> None:
    """Hold YAML against a published schema, as an editor does."""
    node, _ = configfile.compose(schema, text)
    value = json.loads(json.dumps(configfile.plain(node)))
    jsonschema_rs.validate(json.loads((DOCS / schema).read_text()), value)


def test_the_tables_are_as_the_code_has_them():
    assert anew(TEXT) == TEXT, "run `python -m tests.rules.config_pages`"


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.name)
def test_the_published_schemas_are_those_of_the_code(file):
    assert file.read_text() == published(*SCHEMAS[file]), (
        "run `python -m tests.rules.config_pages`"
    )


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.name)
def test_the_published_schemas_are_schemas(file):
    assert "$id" not in json.loads(file.read_text())
    jsonschema_rs.meta.validate(json.loads(file.read_text()))


@pytest.mark.parametrize("text", SETTINGS)
def test_every_example_of_settings_is_right(text):
    text = text.replace("sha256:…", f"sha256:{'0' * 64}")
    fits("greenroom.schema.json", text)
    included = {".github/greenroom/limits.yml": "", ".github/greenroom/agents.yml": ""}
    files = {".github/greenroom.yml": text, **included}
    assert not mistakes(Layer(where="acme/.github", files=files))


@pytest.mark.parametrize("text", AGENTS)
def test_every_example_of_an_agent_is_right(text):
    off = "agents: {tidy: {enabled: false}}"
    files = {".github/agents/example.md": text, ".github/greenroom.yml": off}
    assert not mistakes(Layer(where="acme/app", files=files))
    fits("agent.schema.json", text.split("---\n")[1])


def test_every_setting_is_told():
    assert all(f"`{name}" in TEXT for name in names())


@pytest.mark.parametrize(
    "words",
    [EVENTS.words, OUTPUTS.words, RUNTIMES.words, FUNCTIONS, MACROS],
    ids=lambda words: next(iter(words)),
)
def test_every_word_is_told(words):
    assert all(f"`{word}`" in TEXT for word in words)


def test_every_bound_is_told():
    bounds = TEXT.split("## Bounds\n")[1].replace("\n", " ")
    for number in (
        f"{configfile.MOST_SIZE // 1024} KiB",
        f"{configfile.MOST_NODES:,} values",
        f"{configfile.MOST_DEPTH} lists",
        f"{configfile.MOST_BRACKETS} brackets",
        f"{layers.MOST_SIZE // 1024**2} MiB",
        f"{layers.MOST_AGENTS} agents",
        f"{agentfile.MOST_PROMPT:,} characters",
    ):
        assert number in bounds
    assert MOST_MISTAKES == 50
    assert layers.DEEPEST == 4
