"""Check runs: how a run shows beside CI on a commit.

https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-checks
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from bot.github.bounds import (
    ANNOTATIONS,
    BUTTONS,
    DESCRIPTION,
    IDENTIFIER,
    LABEL,
    MESSAGE,
    OUTPUT,
    TITLE,
    cut,
    within,
)
from bot.github.calls import Caller
from bot.github.errors import TOO_LONG
from bot.github.moments import stamp
from bot.github.permissions import Operation
from bot.model.errors import Refused
from bot.model.ids import Sha
from bot.model.priorities import Priority
from bot.model.runs import Conclusion

Status = Literal["queued", "in_progress", "completed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """Something about lines of a file, shown beside them.

    Attributes:
        start_line: the first line, counted from 1.
        end_line: the last one, which may be the same.
        message: plain text; cut to what GitHub takes.
        title: cut likewise; empty for none.
    """

    path: str
    start_line: int
    end_line: int
    annotation_level: Literal["notice", "warning", "failure"]
    message: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button: a click on it comes as `check_run.requested_action` with its identifier."""

    label: str
    description: str
    identifier: str


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
        actions: the buttons, which GitHub shows once it is completed.
        annotations: all that there are; they can be added to, and not taken back.
    """

    status: Status
    output: Output
    conclusion: Conclusion | None = None
    started: float | None = None
    completed: float | None = None
    actions: tuple[Action, ...] = ()
    annotations: tuple[Annotation, ...] = ()


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
        """Put a check run on a commit.

        Raises:
            Refused: `too_long` for a summary or a button over the limits.
        """
        data = {"head_sha": head, "name": name, "external_id": external_id} | _body(shown)
        first = shown.annotations[:ANNOTATIONS]
        data["output"] |= {"annotations": _annotations(first)}
        row = await self._calls.send(Operation.CHECK_CREATE, data, priority)
        await self._annotate(row["id"], shown, len(first), priority)
        return _check(row)

    async def edit(self, number: int, shown: Shown, *, priority: Priority) -> None:
        """Change a check run by its id; raises as `create` does."""
        row = await self._edit(number, _body(shown), priority)
        # GitHub adds what it is sent to what is there.  Ours come in the same order each
        # time, so its count says which have arrived, also when an answer was lost.
        await self._annotate(number, shown, row["output"]["annotations_count"], priority)

    async def _edit(self, number: int, data: Mapping[str, Any], priority: Priority) -> Any:
        return await self._calls.send(Operation.CHECK_EDIT, data, priority, check_run_id=number)

    async def _annotate(self, number: int, shown: Shown, there: int, priority: Priority) -> None:
        """Add the annotations after the first `there`."""
        for start in range(there, len(shown.annotations), ANNOTATIONS):
            more = _annotations(shown.annotations[start : start + ANNOTATIONS])
            output = asdict(shown.output) | {"annotations": more}
            await self._edit(number, {"output": output}, priority)


def _body(shown: Shown) -> dict[str, Any]:
    """Return the JSON that says it, but for the annotations; raises Refused `too_long`."""
    assert (shown.status == "completed") == (shown.conclusion is not None)
    wanted = {
        "status": shown.status,
        "conclusion": shown.conclusion,
        "started_at": None if shown.started is None else stamp(shown.started),
        "completed_at": None if shown.completed is None else stamp(shown.completed),
    }
    within(OUTPUT, "The check run's summary", shown.output.summary)
    given = {name: value for name, value in wanted.items() if value is not None}
    return given | {"output": asdict(shown.output), "actions": _actions(shown.actions)}


def _actions(actions: Sequence[Action]) -> list[dict[str, str]]:
    if len(actions) > BUTTONS:
        raise Refused(
            TOO_LONG, f"The check run has {len(actions)} buttons, GitHub takes {BUTTONS}"
        )
    for action in actions:
        within(LABEL, "A button's label", action.label)
        within(DESCRIPTION, "A button's description", action.description)
        within(IDENTIFIER, "A button's identifier", action.identifier)
    return [asdict(action) for action in actions]


def _annotations(annotations: Sequence[Annotation]) -> list[dict[str, Any]]:
    return [
        {
            "path": each.path,
            "start_line": each.start_line,
            "end_line": each.end_line,
            "annotation_level": each.annotation_level,
            "message": cut(MESSAGE, each.message),
        }
        | ({"title": each.title[:TITLE]} if each.title else {})
        for each in annotations
    ]


def _check(row: Mapping[str, Any]) -> CheckRun:
    return CheckRun(
        id=row["id"],
        name=row["name"],
        external_id=row["external_id"] or "",
        app=row["app"]["id"] if row["app"] else None,
    )
