from dataclasses import replace

import pytest

from bot.model.events import SubjectEvent
from bot.model.facts import PullNow, RunNow
from bot.model.ids import InstallationId, Login, Repo, RunId, Sha, UserId
from bot.model.intents import RecordDecision, Refuse, StartRun
from bot.model.models import NOTHING
from bot.model.money import micros
from bot.model.runs import Conclusion, Person, Start, Subject, Trigger
from bot.rules.budget import used_up
from bot.rules.policy import Actor, Decision
from bot.rules.repoconfig import Config, CostLimits, Quota
from bot.rules.requests import Known, Request, quotes
from bot.rules.roles import Role
from bot.rules.starting import terms_of

ANN = Person(id=UserId(1), login=Login("ann"))
BOB = Person(id=UserId(2), login=Login("bob"))
ISSUE = Subject(repo=Repo("octo/cat"), number=7, kind="issue")
HEAD = Sha("a" * 40)
CONFIG = Config()
FIX = CONFIG.agents["fix"]
TRIGGER = Trigger(kind="issue_comment", id=3)
EVENT = SubjectEvent(
    installation=InstallationId(7),
    sender=ANN,
    at=5.0,
    repo=ISSUE.repo,
    repo_id=5,
    subject=ISSUE,
    title="A mess",
    body="It is.",
    author=BOB,
    open=True,
)
RUN = RunNow(
    id=RunId("01RUN"),
    agent="fix",
    subject=ISSUE,
    title="A mess",
    body="",
    author=BOB,
    instruction="the race",
    asked_by=ANN.login,
    asked_at=1.0,
    state="running",
    conclusion=None,
    words="",
    changed_at=1.0,
    fork=False,
    pull=None,
)


def pull(*, fork=False, is_open=True):
    head = Start(sha=HEAD, branch="topic", fork=fork)
    return PullNow(head=head, base="main", open=is_open, draft=False)


def request(*, event=EVENT, **known):
    base = {
        "by_us": False,
        "config": CONFIG,
        "actor": Actor(person=ANN, role=Role.WRITE, role_name="write"),
        "pull": None,
        "seen_head": None,
        "open_runs": (),
        "left_today": 3,
    }
    return Request(event=event, trigger=TRIGGER, known=Known(**{**base, **known}))


def test_a_question_holds_all_that_the_rules_look_at():
    ask = request(pull=pull(fork=True)).ask("fix", everywhere=True, started=2)
    assert (ask.act, ask.actor.person, ask.agents) == ("fix", ANN, CONFIG.agents)
    assert (ask.subject, ask.fork, ask.everywhere) == (ISSUE, True, True)
    assert (ask.open, ask.left_today) == (True, 1)


@pytest.mark.parametrize(
    ("told", "now", "is_open"),
    [(True, None, True), (False, None, False), (True, False, False), (False, True, True)],
)
def test_whether_it_is_open_is_what_github_shows_now(told, now, is_open):
    event = replace(EVENT, open=told)
    known = None if now is None else pull(is_open=now)
    assert request(event=event, pull=known).ask("fix").open is is_open


def test_a_decision_is_written_down_with_the_role_that_it_was_made_by():
    decision, record = request().decide("fix")
    assert decision == Decision(allowed=True, rule="allowed")
    assert record == RecordDecision(
        repo_id=5,
        subject=ISSUE,
        person=ANN,
        role="write",
        act="fix",
        allowed=True,
        rule="allowed",
        words="",
    )
    nobody = Actor(person=ANN, role=Role.NONE)
    assert request(actor=nobody).decide("fix")[1].role == "none"
    assert request().decide("fix", started=3)[0].rule == "quota"


def test_a_refusal_names_the_rule_and_what_was_written():
    refusal = request().refuse(Decision(allowed=False, rule="role", words="No."))
    assert refusal == Refuse(
        installation=InstallationId(7),
        repo_id=5,
        subject=ISSUE,
        person=ANN,
        trigger=TRIGGER,
        reason="role",
        words="No.",
    )


def test_a_run_is_started_by_the_sender_on_what_the_author_wrote():
    assert request().start(FIX, "the race") == StartRun(
        installation=InstallationId(7),
        repo_id=5,
        subject=ISSUE,
        title="A mess",
        body="It is.",
        author=BOB,
        instruction="the race",
        asked_by=ANN,
        trigger=TRIGGER,
        terms=terms_of(FIX, CONFIG, fork=False),
        at=5.0,
        per_day=CONFIG.limits.runs.per_day,
    )


@pytest.mark.parametrize(("seen", "asks"), [(HEAD, False), (None, True)])
def test_a_run_on_a_pull_request_starts_at_its_head(seen, asks):
    start = request(pull=pull(fork=True), seen_head=seen).start(FIX, outsiders=True)
    assert (start.start, start.asks, start.outsiders) == (pull(fork=True).head, asks, True)
    assert start.agent == "fix"
    assert "push" not in start.terms.agent.outputs


@pytest.mark.parametrize(
    ("past", "others"),
    [
        (RUN, False),
        (replace(RUN, asked_by=BOB.login), True),
        (replace(RUN, asked_by=BOB.login, instruction=""), False),
        (replace(RUN, outsiders=True), True),
        (replace(RUN, outsiders=True, instruction=""), False),
    ],
)
def test_words_are_one_s_own_or_they_are_not(past, others):
    assert request().in_other_words(past) is others


@pytest.mark.parametrize(
    ("instruction", "quoted"),
    [
        ("the race", False),
        ("a > b\n->", False),
        ("do\n\n > this", True),
        ("> this", True),
        ("- 1. > it", True),
    ],
)
def test_a_quote_may_be_anybody_s_words(instruction, quoted):
    assert quotes(instruction) is quoted


def test_an_agent_is_open_where_it_has_a_run():
    assert request(open_runs=[RUN]).is_open("fix")
    assert not request(open_runs=[RUN]).is_open("tidy")


BROKEN = replace(RUN, state="finished", conclusion=Conclusion.TIMED_OUT)


def test_a_run_that_broke_off_goes_on_and_a_success_is_done_anew():
    assert request().again(FIX, BROKEN).after == BROKEN.id
    assert request().again(FIX, BROKEN, fresh=True).after is None
    assert request().again(FIX, replace(BROKEN, conclusion=Conclusion.SUCCESS)).after is None


def test_what_goes_on_is_asked_for_by_the_sender_in_the_words_of_then():
    again = request().again(FIX, replace(BROKEN, asked_by=BOB.login))
    assert (again.asked_by, again.instruction, again.outsiders) == (ANN, "the race", True)


def test_a_run_goes_on_on_the_issue_also_from_the_pull_request_that_it_opened():
    event = replace(EVENT, subject=replace(ISSUE, number=8, kind="pull"), title="Fix it")
    asked = request(event=event, pull=pull())
    again = asked.again(FIX, replace(BROKEN, pull=8, title="A mess"))
    assert (again.subject, again.title, again.start) == (ISSUE, "A mess", None)
    fresh = asked.again(FIX, BROKEN, fresh=True)
    assert (fresh.subject, fresh.title, fresh.start) == (event.subject, "Fix it", pull().head)


OVER = "It has reached its budget of $7.00. `/gr continue +$2` goes on."


@pytest.mark.parametrize(
    ("words", "per_run", "added", "spent"),
    [
        (OVER, 5, 0, True),
        (OVER, 4.5, "0.5", True),
        (OVER, 5, "0.01", False),
        (OVER, 6, 0, False),
        ("It broke.", 5, 0, False),
    ],
)
def test_a_run_that_has_spent_its_budget_goes_on_with_more_alone(words, per_run, added, spent):
    past = replace(RUN, words=words, left=True, budget=micros(7), extra=micros(2))
    config = Config(limits=Quota(cost=CostLimits(per_run=per_run)))
    said = request(config=config).used_up(past, extra=micros(added))
    assert said == ("`fix` has spent its $7.00 here. Write `/gr continue fix +$2`." * spent)


def test_a_run_of_which_nothing_is_left_begins_anew_with_a_budget_of_its_own():
    past = replace(RUN, words=OVER, budget=micros(7))
    said = request().used_up(past)
    assert said == "`fix` has spent its $7.00 here. Write `/gr retry fix --fresh`."


def test_a_run_without_a_budget_has_not_spent_it():
    past = replace(RUN, words=OVER, budget=micros(7))
    assert used_up(past, micros(7), NOTHING) == micros(7)
    assert used_up(past, None, NOTHING) is None
    assert used_up(replace(past, budget=None), micros(7), NOTHING) is None
