from dataclasses import replace

from bot.rules.grammar import Grammar
from bot.rules.reading import read
from tests.handlers.hall import comment

GRAMMAR = Grammar(prefix="gr", bare=frozenset(), mention=None)


def verbs(event, now=None):
    return [each.verb for each in read(event, GRAMMAR, now)]


def test_an_edit_gives_the_commands_that_it_added():
    event = comment("/gr tidy")
    assert verbs(event) == ["tidy"]
    assert verbs(replace(event, before="/gr tidy", text="/gr tidy\n\n/gr fix")) == ["fix"]


def test_what_was_taken_back_since_is_no_command():
    event = comment("/gr tidy\n\n/gr fix")
    assert verbs(event, "/gr fix") == ["fix"]
    assert verbs(event, "") == []
    assert verbs(event, event.text) == ["tidy", "fix"]
