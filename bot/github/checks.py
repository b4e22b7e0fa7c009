"""Check runs: how a run shows beside CI on a commit.

https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-checks
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.github.bounds import OUTPUT, within
from bot.github.calls import Caller
from bot.github.errors import TOO_LONG
from bot.github.moments import stamp
from bot.github.permissions import Operation
from bot.model.errors import Refused
from bot.model.ids import Sha
from bot.model.priorities import Priority
from bot.model.runs import Conclusion

Status = Literal["queued", "in_progress", "completed"]

ACTIONS = 3
"""Buttons under a check run; their texts are bounded too, in characters."""

BUTTON = {"label": 20, "description": 40, "identifier": 20}


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """The text of a check run: Markdown, up to 65,535 characters in each of the last two."""

    title: str
    summary: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button; it shows once the check run is completed."""

    label: str
    description: str
    identifier: str


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
    details_url: str | None = None
    actions: tuple[Action, ...] = ()
    started: float | None = None
    completed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """What we use of a check run."""

    id: int
    name: str
    head: Sha
    external_id: str
    status: str
    conclusion: str | None
    app: int | None
    url: str


class Checks:
    """Check runs of one repository."""

    def __init__(self, calls: Caller, app_id: int) -> None:
        self._calls = calls
        self._app_id = app_id

    async def get(self, number: int) -> CheckRun:
        """Return a check run by its id; raises Refused `not_found`."""
        return _check(await self._calls.get(Operation.CHECK, check_run_id=number))

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

    async def edit(self, number: int, shown: Shown, *, priority: Priority) -> CheckRun:
        """Change a check run by its id."""
        row = await self._calls.send(
            Operation.CHECK_EDIT, _body(shown), priority, check_run_id=number
        )
        return _check(row)


def _body(shown: Shown) -> dict[str, Any]:
    """Return the JSON that says it; raises Refused `too_long`."""
    assert (shown.status == "completed") == (shown.conclusion is not None)
    wanted = {
        "status": shown.status,
        "conclusion": shown.conclusion,
        "details_url": shown.details_url,
        "started_at": None if shown.started is None else stamp(shown.started),
        "completed_at": None if shown.completed is None else stamp(shown.completed),
        "actions": [_action(action) for action in shown.actions] or None,
    }
    if len(shown.actions) > ACTIONS:
        raise Refused(TOO_LONG, f"{len(shown.actions)} buttons, GitHub takes {ACTIONS}")
    given = {name: value for name, value in wanted.items() if value is not None}
    return given | {"output": _output(shown.output)}


def _output(output: Output) -> dict[str, str]:
    within(OUTPUT, "The check run's summary", output.summary)
    within(OUTPUT, "The check run's text", output.text)
    said = {"title": output.title, "summary": output.summary}
    return said if output.text is None else said | {"text": output.text}


def _action(action: Action) -> dict[str, str]:
    texts = {
        "label": action.label,
        "description": action.description,
        "identifier": action.identifier,
    }
    for part, text in texts.items():
        within(BUTTON[part], f"A button's {part}", text)
    return texts


def _check(row: Mapping[str, Any]) -> CheckRun:
    return CheckRun(
        id=row["id"],
        name=row["name"],
        head=Sha(row["head_sha"]),
        external_id=row["external_id"] or "",
        status=row["status"],
        conclusion=row["conclusion"],
        app=row["app"]["id"] if row["app"] else None,
        url=row["html_url"],
    )
