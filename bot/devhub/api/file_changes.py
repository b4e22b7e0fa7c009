"""One file changed by one request: a commit on a branch.

https://docs.github.com/en/rest/repos/contents#create-or-update-file-contents
"""

from bot.devhub import moves, objects, writing
from bot.devhub.api.branch_rules import check_move, check_text
from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.git_objects import decoded, signatures
from bot.devhub.git import git, heads
from bot.devhub.permissions import satisfies
from bot.devhub.problems import Problem, not_supplied
from bot.devhub.records import Repository
from bot.devhub.shapes import commits as shapes

_WORKFLOWS = ".github/workflows/"


async def put(call: Call) -> Reply:
    """Make or change a file; changing needs the name of the blob that is replaced."""
    path, message = call.params["path"].strip("/"), call.text("message")
    data = decoded(call.text("content"))
    branch = call.maybe_text("branch") or call.repository.default_branch
    if not writing.well_formed(path):
        raise Problem(422, "path contains a malformed path component")
    _check_workflow(call, path)
    check_text(call, data, status=409)
    async with moves.watched(call.scene):
        tip = (await heads(call.repository.path, "refs/heads")).get(f"refs/heads/{branch}")
        if tip is None and await heads(call.repository.path):
            raise Problem(404, f"Branch {branch} not found")
        before = await _before(call.repository, tip, path)
        _check_replaced(call, path, before)
        sha = await _commit(call, tip, path, data, message)
        await check_move(call, f"refs/heads/{branch}", tip or moves.NOTHING, sha, status=409)
        await git(call.repository.path, "update-ref", f"refs/heads/{branch}", sha, tip or "")
    made = await objects.commit(call.repository.path, sha)
    (entry,) = await objects.tree(call.repository.path, sha, path)
    base, repository = call.hub.base, call.repository
    body = {
        "content": shapes.content(base, repository, branch, entry, None),
        "commit": shapes.git_commit(base, repository, made),
    }
    return Reply(body=body, status=200 if before else 201)


def _check_workflow(call: Call, path: str) -> None:
    """Refuse an app that may write contents but no workflows."""
    grant = call.caller.grant
    wanted = path.startswith(_WORKFLOWS)
    if wanted and grant is not None and not satisfies(grant.permissions, "workflows=write"):
        raise Problem(403, "Resource not accessible by integration")


async def _before(repository: Repository, tip: str | None, path: str) -> str | None:
    """Return the blob that the path holds now."""
    found = await objects.tree(repository.path, tip, path) if tip else []
    if found and found[0].type == "tree":
        raise Problem(422, f"{path} is a directory")
    return found[0].sha if found else None


def _check_replaced(call: Call, path: str, before: str | None) -> None:
    given = call.maybe_text("sha")
    if before is not None and given is None:
        raise not_supplied("sha")
    if given is not None and given != before:
        raise Problem(409, f"{path} does not match {given}")


async def _commit(call: Call, tip: str | None, path: str, data: bytes, message: str) -> str:
    blob = await writing.blob(call.repository, data)
    entry = writing.Entry(path=path, mode="100644", sha=blob)
    tree = await writing.tree(call.repository, tip, [entry])
    author, committer, signed = signatures(call)
    parents = [tip] if tip else []
    return await writing.commit(
        call.repository, tree, parents, message, author=author, committer=committer, signed=signed
    )
