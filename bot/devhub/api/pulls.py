"""Pull requests.

https://docs.github.com/en/rest/pulls/pulls
"""

from typing import Any

from bot.devhub import comparisons, git, moves, objects, requirements
from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.issues import checked_text, checked_title, edit_words, set_state
from bot.devhub.api.pages import page
from bot.devhub.events import issue_event
from bot.devhub.permissions import reaches
from bot.devhub.problems import Problem, not_found
from bot.devhub.records import Issue, Pull, Repository
from bot.devhub.shapes import commits
from bot.devhub.shapes import pulls as shapes

# https://docs.github.com/en/rest/pulls/pulls#list-commits-on-a-pull-request
MOST_COMMITS = 250
# https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
MOST_FILES = 3000


def found(call: Call) -> Issue:
    """Return the pull request that the path names.

    Raises:
        Problem: 404, also for an issue.
    """
    issue = call.issue("pull_number")
    if issue.pull is None:
        raise not_found()
    return issue


async def _shape(call: Call, issue: Issue) -> dict[str, Any]:
    await comparisons.refresh(call.repository, issue)
    shape = shapes.full(call.hub.base, call.repository, issue)
    if shape["mergeable"] and requirements.unmet(call.hub, call.repository, issue):
        shape["mergeable_state"] = "blocked"
    return shape


async def index(call: Call) -> Reply:
    """Return pull requests, newest first, filtered by the query."""
    query = call.query
    head, base = query.get("head", ""), query.get("base")
    listed = [
        issue
        for issue in reversed(call.hub.listed(call.repository.pulls))
        if query.get("state", "open") in {"all", issue.state}
        and issue.pull is not None
        and head in {"", issue.pull.head, f"{issue.pull.source.owner.login}:{issue.pull.head}"}
        and base in {None, issue.pull.base}
    ]
    if query.get("direction") == "asc":
        listed.reverse()
    return page(call, listed, call.shaping(shapes.simple))


async def show(call: Call) -> Reply:
    """Return one pull request, or its diff."""
    issue = found(call)
    if "diff" in call.accept:
        compared = await comparisons.refresh(call.repository, issue)
        text = await objects.diff(call.repository.path, compared.base_sha, compared.head_sha)
        return Reply(body=text, media="application/vnd.github.diff; charset=utf-8")
    return Reply(body=await _shape(call, issue))


async def create(call: Call) -> Reply:
    """Open a pull request between two branches, of the repository or from a fork of it."""
    async with call.repository.moving:
        issue = await _new(call)
        call.repository.issues[issue.number] = issue
    await moves.keep_head(call.scene, issue)
    shape = await _shape(call, issue)
    issue_event(call.scene, issue, "opened")
    return Reply(body=shape, status=201)


async def _new(call: Call) -> Issue:
    title, now = checked_title(call, "PullRequest"), call.hub.now()
    source, head = _source(call, call.text("head"))
    base = call.text("base")
    head_sha = await _tip(source, head, "head")
    base_sha = await _tip(call.repository, base, "base")
    await moves.borrow(call.repository, source, head)
    await _check_new(call, (source, head, base), (base_sha, head_sha))
    offered = call.body.get("maintainer_can_modify") is True and call.app is None
    pull = Pull(
        id=call.hub.next_id(),
        source=source,
        head=head,
        base=base,
        head_sha=head_sha,
        base_sha=base_sha,
        draft=call.body.get("draft") is True,
        maintainer_can_modify=offered and source is not call.repository,
    )
    return Issue(
        id=call.hub.next_id(),
        number=call.repository.next_number,
        title=title,
        body=checked_text(call, "PullRequest"),
        user=call.actor,
        app=call.app,
        created_at=now,
        updated_at=now,
        pull=pull,
    )


async def _tip(repository: Repository, branch: str, field: str) -> str:
    ref = f"refs/heads/{branch}"
    if sha := (await git.heads(repository.path, ref)).get(ref):
        return sha
    raise _invalid(field)


def _source(call: Call, head: str) -> tuple[Repository, str]:
    """Return the repository and the branch of `BRANCH` or `OWNER:BRANCH`.

    "For cross-repository pull requests in the same network, namespace `head` with a user
    like this: `username:branch`."
    https://docs.github.com/en/rest/pulls/pulls#create-a-pull-request
    Whoever opens it has to be able to write to one of the two sides.

    Raises:
        Problem: 422 when nobody of that name has a fork, 403.
    """
    owner, separator, branch = head.partition(":")
    if not separator:
        owner, branch = call.repository.owner.login, head
    for source in (call.repository, *call.hub.network(call.repository)):
        if source.owner.login.lower() == owner.lower():
            break
    else:
        raise _invalid("head")
    roles = [call.hub.role(side, call.actor) for side in (call.repository, source)]
    if call.caller.kind == "person" and not any(reaches(role, "write") for role in roles):
        raise Problem(403, "Must have admin rights to Repository.")
    return source, branch


def _invalid(field: str) -> Problem:
    error = {"resource": "PullRequest", "field": field, "code": "invalid"}
    return Problem(422, "Validation Failed", errors=[error])


async def _check_new(
    call: Call, branches: tuple[Repository, str, str], ends: tuple[str, str]
) -> None:
    """Refuse a second one for the same branches, and one without commits."""
    source, head, base = branches
    for issue in call.repository.pulls:
        if (
            issue.state == "open"
            and issue.pull
            and (issue.pull.source, issue.pull.head, issue.pull.base) == branches
        ):
            raise _custom(f"A pull request already exists for {source.owner.login}:{head}.")
    if await git.is_ancestor(call.repository.path, ends[1], ends[0]):
        raise _custom(f"No commits between {base} and {head}")


def _custom(message: str) -> Problem:
    error = {"resource": "PullRequest", "code": "custom", "message": message}
    return Problem(422, "Validation Failed", errors=[error])


async def edit(call: Call) -> Reply:
    """Change title, body, state or base."""
    issue = found(call)
    if issue.user is not call.actor and not call.may("triage"):
        raise Problem(403, "Must have admin rights to Repository.")
    await comparisons.refresh(call.repository, issue)
    edit_words(call, issue, "PullRequest")
    state = call.maybe_text("state")
    if state == "open" and issue.state == "closed":
        await _catch_up(call, issue)
    if state is not None:
        set_state(call, issue, state)
    if (base := call.maybe_text("base")) is not None:
        await _rebase(call, issue, base)
    return Reply(body=await _shape(call, issue))


async def _catch_up(call: Call, issue: Issue) -> None:
    """Take in what was pushed while it was closed; refuse what cannot be opened again."""
    pull = issue.pull
    assert pull is not None
    if pull.merged_at is not None:
        raise _custom("state cannot be changed. The pull request is merged.")
    ref = f"refs/heads/{pull.head}"
    tip = (await git.heads(pull.source.path, ref)).get(ref)
    if tip is None:
        raise _custom(f"state cannot be changed. The {pull.head} branch has been deleted.")
    await moves.borrow(call.repository, pull.source, pull.head)
    if not await git.is_ancestor(call.repository.path, pull.head_sha, tip):
        words = f"The {pull.head} branch was force-pushed or recreated."
        raise _custom(f"state cannot be changed. {words}")
    pull.head_sha, pull.comparison = tip, None
    await moves.keep_head(call.scene, issue)


async def _rebase(call: Call, issue: Issue, base: str) -> None:
    """Compare with another base branch from now on."""
    pull = issue.pull
    assert pull is not None
    if base == pull.base:
        return
    changes = {"base": {"ref": {"from": pull.base}, "sha": {"from": pull.base_sha}}}
    pull.base_sha, pull.base = await _tip(call.repository, base, "base"), base
    await comparisons.refresh(call.repository, issue)
    issue.updated_at = call.hub.now()
    issue_event(call.scene, issue, "edited", changes=changes)


async def files(call: Call) -> Reply:
    """Return the files that it changes, with their patches."""
    compared = await comparisons.refresh(call.repository, found(call))
    head = compared.head_sha
    changes = await objects.changes(call.repository.path, compared.base_sha, head)
    return page(call, changes[:MOST_FILES], call.shaping(commits.file_change, head))


async def list_commits(call: Call) -> Reply:
    """Return its commits, oldest first."""
    compared = await comparisons.refresh(call.repository, found(call))
    span = f"{compared.base_sha}..{compared.head_sha}"
    listed = await objects.commits(call.repository.path, span, limit=MOST_COMMITS)
    listed.reverse()
    return page(call, listed, call.shaping(commits.commit))


async def of_commit(call: Call) -> Reply:
    """Return the open pull requests whose head is a commit."""
    sha = call.params["commit_sha"]
    listed = [each for each in call.repository.pulls if each.pull and each.pull.head_sha == sha]
    return page(call, listed, call.shaping(shapes.simple))
