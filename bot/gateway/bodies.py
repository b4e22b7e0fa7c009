"""What a harness may send: every body has a shape, and nothing beside it.

Only the shape is checked here.  Whether an output is granted, and whether its fields are
right, the broker answers: that is an answer for the agent, with what it has left.
"""

import re
from typing import Annotated, Literal, TypeVar

import aiohttp
from aiohttp import web
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from bot.model.errors import Refused
from bot.model.validations import MOST_BUILT, MOST_KEPT
from bot.rules import reports
from bot.rules.causes import Cause
from bot.rules.credentials import storable, without_secrets
from bot.rules.dockerfiles import MOST_LACKS
from bot.rules.endings import Ended

MOST_LOG = 64 * 1024
"""Characters of a job's log that come with its end."""

LARGEST = 6 * MOST_LOG + 16 * 1024
"""Bytes of a body.  JSON writes six for a control character, and a log may be full of them."""

MOST_STEP = 200
"""Characters of one line of progress."""

MOST_NOTE = 16_000
"""Characters of one note."""

_MOST_WORDS = 200
_KEY = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _one_line(text: str) -> str:
    if _CONTROL.search(text):
        words = "Text should be one line, without control characters"
        raise PydanticCustomError("one_line", words)
    return text


_Hex40 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
_Hex64 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=2**31)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


class Nothing(_Body):
    """The body of `POST /launch` and `POST /heartbeat`: the token says it all."""


class Heard(_Body):
    """How many of the messages to its run a job has told its agent so far."""

    after: Count


class Step(_Body):
    """One line of progress, for people."""

    text: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_STEP),
        AfterValidator(_one_line),
    ]


class Note(_Body):
    """Something that the agent wants to know in its next job."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=MOST_NOTE)]


class Output(_Body):
    """Something that the agent asks to have done; all but `kind` is the broker's to check."""

    model_config = ConfigDict(extra="allow")

    kind: Annotated[str, StringConstraints(min_length=1, max_length=64)]

    @property
    def payload(self) -> dict[str, object]:
        """The fields beside `kind`."""
        return dict(self.model_extra or {})


class Finish(_Body):
    """The job's last word, with the end of its log.

    `told` is how many of the messages in its plan its agent was told; None stands for all.
    """

    exit: Annotated[int, Field(ge=0, le=255)] | None
    signal: Annotated[int, Field(ge=1, le=127)] | None  # a shell's status less 128
    cause: Cause
    result: _Hex40 | None
    words: Annotated[str, StringConstraints(max_length=MOST_STEP)] = ""
    log: Annotated[str, StringConstraints(max_length=MOST_LOG)]
    told: Count | None = None

    def ended(self) -> Ended:
        """Return what the broker wants to know."""
        return Ended(
            exit=self.exit,
            signal=self.signal,
            cause=self.cause,
            result=self.result,
            words=without_secrets(self.words),
            log=self.log,
        )


class Ask(_Body):
    """A validation that an agent asks for; `work` is the blob that its run has left with it.

    Work that is on its way has an empty name.  `ahead`: its harness asks, before the agent does.
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    tree: _Hex40
    work: _Hex64 | Literal[""] | None = None
    ahead: bool = False


class Work(_Body):
    """The work of a tree that was asked about: a blob that the run has left, or None."""

    work: _Hex64 | None


class Printed(_Body):
    """What a validation has printed after its first `at` bytes, in UTF-8; may be nothing."""

    at: Annotated[int, Field(ge=0, le=2**40)]
    text: Annotated[str, StringConstraints(max_length=MOST_LOG)]


class Over(_Body):
    """How a validation has ended; its report is a part of its own."""

    exit: Annotated[int, Field(ge=0, le=255)] | None
    signal: Annotated[int, Field(ge=1, le=127)] | None
    cause: Cause
    seconds: Annotated[float, Field(ge=0, le=10**6, allow_inf_nan=False)]
    log: Annotated[str, StringConstraints(max_length=MOST_LOG)] = ""
    words: Annotated[str, StringConstraints(max_length=MOST_STEP)] = ""
    built: Annotated[str, StringConstraints(max_length=MOST_BUILT)] = ""
    lacks: Annotated[str, StringConstraints(max_length=MOST_LACKS)] = ""
    kept: Annotated[int, Field(ge=0, le=MOST_KEPT)] = 0
    left_out: Annotated[int, Field(ge=0, le=10**7)] = 0

    def ended(self, report: bytes | None) -> reports.Ended:
        """Return what the rules judge."""
        return reports.Ended(
            exit=self.exit,
            signal=self.signal,
            cause=self.cause,
            seconds=self.seconds,
            log=storable(self.log),
            words=storable(self.words),
            report=report,
            built=storable(self.built),
            lacks=storable(self.lacks),
        )


B = TypeVar("B", bound=_Body)


async def read(request: web.Request, shape: type[B]) -> B:
    """Read the body of a request as one of the shapes above.

    Raises:
        Refused: `size` when there is too much of it, `body` when it is something else.
    """
    return shaped(await received(request), shape)


def shaped(body: bytes, shape: type[B]) -> B:
    """Read JSON as one of the shapes above.

    Raises:
        Refused: `body`, it is something else.
    """
    try:
        return shape.model_validate_json(body)
    except ValidationError as problem:
        raise Refused("body", words_of(problem)) from None


async def received(request: web.Request) -> bytes:
    """Read the body of a request, whatever it is.

    Raises:
        Refused: `size` when there is too much of it, `body` when it ended too early.
    """
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Refused("size", f"A body has {LARGEST} bytes at most.") from None
    except (aiohttp.ClientPayloadError, ConnectionError):
        raise Refused("body", "The body ended too early.") from None


def idempotency_key(request: web.Request) -> str | None:
    """Return the key under which a caller repeats a request that it heard no answer to.

    Raises:
        Refused: `body`, the key is not one.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise Refused("body", "Idempotency-Key has 1 to 64 letters, digits, - and _.")
    return key


def words_of(problem: ValidationError) -> str:
    """Make one sentence of the first thing that is wrong; what was sent is not repeated."""
    first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(step) for step in first["loc"])[:64] or "body"
    return f"{where}: {first['msg']}"[:_MOST_WORDS] + "."
