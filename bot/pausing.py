"""`greenroom pause` and `resume`: what an operator holds back, everywhere or in one place."""

import argparse
import asyncio
import getpass
import sys

from bot.model.errors import Misconfigured
from bot.model.facts import Pause
from bot.store import layers, pauses
from bot.store.engine import Store
from bot.wiring.base import clock_of, open_checked, settings_for


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the commands take."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--org", metavar="LOGIN", help="an organization's or a user's runs alone")
    where.add_argument("--repo", metavar="OWNER/NAME", help="one repository's runs alone")


def run(asked: argparse.Namespace) -> int:
    """Do it and say so; return the exit status."""
    sys.stdout.write(asyncio.run(_run(asked)) + "\n")
    return 0


async def _run(asked: argparse.Namespace) -> str:
    settings = settings_for()
    async with open_checked(settings) as store:
        scope = await _scope(asked, store)
        async with store.begin() as tx:
            if asked.command == "resume":
                ended = await pauses.set_off(tx, scope)
                return f"{scope}: {'runs go on' if ended else 'was not paused'}"
            by = f"the operator ({getpass.getuser()})"
            pause = Pause(scope=scope, by=by, at=clock_of(settings).now())
            new = await pauses.set_on(tx, pause)
            return f"{scope}: {'paused' if new else 'was paused already'}"


async def _scope(asked: argparse.Namespace, store: Store) -> str:
    """Name what is meant; a repository is known by GitHub's number of it.

    Raises:
        Misconfigured: nothing was ever asked for in that repository.
    """
    if asked.org:
        return f"owner:{asked.org.lower()}"
    if not asked.repo:
        return pauses.EVERYWHERE
    async with store.read() as rows:
        known = await layers.find(rows, asked.repo)
    if known is None:
        raise Misconfigured(f"--repo {asked.repo}: nothing was asked for there yet.")
    return f"repo:{known.repo_id}"
