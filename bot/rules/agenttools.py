"""The tools that an agent is offered beside its own: what there is, and what each answers.

An output that it may ask for is a tool, and a line for people, a note and a look at CI are.
They are the small command `greenroom` in another dress: nothing is granted here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.model.ids import Sha
from bot.model.validations import VALIDATE, Verdict
from bot.rules.brief import harmless
from bot.rules.cinow import CiNow, Word
from bot.rules.cireport import MATERIAL
from bot.rules.greeting import Listed
from bot.rules.outputs import KINDS, Accepted, Rejected

ASK_HUMAN = "ask_human"
"""The tool that stands for the output `question`."""

OUTPUTS: Mapping[str, str] = {
    "pull_request": "Open a pull request with what you have changed in the workspace. "
    "Make no commits. It is opened once your turn is over.",
    "push": "Add what you have changed in the workspace to the pull request, as one commit. "
    "Make no commits. It is pushed once your turn is over.",
    "plan": "Ask for a yes to your plan before you change anything. End your turn then: you are "
    "started again when a person has decided.",
    "comment": "Write a comment where you were asked.",
    "question": "Ask the person who started you, with answers to choose from where there are "
    "some. Nobody answers within this turn. End your turn then: you are started again with the "
    "answer.",
    "noop": "Say that nothing had to be done, and why.",
    "missing_tool": "Say that you needed a program that is not there.",
}
"""What is said of the tool for each output."""

CHECKS = (
    "Say how CI of your last commit on GitHub stood when Greenroom last looked, "
    "and what had failed."
)

STEP = "Tell people in one line what you are doing."

NOTE = "Keep a note for your next job, which may know nothing else of this one."

VALIDATING = (
    "Have a validation run away from here, over the workspace as it is now, and hear what came "
    "of it. The same tree is answered at once. Where it takes long, call again: that joins it."
)

STILL = "It is still running. Call again to go on waiting: nothing is started anew."

NOTHING_CAME = "Nothing came of it. Call again."

LEFT = (
    "It has left {kept} files{beside}. In the same tree `greenroom validate NAME --artifacts DIR` "
    "fetches them."
)
"""What is said of files that a validation has left: no tool hands files out, the program does."""

ASKED_FOR_NOTHING = "Say which validation, by its name."

FIELDS: Mapping[str, str] = {
    "title": "One line.",
    "body": "Markdown.",
    "text": "Markdown.",
    "choices": "Short answers to choose from.",
    "reason": "Markdown.",
    "name": "Name of the program.",
    "why": "What you needed it for.",
}
"""What is said of each field."""

LEFT_OUT = ("title", "pattern", "default")
"""Words of JSON Schema that tell an agent nothing, and that some providers do not take."""

MOST_SHOWN = 4_000
"""Characters that an agent is shown of what a validation has printed so far."""

NO_FIELDS: Mapping[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
"""The schema of a tool that takes nothing."""

LAST = frozenset({"question", "plan"})
"""Outputs after which there is nothing to do but to end the turn."""

NOTHING_YET = (
    "Nothing of this run is on GitHub yet, so there is no CI to tell of. "
    "What you change is handed in after your turn, and CI runs then if there is any."
)

UNKNOWN = "How CI stands on {sha} is not known: Greenroom has not looked at it."

NONE_YET = "No check of {sha} had been reported yet."

HEADLINES: Mapping[Word, str] = {
    "pending": "CI on {sha} had not ended: it is not known whether it will be green.",
    "green": "CI on {sha} was green.",
    "red": "CI on {sha} had failed.",
    "flaky": "CI on {sha} had failed, as far as can be told for reasons outside the change.",
    "silent": "Nobody had reported anything on {sha}. That is not a success.",
}

LOOKED = (
    "Greenroom looked at {at}, and does not look while you are at work: what has come since is "
    "not known here."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool, as an agent is told of it; `schema` is the JSON Schema of its arguments."""

    name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: NO_FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a call of a tool is answered; `refused` says that nothing comes of it."""

    text: str
    refused: bool = False


def offered(grants: Mapping[str, int], validations: Sequence[str] = ()) -> tuple[Tool, ...]:
    """Return the tools of an agent, in an order that stays.

    Args:
        grants: the outputs that it may ask for.
        validations: the names of those that it may ask for.
    """
    asking = (_output(kind) for kind in OUTPUTS if kind in grants)
    trying = (_validate(validations),) if validations else ()
    look = Tool(name="checks", description=CHECKS)
    return (*asking, *trying, look, _line("step", STEP), _line("note", NOTE))


def listed(tools: Sequence[Tool]) -> Listed:
    """Return tools in the words in which clients are told of them."""
    return [
        {"name": each.name, "description": each.description, "inputSchema": dict(each.schema)}
        for each in tools
    ]


def kind_of(tool: str) -> str:
    """Return the kind of output that a tool asks for, whether or not there is one."""
    return "question" if tool == ASK_HUMAN else tool


def answer(kind: str, decided: Accepted | Rejected) -> Said:
    """Write what an agent is told that has asked for an output."""
    left = f" You may ask for {decided.left} more." if decided.left else ""
    if isinstance(decided, Rejected):
        return Said(text=f"Refused: {decided.words}{left}", refused=True)
    if kind in LAST:
        return Said(text="Accepted. End your turn now.")
    return Said(text=f"Accepted.{left or ' You may ask for no more.'}")


def validated(
    verdict: Verdict | None, *, under_way: bool, cached: bool = False, output: str = ""
) -> Said:
    """Write how a validation stands.

    Args:
        verdict: what came of it; None while it is under way, or where nothing did.
        under_way: whether there will be more to say.
        cached: whether nothing was run, since the same was known.
        output: the end of what it has printed.
    """
    if verdict is None:
        headline = STILL if under_way else NOTHING_CAME
        told = output[-MOST_SHOWN:]
    else:
        headline = _outcome(verdict, cached=cached)
        told = "\n".join(_found(verdict))
    return Said(text="\n".join([headline, *_framed(told)]))


def _outcome(verdict: Verdict, *, cached: bool) -> str:
    ran = "" if verdict.tests is None else f", {verdict.tests} tests"
    known = ", known from before" if cached else ""
    outcome = f"{verdict.outcome.capitalize()} ({verdict.seconds:.1f} s{ran}{known})."
    if not (left := verdict.artifacts):
        return outcome
    beside = f", and {left.left_out} that are too large or too many" if left.left_out else ""
    return f"{outcome}\n{LEFT.format(kept=left.kept, beside=beside)}"


def _found(verdict: Verdict) -> Iterator[str]:
    """Yield what a tree has a say in: whoever writes a test chooses its name."""
    if verdict.words:
        yield verdict.words
    if verdict.failing:
        yield "Failing tests:"
        yield from (f"- {name}" for name in verdict.failing)
    if verdict.excerpt:
        yield from ("", verdict.excerpt)


def _framed(material: str) -> Sequence[str]:
    """Return others' words between marks that they cannot write; nothing for none."""
    inside = harmless(material.strip("\n"))
    return ["", MATERIAL, "", "<untrusted>", inside, "</untrusted>"] if inside.strip() else []


def checks(head: Sha | None, now: CiNow | None) -> str:
    """Write how CI stands on the commit that a run has on GitHub.

    Args:
        head: the commit.
        now: what was seen when CI was last looked at, of this commit or another; None for
            nothing.
    """
    if head is None:
        return NOTHING_YET
    sha = head[:12]
    if now is None or now.sha != head or not now.at:
        return UNKNOWN.format(sha=sha)
    at = datetime.fromtimestamp(now.at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    none_yet = now.word == "pending" and not now.rows
    headline = (NONE_YET if none_yet else HEADLINES[now.word]).format(sha=sha)
    lines = [headline, LOOKED.format(at=at)]
    return "\n".join([*lines, *_framed("\n".join(_reported(now)))])


def _reported(now: CiNow) -> Iterator[str]:
    """Yield what others have reported, in their words."""
    yield from (f"{row.name}: {row.word.replace('_', ' ')}" for row in now.rows)
    if now.hidden:
        yield f"and {now.hidden} more"
    for excerpt in now.excerpts:
        yield from ("", f"What matters of {excerpt.name}:", excerpt.text)


def _output(kind: str) -> Tool:
    name = ASK_HUMAN if kind == "question" else kind
    return Tool(name=name, description=OUTPUTS[kind], schema=_plain(KINDS[kind]))


def _validate(names: Sequence[str]) -> Tool:
    properties = {"name": {"type": "string", "enum": list(names)}}
    schema = {**NO_FIELDS, "properties": properties, "required": ["name"]}
    return Tool(name=VALIDATE, description=VALIDATING, schema=schema)


def _line(name: str, description: str) -> Tool:
    properties = {"text": {"type": "string"}}
    return Tool(
        name=name,
        description=description,
        schema={**NO_FIELDS, "properties": properties, "required": ["text"]},
    )


def _plain(model: Any) -> Mapping[str, Any]:
    """Return a schema of an output's fields that every provider takes."""
    whole = model.model_json_schema()
    properties = {
        name: {"description": FIELDS[name], **_without(said)}
        for name, said in whole["properties"].items()
    }
    return {**NO_FIELDS, "properties": properties, "required": whole["required"]}


def _without(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a field, and of what it holds, without words that tell nothing."""
    kept = {word: value for word, value in said.items() if word not in LEFT_OUT}
    return {**kept, "items": _without(kept["items"])} if "items" in kept else kept
