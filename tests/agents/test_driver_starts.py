import json
from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from bot.agents import models
from bot.agents.acp.driver import Acp
from bot.agents.base import NOT_THERE, by_turn
from bot.agents.claude import Claude
from bot.agents.codex import Codex
from bot.agents.events import Finished, Turn
from bot.agents.gemini import SETTINGS, Gemini
from bot.agents.masks import MASKS
from bot.agents.opencode import Opencode, settings
from bot.harness.work import DRIVERS
from bot.model.ids import Fence, JobName, Repo, RunId, Sha
from bot.model.runs import AgentSpec, JobPlan

PLAN = JobPlan(
    job=JobName("j"), run=RunId("r"), fence=Fence(1), repo=Repo("o/r"), shelf=Repo("o/r.5"),
    subject=7, base=Sha("a" * 40), base_branch="main", brief="Do it.",
    agent=AgentSpec(
        name="fix", description="", runtime="codex", model="m-1", command=("any", "--acp")
    ),
)  # fmt: skip
NO_MODEL = replace(PLAN, agent=replace(PLAN.agent, model=""))
THREAD = "01a208d4-d1f1-7b12-9b07-2006d7558d54"
READ = ("claude", "codex", "gemini", "opencode")


@pytest.mark.parametrize("name", READ)
def test_each_is_given_its_brief_by_its_input_and_a_model_without_a_key(name):
    start = DRIVERS[name]().start(PLAN)
    assert start.program[0] == name
    assert start.files[start.stdin] == PLAN.brief
    assert not any("Do it." in word for word in start.program)
    assert start.environment["OPENAI_API_KEY"] == models.KEY
    assert start.environment["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:8017/models/anthropic"
    assert (start.port, start.talk) == (models.PORT, None)
    assert set(MASKS) <= set(start.masks)


@pytest.mark.parametrize("name", READ)
def test_each_is_told_of_the_server_of_our_tools_and_of_no_other(name):
    start = DRIVERS[name]().start(PLAN)
    told = " ".join((*start.program, *start.home.values()))
    assert told.count(models.TOOLS) == 1
    assert name == "codex" or '"greenroom": {' in told


def test_models_are_named_where_somebody_has_said_one():
    for driver in (Claude(), Codex(), Gemini()):
        assert "m-1" in driver.start(PLAN).program
        assert not {"-m", "--model"} & set(driver.start(NO_MODEL).program)
    assert "ANTHROPIC_DEFAULT_HAIKU_MODEL" not in Claude().start(NO_MODEL).environment
    assert settings("")["model"] == "compatible/default"


@pytest.mark.parametrize(
    ("model", "provider", "address"),
    [
        ("claude-sonnet-4-5", "anthropic", f"{models.ANTHROPIC}/v1"),
        ("gpt-5.2", "openai", models.OPENAI),
        ("o3", "openai", models.OPENAI),
        ("gemini-2.5-pro", "google", f"{models.GEMINI}/v1beta"),
        ("openrouter/any", "compatible", models.COMPATIBLE),
    ],
)
def test_opencode_finds_the_provider_by_the_name_of_the_model(model, provider, address):
    said = settings(model)
    assert said["model"] == f"{provider}/{model}"
    assert said["provider"][provider]["options"]["baseURL"] == address
    assert ("npm" in said["provider"][provider]) is (provider == "compatible")


@pytest.mark.parametrize(
    ("driver", "files", "session", "words"),
    [
        (Codex(), [f".codex/sessions/2026/11/23/rollout-2026-11-23T14-34-54-{THREAD}.jsonl"],
         THREAD, ("resume", THREAD, "-")),
        (Gemini(), [".gemini/projects.json", ".gemini/tmp/workspace/chats/session-1.jsonl"],
         "latest", ("--resume", "latest")),
        (Opencode(), [".local/share/opencode/opencode.db"], "last", ("--continue",)),
        (Claude(), [f".claude/projects/-workspace/{THREAD}.jsonl"], THREAD, ("--resume", THREAD)),
    ],
)  # fmt: skip
def test_a_session_that_was_put_back_is_gone_on_with(driver, files, session, words):
    assert driver.resumed(files) == session
    assert driver.start(PLAN, session).program[-len(words) :] == words
    assert driver.resumed([]) is None
    assert all(any(PurePosixPath(each).match(glob) for glob in driver.session) for each in files)


def test_a_file_of_another_name_is_no_thread_of_codex():
    assert Codex().resumed([".codex/sessions/2026/11/23/rollout---evil.jsonl"]) is None


def test_settings_lie_in_the_home_of_those_that_read_them_there():
    assert json.loads(Gemini().start(PLAN).home[".gemini/settings.json"]) == SETTINGS
    text = Opencode().start(PLAN).home[".config/opencode/opencode.json"]
    assert json.loads(text) == settings("m-1")


def test_any_agent_of_the_protocol_is_run_by_its_command_and_talked_to():
    start = Acp().start(PLAN)
    assert start.environment["GREENROOM_MODEL"] == "m-1"
    assert "GREENROOM_MODEL" not in Acp().start(NO_MODEL).environment
    assert start.program == ("any", "--acp")
    assert start.talk.prompt == "Do it."
    assert (start.port, start.talk.tools) == (models.PORT, models.TOOLS)
    assert Acp().resumed(["any"]) is None


WELL, BADLY, STEPS = Turn(stop="end_turn"), Turn(trouble="No."), Turn(stop="tool-calls")


@pytest.mark.parametrize(
    ("cause", "status", "turn", "end"),
    [
        ("exited", 0, WELL, Finished(cause="exited", exit=0)),
        ("exited", 1, WELL, Finished(cause="exited", exit=1)),
        ("exited", 0, BADLY, Finished(cause="crashed", words="No.")),
        ("exited", 0, STEPS, Finished(cause="crashed")),
        ("exited", 0, None, Finished(cause="crashed")),
        ("exited", 137, None, Finished(cause="crashed", signal=9)),
        ("exited", 127, Turn(), Finished(cause="crashed", words=NOT_THERE)),
        ("timeout", 143, None, Finished(cause="timeout", signal=15)),
    ],
)
def test_only_a_turn_that_was_told_of_is_a_good_end(cause, status, turn, end):
    assert by_turn(cause, status, turn) == end
    for driver in (Acp(), Claude(), Codex(), Gemini(), Opencode()):
        assert driver.outcome(cause, status, turn) == end


def test_gemini_ends_with_a_part_of_a_status_of_http_and_no_signal():
    assert Gemini().outcome("exited", 144, BADLY) == Finished(cause="crashed", words="No.")
