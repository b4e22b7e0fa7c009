"""Every rule, by what it says; who may what in whole is tested with the handlers."""

import pytest

from bot.model.ids import Login, Repo, UserId
from bot.model.runs import AgentSpec, Person, Subject
from bot.rules.policy import RULES, TALK, WORDS, Actor, Ask, Decision, decide
from bot.rules.repoconfig import Agent, Allow
from bot.rules.roles import Role
from bot.rules.verbs import VERBS

ANN = Person(id=UserId(1), login=Login("ann"))
BOT = Person(id=UserId(2), login=Login("helper[bot]"), bot=True)
ISSUE = Subject(repo=Repo("octo/cat"), number=7, kind="issue")
PULL = Subject(repo=Repo("octo/cat"), number=8, kind="pull")
TEAMS = frozenset({"octo/guards"})


def agent(name, *outputs, role="write", teams=()):
    spec = AgentSpec(
        name=name, description=name, runtime="command", outputs=dict.fromkeys(outputs, 1)
    )
    return Agent(spec=spec, allow=Allow(role=role, teams=teams))


AGENTS = {
    "fix": agent("fix", "pull_request", "push", "comment"),
    "tidy": agent("tidy", "pull_request", "push"),
    "docs": agent("docs", "pull_request"),
    "ask": agent("ask", "comment", role="read"),
    "rule": agent("rule", "comment", role="admin", teams=("octo/guards",)),
    "guard": agent("guard", "comment", role="security", teams=("octo/guards",)),
    "team": agent("team", "comment", role="", teams=("octo/guards", "octo/cats")),
    "stop": agent("stop", "comment", role="read"),
}


ASKED = ("fork", "everywhere", "loosens", "open", "left_today")


def decided(act, role=Role.WRITE, *, person=ANN, on=ISSUE, **known):
    about = {key: known.pop(key) for key in ASKED if key in known}
    actor = Actor(person=person, role=role, **known)
    return decide(Ask(act=act, actor=actor, agents=AGENTS, subject=on, **about))


def yes(rule="allowed"):
    return Decision(allowed=True, rule=rule)


def no(rule, words):
    return Decision(allowed=False, rule=rule, words=words)


def test_the_last_rule_answers_whatever_is_asked():
    assert [name for name, _ in RULES][-1] == "allowed"
    assert len({name for name, _ in RULES}) == len(RULES)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("role", Role)
def test_a_verb_needs_its_role_and_has_to_work(verb, role):
    needs, later = VERBS[verb].needs, VERBS[verb].later
    if role < needs:
        words = f"`{verb}` needs {needs} access to this repository."
        assert decided(verb, role) == no("role", words)
    else:
        assert decided(verb, role) == (no("later", later) if later else yes())


@pytest.mark.parametrize("role", Role)
def test_an_agent_needs_the_role_that_it_names(role):
    words = "`fix` needs write access to this repository."
    assert decided("fix", role) == (yes() if role >= Role.WRITE else no("role", words))
    assert decided("ask", role).allowed is (role >= Role.READ)


def test_a_member_of_a_team_needs_no_role():
    words = "`rule` needs admin access to this repository or membership of octo/guards."
    assert decided("rule", Role.WRITE) == no("role", words)
    assert decided("rule", Role.READ, teams=TEAMS) == yes()
    assert decided("rule", Role.ADMIN) == yes()


@pytest.mark.parametrize(
    ("role", "known", "allowed"),
    [
        (Role.READ, {"role_name": "security"}, True),
        (Role.READ, {"role_name": "read", "teams": TEAMS}, True),
        (Role.ADMIN, {"role_name": "admin"}, True),
        (Role.MAINTAIN, {"role_name": "maintain"}, False),
        (Role.WRITE, {"role_name": "Security"}, False),
        (Role.WRITE, {}, False),
    ],
)
def test_a_custom_role_is_that_role_or_an_administrator_s(role, known, allowed):
    words = "`guard` needs the role security or membership of octo/guards."
    assert decided("guard", role, **known) == (yes() if allowed else no("custom_role", words))


def test_an_agent_for_teams_alone_needs_one_of_them():
    words = "`team` needs membership of octo/guards or membership of octo/cats."
    assert decided("team", Role.MAINTAIN) == no("custom_role", words)
    assert decided("team", Role.MAINTAIN, role_name="") == no("custom_role", words)
    assert decided("team", Role.READ, teams=TEAMS) == yes()
    assert decided("team", Role.ADMIN) == yes()


@pytest.mark.parametrize("act", ["fix", "help", "approve", "deploy", "stop"])
@pytest.mark.parametrize("role", Role)
def test_a_bot_that_nobody_named_may_nothing_whatever_its_role(act, role):
    words = "Bots act here only where the configuration names their app under `bots`."
    assert decided(act, role, person=BOT) == no("bot", words)


@pytest.mark.parametrize("act", ["fix", "guard", "team", "rule"])
def test_a_bot_that_configuration_names_may_start_agents(act):
    assert decided(act, Role.NONE, person=BOT, named=True) == yes("named_bot")


@pytest.mark.parametrize("act", ["help", "approve", "pause", "later", "validate"])
@pytest.mark.parametrize("role", [Role.NONE, Role.ADMIN])
def test_a_bot_says_no_verbs(act, role):
    rule = "named_bot" if act in VERBS else "unknown"
    assert decided(act, role, person=BOT, named=True, owner=True).rule == rule
    assert not decided(act, role, person=BOT, named=True).allowed


def test_to_be_named_as_a_bot_gives_a_person_nothing():
    assert not decided("fix", Role.READ, named=True).allowed


@pytest.mark.parametrize("role", Role)
def test_what_is_both_a_verb_and_an_agent_is_the_verb(role):
    assert decided("stop", role).allowed is (role >= Role.TRIAGE)


@pytest.mark.parametrize("act", ["deploy", "", "agent:fix", "/fix", "FIX"])
def test_what_nobody_defined_is_refused_to_everybody(act):
    known = "`ask`, `docs`, `fix`, `guard`, `rule`, `stop`, `team`, `tidy`"
    words = f"There is no agent `{act}` here. There are: {known}."
    assert decided(act, Role.ADMIN) == no("unknown", words)


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_the_whole_organization_is_for_its_owners(verb):
    words = f"`{verb}` for the whole organization is for its owners."
    assert decided(verb, Role.ADMIN, everywhere=True) == no("owner", words)
    assert decided(verb, Role.ADMIN, everywhere=True, owner=True) == yes()
    assert decided(verb, Role.MAINTAIN) == yes()
    assert not decided(verb, Role.READ, everywhere=True, owner=True).allowed


@pytest.mark.parametrize("act", ["fix", "help", "retry"])
def test_most_things_cannot_be_meant_for_an_organization(act):
    assert decided(act, everywhere=True) == yes()


CLOSED = "This is closed. Open it again first."


@pytest.mark.parametrize("on", [ISSUE, PULL])
def test_no_agent_starts_on_what_is_closed_and_verbs_still_work(on):
    assert decided("fix", on=on, open=False) == no("unfit", CLOSED)
    named = decided("fix", Role.NONE, person=BOT, named=True, on=on, open=False)
    assert named == no("named_bot", CLOSED)
    assert decided("approve", on=on, open=False) == yes()


@pytest.mark.parametrize(
    ("act", "fork", "words"),
    [
        ("docs", False, "`docs` works from issues. Ask for it on an issue."),
        (
            "tidy",
            True,
            "`tidy` only changes files, and the branch of a fork is not ours to change.",
        ),
        (
            "docs",
            True,
            "`docs` only changes files, and the branch of a fork is not ours to change.",
        ),
    ],
)
def test_an_agent_has_to_be_able_to_do_something_there(act, fork, words):
    assert decided(act, on=PULL, fork=fork) == no("unfit", words)


@pytest.mark.parametrize(("act", "fork"), [("tidy", False), ("fix", True), ("ask", True)])
def test_what_it_can_do_is_enough(act, fork):
    assert decided(act, on=PULL, fork=fork) == yes()


@pytest.mark.parametrize("left", [0, -1])
def test_a_day_has_only_so_many_runs(left):
    words = "This repository has started as many runs today as its configuration allows."
    assert decided("fix", left_today=left) == no("quota", words)
    named = decided("fix", Role.NONE, person=BOT, named=True, left_today=left)
    assert named == no("named_bot", words)
    assert decided("retry", left_today=left) == yes()


def test_what_may_come_of_a_fork_changes_no_file():
    assert WORDS < TALK
    assert TALK.isdisjoint({"push", "pull_request", "labels", "issue"})


def test_what_the_organization_enforces_its_owners_may_loosen():
    words = "The organization enforces what a run may cost; its owners may add to that."
    assert decided("continue", Role.ADMIN, loosens=True) == no("owner", words)
    assert decided("continue", Role.ADMIN, loosens=True, owner=True) == yes()
    assert decided("continue", Role.ADMIN) == yes()
