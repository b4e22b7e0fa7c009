"""Who says yes to a plan, and to which."""

from dataclasses import replace

import pytest

from bot.model.events import ButtonPressed
from bot.model.intents import Approve, AskAgain, React
from bot.model.runs import Trigger
from bot.rules.buttons import APPROVE
from bot.rules.plans import plan
from bot.rules.roles import Role
from bot.rules.waiting import PLAN
from handlers import checks, commands
from tests.handlers.hall import (
    ANN,
    HEAD,
    ISSUE,
    MALLORY,
    OLDER,
    OURS,
    PULL,
    REPO,
    REPO_ID,
    WRITTEN,
    actor,
    comment,
    facts,
    hear,
    no,
    pull,
    recorded,
    replied,
    run,
    wait,
)

MADE = plan("- Tidy up", HEAD)
WAITS = replace(wait(PLAN, MADE.hash), plan=MADE)
PLANNED = run("plan", state="parked", waits=(WAITS,))
YES = Approve(run=PLANNED.id, sha=MADE.hash, by=ANN)
ANEW = AskAgain(run=PLANNED.id, sha=OLDER)
READER = actor(Role.READ, MALLORY)


def said(text, sender=ANN, **known):
    return hear(comment(text, sender, subject=known.pop("on", ISSUE)), **known)


def press(sender=ANN, **known):
    event = ButtonPressed(
        installation=OURS,
        sender=sender,
        at=0.0,
        repo=REPO,
        repo_id=REPO_ID,
        head=HEAD,
        run="01RUN",
        app=7,
        button=APPROVE,
    )
    shown = replace(PLANNED, subject=PULL)
    ours = {"ours": True, "run": shown, "is_open": True, "open_runs": [shown]}
    return checks.pressed(event, facts(checks.Facts, **{"pull": pull(), **ours, **known}))


@pytest.mark.parametrize("given", [MADE.hash, MADE.hash[:12], MADE.hash[:12].upper()])
def test_a_yes_is_to_the_plan_that_it_names(given):
    seen = React(installation=OURS, subject=ISSUE, trigger=WRITTEN, content="+1")
    intents = said(f"/gr approve {given}", open_runs=[PLANNED])
    assert intents == [recorded("approve"), YES, seen]


@pytest.mark.parametrize("given", [plan("- Else", HEAD).hash, HEAD])
def test_a_yes_to_an_older_plan_or_to_its_commit_is_none(given):
    words = f"No run waits for a yes to `{given}`. Asked about: `{MADE.hash[:12]}`."
    intents = said(f"/gr approve {given}", open_runs=[PLANNED])
    assert intents == [recorded("approve"), replied(words)]


def test_a_yes_to_a_plan_for_a_head_that_moved_asks_for_another():
    known = {"on": PULL, "open_runs": [PLANNED], "pull": pull(sha=OLDER)}
    assert said(f"/gr approve {MADE.hash}", **known) == [
        recorded("approve", subject=PULL),
        ANEW,
        replied(commands.MOVED, subject=PULL),
    ]


def test_a_reader_says_no_yes():
    words = "`approve` needs write access to this repository."
    given = f"/gr approve {MADE.hash}"
    assert said(given, MALLORY, actor=READER, open_runs=[PLANNED]) == no(
        "approve", "role", words, by=READER
    )
    assert press(MALLORY, actor=READER) == no(
        "approve", "role", words, by=READER, subject=PULL, trigger=Trigger(kind="button")
    )


@pytest.mark.parametrize(("head", "intent"), [(HEAD, YES), (OLDER, ANEW)])
def test_the_button_says_yes_to_the_plan_for_the_head_as_it_is(head, intent):
    assert press(pull=pull(sha=head)) == [recorded("approve", subject=PULL), intent]
