"""Which agents a repository has: the built-in ones, its organization's and its own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from bot.model.runs import COMMANDED, RuntimeName
from bot.rules.agentfile import Defined
from bot.rules.agents import BUILT_IN, FALLBACK, USUAL, WITHOUT_MODEL, Agent
from bot.rules.complaints import place
from bot.rules.configfile import Node
from bot.rules.configmodel import Adjusted, ConfigFile
from bot.rules.grammar import nearest
from bot.rules.layers import DEFAULTS, Reading
from bot.rules.mistakes import Mistake, shown
from bot.rules.precedence import is_enforced


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The agents in force, where each is defined, and what has no effect, with the reason."""

    agents: Mapping[str, Agent]
    came: Mapping[str, str]
    idle: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """An agent and whose it is; built-in ones are defined in no file."""

    agent: Agent
    where: str
    defined: Defined | None = None


def roster(org: Reading, own: Reading, settings: Node, file: ConfigFile) -> Roster:
    """Gather the agents.

    Args:
        org: what the organization says; its definitions go over the built-in ones.
        own: what the repository says; its definitions go over both, where they may.
        settings: what is in force of both.
        file: the same in its shape.
    """
    found = {name: _Placed(agent=agent, where=DEFAULTS) for name, agent in BUILT_IN.items()}
    idle: list[Mistake] = []
    for reading in (org, own):
        for name, defined in reading.agents.items():
            if reading is own and is_enforced(f"agents.{name}", org.file.enforce):
                idle.append(_refused(name, defined, org.where))
            else:
                placed = _Placed(agent=defined.agent, where=reading.where, defined=defined)
                found[name] = placed
    for name, said in file.agents.items():
        if name not in found:
            idle.append(_unknown(name, settings, found))
        elif misfit := _misfit(found[name].agent, said):
            idle.append(_unfit(name, settings, *misfit))
    clashes = _clashes({name: each for name, each in found.items() if _is_on(name, file)}, own)
    there = {n: each for n, each in found.items() if _is_on(n, file) and n not in clashes}
    return Roster(
        agents={name: _adjusted(each.agent, name, file) for name, each in there.items()},
        came={name: each.where for name, each in there.items()},
        idle=(*idle, *clashes.values()),
    )


def _is_on(name: str, file: ConfigFile) -> bool:
    return name not in file.agents or file.agents[name].enabled


def _adjusted(agent: Agent, name: str, file: ConfigFile) -> Agent:
    """Apply what the settings change, and the limit that they set for all."""
    said = file.agents.get(name, Adjusted())
    if _misfit(agent, said) is None:
        agent = _thinking(agent, said)
    limits = agent.spec.limits
    limits = replace(limits, seconds=min(limits.seconds, int(file.limits.time.job)))
    return replace(agent, allow=said.allow or agent.allow, spec=replace(agent.spec, limits=limits))


def _thinking(agent: Agent, said: Adjusted) -> Agent:
    """Give an agent the runtime and the model of the settings.

    The model that it had goes with the runtime that it had: another one may not know it.
    """
    spec, usual = agent.spec, agent.usual
    if said.runtime:
        usual = said.runtime == USUAL
        runtime = FALLBACK if usual else cast("RuntimeName", said.runtime)
        kept = (usual, runtime) == (agent.usual, spec.runtime)
        spec = replace(spec, runtime=runtime, model=spec.model if kept else "")
    return replace(agent, usual=usual, spec=replace(spec, model=said.model or spec.model))


def _misfit(agent: Agent, said: Adjusted) -> tuple[str, str] | None:
    """Name a setting that an agent cannot have, and say why; None where it can have all."""
    if said.runtime and agent.spec.runtime in COMMANDED:
        return "runtime", "it is a command of its own"
    then = _thinking(agent, said)
    if said.model and then.spec.runtime in WITHOUT_MODEL and not then.usual:
        return "model", f"the runtime `{then.spec.runtime}` uses none"
    return None


def _clashes(found: Mapping[str, _Placed], own: Reading) -> Mapping[str, Mistake]:
    """Find agents of the repository whose label or command is another's already."""
    owners: dict[str, str] = {}
    clashes: dict[str, Mistake] = {}
    for name, placed in sorted(found.items(), key=lambda item: item[1].where == own.where):
        on, defined = placed.agent.on, placed.defined
        triggers = [("label", on.label), ("command", on.command)]
        taken = [
            (kind, owners[f"{kind} {value}"])
            for kind, value in triggers
            if f"{kind} {value}" in owners
        ]
        if taken and defined:
            kind, owner = taken[0]
            words = f"The agent `{name}` is not there: its {kind} is that of `{owner}`."
            line = defined.lines[kind]
            clashes[name] = Mistake(
                path=defined.path, line=line, words=words, remedy="Choose another."
            )
        else:
            owners |= {f"{kind} {value}": name for kind, value in triggers if value}
    return clashes


def _refused(name: str, defined: Defined, where: str) -> Mistake:
    words = f"The agent `{name}` has no effect here: {where} enforces its own."
    remedy = "Take the file out, or name your agent otherwise."
    return Mistake(path=defined.path, line=defined.line, words=words, remedy=remedy)


def _unfit(name: str, settings: Node, key: str, why: str) -> Mistake:
    node, line = place(settings, ("agents", name, key))
    words = f"`agents.{name}.{key}` has no effect: {why}."
    return Mistake(path=node.path, line=line, words=words, remedy="Take it out.")


def _unknown(name: str, settings: Node, found: Mapping[str, _Placed]) -> Mistake:
    node, line = place(settings, ("agents", name))
    near = nearest(name, found)
    return Mistake(
        path=node.path,
        line=line,
        words=f"There is no agent {shown(name)}.",
        remedy=f"Write `{near}`." if near else "Take it out.",
    )
