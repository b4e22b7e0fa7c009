"""Pull requests: the list, and the four tabs of one."""

from collections import defaultdict

from bot.devhub import comparisons, git, objects, requirements
from bot.devhub.api.statuses import latest
from bot.devhub.pages import diffs
from bot.devhub.pages.views.checks import runs_at
from bot.devhub.pages.views.commits import changed_files
from bot.devhub.pages.views.issues import conversation, listed, talk
from bot.devhub.pages.visits import Page, Visit
from bot.devhub.records import CheckRun, Issue, Pull, ReviewComment


async def index(seen: Visit) -> Page:
    """Show the pull requests of a repository."""
    runs = {
        each.number: runs_at(seen.repository, each.pull.head_sha)
        for each in seen.repository.pulls
        if each.pull is not None
    }
    data = {**listed(seen, seen.repository.pulls), "kind": "pulls", "runs": runs}
    return Page(
        template="list.html", title=f"Pull requests · {seen.repository.full_name}", data=data
    )


async def show(seen: Visit) -> Page:
    """Show the conversation, the checks and the button to merge."""
    issue, pull = seen.pull
    texts = [issue.body, *(each.body for each in issue.comments)]
    texts += [*(each.body for each in pull.reviews), *(each.body for each in pull.review_comments)]
    data = {
        "items": conversation(seen, issue),
        "threads": threads(pull),
        **await talk(seen, texts),
    }
    return await _tab(seen, "conversation", data)


async def commits(seen: Visit) -> Page:
    """Show its commits, oldest first."""
    issue, _ = seen.pull
    compared = await comparisons.refresh(seen.repository, issue)
    span = f"{compared.base_sha}..{compared.head_sha}"
    found = await objects.commits(seen.repository.path, span)
    found.reverse()
    checks = {each.sha: runs_at(seen.repository, each.sha) for each in found}
    return await _tab(seen, "commits", {"commits": found, "checks": checks})


async def checks(seen: Visit) -> Page:
    """Show the check runs on its head, by app."""
    _, pull = seen.pull
    by_suite: dict[int, list[CheckRun]] = defaultdict(list)
    for run in runs_at(seen.repository, pull.head_sha):
        by_suite[run.suite.id].append(run)
    suites = [(runs[0].suite, runs) for runs in by_suite.values()]
    return await _tab(seen, "checks", {"suites": suites})


async def files(seen: Visit) -> Page:
    """Show what it changes, and what was said about the lines."""
    issue, pull = seen.pull
    compared = await comparisons.refresh(seen.repository, issue)
    path = seen.repository.path
    changes = await objects.changes(path, compared.base_sha, compared.head_sha)
    data = {
        "files": changed_files(changes),
        "threads": threads(pull),
        "spots": spots(pull),
        "on": _asked(seen),
        **await talk(seen, [each.body for each in pull.review_comments]),
    }
    return await _tab(seen, "files", data)


async def _tab(seen: Visit, tab: str, data: dict[str, object]) -> Page:
    issue, pull = seen.pull
    ref = f"refs/heads/{pull.head}"
    common = {
        "repository": seen.repository,
        "issue": issue,
        "pull": pull,
        "tab": tab,
        "compared": await comparisons.refresh(seen.repository, issue),
        "runs": runs_at(seen.repository, pull.head_sha),
        "statuses": latest(seen.repository, pull.head_sha),
        "required": _required(seen, issue),
        "unmet": requirements.unmet(seen.hub, seen.repository, issue),
        "branch_is_there": ref in await git.heads(pull.source.path, ref),
        "verdicts": verdicts(issue, pull),
    }
    title = f"{issue.title} · #{issue.number}"
    return Page(template=f"pull_{tab}.html", title=title, data={**common, **data})


def _required(seen: Visit, issue: Issue) -> dict[str, str]:
    """Return the state of each check that the rules want before this is merged."""
    rules = seen.hub.rulesets.get(seen.repository.id)
    default = seen.repository.default_branch
    if rules is None or issue.pull is None or not rules.covers(issue.pull.base, default):
        return {}
    state = requirements.required_state
    return {name: state(seen.repository, issue, name) for name in rules.checks}


def threads(pull: Pull) -> dict[int, list[ReviewComment]]:
    """Return the comments of each thread, by the id of the first of them."""
    found: dict[int, list[ReviewComment]] = defaultdict(list)
    for each in pull.review_comments:
        found[(each.in_reply_to or each).id].append(each)
    return found


def spots(pull: Pull) -> dict[tuple[str, str, int], list[ReviewComment]]:
    """Return the first comment of each thread that still has a place in the diff."""
    found: dict[tuple[str, str, int], list[ReviewComment]] = defaultdict(list)
    for each in pull.review_comments:
        if each.in_reply_to is None and not each.outdated and each.line is not None:
            found[each.path, each.side, each.line].append(each)
    return found


def verdicts(issue: Issue, pull: Pull) -> dict[str, str]:
    """Return the latest verdict of each reviewer, by login."""
    given = [each for each in pull.reviews if each.submitted_at and each.user is not issue.user]
    weighty = [each for each in given if each.state not in {"COMMENTED", "PENDING"}]
    return {each.user.login: each.state for each in weighty}


def _asked(seen: Visit) -> tuple[str, str, int] | None:
    """Return the line that the query or a refused form wants to comment on."""
    given = seen.drafts or seen.query
    line = diffs.line_number(given.get("line", ""))
    if line is None or "path" not in given:
        return None
    return given["path"], given.get("side", "RIGHT"), line
