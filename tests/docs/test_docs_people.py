"""What the pages about commands and permissions tell is what the code does."""

import re

import pytest

from bot.github.permissions import union
from bot.model.readers import ALWAYS_SENT, EVENTS
from bot.rules.grammar import MOST_COMMANDS, Grammar, commands
from bot.rules.outputs import MOST_PLAN
from bot.rules.policy import RULES
from bot.rules.repoconfig import Config
from bot.rules.responses import MOST_REFUSALS
from bot.rules.roles import Role
from bot.rules.verbs import VERBS
from bot.rules.waiting import SHORTEST_SHA
from bot.work.janitor import KEEPS_DECISIONS
from bot.work.replies import MOST_REACTIONS
from tests.docs.told import TEXTS, quoted, rows, section

COMMANDS = TEXTS["commands.md"]
DAY = 24 * 3600


def test_the_rules_are_told_in_their_order():
    told = [quoted(cells[0])[0] for cells in rows("commands.md", "Who may")]
    assert told == [name for name, _ in RULES]


def test_every_rule_that_refuses_says_no():
    for name, says in rows("commands.md", "Who may")[:-1]:
        assert "no" in re.findall(r"\w+", says), name


def test_the_roles_are_told_in_their_order():
    (line,) = re.findall(r"^Roles are (.+), each", COMMANDS, re.MULTILINE)
    assert quoted(line) == [str(role) for role in Role if role]


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("at most {} commands", MOST_COMMANDS),
        ("has {} digits or more", SHORTEST_SHA),
        ("A plan has at most {:,} characters", MOST_PLAN),
        ("last {} refusals", MOST_REFUSALS),
        ("the first {} refusals", MOST_REACTIONS),
        ("for {} days, and `/gr explain`", int(KEEPS_DECISIONS / DAY)),
        ("({} days unless configured)", int(Config().limits.time.parked / DAY)),
    ],
)
def test_the_numbers_are_those_of_the_code(words, number):
    assert words.format(number) in " ".join(COMMANDS.split())


def test_every_command_that_is_named_is_a_verb_or_an_agent():
    named = re.findall(r"`/gr ([a-z]+)", COMMANDS)
    assert set(named) <= {*VERBS, *Config().agents, "ask"}
    assert VERBS.keys() <= set(named)


def test_the_examples_are_read_as_it_is_told():
    grammar = Grammar(bare=frozenset(each.on.command or "" for each in Config().agents.values()))
    told = [quoted(cells[1])[0] for cells in rows("commands.md", "Ways to ask")[:3]]
    read = [command for text in told for command in commands(text, grammar)]
    assert [(each.verb, each.bare) for each in read] == [
        ("fix", False),
        ("fix", True),
        ("ask", False),
    ]


def test_every_permission_has_its_reason():
    told = [
        quoted(cells[0])[0] for cells in rows("permissions.md", "What the app asks an owner for")
    ]
    assert told == [f"{name}: {level}" for name, level in union().items()]


def test_every_event_has_its_reason():
    told = [quoted(cells[0])[0] for cells in rows("permissions.md", "What the app is told")]
    assert told == sorted(EVENTS)
    assert set(told) >= ALWAYS_SENT


def test_an_agent_holds_nothing():
    held = rows("permissions.md", "What an agent and a runner never hold")
    assert all(agent.startswith("no") for _, agent, _ in held)
    assert "replay" in section("permissions.md", "What a token may do")
