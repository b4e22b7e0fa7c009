"""Files by path, and git's objects by name.

https://docs.github.com/en/rest/repos/contents
https://docs.github.com/en/rest/git
"""

from bot.devhub import git, objects
from bot.devhub.api.calls import Call, Reply
from bot.devhub.problems import Problem, not_found
from bot.devhub.shapes import commits as shapes


async def show(call: Call) -> Reply:
    """Return a file (as JSON or raw) or the listing of a folder."""
    path, at = call.params["path"].strip("/"), call.query.get("ref")
    branch = at or call.repository.default_branch
    sha = await git.resolve(call.repository.path, branch)
    if sha is None:
        raise Problem(404, f"No commit found for the ref {branch}")
    found = await objects.tree(call.repository.path, sha, path) if path else []
    if path and not found:
        raise not_found()
    if not path or found[0].type == "tree":
        return await _folder(call, branch, sha, path)
    data = await objects.blob(call.repository.path, found[0].sha)
    if "raw" in call.accept:
        return Reply(body=data, media="application/vnd.github.raw; charset=utf-8")
    shape = shapes.content(call.hub.base, call.repository, branch, found[0], data)
    return Reply(body=shape)


async def _folder(call: Call, branch: str, sha: str, path: str) -> Reply:
    where = f"{path}/" if path else ""
    entries = await objects.tree(call.repository.path, sha, where)
    listed = [
        shapes.content(call.hub.base, call.repository, branch, each, None) for each in entries
    ]
    return Reply(body=listed)


async def git_commit(call: Call) -> Reply:
    """Return a commit object."""
    sha = await _checked(call, "commit_sha", "commit")
    found = await objects.commit(call.repository.path, sha)
    return Reply(body=shapes.git_commit(call.hub.base, call.repository, found))


async def git_tree(call: Call) -> Reply:
    """Return a tree object, with all below it when the query says `recursive`."""
    path, name = call.repository.path, call.params["tree_sha"]
    sha = await git.resolve(path, name) or await _checked(call, "tree_sha", "tree")
    root = (await git.git(path, "rev-parse", f"{sha}^{{tree}}")).decode().strip()
    entries = await objects.tree(path, root, recursive="recursive" in call.query)
    return Reply(body=shapes.tree(call.hub.base, call.repository, root, entries))


async def git_blob(call: Call) -> Reply:
    """Return a blob, as JSON or raw."""
    sha = await _checked(call, "file_sha", "blob")
    data = await objects.blob(call.repository.path, sha)
    if "raw" in call.accept:
        return Reply(body=data, media="application/vnd.github.raw; charset=utf-8")
    return Reply(body=shapes.blob(call.hub.base, call.repository, sha, data))


async def _checked(call: Call, name: str, wanted: str) -> str:
    """Return the object name in the path, when there is such an object of that kind."""
    sha = call.params[name]
    if sha.startswith("-") or await objects.kind(call.repository.path, sha) != wanted:
        raise not_found()
    return sha
