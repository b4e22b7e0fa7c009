"""Check runs.

https://docs.github.com/en/rest/checks/runs
"""

from typing import Any

from bot.devhub import git
from bot.devhub.api import check_suites
from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.check_rules import check_actions, check_output, progress
from bot.devhub.api.pages import page
from bot.devhub.events import Scene, check_run_event
from bot.devhub.problems import Problem, invalid
from bot.devhub.records import CheckRun
from bot.devhub.shapes import checks as shapes
from bot.devhub.timestamps import parsed


def _shape(call: Call, run: CheckRun) -> dict[str, Any]:
    return shapes.run(call.hub.base, call.repository, run)


def _run(call: Call) -> CheckRun:
    return call.identified(call.repository.check_runs, "check_run_id")


async def show(call: Call) -> Reply:
    """Return one check run."""
    return Reply(body=_shape(call, _run(call)))


async def create(call: Call) -> Reply:
    """Make a check run on a commit, in the suite that the app has there."""
    name, head_sha = call.text("name"), call.text("head_sha")
    if await git.resolve(call.repository.path, head_sha) != head_sha:
        raise Problem(422, f"No commit found for SHA: {head_sha}")
    _check(call, "new", required=("title", "summary"))
    assert call.app is not None
    run = CheckRun(
        id=call.hub.next_id(),
        suite=await check_suites.of(call.scene, call.app, head_sha),
        name=name,
        head_sha=head_sha,
        created_at=call.hub.now(),
    )
    _apply(call, run)
    run.suite.runs.append(run)
    call.repository.check_runs[run.id] = run
    check_run_event(call.scene, run, "created")
    await _completed(call.scene, run, before="new")
    return Reply(body=_shape(call, run), status=201)


async def update(call: Call) -> Reply:
    """Change a check run of one's own."""
    run = _run(call)
    if run.suite.app is not call.app:
        raise Problem(403, "A check run can only be modified by the GitHub App that created it.")
    before = run.status
    _check(call, before, required=("summary",))
    _apply(call, run)
    await _completed(call.scene, run, before=before)
    return Reply(body=_shape(call, run))


def _check(call: Call, before: str, *, required: tuple[str, ...]) -> None:
    """Refuse before anything is written."""
    progress(call.body, "queued" if before == "new" else before)
    for field in ("started_at", "completed_at"):
        _time(call, field)
    if call.body.get("output") is not None:
        check_output(call.body["output"], required=required)
    if call.body.get("actions") is not None:
        check_actions(call.body["actions"])


def _apply(call: Call, run: CheckRun) -> None:
    """Write what the request gives; the rest stays, annotations are added."""
    given, now = call.body, call.hub.now()
    status, conclusion = progress(given, run.status)
    run.name = call.maybe_text("name") or run.name
    run.details_url = call.maybe_text("details_url") or run.details_url
    run.external_id = call.maybe_text("external_id") or run.external_id
    run.started_at = _time(call, "started_at") or run.started_at or now
    if conclusion is not None:
        run.conclusion = conclusion
        run.completed_at = _time(call, "completed_at") or now
    run.status = status
    output = given.get("output") or {}
    run.output |= {name: output[name] for name in ("title", "summary", "text") if name in output}
    run.annotations += output.get("annotations") or []
    run.actions = given.get("actions", run.actions)
    run.suite.updated_at = now


def _time(call: Call, field: str) -> float | None:
    text = call.maybe_text(field)
    try:
        return None if text is None else parsed(text)
    except ValueError as error:
        raise invalid("CheckRun", field) from error


async def _completed(scene: Scene, run: CheckRun, *, before: str) -> None:
    if run.status == "completed" != before:
        check_run_event(scene, run, "completed")
        await check_suites.settle(scene, run.suite)


async def annotations(call: Call) -> Reply:
    """Return the annotations of a run."""
    run = _run(call)
    return page(call, run.annotations, call.shaping(shapes.annotation, run))


async def for_ref(call: Call) -> Reply:
    """Return the runs on a commit, the latest of each name unless the query wants all."""
    sha = await git.resolve(call.repository.path, call.params["ref"])
    if sha is None:
        raise Problem(422, f"No commit found for SHA: {call.params['ref']}")
    runs = [each for each in call.repository.check_runs.values() if each.head_sha == sha]
    return _list(call, runs)


async def in_suite(call: Call) -> Reply:
    """Return the runs of a suite."""
    return _list(call, call.identified(call.repository.suites, "check_suite_id").runs)


def _list(call: Call, runs: list[CheckRun]) -> Reply:
    query = call.query
    shown = call.hub.listed(runs)
    if query.get("filter", "latest") == "latest":
        shown = list({(each.suite.id, each.name): each for each in shown}.values())
    shown = [
        each
        for each in reversed(shown)
        if query.get("check_name") in {None, each.name}
        and query.get("status") in {None, each.status}
        and query.get("app_id") in {None, str(each.suite.app.id)}
    ]
    return page(call, shown, call.shaping(shapes.run), under="check_runs")


async def rerequest(call: Call) -> Reply:
    """Ask the run's app to run it again; the run itself does not change.

    "Forbidden if the check run is not rerequestable or doesn't belong to the authenticated
    GitHub App"
    """
    run = _run(call)
    if call.app not in {None, run.suite.app}:
        raise Problem(403, "This check run is not rerequestable")
    check_run_event(call.scene, run, "rerequested")
    return Reply(body={}, status=201)
