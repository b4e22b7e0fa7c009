"""What the playbook keeps of a session."""

import pytest

from bot.agents.playbook.session import Session
from bot.agents.playbook.task import Message, Text
from bot.agents.playbook.turns import Past

TEXT = Text(author="ann", trusted=True, body="b", path="a.py", line=3, start_line=2)
TOLD = (Message(kind="review", text="Not yet.", texts=(TEXT,)),)


@pytest.fixture
def session(tmp_path):
    session = Session(tmp_path, "0" * 32)
    session.make()
    return session


def test_what_was_said_is_told_in_order(session):
    session.keep("user", "one")
    session.did("planned", "b" * 40, ())
    session.keep("agent", "two\n")
    assert list(session.told()) == [("user", "one"), ("agent", "two\n")]


def test_of_changes_those_on_this_base_are_known_and_every_plan(session):
    session.keep("user", "one")
    session.did("handed_in", "a" * 40, ())
    session.did("handed_in", "b" * 40, TOLD)
    session.did("planned", "a" * 40, TOLD)
    assert session.past("b" * 40) == Past(handed_in=[TOLD], planned=[TOLD], ended=True)


def test_a_turn_that_came_to_nothing_has_ended_all_the_same(session):
    assert not session.past("a" * 40).ended
    session.did("ended", "a" * 40, TOLD)
    assert session.past("b" * 40) == Past(handed_in=[], planned=[], ended=True)


def test_a_line_that_a_crash_cut_off_is_left_out(session, tmp_path):
    session.keep("user", "one")
    (file,) = (tmp_path / ".playbook").iterdir()
    file.write_text(f'{file.read_text()}{{"did": "handed_in", "ba')
    assert list(session.told()) == [("user", "one")]
    assert session.past("b" * 40) == Past(handed_in=[], planned=[])


def test_a_session_is_named_by_digits_alone_and_made_once(session, tmp_path):
    session.make()
    assert session.exists()
    assert not Session(tmp_path, "1" * 32).exists()
    with pytest.raises(ValueError, match="no session of mine"):
        Session(tmp_path, "../passwd")
