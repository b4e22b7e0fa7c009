"""Check runs: how a run shows beside CI on a commit.

https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-checks
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from bot.github.bounds import OUTPUT, within
from bot.github.calls import Caller
from bot.github.moments import stamp
from bot.github.permissions import Operation
from bot.model.ids import Sha
from bot.model.priorities import Priority
from bot.model.runs import Conclusion

Status = Literal["queued", "in_progress", "completed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """The text of a check run: the summary is Markdown of up to 65,535 characters."""

    title: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a check run is to show from now on.

    Attributes:
        conclusion: given exactly when `status` is `completed`; GitHub lets no one reopen it.
        started: Unix time.
        completed: Unix time.
    """

    status: Status
    output: Output
    conclusion: Conclusion | None = None
    started: float | None = None
    completed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """What we use of a check run."""

    id: int
    name: str
    external_id: str
    app: int | None


class Checks:
    """Check runs of one repository."""

    def __init__(self, calls: Caller, app_id: int) -> None:
        self._calls = calls
        self._app_id = app_id

    async def find(self, head: Sha, name: str, external_id: str) -> CheckRun | None:
        """Return our newest check run of this name and id of ours on a commit."""
        query = {"check_name": name, "app_id": self._app_id, "filter": "all"}
        pages = self._calls.pages(Operation.CHECKS, query, key="check_runs", ref=head)
        found = [_check(row) async for row in pages]
        wanted = (self._app_id, name, external_id)
        ours = [check for check in found if (check.app, check.name, check.external_id) == wanted]
        return max(ours, key=lambda check: check.id, default=None)

    async def create(
        self, head: Sha, name: str, external_id: str, shown: Shown, *, priority: Priority
    ) -> CheckRun:
        """Put a check run on a commit."""
        data = {"head_sha": head, "name": name, "external_id": external_id} | _body(shown)
        return _check(await self._calls.send(Operation.CHECK_CREATE, data, priority))

    async def edit(self, number: int, shown: Shown, *, priority: Priority) -> None:
        """Change a check run by its id."""
        await self._calls.send(Operation.CHECK_EDIT, _body(shown), priority, check_run_id=number)


def _body(shown: Shown) -> dict[str, Any]:
    """Return the JSON that says it; raises Refused `too_long`."""
    assert (shown.status == "completed") == (shown.conclusion is not None)
    wanted = {
        "status": shown.status,
        "conclusion": shown.conclusion,
        "started_at": None if shown.started is None else stamp(shown.started),
        "completed_at": None if shown.completed is None else stamp(shown.completed),
    }
    within(OUTPUT, "The check run's summary", shown.output.summary)
    given = {name: value for name, value in wanted.items() if value is not None}
    return given | {"output": asdict(shown.output)}


def _check(row: Mapping[str, Any]) -> CheckRun:
    return CheckRun(
        id=row["id"],
        name=row["name"],
        external_id=row["external_id"] or "",
        app=row["app"]["id"] if row["app"] else None,
    )
