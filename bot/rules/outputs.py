"""What an agent may ask to have done on GitHub, checked the moment it asks.

An agent is told at once: accepted, or refused with the reason and how many it has
left.  What was accepted is checked again when it is applied, against the tree and
the head as they are then.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from bot.model.runs import SubjectKind
from bot.rules.credentials import SECRETS
from bot.rules.visible import shown

MOST_BODY = 60_000
"""Characters of a body.  GitHub takes 65,536; the rest is for what we add."""

MOST_TITLE = 256
"""Characters of a title, GitHub's own limit for issues and pull requests."""

MOST_PLAN = 20_000
"""Characters of a plan.  A yes is to all of it, so all of it has to find room in a comment."""

MOST_CHOICES = 4
"""Answers that a question may offer."""

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


def _seen(text: str) -> str:
    """Refuse text with characters that a person who says yes to it would not see."""
    if shown(text) != text:
        words = "It has characters without a shape, which nobody can see. Take them out"
        raise PydanticCustomError("unseen", words)
    return text


Planned = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_PLAN, pattern=STORABLE),
    AfterValidator(_seen),
]


class _Output(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PullRequest(_Output):
    """Open a pull request with the changes of the workspace."""

    title: Line
    body: Text


class Push(_Output):
    """Add the changes of the workspace to the pull request, as one commit on its branch."""

    title: Line
    body: Text


class Question(_Output):
    """Ask the person who started the run, with answers to choose from where there are some."""

    text: Text
    choices: Annotated[list[Line], Field(max_length=MOST_CHOICES)] = []


class Comment(_Output):
    """Write a comment where the run was asked for."""

    body: Text


class Plan(_Output):
    """Say what you would do, step by step, and wait for a person's yes before you do it."""

    text: Planned


class Noop(_Output):
    """Say that nothing had to be done, and why."""

    reason: Text


class MissingTool(_Output):
    """Say that a tool was needed and not there."""

    name: Line
    why: Text


KINDS: Mapping[str, type[_Output]] = {
    "pull_request": PullRequest,
    "push": Push,
    "comment": Comment,
    "question": Question,
    "plan": Plan,
    "noop": Noop,
    "missing_tool": MissingTool,
}


CHANGES = frozenset({"pull_request", "push"})
"""Kinds that bring changed files to GitHub."""


CHANGED = "changed"
"""What we keep beside them and no agent asks for: changed files as a block for a comment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a run works: on an issue, on a pull request, on one that comes from a fork."""

    kind: SubjectKind
    fork: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The output is taken; `payload` is what will be applied, `left` how many more may be."""

    payload: Mapping[str, Any]
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The output is not taken; `words` tell the agent why."""

    reason: str
    words: str
    left: int


def granted(outputs: Mapping[str, int], place: Place, *, planned: bool) -> dict[str, int]:
    """Return what an agent may ask for at a place, of all that it may ask for anywhere.

    One that makes plans brings no change to GitHub before a person has said yes to a plan of
    its run, which `planned` says.
    """
    held = CHANGES if "plan" in outputs and not planned else frozenset()
    here = {kind: most for kind, most in outputs.items() if _misplaced(kind, place) is None}
    return {kind: most for kind, most in here.items() if kind not in held}


def check(
    kind: str,
    payload: Mapping[str, object],
    *,
    grants: Mapping[str, int],
    used: int,
    place: Place,
) -> Accepted | Rejected:
    """Decide on one output that an agent asks for.

    Args:
        kind: a key of `KINDS`.
        payload: its fields, as the agent sent them.
        grants: how many of each kind this agent may ask for until it hears something new.
        used: how many of this kind it has had since.
        place: where the run works.
    """
    left = max(grants.get(kind, 0) - used, 0)
    if words := _misplaced(kind, place):
        return Rejected(reason="place", words=words, left=0)
    if kind not in KINDS or kind not in grants:
        return Rejected(reason="not_granted", words=_not_granted(kind, grants), left=left)
    if left == 0:
        words = f"The limit of {grants[kind]} `{kind}` is reached."
        return Rejected(reason="limit", words=words, left=0)
    try:
        output = KINDS[kind].model_validate(dict(payload))
    except ValidationError as problem:
        return Rejected(reason="schema", words=_words(problem), left=left)
    fields = output.model_dump()
    if any(SECRETS.search(value) for value in _texts(fields)):
        words = "The text holds something that looks like a credential. Take it out."
        return Rejected(reason="secret", words=words, left=left)
    return Accepted(payload=fields, left=left - 1)


def _misplaced(kind: str, place: Place) -> str | None:
    """Say why a kind of output cannot be had at a place, and what to ask for instead."""
    if kind not in CHANGES:
        return None
    if place.fork:
        return (
            "This pull request comes from a fork, whose branch is not ours to change; "
            "words only: comment. What you changed is shown below it."
        )
    if kind == "push" and place.kind == "issue":
        return "An issue has no branch to push to. Ask for `pull_request`."
    if kind == "pull_request" and place.kind == "pull":
        return "There is a pull request already. Ask for `push`."
    return None


def _not_granted(kind: str, grants: Mapping[str, int]) -> str:
    allowed = f"This agent may ask for: {', '.join(sorted(grants)) or 'nothing'}."
    if kind in CHANGES and "plan" in grants:
        return f"{allowed} A person says yes to a `plan` first; your work is kept until then."
    return allowed


def _texts(fields: Mapping[str, Any]) -> Iterator[str]:
    for value in fields.values():
        yield from [value] if isinstance(value, str) else value


def _words(problem: ValidationError) -> str:
    parts = [
        f"{'.'.join(str(step) for step in error['loc'])}: {error['msg']}"
        for error in problem.errors(include_url=False, include_input=False)
    ]
    return "; ".join(parts) + "."
