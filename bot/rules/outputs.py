"""What an agent may ask to have done on GitHub, checked the moment it asks.

An agent is told at once: accepted, or refused with the reason and how many it has
left.  What was accepted is checked again when it is applied, against the tree and
the head as they are then.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

MOST_BODY = 60_000
"""Characters of a body.  GitHub takes 65,536; the rest is for what we add."""

MOST_TITLE = 256
"""Characters of a title, GitHub's own limit for issues and pull requests."""

STORABLE = r"^[^\x00]*$"
"""PostgreSQL keeps every character but this one."""

Line = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=MOST_TITLE, pattern=STORABLE
    ),
]
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_BODY, pattern=STORABLE),
]


class _Output(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PullRequest(_Output):
    """Open a pull request with the changes of the workspace."""

    title: Line
    body: Text


class Comment(_Output):
    """Write a comment where the run was asked for."""

    body: Text


class Noop(_Output):
    """Say that nothing had to be done, and why."""

    reason: Text


class MissingTool(_Output):
    """Say that a tool was needed and not there."""

    name: Line
    why: Text


KINDS: Mapping[str, type[_Output]] = {
    "pull_request": PullRequest,
    "comment": Comment,
    "noop": Noop,
    "missing_tool": MissingTool,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The output is taken; `payload` is what will be applied, `left` how many more may be."""

    payload: Mapping[str, str]
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The output is not taken; `words` tell the agent why."""

    reason: str
    words: str
    left: int


HIDDEN = "▇▇▇"
"""What stands in the place of a credential."""

SECRETS = re.compile(
    r"gh[pousr]_[A-Za-z0-9_]{16,}(?:\.[A-Za-z0-9_-]+)*"  # GitHub's tokens, old and new form
    r"|github_pat_[A-Za-z0-9_]{22,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bAKIA[0-9A-Z]{16}\b"
    r"|\bsk-(?:ant|proj)-[A-Za-z0-9_-]{16,}|\bsk-[A-Za-z0-9]{32,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
)
"""Formats of credentials that no text of ours carries to GitHub.

https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
"""


def check(
    kind: str, payload: Mapping[str, object], *, grants: Mapping[str, int], used: int
) -> Accepted | Rejected:
    """Decide on one output that an agent asks for.

    Args:
        kind: a key of `KINDS`.
        payload: its fields, as the agent sent them.
        grants: how many of each kind this agent may ask for in one job.
        used: how many of this kind the job has had.
    """
    left = max(grants.get(kind, 0) - used, 0)
    if kind not in KINDS or kind not in grants:
        allowed = ", ".join(sorted(grants)) or "nothing"
        return Rejected(
            reason="not_granted", words=f"This agent may ask for: {allowed}.", left=left
        )
    if left == 0:
        words = f"The limit of {grants[kind]} `{kind}` in one job is reached."
        return Rejected(reason="limit", words=words, left=0)
    try:
        output = KINDS[kind].model_validate(dict(payload))
    except ValidationError as problem:
        return Rejected(reason="schema", words=_words(problem), left=left)
    fields: dict[str, str] = output.model_dump()
    if any(SECRETS.search(value) for value in fields.values()):
        words = "The text holds something that looks like a credential. Take it out."
        return Rejected(reason="secret", words=words, left=left)
    return Accepted(payload=fields, left=left - 1)


def without_secrets(text: str) -> str:
    """Return a line of progress with what looks like a credential blacked out.

    Of a private key only the mark has a format, so that all after it goes too.
    """
    shown, mark, _ = storable(text).partition("-----BEGIN")
    return SECRETS.sub(HIDDEN, shown) + (HIDDEN if mark else "")


def storable(text: str) -> str:
    """Return text without the one character that PostgreSQL cannot store."""
    return text.replace("\0", "")


def _words(problem: ValidationError) -> str:
    parts = [
        f"{'.'.join(str(step) for step in error['loc'])}: {error['msg']}"
        for error in problem.errors(include_url=False, include_input=False)
    ]
    return "; ".join(parts) + "."
