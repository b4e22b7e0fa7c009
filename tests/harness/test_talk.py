"""The harness between an agent that is talked to and the gateway; no box is needed for that."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path

import pytest

from bot.agents.base import Talk
from bot.agents.events import Turn
from bot.agents.playbook.driver import Playbook
from bot.harness.gateway_client import Gateway
from bot.harness.program import Program
from bot.harness.supervise import Job, _Supervision
from bot.model.ids import Login
from bot.model.runs import Message
from bot.sandbox.folder import JobFolder, Order
from tests.runners.conftest import make_gateway, make_stage

LETTER = Message(kind="steer", text="And the docs.", by=Login("ann"), trusted=True)
SCRIPT = Path(__file__).parents[1] / "agents" / "troublemaker.py"


class Unboxed(Program):
    """Ends as a box does: with everything in it."""

    def kill(self):
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


class Watched:
    """One agent without a box, its gateway, and what became of them."""

    def __init__(self, tmp_path, grace):
        self.stage = make_stage(tmp_path, {"a": "1\n"})
        self.gateway = make_gateway(self.stage, ())
        self.kept = []
        self.folder = JobFolder(tmp_path / "job")
        self.folder.make()
        self.order = Order(
            job="job-1", task="agent", uid=None, tree="", mirror="", gateway="", toolboxes=(),
            code="", packages=(), python="", clock=None, limits={}, bwrap="", disable_userns=True,
            grace=grace, launched=time.monotonic(),
        )  # fmt: skip

    async def keep(self):
        self.kept.append(len(self.gateway.told("/messages")))

    def start(self, way):
        """Start it as a child of a shell, as in a box it is one of the first process there."""
        pipe = subprocess.PIPE
        command = f"{sys.executable} {SCRIPT} {way}; exit $?"
        process = subprocess.Popen(
            ["sh", "-c", command],
            stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, start_new_session=True,
        )  # fmt: skip
        return Unboxed(process, process.pid)

    @asynccontextmanager
    async def supervision(self, way):
        agent = self.start(way)
        async with self.gateway:
            gateway = self.connected()
            job = Job(
                folder=self.folder, order=self.order, plan=self.stage.plan, token="t",
                gateway="", driver=Playbook(), talk=Talk(prompt="Do it."), agent=agent,
                listener=None, started=time.monotonic(),
            )  # fmt: skip
            supervision = _Supervision(job)
            live = asyncio.create_task(supervision._live(gateway, self.keep))
            yield supervision, live
            supervision._output.close()
        for stream in (agent._process.stdin, agent._process.stdout, agent._process.stderr):
            stream.close()

    def connected(self):
        return Gateway(str(self.gateway.folder / "gateway.sock"), self.gateway.run_token)

    async def live(self, way):
        async with self.supervision(way) as (_, live):
            return await live

    @property
    def log(self):
        return self.folder.agent_log.read_text()


@pytest.fixture
def watched(tmp_path):
    return Watched(tmp_path, grace=60)


@pytest.fixture
def hasty(tmp_path):
    """Whoever does not end at once is made to."""
    return Watched(tmp_path, grace=1.5)


async def test_an_agent_ends_by_itself_when_there_is_nothing_more_to_say(watched):
    assert await watched.live("well") == (0, Turn(stop="end_turn"))
    assert [each["text"] for each in watched.gateway.told("/steps")] == [
        "Reading",
        "I have read it.",
    ]
    assert watched.log == "Reading\nI have read it.\n"


async def test_what_is_no_message_is_in_the_log(watched):
    assert (await watched.live("garbage"))[0] == 0
    assert watched.log.startswith("Welcome!\n")


async def test_an_agent_that_goes_on_after_its_turn_is_made_to_end(hasty):
    status, turn = await hasty.live("late")
    assert turn.went_well
    assert status != 0


async def test_a_bad_status_after_a_good_turn_is_kept(watched):
    status, turn = await watched.live("badly")
    assert (status, turn.went_well) == (1, True)
    assert Playbook().outcome("exited", status, turn).exit == 1


async def test_an_agent_that_dies_in_the_middle_leaves_words(watched):
    status, turn = await watched.live("dies")
    assert (status, turn.went_well) == (0, False)
    assert watched.log.splitlines()[-1] == turn.trouble


async def test_a_stopped_agent_ends_its_turn_first(watched):
    async with watched.supervision("cancelled") as (supervision, live):
        await watched.gateway.until("/steps")
        supervision._fate.decide("cancelled")
        assert await live == (0, Turn(stop="cancelled"))


async def test_one_that_does_not_listen_is_ended_all_the_same(hasty):
    async with hasty.supervision("silent") as (supervision, live):
        supervision._fate.decide("timeout")
        status, turn = await live
    assert status == -15
    assert turn.trouble.endswith("It broke the conversation off.")


async def test_after_a_newer_job_nothing_is_waited_for(watched):
    async with watched.supervision("silent") as (supervision, live):
        supervision._fate.fence()
        status, turn = await live
    assert (status, turn) == (-9, None)


async def test_a_question_is_an_output_and_a_refusal_is_an_answer(watched):
    assert await watched.live("question") == (0, Turn(stop="cancelled", asked=True))
    assert watched.gateway.told("/outputs") == [
        {"kind": "question", "text": "May I?", "choices": ["Allow_Once", "Reject_Once"]}
    ]


async def test_a_question_that_is_refused_is_answered_no(watched):
    refusal = {"accepted": False, "reason": "limit", "words": "No more.", "left": 0}
    watched.gateway.answers["/outputs"] = (422, refusal)
    assert await watched.live("question") == (0, Turn(stop="refusal"))


async def test_an_agent_is_told_at_its_next_turn_what_has_come_and_its_files_are_written_anew(
    watched,
):
    watched.gateway.letters = [[asdict(LETTER)], [asdict(LETTER), asdict(LETTER)]]
    assert await watched.live("turns") == (0, Turn(stop="end_turn"))
    assert [each["after"] for each in watched.gateway.told("/messages")] == [0, 1, 3]
    heard = "I heard: # What has come since"
    assert [each["text"] for each in watched.gateway.told("/steps")] == ["I heard: Do it.", heard]
    told = json.loads((watched.folder.door / "brief.json").read_text())
    assert [each["text"] for each in told["messages"]] == ["And the docs."] * 2
    assert watched.kept == [1, 2]


async def test_messages_that_cannot_be_had_are_left_to_another_job(watched):
    watched.gateway.answers["/messages"] = (404, {"reason": "address"})
    assert await watched.live("turns") == (0, Turn(stop="end_turn"))
    assert len(watched.gateway.told("/messages")) == 1


async def test_a_job_that_was_replaced_learns_of_it_between_turns(watched):
    watched.gateway.answers["/messages"] = (409, {"reason": "fenced"})
    async with watched.supervision("turns") as (supervision, live):
        assert (await live)[1] is None
        assert supervision._fate.fenced


async def test_an_agent_that_has_ended_is_told_nothing_more(watched):
    watched.gateway.letters = [[asdict(LETTER)]]
    status, turn = await watched.live("dies")
    assert (status, turn.went_well) == (0, False)
    assert watched.gateway.told("/messages") == []


def test_the_protocols_sdk_is_not_on_the_way_to_an_agent():
    names = "sorted({'acp', 'pydantic', 'asyncio', 'aiohttp'} & set(sys.modules))"
    program = f"import sys, bot.harness.__main__; print({names})"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=SCRIPT.parents[2], check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "[]\n"
