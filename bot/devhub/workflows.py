"""Actions: what is told of a workflow run while its jobs go their way.

A job is a check run of the app `github-actions`, and more; a workflow run is a check suite
of it, and more.  https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_run
"""

from bot.devhub import objects
from bot.devhub.events import Scene, tell
from bot.devhub.records import CheckRun
from bot.devhub.shapes import checks
from bot.devhub.shapes import workflows as shapes
from bot.devhub.workflow_records import Job, Log, Shelf, WorkflowRun

SLUG = "github-actions"


async def joined(scene: Scene, check: CheckRun, event: str) -> Job:
    """Make a new check run a job of its commit's workflow run; the first one begins it.

    A job of a name that the run has had already is another attempt.
    """
    shelf = scene.hub.workflows
    run = shelf.on(check.suite)
    if run is None:
        run = await _begun(scene, shelf, check, event)
        await _tell_run(scene, run, "requested")
    elif check.name in {each.check.name for each in run.latest if each.attempt == run.attempt}:
        run.attempt += 1
        run.started_at = scene.hub.now()
    job = Job(run=run, check=check, attempt=run.attempt)
    run.jobs.append(job)
    shelf.jobs[check.id] = job
    _tell_job(scene, job, "queued")
    return job


async def _begun(scene: Scene, shelf: Shelf, check: CheckRun, event: str) -> WorkflowRun:
    head = await objects.commit(scene.repository.path, check.head_sha)
    now = scene.hub.now()
    run = WorkflowRun(
        id=scene.hub.next_id(),
        repository=scene.repository,
        suite=check.suite,
        number=len(shelf.of(scene.repository)) + 1,
        event=event,
        title=head.message.partition("\n")[0],
        actor=scene.actor,
        created_at=now,
        started_at=now,
    )
    shelf.runs[run.id] = run
    return run


async def started(scene: Scene, job: Job) -> None:
    """Tell that a job is at work, and with it its run."""
    _tell_job(scene, job, "in_progress")
    await _tell_run(scene, job.run, "in_progress")


async def ended(scene: Scene, job: Job, log: Log) -> None:
    """Keep a job's log and tell that it is over, and its run too when it was the last."""
    job.log = log
    _tell_job(scene, job, "completed")
    if checks.suite_state(job.run.suite)[0] == "completed":
        await _tell_run(scene, job.run, "completed")


async def _tell_run(scene: Scene, run: WorkflowRun, action: str) -> None:
    base = scene.hub.base
    head = await objects.commit(scene.repository.path, run.suite.head_sha)
    payload = {
        "action": action,
        "workflow": shapes.workflow(base, run),
        "workflow_run": shapes.hooked_run(base, head, run),
    }
    scene.hub.fresh[scene.repository.id, run.suite.head_sha] = scene.hub.now()
    tell(scene, "workflow_run", payload)


def _tell_job(scene: Scene, job: Job, action: str) -> None:
    shape = shapes.job(scene.hub.base, job)
    tell(scene, "workflow_job", {"action": action, "workflow_job": shape})
