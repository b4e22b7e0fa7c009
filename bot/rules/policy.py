"""Who may ask for what: a few rules, in the order in which they are asked.

The first rule that has something to say decides, and its name is kept with the decision.
The role is GitHub's, asked for the sender of the event at that moment; what an event says
about its author (`author_association`) decides nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.model.runs import Person, Subject
from bot.rules.repoconfig import Agent
from bot.rules.roles import NAMES, Role
from bot.rules.verbs import VERBS, Verb
from bot.rules.wording import plain

WORDS = frozenset({"comment", "question"})
"""Outputs that are words only."""

TALK = WORDS | {"noop", "missing_tool"}
"""All that may come of a run where a pull request comes from a fork."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks, and all that GitHub and configuration say of them.

    Attributes:
        role: what they may do in the repository; a custom role counts as the one it builds on.
        role_name: as GitHub spells it; a custom role's own name.
        teams: those that configuration names and that they are in, as `org/team`.
        owner: whether they own the organization.
        named: whether configuration names this app's bot.
    """

    person: Person
    role: Role
    role_name: str = ""
    teams: frozenset[str] = frozenset()
    owner: bool = False
    named: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked for.

    Attributes:
        act: a verb or an agent's name.
        agents: those that are defined here.
        fork: whether the subject is a pull request from another repository.
        everywhere: whether it is asked for the whole organization.
        loosens: whether it adds to what a run may cost, where the organization enforces that.
        open: whether the subject is open.
        asker: whether they asked for a run that has a question.
        left_today: how many more runs may be started in the repository today.
    """

    act: str
    actor: Actor
    agents: Mapping[str, Agent]
    subject: Subject
    fork: bool = False
    everywhere: bool = False
    loosens: bool = False
    open: bool = True
    asker: bool = False
    left_today: int = 1

    @property
    def agent(self) -> Agent | None:
        """The agent that is asked for."""
        return None if self.act in VERBS else self.agents.get(self.act)

    @property
    def verb(self) -> Verb | None:
        """The verb that is asked for."""
        return VERBS.get(self.act)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided, by which rule, with words for the person when it is no."""

    allowed: bool
    rule: str
    words: str = ""


def _no(words: str) -> tuple[bool, str]:
    return False, words


YES = True, ""
Says = tuple[bool, str] | None


def _bot(ask: Ask) -> Says:
    if ask.actor.person.bot and not ask.actor.named:
        return _no("Bots act here only where the configuration names their app under `bots`.")
    return None


def _unknown(ask: Ask) -> Says:
    if ask.verb or ask.agent:
        return None
    known = ", ".join(f"`{name}`" for name in sorted(ask.agents)) or "none"
    return _no(f"There is no agent `{plain(ask.act)}` here. There are: {known}.")


def _named_bot(ask: Ask) -> Says:
    """Let a bot that configuration names start agents; it has no role to ask for."""
    if not ask.actor.person.bot:
        return None
    if ask.agent is None:
        return _no("Bots may start agents here, and nothing else.")
    return _unfit(ask) or _quota(ask) or YES


def _asker(ask: Ask) -> Says:
    """Let whoever asked for a run answer its questions, whatever their role."""
    return YES if ask.act == "answer" and ask.asker else None


def _owner(ask: Ask) -> Says:
    if ask.actor.owner:
        return None
    if ask.everywhere and ask.verb and ask.verb.wide:
        return _no(f"`{ask.act}` for the whole organization is for its owners.")
    if ask.loosens:
        return _no("The organization enforces what a run may cost; its owners may add to that.")
    return None


def _role(ask: Ask) -> Says:
    needs = ask.verb.needs if ask.verb else _least(ask)
    if needs is None or ask.actor.role >= needs:
        return None
    if ask.agent and not ask.actor.teams.isdisjoint(ask.agent.allow.teams):
        return None
    ways = [f"{needs} access to this repository", *_teams(ask.agent)]
    return _no(f"`{plain(ask.act)}` needs {' or '.join(ways)}.")


def _custom_role(ask: Ask) -> Says:
    """Hold an agent to the custom role that it asks for; administrators may do all."""
    agent = ask.agent
    if agent is None or agent.allow.role in NAMES or ask.actor.role is Role.ADMIN:
        return None
    wanted = agent.allow.role
    fits = wanted != "" and ask.actor.role_name == wanted
    if fits or not ask.actor.teams.isdisjoint(agent.allow.teams):
        return None
    role = [f"the role {plain(wanted)}"] if wanted else []
    return _no(f"`{plain(ask.act)}` needs {' or '.join([*role, *_teams(agent)])}.")


def _later(ask: Ask) -> Says:
    return _no(ask.verb.later) if ask.verb and ask.verb.later else None


def _unfit(ask: Ask) -> Says:
    """See that the agent can do anything at all on such a subject."""
    if ask.agent is None:
        return None
    if not ask.open:
        return _no("This is closed. Open it again first.")
    outputs = ask.agent.spec.outputs.keys()
    if ask.fork and WORDS.isdisjoint(outputs):
        name = plain(ask.act)
        return _no(f"`{name}` only changes files, and the branch of a fork is not ours to change.")
    if ask.subject.kind == "pull" and "push" not in outputs and WORDS.isdisjoint(outputs):
        return _no(f"`{plain(ask.act)}` works from issues. Ask for it on an issue.")
    return None


def _quota(ask: Ask) -> Says:
    if ask.agent is None or ask.left_today > 0:
        return None
    return _no("This repository has started as many runs today as its configuration allows.")


def _allowed(_ask: Ask) -> Says:
    return YES


RULES: Sequence[tuple[str, Callable[[Ask], Says]]] = (
    ("bot", _bot),
    ("unknown", _unknown),
    ("named_bot", _named_bot),
    ("asker", _asker),
    ("owner", _owner),
    ("role", _role),
    ("custom_role", _custom_role),
    ("later", _later),
    ("unfit", _unfit),
    ("quota", _quota),
    ("allowed", _allowed),
)
"""What is asked of every request, in this order.  The last one always answers."""


def decide(ask: Ask) -> Decision:
    """Decide on one request by the first rule that has something to say."""
    answers = ((name, rule(ask)) for name, rule in RULES)
    return next(
        Decision(allowed=said[0], rule=name, words=said[1])
        for name, said in answers
        if said is not None
    )


def _least(ask: Ask) -> Role | None:
    """Return the role that an agent asks for, unless it is a custom one."""
    return NAMES.get(ask.agent.allow.role) if ask.agent else None


def _teams(agent: Agent | None) -> Sequence[str]:
    return [f"membership of {plain(team)}" for team in agent.allow.teams] if agent else []
