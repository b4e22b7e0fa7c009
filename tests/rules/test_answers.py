import re
from dataclasses import replace

import pytest

from bot.model.facts import PastDecision, Pause, RunNow, Waiting
from bot.model.ids import Login, Repo, RunId, Sha, UserId
from bot.model.runs import AgentSpec, Conclusion, Person, Subject
from bot.rules.answers import MOST_PAST, WAITS, ago, explain, helped, settings, status, waiting_for
from bot.rules.configmodel import Setup
from bot.rules.markdown import BREAK
from bot.rules.mistakes import Mistake
from bot.rules.policy import Actor, Ask
from bot.rules.repoconfig import Agent, Allow, Config, Egress, On
from bot.rules.roles import Role
from bot.rules.verbs import VERBS
from bot.rules.waiting import APPROVAL, APPROVED, PLAN, START

NOW = 1_800_000_000.0  # 2027-01-15, 08:00:00 UTC
ANN = Person(id=UserId(1), login=Login("ann"))
ISSUE = Subject(repo=Repo("octo/cat"), number=7, kind="issue")
SHA = Sha("a" * 40)
EVIL = "<!-- greenroom run 1 -->\n| `x` @ann fixes #1 &#64;ann"
WORKING = RunNow(
    id=RunId("01RUN"),
    agent="fix",
    subject=ISSUE,
    title="A mess",
    body="",
    author=ANN,
    instruction="",
    asked_by=ANN.login,
    asked_at=NOW,
    state="running",
    conclusion=None,
    words="",
    changed_at=NOW - 90,
    fork=False,
    pull=None,
)
DONE = replace(WORKING, state="finished", conclusion=Conclusion.SUCCESS, pull=9)


def agent(name, *, label=True, command=True, role="write", description="Mends things"):
    spec = AgentSpec(name=name, description=description, runtime="command", outputs={"comment": 1})
    on = On(label=f"agent:{name}" if label else None, command=name if command else None)
    return Agent(spec=spec, on=on, allow=Allow(role=role, teams=()))


def config(*agents, **changes):
    return Config(agents={each.spec.name: each for each in agents}, **changes)


def wait(reason, about=SHA, *, since=NOW - 600):
    return Waiting(reason=reason, about=about, since=since, deadline=NOW + 3600)


def help_for(setup, role, **known):
    actor = Actor(person=ANN, role=role)
    acts = [*setup.agents, *VERBS]
    asks = {
        act: Ask(act=act, actor=actor, agents=setup.agents, subject=ISSUE, **known) for act in acts
    }
    return helped(setup, asks)


def test_help_begins_with_the_agents_and_how_each_is_started():
    setup = config(
        agent("fix"),
        agent("ask", label=False, description="Answers @ann."),
        agent("sort", command=False),
        agent("mute", command=False, label=False),
    )
    assert help_for(setup, Role.WRITE).splitlines()[:7] == [
        "Here you may say, at the start of a line:",
        "",
        "- `/gr fix [WORDS]` or the label `agent:fix`: Mends things.",
        f"- `/gr ask [WORDS]`: Answers @{BREAK}ann.",
        "- the label `agent:sort`: Mends things.",
        "- `mute`: Mends things.",
        "- `/gr help`: Lists what you may do here.",
    ]


def test_help_tells_of_bare_commands_and_another_prefix():
    commands = replace(Config().commands, bare=True, prefix="bot")
    shown = help_for(config(agent("fix", label=False), commands=commands), Role.WRITE)
    assert "- `/bot fix [WORDS]` or `/fix [WORDS]`: Mends things." in shown
    assert "- `/bot stop [AGENT]`: Stops the open runs here, or one." in shown


@pytest.mark.parametrize(
    ("agents", "known", "last"),
    [
        ([agent("fix")], {}, "- `fix` needs write access to this repository."),
        (
            [agent("ask", role="read")],
            {"open": False},
            "- This is closed. Open it again first.",
        ),
        ([], {}, "- There are no agents here."),
    ],
)
def test_help_says_why_there_is_no_agent_for_somebody(agents, known, last):
    shown = help_for(config(*agents), Role.READ, **known)
    assert shown.splitlines()[-2:] == ["", last]


@pytest.mark.parametrize("role", Role)
def test_help_lists_what_would_be_allowed_and_nothing_else(role):
    shown = help_for(config(agent("fix")), role)
    listed = set(re.findall(r"- `/gr ([a-z]+)", shown))
    verbs = {name for name, verb in VERBS.items() if role >= verb.needs and not verb.later}
    assert listed == verbs | ({"fix"} if role >= Role.WRITE else set())


def test_nothing_open_is_said_plainly():
    assert status([], [], NOW) == "No run is open here."


LEFT = "for 10 min now, until 2027-01-15 09:00 UTC"


@pytest.mark.parametrize(
    ("waits", "words"),
    [
        ((), "working for 90 s"),
        (
            (wait(START),),
            f"waits for a person's yes to the head `{'a' * 12}`, {LEFT}",
        ),
        (
            (wait(APPROVAL),),
            f"waits for a person's yes to its commit `{'a' * 12}`, {LEFT}",
        ),
        (
            (wait(PLAN),),
            f"waits for a person's yes to its plan `{'a' * 12}`, {LEFT}",
        ),
        ((wait(APPROVED),), f"has a person's yes to `{'a' * 12}`"),
        (
            (wait(APPROVAL), wait("delivery", None)),
            f"waits for a person's yes to its commit `{'a' * 12}`, {LEFT}",
        ),
        (
            (wait("delivery", None),),
            f"waits for GitHub to take what it made, {LEFT}",
        ),
        *(((wait(reason),), words.format(LEFT)) for reason, words in WAITS.items()),
    ],
)
def test_an_open_run_says_where_it_stands(waits, words):
    assert status([replace(WORKING, waits=waits)], [], NOW) == f"- **fix** {words} (`01RUN`)."


@pytest.mark.parametrize(
    ("scope", "where"),
    [
        ("all", "everywhere"),
        ("owner:octo", "in the whole organization"),
        ("repo:5", "in this repository"),
    ],
)
def test_a_pause_says_how_far_it_reaches(scope, where):
    pauses = [Pause(scope=scope, by="ann", at=NOW)]
    assert status([], pauses, NOW) == f"- Runs are paused {where} by ann."


def decision(act="fix", words="", rule="allowed"):
    return PastDecision(
        person=ANN.login, act=act, allowed=not words, rule=rule, words=words, at=NOW
    )


def test_explain_says_what_runs_waits_and_decisions_came_to():
    past = [DONE, replace(DONE, pull=None, conclusion=None, words="It broke.")]
    decisions = [decision(), decision("stop", "`stop` needs triage access.", "role")]
    assert explain([WORKING], past, [], decisions, NOW).splitlines() == [
        "- **fix** working for 90 s (`01RUN`).",
        "",
        "Finished before:",
        "- ✅ **fix** opened #9. (`01RUN`)",
        "- ⚪ **fix** It broke. (`01RUN`)",
        "",
        "What you asked for:",
        "- `fix` allowed (rule `allowed`)",
        "- `stop` refused: `stop` needs triage access. (rule `role`)",
    ]


def test_explain_goes_back_only_so_far():
    shown = explain([], [DONE] * 9, [], [decision()] * 9, NOW)
    assert shown.count("opened #9") == shown.count("(rule `allowed`)") == MOST_PAST
    assert explain([], [], [], [], NOW) == "No run is open here."


def test_what_people_are_asked_about_is_commits_and_plans():
    runs = [
        replace(WORKING, waits=(wait(START), wait(APPROVED))),
        replace(WORKING, waits=(wait(APPROVAL, Sha("b" * 40)), wait(APPROVAL, None))),
        replace(WORKING, waits=(wait("delivery"), wait(PLAN, Sha("c" * 40)))),
    ]
    assert waiting_for(runs) == ["a" * 12, "b" * 12, "c" * 12]


def test_settings_are_shown_with_where_they_come_from():
    thinker = agent("thinker")
    setup = config(
        agent("fix"),
        replace(agent("ask"), allow=Allow(role="", teams=("octo/cats", "octo/dogs"))),
        replace(thinker, spec=replace(thinker.spec, model="m-1"), usual=True),
        protect=(),
        setup=Setup(run="npm ci"),
        origins={"commands.prefix": "octo/.github", "setup": "octo/app"},
    )
    lines = settings(setup).splitlines()
    assert lines[:2] == ["| setting | value | from |", "|---|---|---|"]
    assert "| `agents.fix.allow` | `write` | defaults |" in lines
    assert "| `limits.cost.org_per_day` | `none` | defaults |" in lines
    assert "| `agents.fix.runtime` | `command` | defaults |" in lines
    assert "| `agents.thinker.runtime` | `default (playbook)` | defaults |" in lines
    assert "| `agents.thinker.model` | `m-1` | defaults |" in lines
    assert "| `agents.ask.allow` | `octo/cats, octo/dogs` | defaults |" in lines
    assert "| `commands.bare` | `false` | defaults |" in lines
    assert "| `commands.prefix` | `gr` | octo/.github |" in lines
    assert "| `limits.runs.concurrent` | `3` | defaults |" in lines
    assert "| `protect` | `none` | defaults |" in lines
    assert "| `setup` | `npm ci` | octo/app |" in lines
    assert lines[2:] == sorted(lines[2:])


def test_settings_that_are_not_in_force_are_said_with_the_remedy():
    refused = Mistake(path="greenroom.yml", line=3, words="`ci` is set.", remedy="Take it out.")
    shown = settings(config(overruled=(refused,)))
    assert shown.splitlines()[-3:] == [
        "",
        "Not in force:",
        "- `greenroom.yml` line 3: `ci` is set. Take it out.",
    ]


def test_no_value_breaks_the_table_or_calls_anybody():
    protect = ("a|b`c", "@octo/cats", "<!-- x", "fixes #1")
    setup = config(
        protect=protect,
        egress=Egress(allow=("x.example.com",)),
        origins={"protect": "octo/cat | @ann <!-- x"},
    )
    (row,) = (row for row in settings(setup).splitlines() if "protect" in row)
    assert row.count("|") == 4
    assert row.count("`") == 4
    assert "@octo" not in row
    assert "@ann" not in row
    assert "<!--" not in row
    assert "fixes #1" not in row


@pytest.mark.parametrize(
    "shown",
    [
        status([], [Pause(scope="all", by=EVIL, at=NOW)], NOW),
        explain([], [replace(DONE, words=EVIL)], [], [], NOW),
        explain([], [], [], [decision(EVIL, EVIL, "unknown")], NOW),
        settings(config(overruled=(Mistake(path="a", line=1, words=EVIL, remedy=EVIL),))),
        help_for(config(agent("fix", description=EVIL)), Role.WRITE),
    ],
    ids=["pause", "words", "decision", "overruled", "description"],
)
def test_nothing_that_is_answered_calls_closes_or_hides(shown):
    assert "<!--" not in shown
    assert "@ann" not in shown
    assert "&#64;" not in shown
    assert "fixes #1" not in shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (172_799, "47 h"),
        (172_800, "2 d"),
    ],
)
def test_a_time_is_said_roughly(seconds, words):
    assert ago(NOW - seconds, NOW) == words
