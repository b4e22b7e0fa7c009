"""Do what people ask for in comments, reviews and descriptions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.model.errors import Refused
from bot.model.events import TextWritten
from bot.model.facts import PastDecision, Pause, RunNow
from bot.model.intents import (
    AskAgain,
    Intent,
    Reply,
    SendMessage,
    SetPause,
    StopRuns,
)
from bot.model.models import NOTHING
from bot.model.money import Micros, total
from bot.model.runs import Conclusion, MessageKind
from bot.reactions import Reaction
from bot.rules import answers, evidence, validation
from bot.rules.grammar import Command, might_command, nearest
from bot.rules.policy import Ask, Decision, decide
from bot.rules.repoconfig import Agent, Config
from bot.rules.requests import Known, Request, quotes
from bot.rules.roles import Role
from bot.rules.starting import by_command, by_name
from bot.rules.verbs import EVERYWHERE, FRESH, VERBS, adds_money, money
from bot.rules.waiting import SHORTEST_SHA, means
from bot.rules.wording import plain

MOVED = "The branch has moved meanwhile. Look at what is asked about its new head."
"""The answer to a yes that comes too late."""

HOW_MUCH = "Write the money that is added as `+$5` or `+$2.50`."
"""What is answered to other money."""

ON_PULLS = "Validations run on pull requests. Ask for them there."
CLOSED = "This is closed. Open it again first."

PER_RUN = "limits.cost.per_run"
"""The setting that such money goes beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Known):
    """What must be known before a command is obeyed.

    Attributes:
        commands: those that are new in the text.
        past_runs: finished runs of the subject, newest first.
        decisions: of what this person asked for here before, newest first.
        proposed: what would be in force with the pull request's own configuration, where a
            command is about that; None for a fork's.
    """

    commands: Sequence[Command]
    past_runs: Sequence[RunNow]
    pauses: Sequence[Pause]
    decisions: Sequence[PastDecision]
    proposed: Config | None


@dataclass(frozen=True, slots=True)
class Said:
    """What comes of one command: things to do, and words for the person."""

    intents: Sequence[Intent] = ()
    words: str = ""
    done: bool = False


def may_command(event: TextWritten) -> bool:
    """Leave out, before anything is fetched, what cannot hold a command of the sender's.

    An issue that is transferred, or made of a discussion, is opened by whoever moves it.
    """
    by_another = event.before is None and event.writer.id != event.sender.id
    return not by_another and might_command(event.text)


def written(event: TextWritten, facts: Facts) -> Sequence[Intent]:
    """Obey the commands of a text, and answer them together."""
    if facts.by_us or not facts.commands:
        return []
    request = Request(event=event, trigger=event.where, known=facts)
    talk = Talk(request, facts, edits=event.writer.id != event.sender.id)
    said = [talk.hear(command) for command in facts.commands]
    intents = [intent for each in said for intent in each.intents]
    texts = [*(each.words for each in said), _left_out(facts.commands[-1].left_out)]
    words = "\n\n".join(dict.fromkeys(filter(None, texts)))
    if any(each.done for each in said):
        intents.append(request.seen())
    return [*intents, _reply(event, facts, words)] if words else intents


def _left_out(count: int) -> str:
    return f"Too many commands in one text: the last {count} were not read." if count else ""


def _reply(event: TextWritten, facts: Facts, words: str) -> Reply:
    """Answer the text; people without triage access get one comment a subject in all."""
    return Reply(
        installation=event.installation,
        subject=event.subject,
        person=event.sender,
        trigger=event.where,
        text=words,
        folded=facts.actor.role < Role.TRIAGE,
    )


@dataclass(frozen=True, slots=True)
class Talk:
    """One text, command by command.

    Attributes:
        edits: whether the text is somebody else's, of which the sender edited a part.
        started: the agents that it has started so far.
        stopped: those that it has stopped.
    """

    request: Request
    facts: Facts
    edits: bool
    started: set[str] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)

    def hear(self, command: Command) -> Said:
        """Decide on one command, and say what comes of it."""
        agent = by_command(self.facts.config, command.verb)
        act = agent.spec.name if agent else command.verb
        if agent is None and act not in VERBS:
            return self._unknown(command)
        decision = decide(self._ask(act, command))
        record = self.request.record(act, decision)
        if not decision.allowed:
            return Said([record, self.request.refuse(decision)])
        if agent is None and command.problem:
            return Said([record], command.problem)
        said = self._ordered(agent, command) if agent else DO[act](self, command)
        return Said([record, *said.intents], said.words, said.done)

    def _ask(self, act: str, command: Command | None = None) -> Ask:
        verb, args = (command.verb, command.args) if command else (act, ())
        return self.request.ask(
            act,
            everywhere=EVERYWHERE in args,
            loosens=adds_money(verb, args) and self.facts.config.enforces(PER_RUN),
            started=len(self.started),
        )

    def _unknown(self, command: Command) -> Said:
        """Answer an unknown verb with the nearest one; a bot that nobody named, as ever."""
        decision = decide(self._ask(f"/{command.verb}"))  # the name of no agent
        if decision.rule == "unknown":
            decision = replace(decision, words=self._meant(command))
        return Said([self.request.record(command.verb, decision), self.request.refuse(decision)])

    def _meant(self, command: Command) -> str:
        commands = [each.on.command for each in self.facts.config.agents.values()]
        near = nearest(command.verb, [*VERBS, *filter(None, commands)])
        prefix = self.facts.config.commands.prefix
        meant = f"Did you mean `/{prefix} {near}`?" if near else f"`/{prefix} help` lists all."
        return f"There is no command `{plain(command.verb) or '?'}`. {meant}"

    def _start(self, agent: Agent, instruction: str, *, outsiders: bool) -> Said:
        name = agent.spec.name
        if name in self.started:
            return Said(words=f"`{name}` is at work here already.")
        if self._at_work(name):
            return self._steered(name, instruction)
        self.started.add(name)
        return Said([self.request.start(agent, instruction, outsiders=outsiders)])

    def _at_work(self, name: str) -> bool:
        open_still = self.request.is_open(name) and name not in self.stopped
        return open_still or name in self.started

    def _steered(self, name: str, instruction: str) -> Said:
        """Tell an agent that is at work here what the person says; a bare name tells nothing."""
        run = next(each for each in self.facts.open_runs if each.agent == name)
        if not (instruction or self.request.beside):
            return Said(words=f"`{name}` is at work here already.")
        return Said([self._message(run, instruction)], done=True)

    def _message(self, run: RunNow, text: str) -> SendMessage:
        others = self.edits or quotes(text)
        key = f"{self.request.event.at:.0f}:{text[:200]}"
        kind: MessageKind = "answer" if run.asks else "steer"
        beside = self.request.beside
        if beside:
            kind, others = "review", others or quotes(beside.body)
        texts = [replace(beside, trusted=self.request.is_writer and not others)] if beside else []
        return self.request.tell(run, kind, text, others=others, texts=texts, key=key)

    def _ordered(self, agent: Agent, command: Command) -> Said:
        others = self.edits or quotes(command.instruction)
        return self._start(agent, command.instruction, outsiders=others)

    def _named(self, args: Sequence[str]) -> str | None:
        """Return the agent that the words of a command name; None when they name none."""
        if not args:
            return None
        name = args[0].lower()
        agent = by_command(self.facts.config, name)
        return agent.spec.name if agent else name

    def help(self, _command: Command) -> Said:
        """List what this person may do here."""
        acts = [*self.facts.config.agents, *VERBS]
        return Said(words=answers.helped(self.facts.config, {act: self._ask(act) for act in acts}))

    def status(self, _command: Command) -> Said:
        """Say which runs are open."""
        facts = self.facts
        return Said(words=answers.status(facts.open_runs, facts.pauses, self.request.event.at))

    def explain(self, command: Command) -> Said:
        """Say why runs wait or how they ended, and what was decided."""
        facts, agent = self.facts, self._named(command.args)
        open_runs, past = (
            [each for each in runs if agent in {None, each.agent}]
            for runs in (facts.open_runs, facts.past_runs)
        )
        words = answers.explain(
            open_runs, past, facts.pauses, facts.decisions, self.request.event.at
        )
        return Said(words=words)

    def config(self, _command: Command) -> Said:
        """Show the settings in force."""
        return Said(words=answers.settings(self.facts.config))

    def stop(self, command: Command) -> Said:
        """Stop open runs."""
        agent = self._named(command.args)
        found = {each.agent for each in self.facts.open_runs if agent in {None, each.agent}}
        if not found - self.stopped:
            return Said(words="No such run is open here.")
        why = f"{plain(self.request.event.sender.login)} stopped it."
        self.stopped.update(found)
        intent = StopRuns(
            repo_id=self.request.event.repo_id,
            subject=self.request.event.subject,
            agent=agent,
            why=why,
        )
        return Said([intent], done=True)

    def retry(self, command: Command) -> Said:
        """Do the last finished run again, on the terms of today."""
        args = [each for each in command.args if each.lower() != FRESH]
        past = self._past(args)
        if past is None:
            return Said(words="There is no finished run here to do again.")
        return self._again(past, fresh=len(args) < len(command.args))

    def go_on(self, command: Command) -> Said:
        """Let the last finished run go on from where it broke off, on the terms of today."""
        more = [each for each in command.args if each.startswith("+") or "$" in each]
        added = [amount for each in more if (amount := money(each)) is not None]
        if len(added) < len(more):
            return Said(words=HOW_MUCH)
        past = self._past([each for each in command.args if each not in more])
        if past is None:
            return Said(words="There is no finished run here to go on with.")
        again = f"`/{self.facts.config.commands.prefix} retry {past.agent}`"
        if past.conclusion is Conclusion.SUCCESS:
            return Said(words=f"`{past.agent}` was done here. {again} does it again.")
        if not past.left:
            return Said(words=f"Nothing is left of `{past.agent}` here. {again} begins anew.")
        return self._again(past, extra=total(added))

    def _past(self, args: Sequence[str]) -> RunNow | None:
        """Return the last run that is over, or that of the agent which is named.

        That may be one which the same text has stopped; it is none whose agent is no more.
        """
        named = self._named(args)
        stopped = [run for run in reversed(self.facts.open_runs) if run.agent in self.stopped]
        over = [*stopped, *self.facts.past_runs]
        past = next((run for run in over if named in {None, run.agent}), None)
        return past if past and by_name(self.facts.config, past.agent) else None

    def _again(self, past: RunNow, *, fresh: bool = False, extra: Micros = NOTHING) -> Said:
        name = past.agent
        decision = decide(self._ask(name))
        if not decision.allowed:
            return Said([self.request.record(name, decision), self.request.refuse(decision)])
        if self._at_work(name):
            return Said(words=f"`{name}` is at work here already.")
        if not fresh and (words := self.request.used_up(past, extra=extra)):
            return Said(words=words)
        self.started.add(name)
        agent = self.facts.config.agents[name]
        return Said([self.request.again(agent, past, fresh=fresh, extra=extra)])

    def approve(self, command: Command) -> Said:
        """Say yes to a commit that a run waits with."""
        given = command.args[0] if command.args else ""
        found = [
            intent
            for run in self.facts.open_runs
            for wait in run.waits
            if means(given, wait.about)
            for intent in self.request.yes(run, wait)
        ]
        if found:
            moved = any(isinstance(intent, AskAgain) for intent in found)
            return Said(found, words=MOVED if moved else "", done=not moved)
        asked = answers.waiting_for(self.facts.open_runs)
        known = ", ".join(f"`{each}`" for each in asked) or "nothing"
        words = f"No run waits for a yes to `{plain(given) or '?'}`. Asked about: {known}."
        if len(given) < SHORTEST_SHA:
            words += f" Give {SHORTEST_SHA} digits or more."
        return Said(words=words)

    def answer(self, command: Command) -> Said:
        """Answer what a run has asked, or tell the newest one what it may not have heard yet."""
        asked = [run for run in self.facts.open_runs if run.asks]
        found = asked or self.facts.open_runs
        if not found:
            return Said(words="No run waits for an answer here.")
        if not command.instruction:
            return Said(words=f"Write the answer behind `{command.verb}`.")
        run = next((each for each in reversed(found) if self._may_tell(each).allowed), found[-1])
        decision = self._may_tell(run)
        if not decision.allowed:
            return Said([self.request.refuse(decision)])
        return Said([self._message(run, command.instruction)], done=True)

    def _may_tell(self, run: RunNow) -> Decision:
        """Decide whether the person may tell this run something: what is no answer steers it."""
        return decide(self.request.only(run).ask("answer" if run.question else run.agent))

    def validate(self, command: Command) -> Said:
        """Run validations on the head of a pull request, as the default branch defines them."""
        known, own, pull = self.facts.config.validations, self.facts.proposed, self.facts.pull
        if pull is None or not pull.open:
            return Said(words=CLOSED if pull else ON_PULLS)
        there = validation.offered(known, fork=pull.head.fork)
        try:
            chosen = validation.together(map(str.lower, command.args), there)
        except Refused as refusal:
            return Said(words=refusal.words)
        changed = validation.changed(known, own.validations) if own else ()
        words = evidence.otherwise([each.name for each in chosen if each.name in changed])
        return Said([self.request.validate(pull.head, chosen)], words, done=True)

    def pause(self, command: Command) -> Said:
        """Hold runs back."""
        return self._set_pause(command, on=True)

    def resume(self, command: Command) -> Said:
        """Let runs go on."""
        return self._set_pause(command, on=False)

    def _set_pause(self, command: Command, *, on: bool) -> Said:
        event = self.request.event
        owner = event.repo.partition("/")[0].lower()
        scope = f"owner:{owner}" if EVERYWHERE in command.args else f"repo:{event.repo_id}"
        left = [each for each in self.facts.pauses if each.scope != scope]
        words = ""
        if not on and left:
            words = answers.status([], left, event.at)
        return Said([SetPause(scope=scope, by=event.sender.login, on=on)], words, done=True)


DO: Mapping[str, Callable[[Talk, Command], Said]] = {
    "help": Talk.help,
    "status": Talk.status,
    "explain": Talk.explain,
    "config": Talk.config,
    "stop": Talk.stop,
    "retry": Talk.retry,
    "continue": Talk.go_on,
    "approve": Talk.approve,
    "answer": Talk.answer,
    "validate": Talk.validate,
    "pause": Talk.pause,
    "resume": Talk.resume,
}
"""What each verb that works does."""

REACTIONS = (Reaction(event=TextWritten, facts=Facts, decide=written, when=may_command),)
