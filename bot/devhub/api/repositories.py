"""Repositories, their branches, commits and differences.

https://docs.github.com/en/rest/repos/repos
https://docs.github.com/en/rest/commits/commits
"""

from bot.devhub import git, objects
from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.pages import page
from bot.devhub.problems import Problem, not_found
from bot.devhub.shapes import commits as shapes
from bot.devhub.shapes import repositories


async def show(call: Call) -> Reply:
    """Return the repository, with what the caller may do in it."""
    role = call.hub.role(call.repository, call.actor)
    return Reply(body=repositories.full(call.hub.base, call.repository, role))


async def branches(call: Call) -> Reply:
    """Return the branches, by name."""
    heads = await git.heads(call.repository.path, "refs/heads")
    named = [(name.removeprefix("refs/heads/"), sha) for name, sha in heads.items()]
    return page(call, named, call.shaping(shapes.short_branch))


async def branch(call: Call) -> Reply:
    """Return one branch."""
    name = call.params["branch"]
    sha = (await git.heads(call.repository.path, "refs/heads")).get(f"refs/heads/{name}")
    if sha is None:
        raise Problem(404, "Branch not found")
    head = await objects.commit(call.repository.path, sha)
    return Reply(body=shapes.branch(call.hub.base, call.repository, name, head))


async def resolved(call: Call, name: str) -> str:
    """Return the commit that a name in the request stands for.

    Raises:
        Problem: 422, as GitHub answers for commits.
    """
    sha = await git.resolve(call.repository.path, name)
    if sha is None:
        raise Problem(422, f"No commit found for SHA: {name}")
    return sha


async def commits(call: Call) -> Reply:
    """Return the history of a branch or commit, newest first."""
    sha = await resolved(call, call.query.get("sha") or call.repository.default_branch)
    found = await objects.commits(call.repository.path, sha)
    return page(call, found, call.shaping(shapes.commit))


async def commit(call: Call) -> Reply:
    """Return one commit with its files, or its diff, or only its name."""
    sha = await resolved(call, call.params["ref"])
    if "sha" in call.accept.partition("github.")[2]:
        return Reply(body=sha, media="application/vnd.github.sha; charset=utf-8")
    found = await objects.commit(call.repository.path, sha)
    parent = found.parents[0] if found.parents else objects.EMPTY_TREE
    if "diff" in call.accept:
        text = await objects.diff(call.repository.path, parent, sha)
        return Reply(body=text, media="application/vnd.github.diff; charset=utf-8")
    changes = await objects.changes(call.repository.path, parent, sha)
    additions = sum(each.additions for each in changes)
    deletions = sum(each.deletions for each in changes)
    base, repository = call.hub.base, call.repository
    return Reply(
        body={
            **shapes.commit(base, repository, found),
            "stats": {
                "additions": additions,
                "deletions": deletions,
                "total": additions + deletions,
            },
            "files": [shapes.file_change(base, repository, sha, each) for each in changes],
        }
    )


async def compare(call: Call) -> Reply:
    """Return how a head differs from a base: `BASE...HEAD`."""
    base, separator, head = call.params["basehead"].partition("...")
    path = call.repository.path
    old, new = await git.resolve(path, base), await git.resolve(path, head)
    if not separator or old is None or new is None:
        raise not_found()
    fork = (await git.git(path, "merge-base", old, new, fine=(0, 1))).decode().strip()
    if not fork:
        raise Problem(404, f"No common ancestor between {base} and {head}.")
    return Reply(body=await _comparison(call, old, new, fork))


async def _comparison(call: Call, old: str, new: str, fork: str) -> dict[str, object]:
    hub, repository = call.hub, call.repository
    ahead = await objects.commits(repository.path, f"{old}..{new}")
    behind = await objects.commits(repository.path, f"{new}..{old}")
    changes = await objects.changes(repository.path, old, new)
    states = {(False, False): "identical", (True, False): "ahead", (False, True): "behind"}
    url = f"{repositories.api_url(hub.base, repository)}/compare/{call.params['basehead']}"
    html = f"{hub.base}/{repository.full_name}/compare/{call.params['basehead']}"
    ends = [await objects.commit(repository.path, each) for each in (old, fork)]
    base_commit, merge_base = (shapes.commit(hub.base, repository, each) for each in ends)
    return {
        "url": url,
        "html_url": html,
        "permalink_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "base_commit": base_commit,
        "merge_base_commit": merge_base,
        "status": states.get((bool(ahead), bool(behind)), "diverged"),
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [shapes.commit(hub.base, repository, each) for each in reversed(ahead)],
        "files": [shapes.file_change(hub.base, repository, new, each) for each in changes],
    }
