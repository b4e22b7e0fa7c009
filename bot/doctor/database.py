"""The database: whether it answers, and what in it waits or was set aside."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import make_url

from bot.doctor.findings import MOST, Finding, foreign, moment
from bot.github.permissions import lacking, spelled, union
from bot.model.errors import Misconfigured, Unavailable
from bot.model.settings import Settings
from bot.store import standing
from bot.store.engine import Store, open_store
from bot.store.migrate import HEAD, check_schema

PATIENCE = 15.0
"""Seconds for the database to answer."""

SLOW = 600.0
"""Seconds after which a delivery that waits is worth a look; most take less than one."""

HOUR = 3600.0

SLOTS = ("GREENROOM_RUNS_AT_ONCE", "GREENROOM_RUNS_PER_REPO")

AGAIN = "UPDATE deliveries SET state = 'waiting', attempts = 0, not_before = 0 WHERE guid = '{}'"


async def database_findings(settings: Settings, now: float) -> list[Finding]:
    """Look at the tables of `settings.database_url` at `now` in Unix seconds; write nothing."""
    url = make_url(settings.database_url.get_secret_value())
    kind = url.get_backend_name()
    if kind == "sqlite" and not _is_there(url.database):
        remedy = "Run `greenroom migrate`, or name the right file"
        return [Finding(where="DATABASE_URL", what=f"{url.database} is not there", remedy=remedy)]
    store = open_store(settings.database_url)
    try:
        async with asyncio.timeout(PATIENCE):
            await check_schema(store)
            rows = await _rows(store, settings, now)
    except Misconfigured as problem:
        what, _, remedy = str(problem).rstrip(".").partition(": ")
        return [Finding(where="DATABASE_URL", what=what, remedy=remedy.capitalize())]
    except (Unavailable, TimeoutError) as problem:
        what = f"the database does not answer ({foreign(str(problem))})"
        return [Finding(where="DATABASE_URL", what=what, remedy="See that it runs and lets us in")]
    finally:
        await store.close()
    return [Finding(where="database", what=f"{kind} at migration {HEAD}"), *rows]


def _is_there(file: str | None) -> bool:
    """Look before SQLite does, which makes a file where there is none."""
    return file is not None and Path(file).exists()


async def _rows(store: Store, settings: Settings, now: float) -> Sequence[Finding]:
    async with store.read() as rows:
        return [
            *_set_aside(await standing.set_aside(rows, most=MOST + 1)),
            _waiting(await standing.backlog(rows), now),
            *_runs(await standing.open_runs(rows, most=MOST), await standing.paused(rows), now),
            *_installations(await standing.installed(rows), settings.server_url),
        ]


def _set_aside(found: Sequence[standing.SetAside]) -> Iterator[Finding]:
    for each in found[:MOST]:
        yield Finding(
            where=f"delivery {each.guid} ({each.event}, {moment(each.received_at)})",
            what=f"set aside: {foreign(each.note)}",
            remedy=f"After the repair, have it tried again: {AGAIN.format(each.guid)}",
        )
    if len(found) > MOST:
        what = f"more than {MOST} are set aside, the oldest are shown"
        yield Finding(where="deliveries", what=what, remedy="See to these first")


def _waiting(found: standing.Backlog, now: float) -> Finding:
    if found.oldest is None:
        return Finding(where="deliveries", what="none waits")
    slow = now - found.oldest > SLOW
    return Finding(
        where="deliveries",
        what=f"{found.count:,} waiting, the oldest since {moment(found.oldest)}",
        remedy="See that `work` runs, and `delivery.postponed` in its log" if slow else "",
    )


def _runs(
    found: Sequence[standing.OpenRun], paused: Sequence[str], now: float
) -> Iterator[Finding]:
    if paused:
        yield Finding(where="runs", what=f"held back by people: {', '.join(paused)}")
    if not found:
        yield Finding(where="runs", what="none is open")
    for run in found:
        stuck = run.state == "queued" and now - run.since > HOUR and not paused
        waits = f", waits for {', '.join(run.waits)}" if run.waits else ""
        yield Finding(
            where=f"run {run.id} ({run.agent} on {run.repo}#{run.number})",
            what=f"{run.state} since {moment(run.since)}{waits}",
            remedy=f"See that `work` runs, and whether {' or '.join(SLOTS)} is too low"
            if stuck
            else "",
        )


def _installations(found: Sequence[standing.Installed], server: str) -> Iterator[Finding]:
    if not found:
        remedy = "Install the app, or have GitHub deliver its `installation` event again"
        yield Finding(where="installations", what="none is recorded", remedy=remedy)
    for each in found:
        less = lacking(union(), each.permissions) if each.active else {}
        page = f"{server}/settings/installations/{each.id}, or its organization's"
        granted = "has granted all that is asked for" if each.active else "suspended or removed"
        yield Finding(
            where=f"installation {each.id} ({each.account})",
            what=f"has not granted {spelled(less)}" if less else granted,
            remedy=f"Have an owner accept them at {page}" if less else "",
        )
