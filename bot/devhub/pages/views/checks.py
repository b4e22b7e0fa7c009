"""Check runs: the latest of each name on a commit, and one of them in full."""

from bot.devhub import objects
from bot.devhub.pages import markdown
from bot.devhub.pages.mentions import mentions
from bot.devhub.pages.visits import Page, Visit
from bot.devhub.records import CheckRun, Repository

LOG_SHOWN = 32 * 1024
"""Bytes of a log's end that a page shows."""


def runs_at(repository: Repository, sha: str) -> list[CheckRun]:
    """Return the latest run of each app and name on a commit."""
    runs = [each for each in repository.check_runs.values() if each.head_sha == sha]
    return list({(each.suite.id, each.name): each for each in runs}.values())


async def show(seen: Visit) -> Page:
    """Show a check run: what it says, what it found, and its buttons."""
    repository, run = seen.repository, seen.check_run
    said = [run.output.get("summary"), run.output.get("text")]
    known = await mentions(seen.hub, repository, said)
    job = seen.hub.workflows.jobs.get(run.id)
    at = [each for each in repository.pulls if each.pull and each.pull.head_sha == run.head_sha]
    data = {
        "repository": repository,
        "run": run,
        "summary": markdown.comment(said[0], known),
        "log": None if job is None or job.log is None else job.log.end(LOG_SHOWN),
        "text": markdown.comment(said[1], known),
        "others": [each for each in runs_at(repository, run.head_sha) if each is not run],
        "commit": await objects.commit(repository.path, run.head_sha),
        "pulls": at,
    }
    return Page(template="run.html", title=run.name, data=data)
