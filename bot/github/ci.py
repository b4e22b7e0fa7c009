"""What others report on a commit, and the story of what failed there.

https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/about-status-checks
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from bot.github.beside import both, together
from bot.github.calls import Caller
from bot.github.errors import FORBIDDEN, PERMISSION
from bot.github.moments import unix
from bot.github.permissions import Operation
from bot.model.errors import Refused, Unavailable
from bot.model.ids import Sha
from bot.model.priorities import Priority
from bot.rules.digest import Failure, Remark
from bot.rules.logs import Log
from bot.rules.standings import CheckSeen, Seen, Standing, StatusSeen, SuiteSeen

ACTIONS = "github-actions"
"""The slug of the app whose check runs are jobs of workflows; the two share their number.

https://docs.github.com/en/rest/actions/workflow-jobs
"""

MOST_FAILURES = 10
"""Failures of one commit whose story is fetched."""

MOST_REMARKS = 50
"""Annotations that are read of one check run: a page."""

MOST_SAID = 4_000
"""Characters that are kept of what a check run says in its output."""

SECONDS = 20.0
"""How long the stories of all failures together may take."""

UNREADABLE = {PERMISSION, FORBIDDEN}
"""Refusals that mean that an owner has not granted it, or not yet."""

LATE = "GitHub did not answer in time."
TOO_MANY = "Too many checks failed to look at each."


class CI:
    """Check runs, statuses, logs and required checks of one repository."""

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    async def seen(self, sha: Sha) -> Seen:
        """Return all that is reported on a commit; statuses only where we may read them.

        Raises:
            Refused: `not_found` or `unprocessable` when there is no such commit.
            Unavailable: GitHub did not answer.
        """
        runs = both(self._checks(sha), self._suites(sha))
        (checks, suites), statuses = await both(runs, self._statuses(sha))
        return Seen(checks=checks, suites=suites, statuses=statuses)

    async def required(self, branch: str) -> frozenset[str] | None:
        """Return the names of checks that a branch requires; None where that is not told.

        Rulesets are told at one place, the older protection of branches at another.
        """
        found = await together([self._ruled(branch), self._protected(branch)])
        told = [names for names in found if names is not None]
        return frozenset().union(*told) if told else None

    async def failures(
        self, failed: Sequence[Standing], *, seconds: float = SECONDS
    ) -> tuple[Failure, ...]:
        """Return the stories of failures in their order, all fetched at once.

        What cannot be had in time or at all is missing, and its `note` says why.
        """
        found = [
            _bare(row, LATE if at < MOST_FAILURES else TOO_MANY) for at, row in enumerate(failed)
        ]
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
                for at, row in enumerate(failed[:MOST_FAILURES]):
                    group.create_task(self._tell(found, at, row))
        return tuple(found)

    async def rerun(self, job: int, *, priority: Priority) -> None:
        """Run a job of Actions again, and what depends on it.

        Raises:
            Refused: `permission` where the app may not, which is the usual; `forbidden` when
                GitHub does not do it any more.
        """
        await self._calls.send(Operation.JOB_RERUN, None, priority, job_id=job)

    async def remarks(self, check: int) -> tuple[Remark, ...]:
        """Return the first annotations of a check run."""
        query = {"per_page": MOST_REMARKS}
        rows, _ = await self._calls.page(Operation.REMARKS, query, check_run_id=check)
        return tuple(_remark(row) for row in rows)

    async def log(self, job: int) -> Log:
        """Return the two ends of a job's log; raises Refused `gone` after its time."""
        return await self._calls.log(Operation.JOB_LOG, job_id=job)

    async def _tell(self, found: list[Failure], at: int, row: Standing) -> None:
        """Fill in one story, piece by piece: what is there when time is up, stays."""
        if row.id is None:
            return
        parts = [self._add(found, at, "remarks", self.remarks(row.id))]
        if row.source == ACTIONS:
            parts.append(self._add(found, at, "log", self.log(row.id)))
        notes = await together(parts)
        found[at] = replace(found[at], note=notes[-1] or notes[0])

    async def _add(
        self, found: list[Failure], at: int, part: str, told: Coroutine[Any, Any, Any]
    ) -> str:
        """Fill in one part; return why it cannot be had, or nothing."""
        try:
            known = {part: await told}
        except (Refused, Unavailable) as problem:
            return str(problem)
        found[at] = replace(found[at], **known)
        return ""

    async def _checks(self, sha: Sha) -> tuple[CheckSeen, ...]:
        query = {"filter": "all"}  # earlier runs of a check tell a flake
        pages = self._calls.pages(Operation.CHECKS, query, key="check_runs", ref=sha)
        return tuple([_check(row) async for row in pages])

    async def _suites(self, sha: Sha) -> tuple[SuiteSeen, ...]:
        pages = self._calls.pages(Operation.SUITES, key="check_suites", ref=sha)
        return tuple([_suite(row) async for row in pages])

    async def _statuses(self, sha: Sha) -> tuple[StatusSeen, ...]:
        pages = self._calls.pages(Operation.STATUS, key="statuses", ref=sha)
        try:
            return tuple([_status(row) async for row in pages])
        except Refused as refused:
            if refused.reason not in UNREADABLE:
                raise
            return ()

    async def _ruled(self, branch: str) -> frozenset[str] | None:
        pages = self._calls.pages(Operation.BRANCH_RULES, branch=branch)
        try:
            rules = [row async for row in pages if row["type"] == "required_status_checks"]
        except Refused:
            return None
        checks = [each for rule in rules for each in rule["parameters"]["required_status_checks"]]
        return frozenset(check["context"] for check in checks)

    async def _protected(self, branch: str) -> frozenset[str] | None:
        try:
            row = await self._calls.get(Operation.BRANCH, branch=branch)
        except Refused:
            return None
        checks = row.get("protection", {}).get("required_status_checks", {})
        return frozenset(checks.get("contexts", ()))


def _bare(row: Standing, note: str) -> Failure:
    """Return what is known without asking; a status has no more than that."""
    return Failure(
        name=row.name,
        word=row.word,
        url=row.url,
        id=row.id,
        said=row.said,
        note="" if row.id is None else note,
    )


def _check(row: Mapping[str, Any]) -> CheckSeen:
    app = row["app"] or {}
    output = row["output"]
    title, summary = output["title"] or "", output["summary"] or ""
    said = [summary] if summary.startswith(title) else [title, summary]
    return CheckSeen(
        id=row["id"],
        name=row["name"],
        app_id=app.get("id"),
        app_slug=app.get("slug", ""),
        status=row["status"],
        conclusion=row["conclusion"],
        started=_moment(row["started_at"]),
        completed=_moment(row["completed_at"]),
        url=row["html_url"] or row["details_url"] or "",
        suite=row["check_suite"]["id"] if row["check_suite"] else 0,
        rerunnable=app.get("slug") == ACTIONS,
        said="\n\n".join(part for part in said if part)[:MOST_SAID],
    )


def _suite(row: Mapping[str, Any]) -> SuiteSeen:
    app = row["app"] or {}
    return SuiteSeen(
        id=row["id"],
        app_id=app.get("id"),
        app_slug=app.get("slug", ""),
        status=row["status"] or "",
        conclusion=row["conclusion"],
        runs=row["latest_check_runs_count"],
        at=_moment(row["created_at"]) or 0.0,
    )


def _status(row: Mapping[str, Any]) -> StatusSeen:
    return StatusSeen(
        context=row["context"],
        state=row["state"],
        at=unix(row["updated_at"]),
        url=row["target_url"] or "",
        said=row["description"] or "",
    )


def _remark(row: Mapping[str, Any]) -> Remark:
    return Remark(
        path=row["path"],
        line=row["start_line"],
        level=row["annotation_level"] or "",
        message=row["message"] or "",
        title=row["title"] or "",
    )


def _moment(stamp: str | None) -> float | None:
    return None if stamp is None else unix(stamp)
