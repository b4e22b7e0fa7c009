from dataclasses import replace

import pytest
from hall import (
    ANN,
    BOT,
    CONFIG,
    HEAD,
    ISSUE,
    MALLORY,
    OLDER,
    OURS,
    PULL,
    REPO_ID,
    actor,
    agent,
    config,
    facts,
    labeled,
    no,
    pull,
    recorded,
    run,
    started,
    unlabeled,
)

from bot.model.intents import DropLabel, StopRuns
from bot.model.runs import Start, Trigger
from bot.reactions import reactions_to
from bot.rules.roles import Role
from handlers import REACTIONS, labels

LABEL = Trigger(kind="label")
STOPPED = StopRuns(
    repo_id=REPO_ID, subject=ISSUE, agent="fix", why="The label was taken off.", unlabeled=True
)
NAMED = actor(Role.NONE, BOT, role_name="", named=True)
UNNAMED = actor(Role.NONE, BOT, role_name="")
NO_BOTS = "Bots act here only where the configuration names their app under `bots`."


def put_on(event, **known):
    return labels.labeled(event, facts(labels.Facts, **known))


def taken_off(event, **known):
    known = {"open_runs": [run(), run("tidy")], **known}
    return labels.unlabeled(event, facts(labels.Facts, **known))


def dropped(label="agent:fix", subject=ISSUE):
    return DropLabel(installation=OURS, subject=subject, label=label)


@pytest.mark.parametrize("role", [Role.WRITE, Role.MAINTAIN, Role.ADMIN])
def test_a_writer_starts_a_run(role):
    by = actor(role)
    assert put_on(labeled(), actor=by) == [
        recorded("fix", by=by),
        started("fix", by=by, trigger=LABEL),
    ]


@pytest.mark.parametrize("role", [Role.NONE, Role.READ, Role.TRIAGE])
@pytest.mark.parametrize("runs", [(), (run(),)], ids=["not open", "open"])
def test_who_may_not_is_told_why_and_the_label_goes(role, runs):
    by, words = actor(role), "`fix` needs write access to this repository."
    assert put_on(labeled(), actor=by, open_runs=runs) == [
        *no("fix", "role", words, by=by, trigger=LABEL),
        dropped(),
    ]


@pytest.mark.parametrize(
    ("name", "known", "rule", "words"),
    [
        ("docs", {}, "unfit", "`docs` works from issues. Ask for it on an issue."),
        ("fix", {"pull": pull(is_open=False)}, "unfit", "This is closed. Open it again first."),
        (
            "tidy",
            {"pull": pull(fork=True)},
            "unfit",
            "`tidy` only changes files, and the branch of a fork is not ours to change.",
        ),
        (
            "fix",
            {"left_today": 0},
            "quota",
            "This repository has started as many runs today as its configuration allows.",
        ),
        (
            "guard",
            {},
            "custom_role",
            "`guard` needs the role security or membership of octo/guards.",
        ),
    ],
)
def test_the_label_of_an_agent_that_does_not_start_goes(name, known, rule, words):
    known = {"pull": pull(), **known}
    assert put_on(labeled(f"agent:{name}", subject=PULL), **known) == [
        *no(name, rule, words, subject=PULL, trigger=LABEL),
        dropped(f"agent:{name}", PULL),
    ]


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("agent:stop", "agent:stop"),
        ("agent:help", "agent:help"),
        ("agent:`@all`", "agent:all"),
        ("agent:", "agent:"),
        ("agent:Fix", "agent:Fix"),
    ],
)
def test_a_label_that_names_no_agent_stays_and_is_no_command(label, shown):
    words = (
        f"There is no agent `{shown}` here. "
        "There are: `ask`, `docs`, `fix`, `guard`, `tidy`, `triage`."
    )
    assert put_on(labeled(label)) == no(label, "unknown", words, trigger=LABEL)


def test_an_agent_with_another_label_is_not_started_by_its_name():
    fix = CONFIG.agents["fix"]
    setup = config(replace(fix, on=replace(fix.on, label="agent:mend")))
    (decision, told) = put_on(labeled("agent:fix"), config=setup)
    assert (decision.allowed, told.reason) == (False, "unknown")
    assert put_on(labeled("agent:mend"), config=setup)[0] == recorded("fix")


def test_where_there_is_no_agent_at_all_that_is_said():
    (_, told) = put_on(labeled(), config=config())
    assert told.words == "There is no agent `agent:fix` here. There are: none."


def test_an_agent_named_like_a_verb_is_not_started_by_who_may_say_the_verb():
    setup = config(agent("help", ["comment"], role="admin"))
    by = actor(Role.READ, MALLORY)
    words = "There is no agent `agent:help` here. There are: `help`."
    told = no("agent:help", "unknown", words, by=by, trigger=LABEL)
    assert put_on(labeled("agent:help", MALLORY), actor=by, config=setup) == told


def test_the_label_of_a_bot_that_nobody_named_stays():
    told = no("fix", "bot", NO_BOTS, by=UNNAMED, role="none", trigger=LABEL)
    assert put_on(labeled(sender=BOT), actor=UNNAMED) == told


def test_a_bot_that_configuration_names_starts_agents():
    assert put_on(labeled(sender=BOT), actor=NAMED) == [
        recorded("fix", "named_bot", by=NAMED, role="none"),
        started("fix", by=NAMED, trigger=LABEL),
    ]


def test_the_label_of_a_named_bot_stays_when_it_comes_to_nothing():
    words = "This repository has started as many runs today as its configuration allows."
    told = no("fix", "named_bot", words, by=NAMED, role="none", trigger=LABEL)
    assert put_on(labeled(sender=BOT), actor=NAMED, left_today=0) == told


def test_a_label_on_a_pull_request_starts_at_a_head_that_was_seen():
    start = Start(sha=HEAD, branch="topic", fork=False)
    for seen, asks in ((HEAD, False), (OLDER, True), (None, True)):
        assert put_on(labeled(subject=PULL), pull=pull(), seen_head=seen) == [
            recorded("fix", subject=PULL),
            started("fix", subject=PULL, trigger=LABEL, start=start, asks=asks),
        ]


def test_an_agent_at_work_is_not_started_again():
    assert put_on(labeled(), open_runs=[run()]) == [recorded("fix")]


@pytest.mark.parametrize("known", [{"by_us": True}, {"still_holds": False}])
def test_our_own_label_or_one_that_is_off_again_starts_nothing(known):
    assert put_on(labeled(), **known) == []


@pytest.mark.parametrize("role", [Role.TRIAGE, Role.WRITE, Role.ADMIN])
def test_taking_the_label_off_stops_its_agent(role):
    by = actor(role)
    assert taken_off(unlabeled(), actor=by) == [recorded("stop", by=by), STOPPED]


def test_a_run_whose_agent_is_no_longer_configured_is_stopped_too():
    assert taken_off(unlabeled(), config=config()) == [recorded("stop"), STOPPED]


@pytest.mark.parametrize(
    ("by", "rule", "words"),
    [
        (actor(Role.READ), "role", "`stop` needs triage access to this repository."),
        (NAMED, "named_bot", "Bots may start agents here, and nothing else."),
        (UNNAMED, "bot", NO_BOTS),
    ],
)
def test_who_may_not_stop_is_told_so(by, rule, words):
    told = no("stop", rule, words, by=by, role=by.role_name or "none", trigger=LABEL)
    assert taken_off(unlabeled(sender=by.person), actor=by) == told


@pytest.mark.parametrize(
    "known", [{"by_us": True}, {"still_holds": False}, {"open_runs": [run("tidy")]}]
)
def test_our_own_or_an_overtaken_removal_stops_nothing(known):
    assert taken_off(unlabeled(), **known) == []


def test_other_people_s_labels_cost_nothing():
    for event in (labeled("bug"), unlabeled("bug"), labeled("Agent:fix"), labeled("agents")):
        assert list(reactions_to(event, REACTIONS)) == []


@pytest.mark.parametrize(
    ("event", "name"),
    [(labeled(), "handlers.labels.labeled"), (unlabeled(), "handlers.labels.unlabeled")],
)
def test_ours_are_found_by_their_prefix(event, name):
    assert [each.name for each in reactions_to(event, REACTIONS)] == [name]


def test_the_person_of_the_event_is_the_one_who_put_it_on():
    (decision, start) = put_on(labeled())
    assert decision.person == start.asked_by == ANN
    assert start.author == MALLORY
