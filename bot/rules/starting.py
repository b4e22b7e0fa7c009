"""What a run starts from: the agent's terms as configuration has them now, and a commit."""

from collections.abc import Iterator
from dataclasses import replace

from bot.model.facts import PullNow
from bot.model.ids import Sha
from bot.model.models import Cost
from bot.model.money import micros
from bot.model.runs import AgentSpec, Terms
from bot.rules.policy import TALK
from bot.rules.repoconfig import Agent, Config
from bot.rules.setups import wanted
from bot.rules.validation import boxes, offered
from bot.rules.verbs import VERBS


def by_name(config: Config, name: str) -> Agent | None:
    """Return an agent by its name."""
    return next((each for each in _agents(config) if each.spec.name == name), None)


def by_label(config: Config, label: str) -> Agent | None:
    """Return the agent that a label starts."""
    return next((each for each in _agents(config) if each.on.label == label), None)


def by_command(config: Config, verb: str) -> Agent | None:
    """Return the agent that a command starts; what is a verb of ours starts none."""
    found = (each for each in _agents(config) if each.on.command == verb)
    return None if verb in VERBS else next(found, None)


def by_event(config: Config, name: str) -> Iterator[Agent]:
    """Yield the agents that an event may start, such as `issues.opened`."""
    return (each for each in _agents(config) if name in each.on.events)


def _agents(config: Config) -> Iterator[Agent]:
    """Leave out agents named like verbs: whoever may say the verb could start them."""
    return (each for name, each in config.agents.items() if name not in VERBS)


def terms_of(agent: Agent, config: Config, *, fork: bool) -> Terms:
    """Fix what a run may do.  On a fork's pull request it has words only."""
    spec = replace(agent.spec, runtime=config.runtime) if agent.usual else agent.spec
    return Terms(
        agent=_of_words(spec) if fork else spec,
        protect=config.protect,
        ci=config.ci,
        sign_off=config.commits.sign_off,
        signed=config.commits.signed,
        draft=config.pull_requests.draft,
        parked=int(config.limits.time.parked),
        label=agent.on.label,
        prefix=config.commands.prefix,
        command=agent.on.command,
        at_once=config.limits.runs.concurrent,
        handoffs=config.limits.handoffs,
        egress=() if fork else config.egress.allow,
        cost=cost_of(config),
        validations=offered(config.validations, agent.validations, fork=fork),
        toolboxes=boxes(config.toolboxes),
        setup=wanted(config.setup),
    )


def cost_of(config: Config) -> Cost:
    """Return what runs may cost as configuration has it now."""
    money = config.limits.cost
    return Cost(
        per_run=micros(str(money.per_run)),
        per_day=micros(str(money.per_day)),
        org_per_day=None if money.org_per_day is None else micros(str(money.org_per_day)),
    )


def _of_words(spec: AgentSpec) -> AgentSpec:
    words = {kind: most for kind, most in spec.outputs.items() if kind in TALK}
    return replace(spec, outputs=words)


def needs_yes(pull: PullNow | None, seen: Sha | None) -> bool:
    """Tell whether a person has to say yes to the head of a pull request first.

    `seen` is the head that whoever asked could have seen, by our own record; None when we
    have none, since GitHub's dates of commits can be forged.
    """
    return pull is not None and pull.head.sha != seen
