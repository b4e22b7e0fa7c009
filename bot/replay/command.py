"""The command itself: from a file with a payload to what is printed."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import fields
from functools import partial

import handlers
from bot.clocks import system_clock
from bot.model.errors import Misconfigured
from bot.model.events import Event
from bot.model.ids import Repo
from bot.model.readers import EVENTS, Unreadable, parse
from bot.model.runs import PLAIN
from bot.reactions import reactions_to
from bot.replay.known import Given, Lay, fact, given_in, json_in, recorded
from bot.replay.report import Told, as_json, lines
from bot.rules.agents import FALLBACK
from bot.rules.repoconfig import effective
from bot.rules.roles import NAMES
from bot.store.engine import Store
from bot.wiring.base import open_checked, settings_for
from bot.wiring.floor import floor_of

NOTHING = 1
"""Exit status when nothing here reacts to the delivery."""

_EVENTS = ", ".join(sorted(EVENTS))

OpenStore = Callable[[], AbstractAsyncContextManager[Store]]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("file", help="the payload as JSON; `-` is the standard input")
    parser.add_argument("--event", required=True, help="GitHub's name of it, such as issues")
    parser.add_argument("--against", metavar="OWNER/REPO", help="use what was recorded of it")
    parser.add_argument("--role", choices=NAMES, help="the sender's role, write without one")
    parser.add_argument(
        "--runtime",
        choices=PLAIN,
        help="of agents that leave it to the operator; else that of GREENROOM_RUNTIME "
        "with --against, and playbook without",
    )
    parser.add_argument("--facts", metavar="FILE", help="facts by name, as JSON")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


async def replay(asked: argparse.Namespace, lay: Lay, open_store: OpenStore, now: float) -> int:
    """Print what would happen; return the exit status.

    Args:
        asked: what `arguments` has defined.
        lay: lays a repository's layer over its organization's, as the operator has it.
        open_store: opens the database, for `--against`.
        now: Unix seconds.

    Raises:
        Misconfigured: the file or the facts cannot be read.
    """
    body = json.dumps(json_in(asked.file)).encode()
    if asked.event not in EVENTS:
        sys.stdout.write(f"No {asked.event} event is read; those that are: {_EVENTS}.\n")
        return NOTHING
    try:
        events = parse(asked.event, body, received_at=now)
    except Unreadable as problem:
        raise Misconfigured(f"{asked.file}: {problem}.") from None
    found = []
    for event in events:
        given = _given(asked, lay)
        if asked.against:
            async with open_store() as store:
                await recorded(store, given, event, Repo(asked.against), now)
        found.append(_decide(event, given))
    told = [each for each in found if each.decided]
    _print(told, as_objects=asked.json)
    return 0 if told else NOTHING


def _given(asked: argparse.Namespace, lay: Lay) -> Given:
    facts = given_in(asked.facts) if asked.facts else {}
    facts |= {"role": asked.role} if asked.role else {}
    return Given(facts=facts, lay=lay)


def _decide(event: Event, given: Given) -> Told:
    """Ask every handler that wants the event."""
    decided = {}
    for reaction in reactions_to(event, handlers.REACTIONS):
        names = [each.name for each in fields(reaction.facts)]
        facts = {name: fact(name, event, given) for name in names}
        decided[reaction.name] = reaction.decide(event, reaction.facts(**facts))
    return Told(event=event, decided=decided, assumed=dict(given.assumed))


def _print(told: list[Told], *, as_objects: bool) -> None:
    if as_objects:
        text = json.dumps([as_json(each) for each in told], default=str)
    else:
        text = "\n".join(line for each in told for line in lines(each))
    sys.stdout.write((text or "Nothing here reacts to it.") + "\n")


def run(asked: argparse.Namespace) -> int:
    """Run the command to its end; return its exit status."""
    floor, runtime = None, FALLBACK
    if asked.against:
        settings = settings_for()
        floor, runtime = floor_of(settings), settings.runtime
    lay = partial(effective, floor=floor, runtime=asked.runtime or runtime)
    now = system_clock().now()
    return asyncio.run(replay(asked, lay, lambda: open_checked(settings_for()), now))
