"""Start a run when somebody puts on an `agent:` label, stop it when they take it off."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.events import SubjectLabeled, SubjectUnlabeled
from bot.model.intents import DropLabel, Intent, Refuse, StartRun, StopRuns
from bot.reactions import Reaction
from bot.rules.policy import Denied, Role, allows
from bot.rules.repoconfig import AGENTS, LABEL, label_of
from bot.rules.wording import plain

LEFT_ON = frozenset({"bot", "unknown"})
"""Refusals after which the label stays: another program's, and it might put it on for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What must be known of the person and the label before deciding.

    Attributes:
        by_us: the app itself did it; its own acts start and stop nothing.
        still_holds: the label is as the event says; an old event may be overtaken.
    """

    role: Role
    by_us: bool
    still_holds: bool
    open_agents: frozenset[str]


def is_trigger(event: SubjectLabeled | SubjectUnlabeled) -> bool:
    """Tell our labels from everyone else's, before anything is fetched."""
    return event.label.startswith(LABEL)


def labeled(event: SubjectLabeled, facts: Facts) -> Sequence[Intent]:
    """Queue the agent that the label names, if the person may start it."""
    if facts.by_us or not facts.still_holds:
        return []
    agent = event.label.removeprefix(LABEL)
    if denied := _denied(event, agent, facts.role):
        return _refused(event, denied)
    if agent in facts.open_agents:
        return []
    return [
        StartRun(
            installation=event.installation,
            repo_id=event.repo_id,
            subject=event.subject,
            title=event.title,
            agent=agent,
            asked_by=event.sender,
        )
    ]


def unlabeled(event: SubjectUnlabeled, facts: Facts) -> Sequence[Intent]:
    """Stop the agent whose label was taken off."""
    agent = event.label.removeprefix(LABEL)
    if facts.by_us or not facts.still_holds or agent not in facts.open_agents:
        return []
    if denied := allows("stop", facts.role):
        return [_refuse(event, denied)]
    return [StopRuns(subject=event.subject, agent=agent, why="The label was taken off.")]


def _denied(event: SubjectLabeled, agent: str, role: Role) -> Denied | None:
    if event.sender.bot:
        return Denied("bot", "Bots start agents only where the configuration names them.")
    if agent not in AGENTS:
        known = ", ".join(f"`{label_of(name)}`" for name in sorted(AGENTS))
        return Denied("unknown", f"There is no agent `{plain(agent)}`. There are: {known}.")
    if event.subject.kind == "pull":
        words = f"`{agent}` works from issues so far. Put `{event.label}` on an issue."
        return Denied("subject", words)
    return allows(agent, role)


def _refused(event: SubjectLabeled, denied: Denied) -> Sequence[Intent]:
    refuse = _refuse(event, denied)
    if denied.reason in LEFT_ON:
        return [refuse]
    drop = DropLabel(installation=event.installation, subject=event.subject, label=event.label)
    return [refuse, drop]


def _refuse(event: SubjectLabeled | SubjectUnlabeled, denied: Denied) -> Refuse:
    return Refuse(
        installation=event.installation,
        subject=event.subject,
        person=event.sender,
        reason=denied.reason,
        words=denied.words,
    )


REACTIONS = (
    Reaction(event=SubjectLabeled, facts=Facts, decide=labeled, when=is_trigger),
    Reaction(event=SubjectUnlabeled, facts=Facts, decide=unlabeled, when=is_trigger),
)
