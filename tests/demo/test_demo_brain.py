"""Which real agent the demo offers, and what it shows a job of the machine for that."""

from pathlib import Path

import pytest

from bot.demo.brain import Brain, found, missing, toolbox
from bot.demo.scene import Scene

KEYS = {"OPENAI_API_KEY": "k2", "GEMINI_API_KEY": "k3"}


def program(file: Path, text: str = "\x7fELF") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    return program(tmp_path / "bin" / "gemini").parent


def test_an_agent_with_its_key_and_its_program_is_offered(bin_folder):
    other = {"ANTHROPIC_API_KEY": "", "GREENROOM_MODELS": "/models.yml"}
    brain = found({"PATH": str(bin_folder), **KEYS, **other})
    settings = {"GEMINI_API_KEY": "k3", "GREENROOM_MODELS": "/models.yml"}
    assert brain == Brain(runtime="gemini", program=bin_folder / "gemini", settings=settings)
    assert "k3" not in repr(brain)


@pytest.mark.parametrize("given", [{}, {"ANTHROPIC_API_KEY": "k1"}, {"GEMINI_API_KEY": ""}])
def test_without_one_of_them_there_is_none(bin_folder, given):
    assert found({"PATH": str(bin_folder), **given}) is None


def test_what_is_missing_is_said_of_each(bin_folder):
    assert missing({"PATH": str(bin_folder), "OPENAI_API_KEY": "k2"}) == (
        "claude needs ANTHROPIC_API_KEY and its program; codex needs its program; "
        "gemini needs GEMINI_API_KEY; opencode needs OPENAI_COMPATIBLE_URL and its program"
    )


def brain_of(file: Path) -> Brain:
    return Brain(runtime="codex", program=file, settings={})


def test_a_program_that_jobs_find_anyway_needs_no_toolbox(tmp_path):
    assert toolbox(brain_of(Path("/usr/bin/env")), tmp_path / "box") is None


def test_of_a_home_a_job_sees_the_program_alone(tmp_path):
    real = program(tmp_path / "home/versions/codex-7")
    (tmp_path / "home/secret").touch()
    (tmp_path / "home/codex").symlink_to(real)
    box = toolbox(brain_of(tmp_path / "home/codex"), tmp_path / "box")
    assert [str(each.relative_to(box)) for each in box.rglob("*")] == ["bin", "bin/codex"]
    assert (box / "bin/codex").read_text() == "\x7fELF"


def test_a_package_of_npm_comes_whole_with_the_node_that_runs_it(tmp_path):
    package = tmp_path / "lib/node_modules/@openai/codex"
    program(package / "bin/codex.js", "#!/usr/bin/env node\n").chmod(0o644)
    program(package / "node_modules/part/index.js", "")
    program(tmp_path / "bin/node")
    (tmp_path / "bin/codex").symlink_to("../lib/node_modules/@openai/codex/bin/codex.js")
    for _ in range(2):
        box = toolbox(brain_of(tmp_path / "bin/codex"), tmp_path / "box")
    assert (box / "bin/codex").resolve() == box / "package/bin/codex.js"
    assert (box / "bin/codex").stat().st_mode & 0o111
    assert (box / "package/node_modules/part/index.js").exists()
    assert (box / "bin/node").exists()


def test_only_the_gateway_is_given_the_key(tmp_path):
    (tmp_path / "app.json").write_text('{"id": 7, "secret": "s"}')
    world = Scene(root=tmp_path, agent=tmp_path / "box", runtime="gemini", models=KEYS)
    work, gateway = world.settings("work"), world.settings("gateway")
    assert (work["GREENROOM_RUNTIME"], work["GREENROOM_TOOLBOXES"]) == (
        "gemini",
        f"agent={tmp_path / 'box'}",
    )
    assert KEYS.items() <= gateway.items()
    assert not KEYS.keys() & (work.keys() | world.settings("web").keys())
