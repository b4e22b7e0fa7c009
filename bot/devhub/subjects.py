"""The control API about issues and pull requests: what GitHub does by its pages and GraphQL only.

Transferring and deleting an issue, and turning a pull request into a draft and back, have
no operation in GitHub's REST API.
"""

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.devhub.events import Scene, issue_event
from bot.devhub.hub import Hub
from bot.devhub.permissions import reaches
from bot.devhub.problems import Problem, not_found
from bot.devhub.records import Issue, Repository, Role
from bot.devhub.shapes import issues as shapes
from bot.devhub.shapes import repositories
from bot.devhub.shapes.repositories import api_url


def _scene(hub: Hub, request: web.Request, body: dict[str, Any], least: Role) -> Scene:
    """Return where a person acts, who must have at least a role there."""
    repository = hub.repository(request.match_info["owner"], request.match_info["repo"])
    actor = hub.account(body["login"])
    if not reaches(hub.role(repository, actor), least):
        raise Problem(403, f"{actor.login} may not do that in {repository.full_name}")
    return Scene(hub=hub, repository=repository, actor=actor)


def _issue(scene: Scene, request: web.Request) -> Issue:
    found = scene.repository.issues.get(int(request.match_info["number"]))
    if found is None:
        raise not_found()
    return found


async def transfer(hub: Hub, request: web.Request, body: dict[str, Any]) -> Any:
    """{to: a repository of the same owner, login} -> {number: the new one}.

    https://docs.github.com/en/issues/tracking-your-work-with-issues/administering-issues/transferring-an-issue-to-another-repository
    """
    scene = _scene(hub, request, body, "write")
    issue = _issue(scene, request)
    target = hub.repository(scene.repository.owner.login, body["to"])
    if issue.pull is not None or target is scene.repository:
        raise Problem(422, "only an issue can be transferred, and to another repository")
    moved = _moved(hub, issue, target)
    there = Scene(hub=hub, repository=target, actor=scene.actor)
    old = {
        "old_issue": shapes.issue(hub.base, scene.repository, issue),
        "old_repository": repositories.repository(hub.base, scene.repository),
    }
    new = {
        "new_issue": shapes.issue(hub.base, target, moved),
        "new_repository": repositories.repository(hub.base, target),
    }
    _take_out(scene.repository, issue, f"{api_url(hub.base, target)}/issues/{moved.number}")
    issue_event(scene, issue, "transferred", changes=new)
    issue_event(there, moved, "opened", changes=old)
    return {"number": moved.number}


def _moved(hub: Hub, issue: Issue, target: Repository) -> Issue:
    """Put a copy of an issue into another repository, with its comments and known labels."""
    names = {each.name for each in issue.labels}
    moved = dataclasses.replace(
        issue,
        id=hub.next_id(),
        number=target.next_number,
        labels=[each for each in target.labels if each.name in names],
        updated_at=hub.now(),
    )
    moved.comments = [dataclasses.replace(each, issue=moved) for each in issue.comments]
    target.issues[moved.number] = moved
    target.comments |= {each.id: each for each in moved.comments}
    return moved


def _take_out(repository: Repository, issue: Issue, address: str | None) -> None:
    """Leave nothing of an issue but where it went; its number is not given again."""
    repository.gone[issue.number] = address
    del repository.issues[issue.number]
    for each in issue.comments:
        del repository.comments[each.id]


async def delete(hub: Hub, request: web.Request, body: dict[str, Any]) -> Any:
    """{login: of an admin} -> {}: remove an issue for good."""
    scene = _scene(hub, request, body, "admin")
    issue = _issue(scene, request)
    if issue.pull is not None:
        raise Problem(422, "a pull request cannot be deleted")
    _take_out(scene.repository, issue, None)
    issue_event(scene, issue, "deleted")
    return {}


async def set_draft(hub: Hub, request: web.Request, body: dict[str, Any]) -> Any:
    """{draft, login} -> {}: GraphQL's convertPullRequestToDraft, markPullRequestReadyForReview."""
    scene = _scene(hub, request, body, "read")
    issue = _issue(scene, request)
    own = issue.user is scene.actor
    if not own and not reaches(hub.role(scene.repository, scene.actor), "write"):
        raise Problem(403, f"{scene.actor.login} may not change that pull request")
    if issue.pull is None or issue.state == "closed" or issue.pull.draft == body["draft"]:
        raise Problem(422, "that changes nothing")
    issue.pull.draft, issue.updated_at = body["draft"], hub.now()
    issue_event(scene, issue, "converted_to_draft" if issue.pull.draft else "ready_for_review")
    return {}


_AT = "/repositories/{owner}/{repo}"
TABLE: dict[str, Callable[[Hub, web.Request, dict[str, Any]], Awaitable[Any]]] = {
    f"POST {_AT}/issues/{{number}}/transfer": transfer,
    f"DELETE {_AT}/issues/{{number}}": delete,
    f"PUT {_AT}/pulls/{{number}}/draft": set_draft,
}
