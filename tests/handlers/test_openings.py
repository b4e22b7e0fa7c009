from dataclasses import replace

import pytest
from hall import (
    ANN,
    BOT,
    HEAD,
    MALLORY,
    OLDER,
    PULL,
    actor,
    agent,
    config,
    facts,
    opened,
    pull,
    recorded,
    run,
    started,
)

from bot.model.ids import RunId
from bot.model.runs import Conclusion, Start, Trigger
from bot.reactions import reactions_to
from bot.rules.conditions import EXAMPLE
from bot.rules.roles import Role
from handlers import REACTIONS, openings

EVENT = Trigger(kind="event")
BOTH = ("issues.opened", "pull_request.opened")
SETUP = config(
    agent("greet", ["comment"], role="read", events=BOTH),
    agent("sort", ["comment"], role="triage", events=["issues.opened"]),
    agent("mend", ["push", "comment"], role="read", events=["pull_request.opened"]),
)
STRANGER = actor(Role.READ, MALLORY)
WRITER = actor(Role.WRITE)
NO_SORT = "`sort` needs triage access to this repository."


def happen(event, **known):
    known = {"config": SETUP, "actor": STRANGER, "moment": EXAMPLE, "seen_head": None, **known}
    known = {"pull": None if event.subject.kind == "issue" else pull(), **known}
    setup = facts(openings.Facts, **known)
    return openings.opened(event, setup)


def test_every_agent_of_the_event_starts_whom_the_person_may_start():
    assert happen(opened(), actor=WRITER) == [
        recorded("greet", by=WRITER),
        started("greet", by=WRITER, trigger=EVENT, setup=SETUP),
        recorded("sort", by=WRITER),
        started("sort", by=WRITER, trigger=EVENT, setup=SETUP),
    ]


def test_a_refusal_of_what_nobody_asked_for_is_written_down_and_not_told():
    assert happen(opened(sender=MALLORY)) == [
        recorded("greet", by=STRANGER),
        started("greet", by=STRANGER, trigger=EVENT, setup=SETUP),
        recorded("sort", "role", NO_SORT, by=STRANGER),
    ]


def test_a_stranger_s_pull_request_from_a_fork_gets_words_only():
    now = pull(fork=True)
    event = opened("pull_request.opened", MALLORY, subject=PULL, head=HEAD)
    spec = replace(SETUP.agents["mend"].spec, outputs={"comment": 1})
    mended = happen(event, pull=now)[2:]
    assert mended == [
        recorded("mend", subject=PULL, by=STRANGER),
        started(
            "mend",
            subject=PULL,
            by=STRANGER,
            trigger=EVENT,
            setup=SETUP,
            spec=spec,
            start=Start(sha=HEAD, branch="topic", fork=True),
        ),
    ]


@pytest.mark.parametrize(
    ("head", "asks"), [(HEAD, False), (OLDER, True), (None, True)], ids=["same", "moved", "none"]
)
def test_the_head_that_the_event_names_may_be_worked_on(head, asks):
    event = opened("pull_request.opened", subject=PULL, head=head)
    assert [each.asks for each in happen(event, actor=WRITER)[1::2]] == [asks, asks]


@pytest.mark.parametrize(
    ("when", "starts"),
    [('event.name == "pull_request"', True), ('event.name == "issues"', False), ("1 / 0", False)],
)
def test_a_condition_has_to_be_met(when, starts):
    setup = config(agent("greet", ["comment"], role="read", events=BOTH, when=when))
    assert bool(happen(opened(), config=setup)) is starts


def test_an_agent_at_work_is_not_started_again():
    assert happen(opened(), open_runs=[run("greet"), run("sort")]) == []


def test_several_agents_share_what_is_left_of_the_day():
    decisions = happen(opened(), actor=WRITER, left_today=1)
    assert [each.rule for each in decisions[::2]] == ["allowed", "quota"]


@pytest.mark.parametrize("by", [actor(Role.NONE, BOT, role_name=""), actor(Role.NONE, MALLORY)])
def test_nobody_unknown_starts_anything(by):
    assert [each.allowed for each in happen(opened(sender=by.person), actor=by)] == [False, False]


def test_what_the_app_itself_opens_starts_nothing():
    assert happen(opened(), by_us=True) == []


def test_another_event_starts_nothing():
    assert happen(opened("issues.reopened")) == []


# Opened again

CLOSED = run(
    "mend",
    state="finished",
    conclusion=Conclusion.CANCELLED,
    words="The issue was closed.",
    closed=True,
    left=True,
)
AGAIN = opened("issues.reopened")


def reopen(*past, event=AGAIN, **known):
    known = {"config": SETUP, "actor": WRITER, "is_open": True, "past_runs": past, **known}
    return openings.reopened(event, facts(openings.PastFacts, **known))


def goes_on(name, past, **more):
    return started(name, trigger=EVENT, setup=SETUP, after=past.id, **more)


def test_agents_go_on_whose_last_run_here_ended_with_the_closing():
    greeted = replace(CLOSED, id=RunId("02RUN"), agent="greet", instruction="Hello")
    older = replace(CLOSED, id=RunId("00RUN"))
    assert reopen(CLOSED, greeted, older) == [
        recorded("mend"),
        goes_on("mend", CLOSED),
        recorded("greet"),
        goes_on("greet", greeted, instruction="Hello"),
    ]


@pytest.mark.parametrize(
    ("past", "known"),
    [
        ([], {}),
        ([replace(CLOSED, closed=False)], {}),
        ([run("mend", state="finished", conclusion=Conclusion.FAILURE), CLOSED], {}),
        ([replace(CLOSED, agent="gone")], {}),
        ([CLOSED], {"open_runs": [run("mend")]}),
        ([CLOSED], {"is_open": False}),
    ],
    ids=["none", "stopped", "another run since", "not configured", "at work", "closed again"],
)
def test_nothing_goes_on_that_the_closing_did_not_end(past, known):
    assert reopen(*past, **known) == []


def test_who_may_not_start_the_agent_has_nothing_go_on_and_is_not_told():
    event = opened("issues.reopened", MALLORY)
    words = "`sort` needs triage access to this repository."
    past = replace(CLOSED, agent="sort")
    told = reopen(past, event=event, actor=STRANGER)
    assert told == [recorded("sort", "role", words, by=STRANGER)]


def test_a_pull_request_that_is_opened_again_goes_on_where_its_run_was_asked_for():
    event = opened("pull_request.reopened", subject=PULL, head=OLDER)
    own = replace(CLOSED, pull=PULL.number)
    (_, again) = reopen(own, event=event, pull=pull())
    assert again == goes_on("mend", own)
    (_, asked_on_it) = reopen(replace(CLOSED, subject=PULL), event=event, pull=pull())
    assert (asked_on_it.start.sha, asked_on_it.asks) == (HEAD, True)


def test_agents_that_go_on_count_among_the_runs_of_the_day():
    past = CLOSED, replace(CLOSED, id=RunId("02RUN"), agent="greet")
    assert [each.rule for each in reopen(*past, left_today=1)[::2]] == ["allowed", "quota"]


@pytest.mark.parametrize("name", ["issues.reopened", "pull_request.reopened", "issues.opened"])
def test_only_people_open_something_again(name):
    found = [
        [each.name for each in reactions_to(opened(name, who), REACTIONS)] for who in (ANN, BOT)
    ]
    again = ["handlers.openings.reopened"] * name.endswith("reopened")
    assert found == [[*again, "handlers.openings.opened"], ["handlers.openings.opened"]]


def test_openings_are_found():
    names = [each.name for each in reactions_to(opened(), REACTIONS)]
    assert names == ["handlers.openings.opened"]
