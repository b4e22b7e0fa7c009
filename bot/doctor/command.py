"""`greenroom doctor`: examine everything that can be, print the report."""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping

from bot.clocks import system_clock
from bot.doctor.database import database_findings
from bot.doctor.environment import models_finding, readable, secrets_in, settings_findings
from bot.doctor.findings import Finding, report
from bot.doctor.github import app_findings
from bot.doctor.host import host_findings
from bot.model.settings import Process
from bot.wiring.base import configure_logs


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Add what the command takes, which is nothing."""


def run(_asked: argparse.Namespace) -> int:
    """Examine this machine's installation; return 0 when it is healthy, else 1."""
    configure_logs()
    found = asyncio.run(examine(os.environ))
    sys.stdout.write(report(found, secrets_in(os.environ)))
    return int(any(each.remedy for each in found))


async def examine(env: Mapping[str, str]) -> list[Finding]:
    """Examine the installation that these settings describe, as far as they can be read."""
    found = list(settings_findings(env))
    settings = readable(env)
    if settings is None:
        return found
    now = system_clock(settings.clock).now()
    found += await asyncio.to_thread(lambda: list(host_findings(settings)))
    found += await database_findings(settings, now)
    if as_gateway := readable(env, Process.GATEWAY):
        found.append(models_finding(as_gateway))
    if as_app := readable(env, Process.WORK):
        found += await app_findings(as_app)
    return found
