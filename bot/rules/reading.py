"""Which commands a text gives, under the configuration of where it was written."""

from collections.abc import Sequence

from bot.model.events import TextWritten
from bot.rules.grammar import Command, Grammar, added, commands
from bot.rules.repoconfig import Config

MENTION = "greenroom"
"""The login by which people may call the app, beside the prefix of its commands."""


def grammar_of(config: Config) -> Grammar:
    """Return how people talk to the app where this configuration is in force."""
    named = {each.on.command for each in config.agents.values() if each.on.command}
    bare = frozenset(named) if config.commands.bare else frozenset()
    return Grammar(prefix=config.commands.prefix, bare=bare, mention=MENTION)


def read(event: TextWritten, grammar: Grammar) -> Sequence[Command]:
    """Parse a text's commands; of an edited one, those that the edit has added."""
    if event.before is None:
        return commands(event.text, grammar)
    return added(event.before, event.text, grammar)
