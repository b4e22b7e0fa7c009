"""Every verb by everybody, everywhere."""

from dataclasses import replace

import pytest
from hall import (
    ANN,
    BOT,
    CONFIG,
    HEAD,
    ISSUE,
    MALLORY,
    NOW,
    OLDER,
    OURS,
    PULL,
    REPO_ID,
    WRITTEN,
    actor,
    agent,
    comment,
    config,
    hear,
    no,
    pull,
    recorded,
    refused,
    replied,
    run,
    started,
    wait,
)

from bot.model.facts import PastDecision, Pause
from bot.model.ids import RunId
from bot.model.intents import (
    Approve,
    AskAgain,
    React,
    RecordDecision,
    Refuse,
    Reply,
    SetPause,
    StartRun,
    StopRuns,
)
from bot.model.money import micros
from bot.model.runs import Conclusion, Start, Subject
from bot.reactions import reactions_to
from bot.rules.roles import Role
from bot.rules.verbs import VERBS
from bot.rules.waiting import APPROVAL, APPROVED, START
from handlers import REACTIONS, commands

SEEN = React(installation=OURS, subject=ISSUE, trigger=WRITTEN, content="+1")
PAST = run(state="finished", conclusion=Conclusion.FAILURE, words="It broke.")

STRANGER = actor(Role.READ, MALLORY)
OUTSIDE = actor(Role.NONE, MALLORY)
TRIAGER = actor(Role.TRIAGE)
WRITER = actor(Role.WRITE)
MAINTAINER = actor(Role.MAINTAIN)
ADMIN = actor(Role.ADMIN)
OWNER = actor(Role.ADMIN, owner=True)
CUSTOM = actor(Role.TRIAGE, role_name="security")
MEMBER = actor(Role.READ, MALLORY, teams=frozenset({"octo/guards"}))
NAMED = actor(Role.NONE, BOT, role_name="", named=True)
UNNAMED = actor(Role.NONE, BOT, role_name="")

EVERYBODY = {
    "outside": OUTSIDE,
    "stranger": STRANGER,
    "triager": TRIAGER,
    "custom": CUSTOM,
    "member": MEMBER,
    "writer": WRITER,
    "maintainer": MAINTAINER,
    "admin": ADMIN,
    "owner": OWNER,
    "named bot": NAMED,
    "unnamed bot": UNNAMED,
}
READERS = {"stranger", "triager", "custom", "member", "writer", "maintainer", "admin", "owner"}
TRIAGERS = READERS - {"stranger", "member"}
WRITERS = {"writer", "maintainer", "admin", "owner"}
MAY = {
    **dict.fromkeys(("help", "status", "explain"), READERS),
    **dict.fromkeys(("config", "stop", "answer", "validate", "dismiss"), TRIAGERS),
    **dict.fromkeys(("retry", "approve", "continue"), WRITERS),
    **dict.fromkeys(("pause", "resume"), WRITERS - {"writer"}),
    "pause --org": {"owner"},
    "resume --org": {"owner"},
    **dict.fromkeys(("fix", "tidy", "docs"), WRITERS | {"named bot"}),
    "ask why": READERS | {"named bot"},
    "triage": TRIAGERS | {"named bot"},
    "guard": {"custom", "member", "admin", "owner", "named bot"},
}
LATER = {name for name, verb in VERBS.items() if verb.later}


def said_by(by, text, **known):
    return hear(comment(text, by.person), actor=by, **known)


def of(kind, intents):
    return [each for each in intents if isinstance(each, kind)]


def test_the_table_below_has_every_verb_and_every_agent():
    assert {each.partition(" ")[0] for each in MAY} == {*VERBS, *CONFIG.agents}


@pytest.mark.parametrize("said", MAY)
@pytest.mark.parametrize("who", EVERYBODY)
def test_who_may_say_what(said, who):
    by = EVERYBODY[who]
    decided, *rest = said_by(by, f"/gr {said}")
    assert (decided.person, decided.act) == (by.person, said.partition(" ")[0])
    if who in MAY[said] and decided.act not in LATER:
        assert decided.allowed
        assert decided.words == ""
        assert not of(Refuse, rest)
        assert rest
    else:
        assert not decided.allowed
        assert rest == [refused(decided.rule, decided.words, by=by)]


@pytest.mark.parametrize(
    ("by", "said", "rule", "words"),
    [
        (OUTSIDE, "help", "role", "`help` needs read access to this repository."),
        (STRANGER, "fix it", "role", "`fix` needs write access to this repository."),
        (TRIAGER, "retry", "role", "`retry` needs write access to this repository."),
        (WRITER, "pause", "role", "`pause` needs maintain access to this repository."),
        (ADMIN, "pause --org", "owner", "`pause` for the whole organization is for its owners."),
        (
            WRITER,
            "guard",
            "custom_role",
            "`guard` needs the role security or membership of octo/guards.",
        ),
        (NAMED, "status", "named_bot", "Bots may start agents here, and nothing else."),
        (
            UNNAMED,
            "fix",
            "bot",
            "Bots act here only where the configuration names their app under `bots`.",
        ),
        (
            UNNAMED,
            "fxi",
            "bot",
            "Bots act here only where the configuration names their app under `bots`.",
        ),
        (WRITER, "dismiss a1", "later", VERBS["dismiss"].later),
    ],
)
def test_a_refusal_is_written_down_and_told_with_its_reason(by, said, rule, words):
    act = said.partition(" ")[0]
    role = by.role_name or "none"
    assert said_by(by, f"/gr {said}") == no(act, rule, words, by=by, role=role)


def test_what_the_app_itself_writes_commands_nothing():
    assert hear(comment("/gr fix\n\n/gr stop"), by_us=True) == []


def test_a_text_without_commands_is_left_alone():
    assert hear(comment("/shrug")) == []


def test_an_agent_starts_on_an_issue_with_the_words_that_follow():
    assert hear(comment("/gr fix the race\nin the cache\n\nIt is flaky.")) == [
        recorded("fix"),
        started("fix", "the race\nin the cache\n\nIt is flaky."),
    ]


def on(subject, text, now, **known):
    return hear(comment(text, subject=subject), pull=now, **known)


def test_an_agent_starts_on_a_pull_request_at_its_head():
    assert on(PULL, "/gr fix", pull()) == [
        recorded("fix", subject=PULL),
        started("fix", subject=PULL, start=Start(sha=HEAD, branch="topic", fork=False)),
    ]


@pytest.mark.parametrize("seen", [OLDER, None], ids=["moved", "unknown"])
def test_a_head_that_nobody_can_have_seen_waits_for_a_yes(seen):
    (start,) = of(StartRun, on(PULL, "/gr fix", pull(), seen_head=seen))
    assert start.asks


def test_on_a_fork_s_pull_request_an_agent_has_words_only():
    spec = replace(CONFIG.agents["fix"].spec, outputs={"comment": 1, "noop": 1})
    start = Start(sha=HEAD, branch="topic", fork=True)
    assert on(PULL, "/gr fix", pull(fork=True)) == [
        recorded("fix", subject=PULL),
        started("fix", subject=PULL, start=start, spec=spec),
    ]


@pytest.mark.parametrize(
    ("name", "now", "words"),
    [
        (
            "tidy",
            pull(fork=True),
            "`tidy` only changes files, and the branch of a fork is not ours to change.",
        ),
        ("docs", pull(), "`docs` works from issues. Ask for it on an issue."),
        ("fix", pull(is_open=False), "This is closed. Open it again first."),
    ],
)
def test_an_agent_that_can_do_nothing_there_does_not_start(name, now, words):
    assert on(PULL, f"/gr {name}", now) == no(name, "unfit", words, subject=PULL)


CLOSED = "This is closed. Open it again first."


@pytest.mark.parametrize("by", [WRITER, OWNER])
def test_no_agent_starts_on_a_closed_issue(by):
    closed = comment("/gr fix", is_open=False)
    assert hear(closed, actor=by) == no("fix", "unfit", CLOSED, by=by)
    again = hear(comment("/gr retry", is_open=False), actor=by, past_runs=[PAST])
    assert again == [recorded("retry", by=by), *no("fix", "unfit", CLOSED, by=by)]


def test_no_more_runs_start_than_the_repository_has_left_today():
    words = "This repository has started as many runs today as its configuration allows."
    assert hear(comment("/gr fix\n/gr tidy"), left_today=1) == [
        recorded("fix"),
        started("fix"),
        *no("tidy", "quota", words),
    ]


def test_a_named_bot_is_told_why_its_agent_does_not_start():
    closed = comment("/gr fix", BOT, is_open=False)
    told = no("fix", "named_bot", CLOSED, by=NAMED, role="none")
    assert hear(closed, actor=NAMED) == told


def test_an_agent_at_work_is_not_started_again():
    words = "`fix` is at work here already."
    assert hear(comment("/gr fix"), open_runs=[run()]) == [recorded("fix"), replied(words)]
    assert hear(comment("/gr fix this\n/gr fix that")) == [
        recorded("fix"),
        started("fix", "this"),
        recorded("fix"),
        replied(words),
    ]


def test_commands_of_one_comment_are_answered_together():
    intents = hear(comment("/gr status\n\n/gr tidy\n\n/gr stop docs\n/gr nonsense"))
    words = "There is no command `nonsense`. `/gr help` lists all."
    assert intents == [
        recorded("status"),
        recorded("tidy"),
        started("tidy"),
        recorded("stop"),
        *no("nonsense", "unknown", words),
        replied("No run is open here.\n\nNo such run is open here."),
    ]


def test_what_is_asked_twice_is_answered_once():
    assert hear(comment("/gr status\n/gr status"))[2:] == [replied("No run is open here.")]


def test_commands_beyond_the_bound_are_told_of():
    (reply,) = of(Reply, hear(comment("/gr status\n" * 23)))
    left = "Too many commands in one text: the last 3 were not read."
    assert reply.text == f"No run is open here.\n\n{left}"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("fxi", "There is no command `fxi`. Did you mean `/gr fix`?"),
        ("approv abc", "There is no command `approv`. Did you mean `/gr approve`?"),
        ("@octo|cat", "There is no command `octocat`. `/gr help` lists all."),
        ("&commat;ann", "There is no command `commat;ann`. `/gr help` lists all."),
        ("`*`", "There is no command `?`. `/gr help` lists all."),
    ],
)
def test_an_unknown_verb_is_answered_with_the_nearest(said, words):
    (decision, told) = said_by(STRANGER, f"/gr {said}")
    assert (decision.rule, decision.allowed) == ("unknown", False)
    assert told == refused("unknown", words, by=STRANGER)


def test_every_unknown_verb_counts_among_the_refusals_of_a_person():
    intents = said_by(STRANGER, "\n".join(f"/gr never-{number}" for number in range(20)))
    assert len(of(RecordDecision, intents)) == len(of(Refuse, intents)) == 20


def test_an_agent_s_name_that_is_no_command_is_unknown():
    setup = config(agent("fix", ["comment"], role="read", command=False))
    words = "There is no command `fix`. `/gr help` lists all."
    assert hear(comment("/gr fix"), config=setup) == no("fix", "unknown", words)


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_no_agent_takes_the_place_of_a_verb(verb):
    setup = config(agent(verb, ["comment"], role="read"))
    intents = said_by(OWNER, f"/gr {verb}", config=setup, past_runs=[replace(PAST, agent=verb)])
    assert intents[0].rule == ("later" if verb in LATER else "allowed")
    assert of(StartRun, intents) == []


def test_a_verb_is_never_an_agent_s_command():
    other = agent("other", ["comment"], role="read")
    setup = config(replace(other, on=replace(other.on, command="approve")))
    (decision, told) = said_by(STRANGER, "/gr approve", config=setup)
    assert (decision.rule, told.reason) == ("role", "role")


def test_arguments_that_cannot_be_read_do_nothing():
    (decision, reply) = hear(comment("/gr stop 'fix"), open_runs=[run()])
    assert decision == recorded("stop")
    assert reply.text


def test_a_quote_in_an_instruction_is_no_matter():
    assert hear(comment("/gr fix Ann's cache"))[1] == started("fix", "Ann's cache")


# Help, status, explain, config


def test_help_lists_what_a_writer_may_do():
    (_, reply) = hear(comment("/gr help"))
    assert "- `/gr fix [WORDS]` or the label `agent:fix`: Does what fix does." in reply.text
    assert "`/gr approve HASH`" in reply.text
    assert "pause" not in reply.text
    assert "guard" not in reply.text
    assert not any(f"/gr {verb}" in reply.text for verb in LATER)


def test_help_tells_a_stranger_what_the_agents_need():
    setup = config(agent("fix", ["comment"]))
    (_, reply) = said_by(STRANGER, "/gr help", config=setup)
    assert reply.folded
    assert "`/gr fix" not in reply.text
    assert reply.text.endswith("\n\n- `fix` needs write access to this repository.")


@pytest.mark.parametrize("by", EVERYBODY.values(), ids=EVERYBODY)
def test_only_people_with_triage_access_get_answers_of_their_own(by):
    for reply in of(Reply, said_by(by, "/gr status")):
        assert reply.folded == (by.role < Role.TRIAGE)


def test_status_and_explain_tell_of_runs_pauses_and_decisions():
    known = {
        "open_runs": [run(), run("tidy", id=RunId("02RUN"))],
        "past_runs": [PAST, replace(PAST, agent="tidy")],
        "pauses": [Pause(scope="all", by="the operator", at=NOW)],
        "decisions": [
            PastDecision(
                person=ANN.login, act="fix", allowed=True, rule="allowed", words="", at=NOW
            )
        ],
    }
    (_, status) = hear(comment("/gr status"), **known)
    (_, explain) = hear(comment("/gr explain Fix"), **known)
    assert status.text.splitlines() == [
        "- **fix** working for 5 min (`01RUN`).",
        "- **tidy** working for 5 min (`02RUN`).",
        "- Runs are paused everywhere by the operator.",
    ]
    assert explain.text.splitlines() == [
        "- **fix** working for 5 min (`01RUN`).",
        "- Runs are paused everywhere by the operator.",
        "",
        "Finished before:",
        "- ❌ **fix** It broke. (`01RUN`)",
        "",
        "What you asked for:",
        "- `fix` allowed (rule `allowed`)",
    ]


def test_config_shows_the_settings_in_force():
    (_, reply) = hear(comment("/gr config"))
    assert "| `commands.prefix` | `gr` | defaults |" in reply.text


# Stop


def stop(agent=None):
    return StopRuns(repo_id=REPO_ID, subject=ISSUE, agent=agent, why="ann stopped it.")


@pytest.mark.parametrize(
    ("said", "agent"), [("stop", None), ("stop fix", "fix"), ("stop FIX now", "fix")]
)
def test_stop_stops_all_or_the_one_that_is_named(said, agent):
    intents = hear(comment(f"/gr {said}"), open_runs=[run(), run("tidy")])
    assert intents == [recorded("stop"), stop(agent), SEEN]


def test_stop_finds_an_agent_that_is_no_longer_configured():
    intents = hear(comment("/gr stop gone"), open_runs=[run("gone")])
    assert intents == [recorded("stop"), stop("gone"), SEEN]


@pytest.mark.parametrize("said", ["stop tidy", "stop everything", "stop --org"])
def test_a_name_that_is_not_at_work_stops_nothing(said):
    words = "No such run is open here."
    assert hear(comment(f"/gr {said}"), open_runs=[run()]) == [recorded("stop"), replied(words)]


def test_one_comment_may_stop_an_agent_and_start_it_anew():
    assert hear(comment("/gr stop fix\n/gr fix it better"), open_runs=[run()]) == [
        recorded("stop"),
        stop("fix"),
        recorded("fix"),
        started("fix", "it better"),
        SEEN,
    ]


def test_what_was_stopped_is_not_stopped_twice():
    intents = hear(comment("/gr stop\n/gr stop fix"), open_runs=[run()])
    assert of(StopRuns, intents) == [stop()]


# Retry and continue

DONE = replace(PAST, conclusion=Conclusion.SUCCESS, words="")
LEFT = replace(PAST, left=True)
AT_WORK = "`fix` is at work here already."


def test_retry_goes_on_with_the_last_run_on_the_terms_of_today():
    tidied = replace(PAST, id=RunId("02RUN"), agent="tidy", instruction="imports")
    past = [tidied, PAST]
    assert hear(comment("/gr retry"), past_runs=past) == [
        recorded("retry"),
        started("tidy", "imports", after=tidied.id),
    ]
    assert hear(comment("/gr retry fix"), past_runs=past)[1] == started("fix", after=PAST.id)


@pytest.mark.parametrize(
    ("said", "past"),
    [
        ("retry", DONE),
        ("retry --fresh", PAST),
        ("retry —fresh fix", PAST),
        ("retry fix --FRESH", PAST),
    ],
    ids=["success", "fresh", "typed by a phone", "shouted"],
)
def test_retry_begins_anew_after_a_success_and_when_it_is_told_to(said, past):
    assert hear(comment(f"/gr {said}"), past_runs=[past]) == [recorded("retry"), started("fix")]


def test_a_run_that_opened_a_pull_request_goes_on_where_it_was_asked_for():
    past = replace(LEFT, pull=PULL.number, title="Then", body="So it was.", author=ANN)
    intents = on(PULL, "/gr continue", pull(), past_runs=[past])
    again = replace(started("fix", after=past.id), title="Then", body="So it was.", author=ANN)
    assert intents == [recorded("continue", subject=PULL), again]


@pytest.mark.parametrize(
    "how", [each for each in Conclusion if each is not Conclusion.SUCCESS], ids=str
)
def test_what_was_no_success_goes_on(how):
    past = replace(LEFT, conclusion=how, instruction="the race")
    assert hear(comment("/gr continue fix"), past_runs=[past]) == [
        recorded("continue"),
        started("fix", "the race", after=past.id),
    ]


@pytest.mark.parametrize(
    ("past", "words"),
    [
        ([], "There is no finished run here to go on with."),
        ([replace(LEFT, agent="gone")], "There is no finished run here to go on with."),
        ([DONE], "`fix` was done here. `/gr retry fix` does it again."),
        ([PAST], "Nothing is left of `fix` here. `/gr retry fix` begins anew."),
    ],
    ids=["no past", "no longer configured", "success", "nothing left"],
)
def test_there_may_be_nothing_to_go_on_with(past, words):
    intents = hear(comment("/gr continue"), past_runs=past)
    assert intents == [recorded("continue"), replied(words)]


@pytest.mark.parametrize(
    ("more", "extra"),
    [("+$5", 5), ("+$2.50", "2.5"), ("fix +$999999.99", "999999.99"), ("+$1 +$0.25", "1.25")],
)
def test_money_is_added_to_what_a_run_may_cost(more, extra):
    assert hear(comment(f"/gr continue {more}"), past_runs=[LEFT]) == [
        recorded("continue"),
        started("fix", after=LEFT.id, extra=micros(extra)),
    ]


def test_where_the_organization_enforces_the_cost_its_owners_add_to_it():
    setup = replace(CONFIG, enforced=("limits.cost",))
    known = {"config": setup, "past_runs": [LEFT]}
    words = "The organization enforces what a run may cost; its owners may add to that."
    assert hear(comment("/gr continue +$5"), **known) == no("continue", "owner", words)
    assert of(StartRun, hear(comment("/gr continue"), **known)) == [started("fix", after=LEFT.id)]
    (again,) = of(StartRun, hear(comment("/gr continue +$5"), actor=OWNER, **known))
    assert again.extra == micros(5)


@pytest.mark.parametrize("more", ["+5", "$5", "+$", "+$1.234", "+$-1", "+$1e9", "fix +$ 5", "+€5"])
def test_what_is_no_money_starts_nothing(more):
    intents = hear(comment(f"/gr continue {more}"), past_runs=[LEFT])
    assert intents == [recorded("continue"), replied(commands.HOW_MUCH)]


def test_money_is_not_spoken_of_where_nothing_goes_on():
    known = {"past_runs": [LEFT], "open_runs": [run()]}
    assert hear(comment("/gr continue +$5"), **known)[1:] == [replied(AT_WORK)]
    closed = hear(comment("/gr continue +$5", is_open=False), past_runs=[LEFT])
    assert closed == [recorded("continue"), *no("fix", "unfit", CLOSED)]


SPENT = replace(
    LEFT,
    words="It has reached its budget of $5.00. `/gr continue +$2` goes on.",
    budget=micros(5),
)


@pytest.mark.parametrize("said", ["continue", "continue fix", "retry"])
def test_a_run_that_has_spent_its_budget_is_not_started_to_end_at_once(said):
    words = "`fix` has spent its $5.00 here. Write `/gr continue fix +$2`."
    verb = said.partition(" ")[0]
    assert hear(comment(f"/gr {said}"), past_runs=[SPENT]) == [recorded(verb), replied(words)]


def test_a_run_that_has_spent_its_budget_goes_on_with_more_or_begins_anew():
    (on_with,) = of(StartRun, hear(comment("/gr continue +$2"), past_runs=[SPENT]))
    assert on_with == started("fix", after=SPENT.id, extra=micros(2))
    (anew,) = of(StartRun, hear(comment("/gr retry --fresh"), past_runs=[SPENT]))
    assert anew == started("fix")


def test_one_comment_goes_on_with_an_agent_once():
    intents = hear(comment("/gr continue\n/gr retry\n/gr fix it"), past_runs=[LEFT])
    assert of(StartRun, intents) == [started("fix", after=LEFT.id)]
    assert intents[-1] == replied(AT_WORK)


def test_one_comment_may_stop_a_run_and_have_it_go_on():
    stopped = run(id=RunId("02RUN"), left=True)
    intents = hear(comment("/gr stop\n/gr continue"), open_runs=[stopped], past_runs=[LEFT])
    assert of(StartRun, intents) == [started("fix", after=stopped.id)]


@pytest.mark.parametrize(
    ("said", "past"),
    [("retry", []), ("retry tidy", [PAST]), ("retry", [replace(PAST, agent="gone")])],
    ids=["no past", "another", "no longer configured"],
)
def test_there_may_be_nothing_to_do_again(said, past):
    words = "There is no finished run here to do again."
    assert hear(comment(f"/gr {said}"), past_runs=past) == [recorded("retry"), replied(words)]


def test_retry_of_what_is_at_work_says_so():
    intents = hear(comment("/gr retry"), past_runs=[PAST], open_runs=[run()])
    assert intents == [recorded("retry"), replied("`fix` is at work here already.")]


def test_retry_gives_nobody_an_agent_that_they_could_not_start():
    words = "`guard` needs the role security or membership of octo/guards."
    intents = hear(comment("/gr retry"), past_runs=[replace(PAST, agent="guard")])
    assert intents == [recorded("retry"), *no("guard", "custom_role", words)]


# Approve

PUSH = run("fix", state="parked", waits=(wait(APPROVAL, HEAD),))
MOVED = run("tidy", id=RunId("02RUN"), state="parked", waits=(wait(START, OLDER),))
GIVEN = run("docs", id=RunId("03RUN"), state="parked", waits=(wait(APPROVED, HEAD),))
LOST = run("ask", id=RunId("04RUN"), state="parked", waits=(wait(APPROVAL, None),))
WAITING = [PUSH, MOVED, GIVEN, LOST]


@pytest.mark.parametrize(
    ("given", "waits"),
    [("a" * 12, PUSH), ("A" * 13, PUSH), ("a" * 40, PUSH), ("b" * 12, MOVED), ("b" * 40, MOVED)],
)
def test_a_yes_is_to_the_commit_that_it_names(given, waits):
    yes = Approve(run=waits.id, sha=waits.waits[0].about, by=ANN)
    assert hear(comment(f"/gr approve {given}"), open_runs=WAITING) == [
        recorded("approve"),
        yes,
        SEEN,
    ]


@pytest.mark.parametrize(
    ("given", "shown", "hint"),
    [
        ("", "?", True),
        ("fix", "fix", True),
        ("a" * 7, "a" * 7, True),
        ("a" * 11, "a" * 11, True),
        ("c" * 12, "c" * 12, False),
        ("a" * 41, "a" * 41, False),
        ("|@ann|" + "c" * 12, "ann" + "c" * 12, False),
    ],
)
def test_a_yes_to_nothing_that_was_asked_changes_nothing(given, shown, hint):
    words = f"No run waits for a yes to `{shown}`. Asked about: `{'a' * 12}`, `{'b' * 12}`."
    words += " Give 12 digits or more." if hint else ""
    intents = hear(comment(f"/gr approve {given}"), open_runs=WAITING)
    assert intents == [recorded("approve"), replied(words)]


def test_a_yes_to_a_head_that_is_no_more_is_asked_for_again():
    written = comment(f"/gr approve {OLDER}", subject=PULL)
    intents = hear(written, open_runs=[MOVED, PUSH], pull=pull())
    asked = AskAgain(run=MOVED.id, sha=HEAD)
    told = replied(commands.MOVED, subject=PULL)
    assert intents == [recorded("approve", subject=PULL), asked, told]


def test_a_yes_where_nothing_waits_is_told_so():
    (_, reply) = hear(comment(f"/gr approve {HEAD}"))
    assert reply.text == f"No run waits for a yes to `{HEAD}`. Asked about: nothing."


# Pause and resume


@pytest.mark.parametrize(
    ("said", "by", "scope"),
    [("", MAINTAINER, "repo:5"), (" --org", OWNER, "owner:octo")],
)
def test_runs_are_held_back_and_let_go_on(said, by, scope):
    for verb, holds in (("pause", True), ("resume", False)):
        assert said_by(by, f"/gr {verb}{said}") == [
            recorded(verb, by=by),
            SetPause(scope=scope, by="ann", on=holds),
            SEEN,
        ]


def test_an_organization_s_scope_has_one_spelling():
    shouted = Subject(repo="OCTO/cat", number=7, kind="issue")
    event = replace(comment("/gr pause --org"), repo="OCTO/cat", subject=shouted)
    assert of(SetPause, hear(event, actor=OWNER))[0].scope == "owner:octo"


def test_resuming_tells_of_what_still_holds_runs_back():
    pauses = [
        Pause(scope="repo:5", by="ann", at=NOW),
        Pause(scope="owner:octo", by="mallory", at=NOW),
    ]
    words = "- Runs are paused in the whole organization by mallory."
    intents = hear(comment("/gr resume"), actor=MAINTAINER, pauses=pauses)
    assert intents[-1] == replied(words, by=MAINTAINER)


def test_only_pause_and_resume_mean_the_organization():
    assert hear(comment("/gr fix the --org option")) == [
        recorded("fix"),
        started("fix", "the --org option"),
    ]
    (decision, _) = said_by(STRANGER, "/gr status --org")
    assert decision.allowed


# Which texts are heard


def test_a_comment_is_looked_at_for_commands_and_for_answers():
    names = [each.name for each in reactions_to(comment("/gr fix"), REACTIONS)]
    assert names == ["handlers.commands.written", "handlers.answers.replied"]
    names = [each.name for each in reactions_to(comment("Thanks!"), REACTIONS)]
    assert names == ["handlers.answers.replied"]


def test_bare_commands_work_where_the_configuration_says_so():
    bare = replace(CONFIG, commands=replace(CONFIG.commands, bare=True))
    assert hear(comment("/fix it")) == []
    assert hear(comment("/fix it"), config=bare)[0] == recorded("fix")
    assert hear(comment("/reviwe it"), config=bare) == []


def test_another_prefix_is_the_one_that_answers_name():
    other = replace(CONFIG, commands=replace(CONFIG.commands, prefix="bot"))
    (_, told) = hear(comment("/bot fxi"), config=other)
    assert told.words == "There is no command `fxi`. Did you mean `/bot fix`?"
