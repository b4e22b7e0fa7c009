"""What a replay tells: events, decisions with their rules, intents, tokens and jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.github.permissions import FETCH, PUSH, Operation, spelled, union
from bot.model.events import Event
from bot.model.intents import (
    DropLabel,
    Intent,
    React,
    RecordDecision,
    Refuse,
    Reply,
    ReportConfig,
    StartRun,
    WarmMirror,
)

ASKS: Mapping[type, Sequence[Operation]] = {
    StartRun: (
        Operation.REPOSITORY,
        Operation.REACT_TO_ISSUE,
        Operation.COMMENT_CREATE,
        Operation.CHECK_CREATE,
        Operation.PULL_CREATE,
    ),
    React: (Operation.REACT_TO_ISSUE,),
    Reply: (Operation.COMMENT_CREATE,),
    Refuse: (Operation.REACT_TO_ISSUE, Operation.COMMENT_CREATE),
    ReportConfig: (Operation.CHECK_CREATE,),
    DropLabel: (Operation.LABEL_REMOVE,),
    WarmMirror: (Operation.REPOSITORY,),
}
"""What carrying an intent out asks of GitHub, each with a token for that alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one event would lead to.

    Attributes:
        decided: the intents of every handler that wants it, by its name.
        assumed: what was taken for the facts that nobody gave.
    """

    event: Event
    decided: Mapping[str, Sequence[Intent]]
    assumed: Mapping[str, str]

    @property
    def intents(self) -> Sequence[Intent]:
        """All intents, in their order."""
        return [intent for some in self.decided.values() for intent in some]


def scope(intents: Sequence[Intent]) -> str:
    """Say which permissions the tokens for these intents have, each for one repository."""
    wanted = [operation.needs for each in intents for operation in ASKS.get(type(each), ())]
    for each in intents:
        if isinstance(each, StartRun):
            wanted += [FETCH] if each.start and each.start.fork else [FETCH, PUSH]
        if isinstance(each, WarmMirror):
            wanted.append(FETCH)
    return spelled(union(wanted)) or "none"


def _job(intent: StartRun) -> str:
    terms, spec = intent.terms, intent.terms.agent
    outputs = ", ".join(f"{kind} ({most})" for kind, most in spec.outputs.items()) or "nothing"
    parts = [
        f"agent {spec.name}, runtime {spec.runtime}, at most {spec.limits.seconds} s",
        f"may ask for: {outputs}",
        f"protected: {', '.join(terms.protect)}",
        f"a push waits for a person where strangers had a word: {terms.ci == 'approve'}",
    ]
    if intent.start:
        head = intent.start
        parts.append(f"works on {head.sha[:12]} of {'a fork' if head.fork else head.branch}")
    return "; ".join(parts)


def as_json(told: Told) -> dict[str, Any]:
    """Return everything as JSON values."""
    return {
        "event": _typed(told.event),
        "handlers": {
            name: [_typed(intent) for intent in intents] for name, intents in told.decided.items()
        },
        "assumed": dict(told.assumed),
        "token": scope(told.intents),
        "jobs": [_job(intent) for intent in told.intents if isinstance(intent, StartRun)],
    }


def _typed(value: Event | Intent) -> dict[str, Any]:
    return {"type": type(value).__name__, **asdict(value)}


def lines(told: Told) -> Sequence[str]:
    """Return everything as lines for people."""
    found = [f"event     {type(told.event).__name__}"]
    for name, intents in told.decided.items():
        found.append(f"handler   {name}")
        found += [f"  {_line(intent)}" for intent in intents] or ["  nothing to do"]
    found += [f"assumed   {name}: {words}" for name, words in told.assumed.items()]
    found.append(f"token     {scope(told.intents)}")
    found += [f"job       {_job(each)}" for each in told.intents if isinstance(each, StartRun)]
    return found


def _line(intent: Intent) -> str:
    if isinstance(intent, RecordDecision):
        verdict = "allowed" if intent.allowed else "refused"
        why = f": {intent.words}" if intent.words else ""
        return f"decision  {intent.act} {verdict} by the rule {intent.rule}, {intent.role}{why}"
    told = {key: value for key, value in asdict(intent).items() if key in TOLD and value}
    shown = ", ".join(f"{key}={_short(value)}" for key, value in told.items())
    return f"intent    {type(intent).__name__} {shown}".rstrip()


TOLD = frozenset(
    {"instruction", "asks", "agent", "why", "text", "words", "content", "sha", "scope", "label"}
)
"""The fields of intents that a line shows."""


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return repr(text if len(text) <= 100 else text[:99] + "…")  # noqa: PLR2004 - one line
