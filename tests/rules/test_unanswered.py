from dataclasses import replace

import pytest

from bot.model.events import Event, SubjectLabeled, TextWritten
from bot.model.ids import InstallationId, Login, Repo, UserId
from bot.model.intents import Refuse
from bot.model.runs import Person, Subject, Trigger
from bot.rules.unanswered import unanswered

ANN = Person(id=UserId(1), login=Login("ann"))
ABOUT = {
    "installation": InstallationId(7),
    "sender": ANN,
    "at": 5.0,
    "repo": Repo("octo/cat"),
    "repo_id": 5,
    "subject": Subject(repo=Repo("octo/cat"), number=7, kind="issue"),
    "title": "A mess",
    "body": "",
    "author": ANN,
    "open": True,
}
WHERE = Trigger(kind="issue_comment", id=31)
SAID = TextWritten(**ABOUT, where=WHERE, text="/gr tidy", before=None, writer=ANN)
LABELED = SubjectLabeled(**ABOUT, label="agent:tidy")


@pytest.mark.parametrize(("event", "trigger"), [(SAID, WHERE), (LABELED, Trigger(kind="label"))])
def test_whoever_asked_is_told_why_it_was_given_up(event, trigger):
    assert unanswered(event, "GitHub said no.") == Refuse(
        installation=InstallationId(7),
        repo_id=5,
        subject=SAID.subject,
        person=ANN,
        trigger=trigger,
        reason="given_up",
        words="This was tried several times and given up: GitHub said no.",
    )


@pytest.mark.parametrize(
    "event",
    [
        replace(SAID, text="> /gr tidy"),
        replace(SAID, before="/gr tidy"),
        replace(LABELED, label="bug"),
        replace(SAID, sender=replace(ANN, bot=True)),
        Event(installation=InstallationId(7), sender=ANN, at=5.0),
    ],
    ids=["quoted", "edited elsewhere", "another label", "by a bot", "something else"],
)
def test_nobody_else_is_told_anything(event):
    assert unanswered(event, "GitHub said no.") is None
