"""Which validations may be asked for, and by what a verdict is known to hold again.

Only the name is the agent's.  What it stands for comes from the default branch, so that no
change which an agent makes, or a stranger proposes, decides what runs.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from hashlib import sha256

from bot.model.errors import Refused
from bot.model.inside import PROXY
from bot.model.validations import Definition, Service, Toolbox
from bot.rules import configmodel
from bot.rules.complaints import place
from bot.rules.configfile import Node
from bot.rules.configmodel import ConfigFile, Validation
from bot.rules.egress import narrows
from bot.rules.grammar import nearest
from bot.rules.markdown import inline
from bot.rules.mistakes import Mistake, shown
from bot.rules.precedence import is_enforced

MOST_AT_ONCE = 20
"""Validations that a person asks for with one command."""

NOT_AHEAD = "This validation does not begin before somebody asks for it."

MANY = f"These are more than {MOST_AT_ONCE} validations. Name some of them."

HOSTS = "egress.allow"
"""The setting whose enforcement holds for validations too."""

NONE = (
    "There are no validations here. Whoever may change `.github/greenroom.yml` on the default "
    "branch can add some under `validations`, for later runs."
)


def may_ask(name: str, definitions: Sequence[Definition]) -> Definition:
    """Return what a name stands for.

    Args:
        name: as it was asked for: anybody's text.
        definitions: those that may be asked for.

    Raises:
        Refused: `validation`: there is none of this name.
    """
    found = next((each for each in definitions if each.name == name), None)
    if found is None:
        raise Refused("validation", _unknown(name, [each.name for each in definitions]))
    return found


def may_begin(name: str, definitions: Sequence[Definition]) -> Definition:
    """Return what a name stands for, before anybody has asked for it.

    Raises:
        Refused: `validation`: there is none of this name, or it begins only then.
    """
    found = may_ask(name, definitions)
    if not found.speculate:
        raise Refused("validation", NOT_AHEAD)
    return found


def together(names: Iterable[str], definitions: Sequence[Definition]) -> tuple[Definition, ...]:
    """Return what a person asks for at once: those that are named, or all.

    Raises:
        Refused: `validation`: there is none of a name, or none at all, or too many are meant.
    """
    chosen = [may_ask(name, definitions) for name in dict.fromkeys(names)] or definitions
    if not 0 < len(chosen) <= MOST_AT_ONCE:
        raise Refused("validation", MANY if chosen else NONE)
    return tuple(chosen)


def _unknown(name: str, known: Sequence[str]) -> str:
    if not known:
        return NONE
    near = nearest(name, known)
    listed = ", ".join(f"`{each}`" for each in known)
    meant = f"Did you mean `{near}`?" if near else f"There are: {listed}."
    return f"There is no validation {shown(inline(name))}. {meant}"


def offered(
    validations: Mapping[str, Validation], names: Collection[str] | None = None, *, fork: bool
) -> tuple[Definition, ...]:
    """Return what may be asked for on a subject.

    Args:
        validations: those in force.
        names: the ones that an agent may ask for; None for all.
        fork: whether the tree may hold a stranger's work, which then reaches no host.
    """
    return tuple(
        Definition(
            name=name,
            run=each.run,
            toolboxes=each.toolboxes,
            image=each.image,
            kind=each.runner_class,
            report=each.report,
            seconds=int(each.timeout),
            egress=() if fork else each.egress,
            inputs=each.inputs,
            speculate=each.speculate,
            services=_services(each.services),
            bases=each.bases,
            artifacts=each.artifacts,
        )
        for name, each in validations.items()
        if names is None or name in names
    )


def _services(services: Mapping[str, configmodel.Service]) -> tuple[Service, ...]:
    return tuple(
        Service(
            name=name,
            image=each.image,
            run=each.run,
            environment=tuple(sorted(each.env.items())),
            port=each.port,
        )
        for name, each in services.items()
    )


def boxes(toolboxes: Mapping[str, configmodel.Toolbox]) -> tuple[Toolbox, ...]:
    """Return the toolboxes in force."""
    return tuple(Toolbox(name=name, image=each.image) for name, each in toolboxes.items())


def idle(file: ConfigFile, settings: Node, org: ConfigFile) -> Mapping[str, Mistake]:
    """Find the validations that cannot be asked for, by name, with the reason.

    Args:
        file: what is in force of all layers together.
        settings: the same, with the places where it is said.
        org: what would hold without the repository; what it enforces holds for the hosts of
            the repository's validations too, through which an agent could send things out.
    """
    bounds = org.egress.allow if is_enforced(HOSTS, org.enforce) else None
    found = (
        (name, _lacks(each, file, None if each == org.validations.get(name) else bounds))
        for name, each in file.validations.items()
    )
    return {name: _mistake(name, lack, settings) for name, lack in found if lack}


def _lacks(
    validation: Validation, file: ConfigFile, hosts: Collection[str] | None
) -> tuple[str, str, str] | None:
    """Return the key that names what is not there, why, and what to do.

    `hosts` are those that it may reach at most; None for any.
    """
    for box in validation.toolboxes:
        if box not in file.toolboxes:
            return "toolboxes", f"there is no toolbox `{box}`", "Write it under `toolboxes`."
    if validation.runner_class not in file.classes:
        why = f"validations of the class `{validation.runner_class}` are not allowed here"
        return "class", why, "Add it to `classes`, where that is not enforced."
    if hosts is not None and not narrows(validation.egress, hosts):
        why = "it names hosts that the organization does not allow"
        return "egress", why, f"Name hosts of `{HOSTS}`, which is enforced."
    return _of_class(validation)


def _of_class(validation: Validation) -> tuple[str, str, str] | None:
    """Return the same of what only one class has."""
    if validation.bases and validation.runner_class != "builder":
        why = "only validations of the class `builder` have `bases`"
        return "bases", why, "Give it that class, or take them out."
    if validation.services and validation.runner_class != "services":
        why = "services stand beside validations of the class `services` alone"
        return "services", why, "Write `class: services`."
    ports = [PROXY, *(each.port for each in validation.services.values())]
    if len(set(ports)) < len(ports):
        why = f"two of its services have the same port, or one has {PROXY}, which is taken"
        return "services", why, "Give each a port of its own."
    return None


def _mistake(name: str, lack: tuple[str, str, str], settings: Node) -> Mistake:
    key, why, remedy = lack
    node, line = place(settings, ("validations", name, key))
    words = f"`validations.{name}` has no effect: {why}."
    return Mistake(path=node.path, line=line, words=words, remedy=remedy)


def changed(base: Mapping[str, Validation], own: Mapping[str, Validation]) -> tuple[str, ...]:
    """Return the names that a pull request would have stand for something else, or for nothing.

    Args:
        base: the validations in force.
        own: those that would be, with the pull request's configuration.
    """
    return tuple(sorted(name for name in {*base, *own} if base.get(name) != own.get(name)))


def key(
    definition: Definition,
    *,
    tree: str,
    toolboxes: Collection[Toolbox] = (),
    setup: str = "",
    apart: str = "",
) -> str:
    """Return the name of a question: the same one has the same answer.

    Args:
        definition: what is run; an image is part of it.
        tree: Git's name of the tree; where the definition names inputs, a name of these alone,
            since its command sees nothing else.
        toolboxes: those that stand beside it.
        setup: the key of the layer below the workspace; empty for none.
        apart: whose answers these are, where nobody else may get them, such as those of a
            fork; empty for the repository's own.

    Returns:
        64 hexadecimal digits.
    """
    images = sorted((each.name, each.image) for each in toolboxes)
    ran = replace(definition, speculate=False)  # when it begins decides nothing
    told = [tree, asdict(ran), images, setup, apart]
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
