"""What a repository asks of its branches, and GitHub's words for what breaks it.

Nothing here does anything: the gate that a push goes through reads the same rules from a
file, in a process of its own.

https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

DEFAULT = "~DEFAULT_BRANCH"
REFUSAL = "Repository rule violations found"
NOTHING = "0" * 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """The rules of one repository.

    Attributes:
        branches: which branches: patterns, or `~DEFAULT_BRANCH`.
        pull_request: changes come through pull requests alone.
        reviews: approvals that such a pull request needs.
        checks: contexts that have to be green.
        strict: the branch has to be up to date before it is merged.
        creation, deletion, force_push: whether that is allowed.
        secrets: regular expressions of what may stand in no commit, on whatever branch.
        bypass: logins that no rule holds.
    """

    id: int
    branches: tuple[str, ...] = (DEFAULT,)
    pull_request: bool = False
    reviews: int = 0
    checks: tuple[str, ...] = ()
    strict: bool = False
    creation: bool = True
    deletion: bool = True
    force_push: bool = True
    secrets: tuple[str, ...] = ()
    bypass: tuple[str, ...] = ()

    @classmethod
    def told(cls, values: Mapping[str, Any]) -> "Ruleset":
        """Return the rules that JSON tells, which has lists where this has tuples.

        Raises:
            KeyError: there is no such field.
        """
        if unknown := values.keys() - {each.name for each in dataclasses.fields(cls)}:
            raise KeyError(*sorted(unknown))
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**fields)

    def covers(self, branch: str, default: str) -> bool:
        """Return whether the rules are about a branch."""
        return any(
            branch == default if pattern == DEFAULT else fnmatchcase(branch, pattern)
            for pattern in self.branches
        )

    def rules(self) -> list[tuple[str, Mapping[str, Any] | None]]:
        """Return type and parameters of each rule, as GitHub lists them."""
        through = {
            "dismiss_stale_reviews_on_push": False,
            "require_code_owner_review": False,
            "require_last_push_approval": False,
            "required_approving_review_count": self.reviews,
            "required_review_thread_resolution": False,
        }
        green = {
            "required_status_checks": [{"context": each} for each in self.checks],
            "strict_required_status_checks_policy": self.strict,
        }
        listed: list[tuple[bool, str, Mapping[str, Any] | None]] = [
            (not self.creation, "creation", None),
            (not self.deletion, "deletion", None),
            (not self.force_push, "non_fast_forward", None),
            (self.pull_request, "pull_request", through),
            (bool(self.checks), "required_status_checks", green),
        ]
        return [(kind, parameters) for holds, kind, parameters in listed if holds]

    def refusals(self, old: str, new: str, *, forced: bool) -> list[str]:
        """Return why a covered branch may not go from one commit to another; often nothing."""
        if new == NOTHING:
            return [] if self.deletion else ["Cannot delete this branch"]
        if old == NOTHING and not self.creation:
            return ["Cannot create ref due to creations being restricted."]
        words = ["Cannot force-push to this branch"] if forced and not self.force_push else []
        if self.pull_request:
            words.append("Changes must be made through a pull request.")
        return [*words, *expected(self.checks)]

    def holding(self, text: str) -> int | None:
        """Return the number of the first line that holds a secret, None when none does."""
        for number, line in enumerate(text.splitlines(), start=1):
            if any(re.search(pattern, line) for pattern in self.secrets):
                return number
        return None


def expected(checks: Iterable[str]) -> list[str]:
    """Return GitHub's words for checks that have not succeeded."""
    missing = list(checks)
    if len(missing) > 1:
        return [f"{len(missing)} of {len(missing)} required status checks are expected."]
    return [f'Required status check "{each}" is expected.' for each in missing]


def in_words(refusals: Iterable[str]) -> str:
    """Return the message of an answer of the API."""
    return "".join(f"{each}\n\n" for each in (REFUSAL, *refusals))


def for_git(ref: str, where: str, refusals: Iterable[str]) -> str:
    """Return what somebody reads who pushed against the rules.

    Args:
        ref: what was pushed to.
        where: the address of the page that lists the rules.
        refusals: what they break.
    """
    broken = "".join(f"\n- {each}\n" for each in refusals)
    head = f"error: GH013: {REFUSAL} for {ref}.\nReview all repository rules at {where}\n"
    return f"{head}{broken}\n"


def secret_for_git(commit: str, path: str, line: int) -> str:
    """Return what somebody reads who pushed a secret."""
    return (
        "error: GH009: Secrets detected! This push failed.\n\n"
        "       GITHUB PUSH PROTECTION\n"
        "       ------------------------------------------------------\n"
        "        Resolve the following secrets before pushing again.\n\n"
        "        -- Secret --------------------------------------------\n"
        "          locations:\n"
        f"            - commit: {commit}\n"
        f"              path: {path}:{line}\n\n"
    )
