import pytest

from bot.model.money import micros
from bot.rules.repoconfig import AGENTS
from bot.rules.roles import Role
from bot.rules.verbs import EVERYWHERE, VERBS, adds_money, money
from handlers.commands import DO


def test_a_verb_works_or_says_what_is_missing():
    assert {name for name, verb in VERBS.items() if not verb.later} == set(DO)


def test_no_built_in_agent_has_the_name_of_a_verb():
    assert VERBS.keys().isdisjoint(AGENTS)


@pytest.mark.parametrize("name", VERBS)
def test_help_is_whole_sentences_and_short(name):
    verb = VERBS[name]
    assert name == name.lower()
    assert verb.help.endswith(".")
    assert len(verb.help) < 100
    assert not verb.later or verb.later.endswith(".")
    assert Role.READ <= verb.needs <= Role.MAINTAIN


def test_two_verbs_may_be_for_a_whole_organization():
    wide = {name for name, verb in VERBS.items() if verb.wide}
    assert wide == {"pause", "resume"}
    assert all(EVERYWHERE in VERBS[name].usage for name in wide)


@pytest.mark.parametrize(
    ("word", "dollars"),
    [("+$5", "5"), ("+$2.5", "2.5"), ("+$0.05", "0.05"), ("+$999999.99", "999999.99")],
)
def test_more_money_is_dollars_with_cents(word, dollars):
    assert money(word) == micros(dollars)


@pytest.mark.parametrize(
    ("said", "adds"),
    [("continue +$5", True), ("continue fix", False), ("continue +5", False), ("stop +$5", False)],
)
def test_money_is_added_where_somebody_has_a_run_go_on(said, adds):
    verb, *args = said.split()
    assert adds_money(verb, args) is adds


@pytest.mark.parametrize("word", ["", "5", "+5", "$5", "+$", "+$1.234", "+$-1", "+$1e9", "+$٣"])
def test_anything_else_is_no_money(word):
    assert money(word) is None
