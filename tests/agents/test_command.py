from dataclasses import replace

from bot.agents.command import Command
from bot.agents.events import Finished
from bot.model.ids import Fence, JobName, Repo, RunId, Sha
from bot.model.runs import AgentSpec, JobPlan

PLAN = JobPlan(
    job=JobName("j"), run=RunId("r"), fence=Fence(1), repo=Repo("o/r"), shelf=Repo("o/r.5"),
    subject=7, base=Sha("a" * 40), base_branch="main", brief="Do it.",
    agent=AgentSpec(
        name="x", description="", runtime="command", command=("make", "fix"),
        outputs={"pull_request": 1, "noop": 1},
    ),
)  # fmt: skip


def test_a_program_is_started_with_its_brief_beside_it():
    start = Command().start(PLAN)
    assert start.program == ("make", "fix")
    assert start.files["brief.md"] == "Do it."
    assert start.talk is None
    assert start.environment == {
        "GREENROOM_AGENT": "x",
        "GREENROOM_BASE": "a" * 40,
        "GREENROOM_KIND": "issue",
        "GREENROOM_OUTPUTS": "pull_request noop",
        "GREENROOM_BRIEF": "/run/greenroom/brief.md",
        "GREENROOM_SOCKET": "/run/greenroom/gateway.sock",
        "GREENROOM_SUBJECT": "o/r#7",
    }


def test_a_program_that_names_a_model_finds_it():
    agent = replace(PLAN.agent, model="gpt-5.2")
    start = Command().start(replace(PLAN, agent=agent))
    assert start.port == 8017
    assert start.environment["GREENROOM_MODEL"] == "gpt-5.2"
    assert start.environment["OPENAI_BASE_URL"] == "http://127.0.0.1:8017/models/openai/v1"
    assert Command().start(PLAN).port is None


def test_an_exit_status_is_taken_at_its_word():
    assert Command().outcome("exited", 3) == Finished(cause="exited", exit=3)


def test_a_status_above_128_is_a_signal_to_the_program_and_below_0_to_its_box():
    assert Command().outcome("timeout", 143) == Finished(cause="timeout", signal=15)
    assert Command().outcome("exited", -9) == Finished(cause="exited", signal=9)


def test_a_program_has_no_session_to_go_on_with():
    assert Command().session == ()
    assert Command().resumed(["x"]) is None
