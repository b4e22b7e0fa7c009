"""Commit statuses: the older way of saying how a commit fares, open to everybody who may write.

https://docs.github.com/en/rest/commits/statuses
"""

from collections.abc import Mapping
from typing import Any, Literal

from bot.devhub import git, objects
from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.pages import page
from bot.devhub.events import Scene, tell
from bot.devhub.problems import Problem, too_long, wrong_type
from bot.devhub.records import Repository, Status
from bot.devhub.shapes import statuses as shapes

LONGEST_DESCRIPTION = 140
# "there is a limit of 1000 statuses per `sha` and `context` within a repository"
MOST = 1000
_STATES: Mapping[str, Literal["error", "failure", "pending", "success"]] = {
    "error": "error",
    "failure": "failure",
    "pending": "pending",
    "success": "success",
}


def latest(repository: Repository, sha: str) -> list[Status]:
    """Return the latest status of each context on a commit; their case makes no difference."""
    at = [each for each in repository.statuses if each.head_sha == sha]
    return list({each.context.lower(): each for each in at}.values())


async def create(call: Call) -> Reply:
    """Say how a commit fares."""
    sha = call.params["sha"]
    if await git.resolve(call.repository.path, sha) != sha:
        raise Problem(422, f"No commit found for SHA: {sha}")
    status = _new(call, sha)
    context = status.context.lower()
    before = [each for each in call.repository.statuses if each.head_sha == sha]
    if sum(each.context.lower() == context for each in before) >= MOST:
        raise Problem(422, "This SHA and context has reached the maximum number of statuses.")
    call.repository.statuses.append(status)
    await _tell(call.scene, status)
    return Reply(body=shapes.status(call.hub.base, call.repository, status), status=201)


def _new(call: Call, sha: str) -> Status:
    state, description = call.text("state"), call.maybe_text("description")
    if state not in _STATES:
        raise wrong_type("state", state, f"one of {', '.join(_STATES)}")
    if len(description or "") > LONGEST_DESCRIPTION:
        raise too_long("Status", "description", LONGEST_DESCRIPTION)
    return Status(
        id=call.hub.next_id(),
        head_sha=sha,
        context=call.maybe_text("context") or "default",
        state=_STATES[state],
        description=description,
        target_url=call.maybe_text("target_url"),
        creator=call.actor,
        created_at=call.hub.now(),
    )


async def _tell(scene: Scene, status: Status) -> None:
    path, sha = scene.repository.path, status.head_sha
    heads = await git.heads(path, "refs/heads")
    branches = [name.removeprefix("refs/heads/") for name, at in heads.items() if at == sha]
    head = await objects.commit(path, sha)
    payload = shapes.hooked(scene.hub.base, scene.repository, status, head, branches)
    scene.hub.fresh[scene.repository.id, sha] = scene.hub.now()
    tell(scene, "status", payload)


async def combined(call: Call) -> Reply:
    """Return what the latest status of each context makes together."""
    sha = await _commit(call)
    all_of_them = latest(call.repository, sha)
    shown = page(call, all_of_them, lambda each: each)

    def shape(statuses: list[Status]) -> dict[str, Any]:
        return shapes.combined(call.hub.base, call.repository, sha, all_of_them, statuses)

    return Reply(body=shape(shown.body), headers=shown.headers)


async def index(call: Call) -> Reply:
    """Return every status of a commit, newest first."""
    sha = await _commit(call)
    at = [each for each in reversed(call.repository.statuses) if each.head_sha == sha]
    return page(call, at, call.shaping(shapes.status))


async def _commit(call: Call) -> str:
    sha = await git.resolve(call.repository.path, call.params["ref"])
    if sha is None:
        raise Problem(404, "Not Found")
    return sha
