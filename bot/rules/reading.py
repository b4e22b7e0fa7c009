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


def read(event: TextWritten, grammar: Grammar, now: str | None = None) -> Sequence[Command]:
    """Parse a text's commands; of an edited one, those that the edit has added.

    `now` is the text as it stands now, where that may be another: what is no longer in it
    was taken back.
    """
    if event.before is None:
        found = commands(event.text, grammar)
    else:
        found = added(event.before, event.text, grammar)
    if now is None:
        return found
    taken_back = {each.line for each in added(now, event.text, grammar)}
    return [each for each in found if each.line not in taken_back]
