import json

import pytest

from bot.agents.events import Finished, Turn
from bot.agents.playbook.driver import Playbook
from bot.agents.playbook.task import Task, Text, read
from bot.model.ids import Fence, JobName, Login, Repo, RunId, Sha
from bot.model.runs import AgentSpec, JobPlan
from bot.model.runs import Text as Written

PLAN = JobPlan(
    job=JobName("j"), run=RunId("r"), fence=Fence(1), repo=Repo("o/r"), shelf=Repo("o/r.5"),
    subject=7, kind="pull", base=Sha("a" * 40), base_branch="main", brief="Do it.", title="T",
    agent=AgentSpec(name="fix", description="", runtime="playbook", prompt="You fix."),
    instruction="apply this", texts=(
        Written(author=Login("alice"), trusted=True, body="b", path="a.py", line=3, start_line=2),
    ),
)  # fmt: skip
WELL, BADLY = Turn(stop="end_turn"), Turn(trouble="It broke the conversation off.")


def test_it_is_told_by_a_file_and_prompted_by_the_brief():
    start = Playbook().start(PLAN)
    assert start.program == ("playbook", "/run/greenroom/brief.json")
    assert start.talk is not None
    assert start.talk.prompt == "Do it."
    assert start.environment["GREENROOM_KIND"] == "pull"
    assert json.loads(start.files["brief.json"])["prompt"] == "You fix."


def test_it_goes_on_with_the_session_whose_file_is_the_newest():
    session = Playbook().resumed([".playbook/old.jsonl", ".playbook/new.jsonl"])
    assert session == "new"
    assert Playbook().start(PLAN, session).talk.session == "new"
    assert Playbook().resumed([]) is None
    assert Playbook().start(PLAN).talk.session is None


def test_what_it_is_told_is_what_it_reads():
    text = Text(author="alice", trusted=True, body="b", path="a.py", line=3, start_line=2)
    task = Task(instruction="apply this", texts=(text,))
    assert read(Playbook().start(PLAN).files["brief.json"]) == task


@pytest.mark.parametrize(
    ("cause", "status", "turn", "end"),
    [
        ("exited", 0, WELL, Finished(cause="exited", exit=0)),
        ("exited", 1, WELL, Finished(cause="exited", exit=1)),
        ("exited", 143, WELL, Finished(cause="exited", signal=15)),
        ("exited", 0, BADLY, Finished(cause="crashed", words=BADLY.trouble)),
        ("exited", 0, Turn(stop="refusal"), Finished(cause="crashed")),
        ("exited", 0, Turn(stop="cancelled"), Finished(cause="crashed")),
        ("exited", 0, Turn(stop="cancelled", asked=True), Finished(cause="exited", exit=0)),
        ("exited", 0, None, Finished(cause="crashed")),
        ("timeout", 143, BADLY, Finished(cause="timeout", signal=15)),
        ("cancelled", 0, Turn(stop="cancelled"), Finished(cause="cancelled", exit=0)),
    ],
)
def test_only_a_turn_that_came_to_its_end_and_a_good_status_make_a_good_end(
    cause, status, turn, end
):
    assert Playbook().outcome(cause, status, turn) == end
