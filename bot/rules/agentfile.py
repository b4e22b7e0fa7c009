"""Agents as Markdown: `.github/agents/NAME.md`, what it is above and its prompt below.

GitHub reads the same files for its own agents.  All that it knows stays valid and means
nothing here; what is ours stands under `greenroom:`, and a file without that is not ours.
https://docs.github.com/en/copilot/reference/custom-agents-configuration
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Annotated, Literal, cast, get_args

from pydantic import ConfigDict, Field, Strict
from pydantic.dataclasses import dataclass

from bot.model.runs import COMMANDED, AgentSpec, Limits, RuntimeName
from bot.rules.agents import FALLBACK, LONGEST, USUAL, WITHOUT_MODEL, Agent, Allow, On
from bot.rules.complaints import check, place
from bot.rules.conditions import trouble
from bot.rules.configfile import UNREADABLE, Node, compose
from bot.rules.configshapes import MOST_ENTRIES, MOST_NAME, NAME, SHAPE, Model, Name, many, setting
from bot.rules.configwords import HOUR, MINUTE, OneOf, Seconds, Spelled, Time, Who
from bot.rules.grammar import nearest
from bot.rules.mistakes import Mistake, shown
from bot.rules.outputs import KINDS
from bot.rules.verbs import VERBS

OURS = "greenroom"
"""The key of the front matter under which our settings stand."""

MOST_PROMPT = 30_000
"""Characters of a prompt, as many as GitHub reads."""

MOST_FRONT = 8_000
"""Characters of the front matter."""

MOST_TURNS = 1_000
"""Requests to models that a file may allow in one job."""

ALWAYS: Mapping[str, int] = {"noop": 1, "missing_tool": 5}
"""What every agent may say: that nothing is to be done, and that something is missing."""

RUNTIMES = OneOf(words=(USUAL, *get_args(RuntimeName)), what="runtimes")
OUTPUTS = OneOf(words=tuple(KINDS), what="outputs")
EVENTS = OneOf(
    words=(
        "issues.opened",
        "issues.reopened",
        "pull_request.opened",
        "pull_request.reopened",
        "pull_request.ready_for_review",
    ),
    what="events that start agents",
)

_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?\n)?---[ \t]*(?:\r?\n|$)", re.DOTALL)
_OURS = re.compile(rf"^[\"']?{OURS}[\"']?[ \t]*:", re.MULTILINE)
_LIKE_OURS = re.compile(r"^(g[\w-]{5,11})[ \t]*:", re.MULTILINE | re.IGNORECASE | re.ASCII)

Complaint = tuple[str, str, str]
"""The keys that lead to a mistake, with spaces between them, its words and its remedy."""

Line = Annotated[
    str,
    Spelled(
        pattern=r"[^\x00-\x1f]*\S[^\x00-\x1f]*",
        most=300,
        what="one line of text",
        example="Fixes the issue",
    ),
]
Label = Annotated[
    str,
    Spelled(
        pattern=r"agent:[a-z0-9]+(?:-[a-z0-9]+)*",
        most=50,
        what="a label that begins with `agent:`",
        example="agent:fix",
    ),
]
Word = Annotated[
    str, Spelled(pattern=r"[^\x00]+", most=1000, what="a word of a command line", example="make")
]
Condition = Annotated[
    str,
    Spelled(
        pattern=r"(?s)[^\x00]*", most=4000, what="a condition", example='actor.role == "admin"'
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Triggers:
    """What starts an agent."""

    label: Label | None = setting("The label that starts it.", default=None, example="agent:fix")
    command: Name | None = setting("The command, without prefix.", default=None, example="fix")
    events: tuple[Annotated[str, EVENTS], ...] = many(
        "GitHub's events that start it.", ["issues.opened"]
    )
    when: Condition | None = setting(
        "A condition in CEL that an event has to meet.",
        default=None,
        example='subject.labels.exists(l, l == "bug")',
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Most:
    """How often an agent may ask for an output."""

    max: Annotated[int, Strict(), Field(ge=1, le=100)] = setting(
        "How often in one job.", default=1, example=1
    )


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class AgentTerms:
    """What is ours in the front matter of an agent."""

    runtime: Annotated[str, RUNTIMES] = Field(
        description="The program that is its brain.", examples=["playbook"]
    )
    command: tuple[Word, ...] = many(
        "For the runtimes `command` and `acp`: the program and its arguments.", ["make", "format"]
    )
    model: Model | None = setting(
        "The language model that it uses; without one, the operator's choice.",
        default=None,
        example="claude-sonnet-4-5",
    )
    turns: Annotated[int, Strict(), Field(ge=1, le=MOST_TURNS)] = setting(
        "Requests to models in one job.", default=200, example=50
    )
    on: Triggers = Field(description="What starts it.", examples=[{"label": "agent:fix"}])
    allow: Annotated[Allow, Who()] = Field(
        default_factory=Allow,
        description="Who may start it: the least role, a custom role, or a list with teams.",
        examples=["write", ["maintain", "team:acme/reviewers"]],
    )
    validations: tuple[Name, ...] | None = Field(
        default=None,
        description="Validations that it may ask for; without this, all.",
        examples=[["unit"]],
        max_length=MOST_ENTRIES,
    )
    outputs: dict[Annotated[str, OUTPUTS], Most] = Field(
        default_factory=dict,
        description="What it may ask for on GitHub, and how often in one job.",
        examples=[{"comment": {"max": 1}}],
    )
    waits: tuple[Annotated[str, OneOf(words=("ci", "review"), what="waits")], ...] = many(
        "What its run waits for when the agent is done.", ["ci", "review"]
    )
    context: Annotated[str, OneOf(words=("none", "thread"), what="contexts")] = setting(
        "Whether it is shown what people wrote on the issue or pull request.",
        default="none",
        example="thread",
    )
    timeout: Annotated[int, Time(least=Seconds(MINUTE), most=Seconds(6 * HOUR))] | None = setting(
        "How long it may work at a stretch, within `limits.time.job`.", default=None, example="15m"
    )


@dataclass(
    frozen=True, slots=True, kw_only=True, config=ConfigDict(**{**SHAPE, "extra": "ignore"})
)
class FrontMatter:
    """The front matter of an agent's file.  GitHub's own keys stay valid."""

    description: Line = Field(description="What it does, in one line.", examples=["Fixes issues"])
    greenroom: AgentTerms = Field(description="What makes it an agent of ours.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """An agent with the place where a file defines it.

    Attributes:
        lines: where its label and its command are said, by `label` and `command`.
    """

    agent: Agent
    path: str
    line: int
    lines: Mapping[str, int]


def named(path: str) -> str:
    """Return the name of the agent that a file is for."""
    return path.rpartition("/")[2].removesuffix(".md").removesuffix(".agent")


def read(path: str, text: str) -> tuple[Defined | None, tuple[Mistake, ...]]:
    """Read an agent's file.

    Returns:
        The agent, and no mistakes; or None, and what is wrong.  None and no mistakes stand
        for a file that is not ours.
    """
    match = _FRONT.match(text)
    front = (match[1] or "") if match else ""
    if match is None or len(front) > MOST_FRONT:
        return None, _too_long(path, text)
    if not _OURS.search(front):
        return None, _misspelled(path, front)
    root, mistakes = compose(path, front, first=2)
    if root is None or mistakes or OURS not in root.keys:
        return None, mistakes
    body = text[match.end() :].strip()
    shape, mistakes = check(root, FrontMatter)
    if shape is None:
        return None, mistakes
    mistakes = tuple(_wrong_as_a_whole(path, root, shape.greenroom, body))
    if mistakes:
        return None, mistakes
    return _defined(path, root, shape, body), ()


def _too_long(path: str, text: str) -> tuple[Mistake, ...]:
    """Complain of front matter that does not end, or not soon enough, if it is ours."""
    if not text.startswith("---") or not _OURS.search(text):
        return ()
    words = f"The front matter has no end within {MOST_FRONT} characters."
    remedy = "Write `---` on a line of its own before the prompt."
    return (Mistake(path=path, line=1, words=words, remedy=remedy),)


def _misspelled(path: str, front: str) -> tuple[Mistake, ...]:
    """Find a key that looks like ours."""
    like = (each for each in _LIKE_OURS.finditer(front) if nearest(each[1], (OURS,)))
    return tuple(
        Mistake(
            path=path,
            line=2 + front.count("\n", 0, each.start()),
            words=f"There is no key {shown(each[1])}.",
            remedy=f"Write `{OURS}`.",
        )
        for each in islice(like, 1)
    )


def _wrong_as_a_whole(path: str, root: Node, terms: AgentTerms, body: str) -> Iterator[Mistake]:
    """Find what is wrong although each value for itself is right."""
    name = named(path)
    for key, words, remedy in (*_misnamed(name, body), *_misrun(terms), *_mistriggered(terms.on)):
        line = place(root, (OURS, *key.split()))[1]
        yield Mistake(path=path, line=line, words=words, remedy=remedy)


def _misnamed(name: str, body: str) -> Iterator[Complaint]:
    if not NAME.fullmatch(name) or len(name) > MOST_NAME:
        words = f"{shown(name)} is the agent's name by its file, and cannot be one."
        yield "", words, "Name the file in lower-case letters, digits and hyphens: `fix.md`."
    if name in VERBS:
        yield "", f"`{name}` is a command of its own.", "Name the file after something else."
    if len(body) > MOST_PROMPT:
        words = f"The prompt has {len(body)} characters; up to {MOST_PROMPT} are read."
        yield "", words, "Make it shorter."
    if bad := UNREADABLE.search(body):
        words = f"The prompt holds the character U+{ord(bad[0]):04X}."
        yield "", words, "Take it out, and save the file as UTF-8."


def _misrun(terms: AgentTerms) -> Iterator[Complaint]:
    runtime = terms.runtime
    if runtime in COMMANDED and not terms.command:
        yield "runtime", f"The runtime `{runtime}` needs one.", "Write `command: [make, format]`."
    if runtime not in COMMANDED and terms.command:
        yield "command", f"The runtime `{runtime}` takes no command.", "Take it out."
    if runtime in WITHOUT_MODEL and terms.model:
        yield "model", f"The runtime `{runtime}` uses no model.", "Take it out."


def _mistriggered(on: Triggers) -> Iterator[Complaint]:
    if not (on.label or on.command or on.events):
        yield "on", "Nothing starts this agent.", "Write a `label`, a `command` or `events`."
    if on.command in VERBS:
        yield "on command", f"`{on.command}` means something already.", "Choose another word."
    if on.when is not None and not on.events:
        yield "on when", "`when` is about events, and there are none.", "Write `events` too."
    if on.when is not None and (problem := trouble(on.when)):
        yield "on when", problem.words, problem.remedy


def _defined(path: str, root: Node, shape: FrontMatter, body: str) -> Defined:
    terms = shape.greenroom
    outputs = {kind: most.max for kind, most in terms.outputs.items()}
    seconds = LONGEST if terms.timeout is None else int(terms.timeout)
    usual = terms.runtime == USUAL
    spec = AgentSpec(
        name=named(path),
        description=shape.description,
        runtime=FALLBACK if usual else cast("RuntimeName", terms.runtime),
        command=terms.command,
        prompt=body,
        context=cast("Literal['none', 'thread']", terms.context),
        model=terms.model or "",
        turns=terms.turns,
        waits=terms.waits,
        outputs={**ALWAYS, **outputs},
        limits=Limits(seconds=seconds),
    )
    on = terms.on
    agent = Agent(
        spec=spec,
        on=On(label=on.label, command=on.command, events=on.events, when=on.when),
        allow=terms.allow,
        validations=terms.validations,
        usual=usual,
    )
    lines = {key: place(root, (OURS, "on", key))[1] for key in ("label", "command")}
    return Defined(agent=agent, path=path, line=place(root, (OURS,))[1], lines=lines)
