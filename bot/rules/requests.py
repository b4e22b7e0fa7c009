"""Somebody asks for something on an issue or a pull request, by whatever way."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.model.events import SubjectEvent, TextWritten
from bot.model.facts import PullNow, RunNow, Waiting
from bot.model.ids import Sha
from bot.model.intents import (
    Approve,
    AskAgain,
    React,
    RecordDecision,
    Refuse,
    SendMessage,
    StartRun,
    Validate,
)
from bot.model.models import NOTHING
from bot.model.money import Micros, shown
from bot.model.runs import Conclusion, Message, MessageKind, Start, Text, Trigger
from bot.model.validations import Definition
from bot.rules.budget import used_up
from bot.rules.policy import Actor, Ask, Decision, decide
from bot.rules.repoconfig import Agent, Config
from bot.rules.roles import Role
from bot.rules.setups import wanted
from bot.rules.starting import cost_of, needs_yes, terms_of
from bot.rules.thread import readable
from bot.rules.validation import boxes
from bot.rules.waiting import PLAN, START, YES

_QUOTE = re.compile(r"^[ \t]*(?:(?:[*+-]|\d{1,9}[.)])[ \t]+)*>", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What must be known before anything that a person asks for is done.

    Attributes:
        by_us: the app itself did it; its own acts start and stop nothing.
        pull: the subject as GitHub shows it now, when it is a pull request.
        seen_head: the head that the person could have seen, by our own record.
        left_today: how many more runs may be started in the repository today.
    """

    by_us: bool
    config: Config
    actor: Actor
    pull: PullNow | None
    seen_head: Sha | None
    open_runs: Sequence[RunNow]
    left_today: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One event by which somebody may ask for something, with what is known around it."""

    event: SubjectEvent
    trigger: Trigger
    known: Known

    @property
    def fork(self) -> bool:
        """Whether it is asked on a pull request whose branch we cannot push to."""
        return self.known.pull is not None and self.known.pull.head.fork

    def is_open(self, agent: str) -> bool:
        """Tell whether an agent is at work here already."""
        return any(run.agent == agent for run in self.known.open_runs)

    def ask(
        self, act: str, *, everywhere: bool = False, loosens: bool = False, started: int = 0
    ) -> Ask:
        """Put the question whether the person may do this; `started` runs just now."""
        known, sender = self.known, self.event.sender.id
        return Ask(
            act=act,
            actor=known.actor,
            agents=known.config.agents,
            subject=self.event.subject,
            fork=self.fork,
            everywhere=everywhere,
            loosens=loosens,
            open=known.pull.open if known.pull else self.event.open,
            asker=any(each.question and each.asked_by_id == sender for each in known.open_runs),
            left_today=known.left_today - started,
        )

    def only(self, run: RunNow) -> "Request":
        """Ask about one run: who asked for another one has no say in it."""
        return replace(self, known=replace(self.known, open_runs=(run,)))

    def decide(self, act: str, *, started: int = 0) -> tuple[Decision, RecordDecision]:
        """Decide on an act, and say what is written down of it; `started` runs just now."""
        decision = decide(self.ask(act, started=started))
        return decision, self.record(act, decision)

    def record(self, act: str, decision: Decision) -> RecordDecision:
        """Write down a decision with the rule that made it."""
        event, actor = self.event, self.known.actor
        return RecordDecision(
            repo_id=event.repo_id,
            subject=event.subject,
            person=event.sender,
            role=actor.role_name or str(actor.role),
            act=act,
            allowed=decision.allowed,
            rule=decision.rule,
            words=decision.words,
        )

    def refuse(self, decision: Decision) -> Refuse:
        """Tell the person of a refusal."""
        event = self.event
        return Refuse(
            installation=event.installation,
            repo_id=event.repo_id,
            subject=event.subject,
            person=event.sender,
            trigger=self.trigger,
            reason=decision.rule,
            words=decision.words,
        )

    def tell(  # noqa: PLR0913 - what a message has, and whose it is
        self,
        run: RunNow,
        kind: MessageKind,
        text: str,
        *,
        others: bool = False,
        texts: Sequence[Text] = (),
        key: str = "",
    ) -> SendMessage:
        """Tell a run something in the person's own words.

        `others` says that some of them are somebody else's.  `key` tells it from what else
        stands in the same comment.
        """
        event, where = self.event, self.trigger
        message = Message(
            kind=kind,
            text=readable(text),
            by=event.sender.login,
            trusted=self.is_writer and not others,
            at=event.at,
            texts=tuple(texts),
        )
        return SendMessage(run=run.id, message=message, key=f"{where.kind}:{where.id}:{key}")

    @property
    def is_writer(self) -> bool:
        """Whether the person may write to the repository."""
        return self.known.actor.role >= Role.WRITE

    @property
    def beside(self) -> Text | None:
        """What the person wrote beside lines of a pull request; None for any other place."""
        event = self.event
        if not isinstance(event, TextWritten) or event.path is None:
            return None
        return Text(
            author=event.writer.login,
            trusted=False,
            body=readable(event.text),
            path=event.path,
            start_line=event.start_line,
            line=event.line,
            thread=event.thread,
        )

    def seen(self) -> React:
        """Show that what the person wrote has reached somebody."""
        event = self.event
        return React(
            installation=event.installation,
            subject=event.subject,
            trigger=self.trigger,
            content="+1",
        )

    def validate(self, head: Start, definitions: Sequence[Definition]) -> Validate:
        """Have validations run on the head of the pull request."""
        event = self.event
        return Validate(
            installation=event.installation,
            repo_id=event.repo_id,
            subject=event.subject,
            person=event.sender,
            trigger=self.trigger,
            head=head,
            definitions=tuple(definitions),
            toolboxes=boxes(self.known.config.toolboxes),
            setup=wanted(self.known.config.setup),
        )

    def in_other_words(self, past: RunNow) -> bool:
        """Tell whether the words that a run was asked for with are not the sender's own."""
        sender = self.event.sender.login
        return past.instruction != "" and (past.outsiders or past.asked_by != sender)

    def about(self, past: RunNow) -> "Request":
        """Ask for the same on the subject that a run was asked for on.

        It is another one for a pull request that the run has opened.
        """
        if past.subject == self.event.subject:
            return self
        event = replace(
            self.event,
            subject=past.subject,
            title=past.title,
            body=past.body,
            author=past.author,
        )
        return replace(self, event=event, known=replace(self.known, pull=None))

    def again(
        self, agent: Agent, past: RunNow, *, fresh: bool = False, extra: Micros = NOTHING
    ) -> StartRun:
        """Do a finished run again, on the terms of today: from where it broke off.

        It begins anew when it was a success, or when a `fresh` start is wanted.  `extra` is
        added to what it may cost.
        """
        outsiders = self.in_other_words(past)
        if fresh or past.conclusion is Conclusion.SUCCESS:
            return self.start(agent, past.instruction, outsiders=outsiders)
        started = self.about(past).start(agent, past.instruction, outsiders=outsiders)
        return replace(started, after=past.id, extra=extra)

    def used_up(self, past: RunNow, *, extra: Micros = NOTHING) -> str:
        """Say what to write for a run that has spent its money; nothing where it may go on."""
        config = self.known.config
        spent = used_up(past, cost_of(config).per_run, extra)
        if spent is None:
            return ""
        way = f"continue {past.agent} +$2" if past.left else f"retry {past.agent} --fresh"
        write = f"Write `/{config.commands.prefix} {way}`."
        return f"`{past.agent}` has spent its {shown(spent)} here. {write}"

    def yes(self, run: RunNow, wait: Waiting) -> Sequence[Approve | AskAgain]:
        """Say yes to what a run waits with; nobody says it to a head that is no more.

        A plan is for the head that it was made on.
        """
        pull = self.known.pull
        if wait.about is None or wait.reason not in YES:
            return []
        head = wait.plan.sha if wait.plan else wait.about
        if wait.reason in {START, PLAN} and pull and pull.head.sha != head:
            return [AskAgain(run=run.id, sha=pull.head.sha)]
        return [Approve(run=run.id, sha=wait.about, by=self.event.sender)]

    def start(self, agent: Agent, instruction: str = "", *, outsiders: bool = False) -> StartRun:
        """Start an agent on the terms of now.

        A head that the person could not have seen waits for a yes.  `outsiders` says that
        the words of the instruction are not all the person's own.
        """
        event, pull = self.event, self.known.pull
        return StartRun(
            installation=event.installation,
            repo_id=event.repo_id,
            subject=event.subject,
            title=event.title,
            body=event.body,
            author=event.author,
            instruction=instruction,
            asked_by=event.sender,
            trigger=self.trigger,
            terms=terms_of(agent, self.known.config, fork=self.fork),
            at=event.at,
            start=pull.head if pull else None,
            asks=needs_yes(pull, self.known.seen_head),
            outsiders=outsiders,
            per_day=self.known.config.limits.runs.per_day,
        )


def quotes(instruction: str) -> bool:
    """Tell whether an instruction repeats, as a quote, what may be anybody's words."""
    return _QUOTE.search(instruction) is not None
