"""A script: what the model says and does, answer by answer, and what goes wrong on the way.

Which entry a request gets follows from the conversation that it carries: one with three
answers in it gets the fourth.  So a session that goes on elsewhere goes on at the right place,
and many sessions can play one script at once.  Only failures are counted by the server, as
they leave no trace in a conversation.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Discriminator, Field, Tag, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.model.errors import Misconfigured

SHAPE = ConfigDict(extra="forbid", populate_by_name=True)

Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
Failure = Annotated[int, Field(ge=400, le=599)]


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Run:
    """Run a command."""

    run: str


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Read:
    """Read a file; some agents want that before they edit it."""

    read: str


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class NewFile:
    """A file with its whole text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Write:
    """Write a file anew."""

    write: NewFile


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Change:
    """A text that stands once in a file, and what takes its place."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Edit:
    """Change a part of a file."""

    edit: Change


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Named:
    """A tool by its name, or by the end of it, with its arguments."""

    tool: str
    arguments: Mapping[str, Any] = Field(default_factory=dict, alias="with")


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Use:
    """Use a tool that is none of the above."""

    use: Named


ACTIONS = ("run", "read", "write", "edit", "use")


def _kind(value: object) -> str | None:
    """Name the action that an entry of `do` is: by its key, or by its class in Python."""
    keys = list(value) if isinstance(value, Mapping) else [type(value).__name__.lower()]
    return str(keys[0]) if len(keys) == 1 and keys[0] in ACTIONS else None


Action = Run | Read | Write | Edit | Use
_Action = Annotated[
    Annotated[Run, Tag("run")]
    | Annotated[Read, Tag("read")]
    | Annotated[Write, Tag("write")]
    | Annotated[Edit, Tag("edit")]
    | Annotated[Use, Tag("use")],
    Discriminator(
        _kind,
        custom_error_type="action",
        custom_error_message=f"an action has one key, which is one of {', '.join(ACTIONS)}",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Tokens:
    """What an answer counts, as in `bot.model.models.Usage`."""

    input: Count = 0
    cached: Count = 0
    written: Count = 0
    output: Count = 0


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Turn:
    """One entry: an answer, or a failure in the way of the next one.

    Attributes:
        say: text of the answer.
        do: calls of tools in the same answer.
        usage: tokens that it counts; else they are guessed from its size.
        status: of HTTP, in place of an answer.
        retry_after: seconds that a `status` asks to wait.
        drop: how many events of a stream are sent before the line is cut.
        stall: seconds of silence: before the first byte, or before the line is cut.
        pace: seconds between the events of a stream.
        times: how often the entry is there, one after the other.
        again: it is there for ever.
    """

    say: str = ""
    do: tuple[_Action, ...] = ()
    usage: Tokens | None = None
    status: Failure | None = None
    retry_after: Count | None = None
    drop: Count | None = None
    stall: Seconds = 0
    pace: Seconds = 0
    times: Annotated[int, Field(ge=1)] = 1
    again: bool = False

    def __post_init__(self) -> None:
        """Refuse an entry that is nothing."""
        if not (self.answers or self.status or self.stall or self.drop is not None):
            raise ValueError("a turn has one of say, do, status, drop and stall")

    @property
    def answers(self) -> bool:
        """Whether it becomes a part of the conversation."""
        return bool(self.say or self.do) and self.status is None and self.drop is None


@dataclass(frozen=True, slots=True, kw_only=True, config=SHAPE)
class Script:
    """All turns, in their order."""

    turns: tuple[Turn, ...]


def at(script: Script, answered: int, failed: Mapping[int, int]) -> int | None:
    """Return the index of the turn that a conversation has come to; None after the last.

    Args:
        script: what is played.
        answered: answers that the conversation holds.
        failed: how often each turn that fails was played, by index.
    """
    left = answered
    for index, turn in enumerate(script.turns):
        if turn.answers:
            if turn.again or left < turn.times:
                return index
            left -= turn.times
        elif left == 0 and (turn.again or failed.get(index, 0) < turn.times):
            return index
    return None


def read_script(text: str, name: str = "the script") -> Script:
    """Read a script from YAML or JSON.

    Raises:
        Misconfigured: it is none; the message says where.
    """
    try:
        return as_script(YAML(typ="safe", pure=True).load(text), name)
    except (YAMLError, ValueError) as problem:  # ValueError for an escape that is no character
        raise Misconfigured(f"{name} is no YAML: {' '.join(str(problem).split())}") from None


def as_script(value: object, name: str = "the script") -> Script:
    """Check a script that is a value already, or was checked before.

    Raises:
        Misconfigured: it is none; the message says where.
    """
    try:
        return TypeAdapter(Script).validate_python(value)
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the top"
        raise Misconfigured(
            f"{name}: at {where}: {first['msg'].removeprefix('Value error, ')}."
        ) from None


def script_file(file: Path) -> Script:
    """Read a script from a file.

    Raises:
        Misconfigured: it cannot be read, or is no script.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise Misconfigured(f"{file} cannot be read: {problem}.") from None
    return read_script(text, str(file))
