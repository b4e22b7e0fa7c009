"""How one layer of settings lies over another, and what the upper one may not loosen."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from bot.rules.complaints import JsonSchema, resolved, schema
from bot.rules.configfile import Node
from bot.rules.configmodel import ANY, Adjusted, ConfigFile
from bot.rules.egress import narrows
from bot.rules.mistakes import Mistake

BY_NAME = ("toolboxes", "validations", "agents")
"""Settings whose entries have names that people choose."""

WHOLE = ("setup", "toolboxes.*", "validations.*")
"""Settings that are taken from one layer as they are, since their parts belong together."""

ADJUSTS = frozenset(each.name for each in fields(Adjusted))
"""What settings say of an agent that is defined elsewhere."""

ABOUT_FILES = frozenset({"version", "enforce", "include"})
"""Keys that speak of the file they stand in, and are not in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tighter:
    """When a change of an enforced setting is none to looser terms.

    Attributes:
        settings: a pattern of dotted names.
        holds: decides by the organization's value and the repository's.
        words: what a repository may write.
    """

    settings: str
    holds: Callable[[Any, Any], bool]
    words: str


def _at_most(org: float | None, own: float | None) -> bool:
    """Compare limits, of which None is none."""
    return own is not None and (org is None or own <= org)


TIGHTER: tuple[Tighter, ...] = (
    Tighter(settings="limits.*", holds=_at_most, words="a smaller one"),
    Tighter(
        settings="protect",
        holds=lambda org, own: set(org) <= set(own),
        words="a list that holds all of it",
    ),
    Tighter(settings="bots", holds=lambda org, own: set(own) <= set(org), words="a part of it"),
    Tighter(settings="classes", holds=lambda org, own: set(own) <= set(org), words="a part of it"),
    Tighter(
        settings="egress.allow", holds=lambda org, own: narrows(own, org), words="a part of it"
    ),
    Tighter(settings="ci", holds=lambda _, own: own == "approve", words="`approve`"),
    Tighter(settings="commands.bare", holds=lambda _, own: not own, words="`false`"),
    Tighter(settings="commits.*", holds=lambda _, own: own, words="`true`"),
    Tighter(settings="pull_requests.draft", holds=lambda _, own: own, words="`true`"),
    Tighter(settings="agents.*.enabled", holds=lambda _, own: not own, words="`false`"),
)
"""What a repository may change although it is enforced; nothing else."""


@cache
def names() -> Mapping[str, bool]:
    """Return the dotted name of each setting, and whether there are others below it."""
    whole = schema(ConfigFile)
    return dict(_names(whole, whole, ""))


def _names(here: JsonSchema, whole: JsonSchema, above: str) -> Iterator[tuple[str, bool]]:
    for key, inner in here["properties"].items():
        name, about = f"{above}{key}", resolved(whole, inner)
        if name not in ABOUT_FILES:
            section = "properties" in about and name not in WHOLE
            yield name, section
            if section:
                yield from _names(about, whole, f"{name}.")


def over(below: Node, above: Node, name: str = "") -> Node:
    """Lay a node over another: mappings entry by entry, all else as a whole."""
    if not _both_mappings(below, above) or any(fnmatchcase(name, each) for each in WHOLE):
        return above
    assert isinstance(below.value, Mapping)
    assert isinstance(above.value, Mapping)
    merged = dict(below.value)
    for key, node in above.value.items():
        inner = f"{name}.{key}" if name else key
        merged[key] = over(merged[key], node, inner) if key in merged else node
    return replace(above, value=merged, keys={**below.keys, **above.keys})


def leaves(node: Node, name: str = "") -> Iterator[tuple[str, Node, int]]:
    """Yield each setting that is said, by its dotted name, with its node and line."""
    assert isinstance(node.value, Mapping)
    for key, inner in node.value.items():
        dotted = f"{name}.{key}" if name else key
        if dotted in ABOUT_FILES or inner.value == {}:
            continue
        if not isinstance(inner.value, Mapping) or any(
            fnmatchcase(dotted, each) for each in WHOLE
        ):
            yield dotted, inner, node.keys[key]
        else:
            yield from leaves(inner, dotted)


def loosened(
    own: Node, said: ConfigFile, org: ConfigFile, where: str
) -> Iterator[tuple[str, Mistake]]:
    """Yield the settings of a repository that its organization does not allow.

    Args:
        own: the repository's settings.
        said: the same in their shape.
        org: what would hold without them.
        where: who enforces.
    """
    for name, node, line in leaves(own):
        if not is_enforced(name, org.enforce):
            continue
        theirs, ours = _value(org, name), _value(said, name)
        rule = next((each for each in TIGHTER if fnmatchcase(name, each.settings)), None)
        if theirs == ours or (rule and rule.holds(theirs, ours)):
            continue
        remedy = f"Take it out, or write {rule.words}." if rule else "Take it out."
        words = f"`{name}` has no effect here: {where} enforces its own."
        yield name, Mistake(path=node.path, line=line, words=words, remedy=remedy)


def is_enforced(name: str, enforced: Collection[str]) -> bool:
    """Tell whether a setting, one above it or one below it is enforced."""
    return any(_meet(name.split("."), each.split(".")) for each in enforced)


def _meet(name: Sequence[str], enforced: Sequence[str]) -> bool:
    """Tell whether one is the beginning of the other, or both are the same."""
    return all(theirs in {ours, ANY} for ours, theirs in zip(name, enforced, strict=False))


def may_be_enforced(name: str) -> bool:
    """Tell whether there is a setting of that name, or may be one below a name of the reader's."""
    match name.split("."):
        case [above, _] if above in BY_NAME:
            return True
        case ["agents", _, part]:
            return part in ADJUSTS
        case _:
            return name in names()


def without(node: Node, dropped: Collection[str], name: str = "") -> Node:
    """Take settings out, and mappings that have nothing left."""
    assert isinstance(node.value, Mapping)
    kept: dict[str, Node] = {}
    for key, inner in node.value.items():
        dotted = f"{name}.{key}" if name else key
        if dotted in dropped:
            continue
        deeper = any(each.startswith(f"{dotted}.") for each in dropped)
        left = without(inner, dropped, dotted) if deeper else inner
        if left.value != {}:
            kept[key] = left
    return replace(node, value=kept)


def origins(*layers: tuple[str, Node]) -> dict[str, str]:
    """Say where each setting comes from; of the layers the last one is on top."""
    found = {name: "defaults" for name, section in names().items() if not section}
    for where, node in layers:
        for name, _, _ in leaves(node):
            above = name.rpartition(".")[0]
            found.pop(above, None)  # an empty mapping is a setting too, until it is filled
            found[name] = where
    return found


def _value(file: ConfigFile, name: str) -> Any:
    """Return a setting; None for an entry that is not there."""
    value: Any = file
    for step in name.split("."):
        value = value.get(step) if isinstance(value, Mapping) else getattr(value, step, None)
    return value


def _both_mappings(*nodes: Node) -> bool:
    return all(isinstance(node.value, Mapping) for node in nodes)
