"""Merging a pull request: a real commit on the base branch.

https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request
"""

import re

from bot.devhub import comparisons, moves
from bot.devhub.api.branch_rules import check_merge
from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.issues import close
from bot.devhub.api.pulls import found
from bot.devhub.git import git
from bot.devhub.problems import Problem, not_found, wrong_type
from bot.devhub.records import Comparison, Issue
from bot.devhub.shapes.accounts import email_of
from bot.devhub.timestamps import iso

# https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
_CLOSES = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)\b", re.IGNORECASE)


async def show(call: Call) -> Reply:
    """Answer 204 when it is merged, 404 when it is not."""
    pull = found(call).pull
    if pull is None or pull.merged_at is None:
        raise not_found()
    return Reply(status=204)


async def merge(call: Call) -> Reply:
    """Merge it, by a merge commit or squashed into one."""
    issue = found(call)
    assert issue.pull is not None
    async with moves.watched(call.scene):
        compared = await comparisons.refresh(call.repository, issue)
        _check(call, issue, compared)
        sha = await _commit(call, issue, compared)
        ref = f"refs/heads/{issue.pull.base}"
        await git(call.repository.path, "update-ref", ref, sha, compared.base_sha)
        issue.pull.merge_commit_sha, issue.pull.merged_by = sha, call.actor
        issue.pull.merged_at = call.hub.now()
        close(call.scene, issue)
    _close_linked(call, issue)
    done = {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}
    return Reply(body=done)


def _check(call: Call, issue: Issue, compared: Comparison) -> None:
    expected = call.maybe_text("sha")
    if expected not in {None, compared.head_sha}:
        raise Problem(409, "Head branch was modified. Review and try the merge again.")
    drafted = issue.pull is not None and issue.pull.draft
    if drafted or issue.state == "closed" or not compared.mergeable:
        raise Problem(405, "Pull Request is not mergeable")
    check_merge(call, issue)


async def _commit(call: Call, issue: Issue, compared: Comparison) -> str:
    """Write the commit and return its name."""
    assert issue.pull is not None
    method = call.maybe_text("merge_method") or "merge"
    if method not in {"merge", "squash"}:
        raise wrong_type("merge_method", method, "merge or squash")
    path = call.repository.path
    tree = await comparisons.merged_tree(call.repository, compared.base_sha, compared.head_sha)
    assert tree is not None
    parents = [compared.base_sha, *([compared.head_sha] if method == "merge" else [])]
    owner = issue.pull.source.owner.login
    subject = (
        f"Merge pull request #{issue.number} from {owner}/{issue.pull.head}"
        if method == "merge"
        else f"{issue.title} (#{issue.number})"
    )
    title = call.maybe_text("commit_title") or subject
    words = call.maybe_text("commit_message") or (issue.title if method == "merge" else "")
    argv = ["commit-tree", tree, *(part for each in parents for part in ("-p", each))]
    by = (call.actor.login, email_of(call.actor), iso(call.hub.now()))
    message = f"{title}\n\n{words}\n".encode()
    return (await git(path, *argv, given=message, by=by)).decode().strip()


def _close_linked(call: Call, issue: Issue) -> None:
    """Close what the merge says that it closes, when it lands on the default branch."""
    assert issue.pull is not None
    if issue.pull.base != call.repository.default_branch:
        return
    for number in _CLOSES.findall(issue.body or ""):
        linked = call.repository.issues.get(int(number))
        if linked is not None and linked.pull is None and linked.state == "open":
            close(call.scene, linked)
