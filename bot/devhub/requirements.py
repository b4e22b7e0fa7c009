"""What a pull request still lacks before the rules of its base let it be merged."""

from bot.devhub.hub import Hub
from bot.devhub.permissions import reaches
from bot.devhub.records import Issue, Repository
from bot.devhub.rulesets import Ruleset, expected

# "Required status checks must have a successful, skipped, or neutral status"
# https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches#require-status-checks-before-merging
_FINE = frozenset({"success", "skipped", "neutral"})


def unmet(hub: Hub, repository: Repository, issue: Issue) -> list[str]:
    """Return GitHub's words for everything that is missing; nothing when it may be merged."""
    rules, pull = hub.rulesets.get(repository.id), issue.pull
    if rules is None or pull is None or not rules.covers(pull.base, repository.default_branch):
        return []
    return [*_reviews(hub, repository, issue, rules.reviews), *_checks(repository, issue, rules)]


def _reviews(hub: Hub, repository: Repository, issue: Issue, wanted: int) -> list[str]:
    """Count the latest verdict of everybody who may write."""
    reviews = [] if issue.pull is None else issue.pull.reviews
    verdicts = {
        each.user.id: each.state
        for each in reviews
        if each.state not in {"COMMENTED", "PENDING"}
        and reaches(hub.role(repository, each.user), "write")
    }
    states = list(verdicts.values())
    if wanted and "CHANGES_REQUESTED" in states:
        return ["Changes were requested by a reviewer with write access."]
    if states.count("APPROVED") >= wanted:
        return []
    several = "review is" if wanted == 1 else "reviews are"
    words = f"At least {wanted} approving {several} required by reviewers with write access."
    return [words]


def _checks(repository: Repository, issue: Issue, rules: Ruleset) -> list[str]:
    states = {name: required_state(repository, issue, name) for name in rules.checks}
    failing = [name for name, state in states.items() if state == "failing"]
    waited = [name for name, state in states.items() if state == "expected"]
    return [
        *(f'Required status check "{each}" is failing.' for each in failing),
        *expected(waited),
    ]


def required_state(repository: Repository, issue: Issue, name: str) -> str:
    """Return `fine`, `failing` or `expected` of a check that a pull request's head needs."""
    sha = None if issue.pull is None else issue.pull.head_sha
    runs = [each for each in repository.check_runs.values() if each.head_sha == sha]
    said = [each.conclusion for each in runs if each.name == name][-1:]
    said += [
        None if each.state == "pending" else each.state
        for each in repository.statuses
        if each.head_sha == sha and each.context.lower() == name.lower()
    ][-1:]
    if not said or None in said:
        return "expected"
    return "fine" if set(said) <= _FINE else "failing"
