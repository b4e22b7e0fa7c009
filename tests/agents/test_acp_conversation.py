"""The client of the protocol against agents that misbehave; each is a process of its own."""

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.agents.acp import wire as wires
from bot.agents.acp.conversation import Conversation
from bot.agents.acp.wire import LONGEST, Wire
from bot.agents.base import Talk
from bot.agents.events import Turn
from bot.agents.teller import AT_ONCE
from tests.agents.troublemaker import SECRET

SCRIPT = Path(__file__).with_name("troublemaker.py")


class Talked:
    """A conversation with one of them, and what came of it."""

    def __init__(self, *more, taken=True, session=None, tools=None):
        self.prompts = list(more)
        self.lines, self.noise, self.questions = [], [], []
        self.said = asyncio.Event()
        self.taken, self.session, self.tools = taken, session, tools

    async def tell(self, line):
        self.lines.append(line)
        self.said.set()

    async def ask(self, text, choices):
        self.questions.append((text, choices))
        return self.taken

    async def more(self):
        return self.prompts.pop(0) if self.prompts else None

    @asynccontextmanager
    async def with_agent(self, way, answers_within=60.0):
        pipe = asyncio.subprocess.PIPE
        agent = await asyncio.create_subprocess_exec(
            sys.executable, str(SCRIPT), way, stdin=pipe, stdout=pipe, limit=LONGEST
        )
        talk = Talk(
            prompt="Do it.", allowed=frozenset({"edit"}), session=self.session, tools=self.tools
        )
        yield Conversation(
            Wire(agent.stdout, agent.stdin, self.noise.append),
            talk,
            workspace="/workspace",
            tell=self.tell,
            ask=self.ask,
            more=self.more,
            answers_within=answers_within,
        )
        agent.stdin.close()
        if agent.returncode is None:
            agent.kill()
        await asyncio.gather(agent.wait(), agent.stdout.read())

    async def hold(self, way, **settings):
        async with self.with_agent(way, **settings) as conversation:
            return await conversation.hold()


async def test_a_good_agent_is_heard_to_its_end():
    talked = Talked()
    assert await talked.hold("well") == Turn(stop="end_turn")
    assert talked.lines == ["Reading", "I have read it."]


async def test_a_silent_agent_is_not_waited_for():
    turn = await Talked().hold("silent", answers_within=0.2)
    assert turn.trouble == "The agent did not answer initialize within 0 seconds."
    assert not turn.went_well


async def test_what_is_no_message_is_kept_as_noise_and_nothing_more():
    talked = Talked()
    assert (await talked.hold("garbage")).went_well
    assert talked.noise[0] == b"Welcome!\n"
    assert len(talked.noise) == 6


async def test_a_line_without_an_end_ends_the_conversation():
    turn = await Talked().hold("long_line")
    assert turn.trouble.endswith("session/prompt. It sent a line of more than 8 MB.")


async def test_too_much_ends_it_too(monkeypatch):
    monkeypatch.setattr(wires, "MOST", 1024**2)
    talked = Talked()
    turn = await talked.hold("endless")
    assert turn.trouble.endswith("It sent more than 1 MB.")
    assert len(talked.lines) <= AT_ONCE + 2
    assert talked.lines[-1] == turn.trouble


async def test_an_agent_that_dies_in_the_middle_is_told_as_such():
    talked = Talked()
    turn = await talked.hold("dies")
    words = "The agent did not answer session/prompt. It broke the conversation off."
    assert turn == Turn(trouble=words)
    assert talked.lines == ["Reading", words]


async def test_only_what_is_granted_is_allowed_and_only_once():
    talked = Talked()
    await talked.hold("permissions")
    assert talked.lines == [
        "edit: allow_once",
        "edit: reject_once",
        "fetch: reject_once",
        "fetch: cancelled",
        "other: cancelled",
    ]
    assert talked.questions == []


async def test_an_agent_that_reaches_servers_is_told_of_ours_and_calls_it_without_a_person():
    talked = Talked(tools="http://127.0.0.1:8017/mcp", taken=False)
    await talked.hold("tooled")
    told, *answers = talked.lines
    assert json.loads(told) == [
        {"type": "http", "name": "greenroom", "url": "http://127.0.0.1:8017/mcp", "headers": []}
    ]
    assert [each.split()[-1] for each in answers] == ["allow_once", "allow_once", "reject_once"]
    assert [text for text, _ in talked.questions] == ["Merge greenroom?"]


@pytest.mark.parametrize(("way", "tools"), [("untooled", "http://a/mcp"), ("tooled", None)])
async def test_other_agents_are_told_of_no_server(way, tools):
    talked = Talked(tools=tools)
    await talked.hold(way)
    assert talked.lines[0] == "[]"


async def test_of_a_storm_of_questions_one_reaches_a_person():
    talked = Talked()
    turn = await talked.hold("storm")
    assert talked.questions == [("May I?", ("Allow_Once", "Reject_Once"))]
    assert turn == Turn(stop="end_turn", asked=True)
    assert talked.lines == ["1999 answers of mine"]


async def test_an_agent_that_takes_no_answers_is_not_read_on():
    talked = Talked()
    async with talked.with_agent("deaf") as conversation:
        held = asyncio.create_task(conversation.hold())
        await asyncio.wait({held}, timeout=1.5)
        assert not held.done()
        assert conversation._wire._read < 4 * 1024**2
        held.cancel()
        await asyncio.wait({held})


async def test_a_turn_that_ends_with_a_question_went_well():
    turn = await Talked().hold("question")
    assert turn == Turn(stop="cancelled", asked=True)
    assert turn.went_well


async def test_a_question_that_is_not_taken_is_answered_no():
    turn = await Talked(taken=False).hold("question")
    assert turn == Turn(stop="refusal")
    assert not turn.went_well


async def test_fields_that_an_agent_adds_change_nothing():
    talked = Talked()
    turn = await talked.hold("forged")
    assert turn.stop == "end_turn"
    assert talked.lines == ["cancelled"]


async def test_an_agents_error_is_shown_without_its_secrets():
    talked = Talked()
    turn = await talked.hold("secret")
    assert turn.trouble == (
        "The agent answered session/prompt with an error: Internal error: no ▇▇▇"
    )
    assert SECRET not in str(talked.lines)


async def test_what_comes_after_the_turn_is_not_heard():
    talked = Talked()
    assert (await talked.hold("late")).went_well
    assert talked.lines == []


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("nonsense", "The agent answered initialize with something that is no answer."),
        ("tomorrow", "The agent speaks version 2 of the protocol."),
    ],
)
async def test_an_agent_of_another_protocol_is_told_as_such(way, words):
    assert (await Talked().hold(way)).trouble == words


async def test_a_turn_that_is_cancelled_ends_so():
    talked = Talked()
    async with talked.with_agent("cancelled") as conversation:
        held = asyncio.create_task(conversation.hold())
        await talked.said.wait()
        await conversation.cancel()
        assert await held == Turn(stop="cancelled")
        await conversation.cancel()


async def test_a_turn_that_is_cancelled_early_never_begins():
    talked = Talked()
    async with talked.with_agent("well") as conversation:
        await conversation.cancel()
        assert await conversation.hold() == Turn(stop="cancelled")
    assert talked.lines == []


async def test_neither_files_nor_terminals_are_offered():
    talked = Talked()
    await talked.hold("borrows")
    assert talked.lines == ["-32601, None"]


async def test_a_session_is_gone_on_with_and_its_past_is_not_news():
    talked = Talked(session="s-9")
    assert (await talked.hold("loads")).went_well
    assert talked.lines == ["session/load s-9"]


async def test_what_has_come_meanwhile_is_said_in_the_same_session():
    talked = Talked("And this.", "And that.")
    assert await talked.hold("turns") == Turn(stop="end_turn")
    assert talked.lines == ["I heard: Do it.", "I heard: And this.", "I heard: And that."]


async def test_after_a_turn_that_went_wrong_nothing_more_is_said():
    talked = Talked("And this.", taken=False)
    assert (await talked.hold("question")).stop == "refusal"
    assert talked.prompts == ["And this."]


async def test_the_last_turn_alone_says_how_it_ended():
    talked = Talked("ask", "Never mind.")
    assert await talked.hold("turns") == Turn(stop="end_turn", asked=False)
    assert len(talked.questions) == 1


async def test_every_turn_may_have_a_question_of_its_own():
    talked = Talked("ask", "ask again")
    assert await talked.hold("turns") == Turn(stop="cancelled", asked=True)
    assert len(talked.questions) == 2


async def test_an_agent_that_breaks_off_at_its_second_turn_did_not_end_well():
    turn = await Talked("And this.").hold("well")
    assert turn.trouble.startswith("The agent did not answer session/prompt.")
    assert not turn.went_well


async def test_whoever_is_stopped_between_two_turns_has_no_other():
    talked = Talked()
    looking = asyncio.Event()

    async def never():
        looking.set()
        await asyncio.Event().wait()

    talked.more = never
    async with talked.with_agent("turns") as conversation:
        held = asyncio.create_task(conversation.hold())
        await looking.wait()
        await conversation.cancel()
        assert await held == Turn(stop="end_turn")


@pytest.mark.parametrize(
    ("way", "why"),
    [
        ("forgets", "The agent answered session/load with an error: Resource not found"),
        ("keeps_none", "The agent does not load sessions."),
    ],
)
async def test_where_a_session_cannot_be_gone_on_with_another_begins_and_people_are_told(way, why):
    talked = Talked(session="s-9")
    assert (await talked.hold(way)).went_well
    assert talked.lines == [f"A new session begins. {why}", "session/new: Do it."]
