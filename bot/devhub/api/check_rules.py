"""What GitHub takes for a check run, and what it refuses.

https://docs.github.com/en/rest/checks/runs#create-a-check-run
https://docs.github.com/en/rest/checks/runs#update-a-check-run
"""

from collections.abc import Mapping
from typing import Any

from bot.devhub.problems import Problem, invalid, not_supplied, too_long, wrong_type

STATUSES = ("queued", "in_progress", "completed")
CONCLUSIONS = (
    "action_required",
    "cancelled",
    "failure",
    "neutral",
    "success",
    "skipped",
    "timed_out",
)
LONGEST_TEXT = 65_535
MOST_ANNOTATIONS = 50
MOST_ACTIONS = 3
_ACTION_FIELDS = {"label": 20, "description": 40, "identifier": 20}
_ANNOTATION_FIELDS = ("path", "start_line", "end_line", "annotation_level", "message")
_ANNOTATION_LENGTHS = {"message": 64 * 1024, "raw_details": 64 * 1024, "title": 255}
_LEVELS = ("notice", "warning", "failure")


def progress(body: Mapping[str, Any], before: str) -> tuple[str, str | None]:
    """Return status and conclusion after a request.

    "Providing `conclusion` will automatically set the `status` parameter to `completed`."
    A completed run stays so (seen, not documented: Mergify's issue 1989).

    Args:
        body: the request.
        before: the status until now.

    Raises:
        Problem: 422 for words that GitHub does not know, a completed run without a
            conclusion, or one that would be reopened.
    """
    conclusion = body.get("conclusion")
    status = "completed" if conclusion is not None else body.get("status", before)
    if status not in STATUSES:
        raise wrong_type("status", status, f"one of {', '.join(STATUSES)}")
    if conclusion not in {None, *CONCLUSIONS}:
        raise wrong_type("conclusion", conclusion, f"one of {', '.join(CONCLUSIONS)}")
    completes = status == "completed" != before or body.get("completed_at") is not None
    if completes and conclusion is None:
        raise not_supplied("conclusion")
    if before == "completed" != status:
        raise invalid("CheckRun", "status", "a completed check run cannot be reopened")
    return status, conclusion


def check_output(output: Any, *, required: tuple[str, ...]) -> None:
    """Raise unless an output may be shown.

    Args:
        output: the request's `output`.
        required: `title` and `summary` for a new run, `summary` alone for an update.

    Raises:
        Problem: 422.
    """
    if not isinstance(output, dict):
        raise wrong_type("output", output, "an object")
    for field in required:
        if not isinstance(output.get(field), str):
            raise not_supplied(field)
    for field in ("summary", "text"):
        if len(output.get(field) or "") > LONGEST_TEXT:
            raise too_long("CheckRun", field, LONGEST_TEXT)
    annotations = output.get("annotations") or []
    if len(annotations) > MOST_ANNOTATIONS:
        raise Problem(
            422, f"No more than {MOST_ANNOTATIONS} annotations are permitted per request."
        )
    for each in annotations:
        _check_annotation(each)


def _check_annotation(annotation: Mapping[str, Any]) -> None:
    for field in _ANNOTATION_FIELDS:
        if field not in annotation:
            raise not_supplied(field)
    if annotation["annotation_level"] not in _LEVELS:
        raise invalid("CheckAnnotation", "annotation_level")
    if annotation["end_line"] < annotation["start_line"]:
        raise invalid("CheckAnnotation", "end_line")
    several = annotation["start_line"] != annotation["end_line"]
    if several and {"start_column", "end_column"} & annotation.keys():
        raise invalid("CheckAnnotation", "start_column", "columns need one line")
    for field, limit in _ANNOTATION_LENGTHS.items():
        if len((annotation.get(field) or "").encode()) > limit:
            raise too_long("CheckAnnotation", field, limit)


def check_actions(actions: Any) -> None:
    """Raise unless these may become buttons.

    Raises:
        Problem: 422.
    """
    if not isinstance(actions, list) or len(actions) > MOST_ACTIONS:
        raise Problem(422, f"No more than {MOST_ACTIONS} actions are permitted.")
    for action in actions:
        for field, limit in _ACTION_FIELDS.items():
            if not isinstance(action.get(field), str):
                raise not_supplied(field)
            if len(action[field]) > limit:
                raise too_long("CheckRunAction", field, limit)
