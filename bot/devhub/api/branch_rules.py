"""The rules of branches: what they are, and what the API refuses because of them.

https://docs.github.com/en/rest/repos/rules#get-rules-for-a-branch
"""

from typing import Any

from bot.devhub import requirements
from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.pages import page
from bot.devhub.git import is_ancestor
from bot.devhub.problems import Problem
from bot.devhub.records import Issue
from bot.devhub.rulesets import NOTHING, Ruleset, in_words


async def index(call: Call) -> Reply:
    """Return the rules of a branch, which need not exist yet."""
    rules = call.hub.rulesets.get(call.repository.id)
    default = call.repository.default_branch
    if rules is None or not rules.covers(call.params["branch"], default):
        return page(call, [], lambda each: each)
    source = {
        "ruleset_source_type": "Repository",
        "ruleset_source": call.repository.full_name,
        "ruleset_id": rules.id,
    }

    def shape(rule: tuple[str, Any]) -> dict[str, Any]:
        kind, parameters = rule
        return {"type": kind, **({"parameters": parameters} if parameters else {}), **source}

    return page(call, rules.rules(), shape)


def _holding(call: Call) -> Ruleset | None:
    """Return the rules of the repository, unless the caller may pass them by."""
    rules = call.hub.rulesets.get(call.repository.id)
    return None if rules is None or call.actor.login in rules.bypass else rules


async def check_move(call: Call, ref: str, old: str, new: str, *, status: int = 422) -> None:
    """Refuse to move a branch, make it or delete it, against its rules.

    Raises:
        Problem: with that status, and GitHub's words.
    """
    rules, branch = _holding(call), ref.removeprefix("refs/heads/")
    covered = branch != ref and rules is not None
    if rules is None or not covered or not rules.covers(branch, call.repository.default_branch):
        return
    forced = NOTHING not in {old, new} and not await is_ancestor(call.repository.path, old, new)
    if refusals := rules.refusals(old, new, forced=forced):
        raise Problem(status, in_words(refusals))


def check_text(call: Call, data: bytes, *, status: int = 422) -> None:
    """Refuse to write what holds a secret.

    Raises:
        Problem: with that status.
    """
    rules = _holding(call)
    if rules is not None and rules.holding(data.decode(errors="replace")) is not None:
        raise Problem(status, in_words(["Secret detected in content"]))


def check_merge(call: Call, issue: Issue) -> None:
    """Refuse to merge what its base does not take yet.

    Raises:
        Problem: 405.
    """
    if _holding(call) is None:
        return
    if unmet := requirements.unmet(call.hub, call.repository, issue):
        raise Problem(405, in_words(unmet))
