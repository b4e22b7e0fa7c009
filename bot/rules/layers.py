"""The files of one repository that configure, and what they say together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.rules import agentfile
from bot.rules.agentfile import Defined
from bot.rules.agents import BUILT_IN
from bot.rules.complaints import check, place
from bot.rules.configfile import Node, compose
from bot.rules.configmodel import INCLUDED, ConfigFile
from bot.rules.grammar import nearest
from bot.rules.mistakes import MOST_MISTAKES, Mistake, shown
from bot.rules.precedence import may_be_enforced, names, over

FOLDER = ".github/"
SETTINGS = ".github/greenroom.yml"
DEFAULTS = "defaults"
"""Where a setting comes from that no layer says."""

ORG_PER_DAY = "limits.cost.org_per_day"
"""The setting of what all repositories of an organization may cost together."""

MISNAMED = ".github/greenroom.yaml"
AGENTS = ".github/agents/"

MOST_SIZE = 2 * 1024 * 1024
"""Characters of all files of a layer."""

MOST_AGENTS = 50

DEEPEST = 4
"""Files that include each other in a row, the first included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The files of one repository that configure.

    Attributes:
        where: the repository, such as `acme/.github`.
        files: their text by path: `.github/greenroom.yml`, those under
            `.github/greenroom/`, and `.github/agents/*.md`.
    """

    where: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a layer says.

    Attributes:
        where: the repository.
        settings: what all files with settings say together.
        file: the same in its shape.
        agents: the agents that it defines, by name.
    """

    where: str = DEFAULTS
    settings: Node = field(default_factory=lambda: Node(path=SETTINGS, line=1, value={}))
    file: ConfigFile = field(default_factory=ConfigFile)
    agents: Mapping[str, Defined] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()


def read(layer: Layer) -> Reading:
    """Read all files of a layer; with mistakes, what it says is not to be used."""
    if (size := sum(map(len, layer.files.values()))) > MOST_SIZE:
        words = f"The files have {size} characters in all; up to {MOST_SIZE} are read."
        mistake = Mistake(path=SETTINGS, line=1, words=words, remedy="Make them shorter.")
        return Reading(where=layer.where, mistakes=(mistake,))
    files = _Files(layer)
    settings = files.settings()
    agents, wrong = _agents(layer)
    file, _ = check(settings, ConfigFile)
    assert file is not None  # what is wrong was left out
    found = [*files.mistakes, *wrong, *_shared(agents, file)]
    found.sort(key=lambda each: (each.path, each.line))
    return Reading(
        where=layer.where,
        settings=settings,
        file=file,
        agents=agents,
        mistakes=tuple(dict.fromkeys(found))[:MOST_MISTAKES],
    )


class _Files:
    """The files with settings of one layer, each read once."""

    def __init__(self, layer: Layer) -> None:
        self.mistakes: list[Mistake] = []
        self._layer = layer
        self._included: dict[str, str] = {}

    def settings(self) -> Node:
        """Return what they say together: an empty mapping where there are none."""
        if SETTINGS in self._layer.files:
            return self._file(SETTINGS, (SETTINGS,))
        if MISNAMED in self._layer.files:
            words = "This file is not read."
            remedy = f"Name it `{SETTINGS}`."
            self.mistakes.append(Mistake(path=MISNAMED, line=1, words=words, remedy=remedy))
        return Node(path=SETTINGS, line=1, value={})

    def _file(self, path: str, chain: tuple[str, ...]) -> Node:
        empty = Node(path=path, line=1, value={})
        node, mistakes = compose(path, self._layer.files[path])
        self.mistakes += mistakes
        if node is None or node.value is None or mistakes:
            return empty
        file, mistakes = check(node, ConfigFile)
        self.mistakes += mistakes
        below = empty
        for name, line in _includes(node):
            below = over(below, self._included_file(FOLDER + name, chain, path, line))
        if file is None:
            return empty
        self.mistakes += _misplaced(self._layer, node, file)
        self.mistakes += _misenforced(node, file)
        return over(below, node)

    def _included_file(self, target: str, chain: tuple[str, ...], path: str, line: int) -> Node:
        trouble = self._trouble(target, chain)
        self._included.setdefault(target, f"`{path}`, line {line}")
        if trouble is None:
            return self._file(target, (*chain, target))
        self.mistakes.append(Mistake(path=path, line=line, words=trouble, remedy="Take it out."))
        return Node(path=target, line=1, value={})

    def _trouble(self, target: str, chain: tuple[str, ...]) -> str | None:
        if target not in self._layer.files:
            return f"There is no file `{target}`."
        if target in chain:
            way = " includes ".join(
                f"`{each}`" for each in (*chain[chain.index(target) :], target)
            )
            return f"The files include each other in a circle: {way}."
        if target in self._included:
            return f"`{target}` is included already in {self._included[target]}."
        if len(chain) >= DEEPEST:
            return f"More than {DEEPEST} files include each other in a row here."
        return None


def _includes(node: Node) -> Iterator[tuple[str, int]]:
    """Yield the files that are included and could be, with their lines; also of a wrong file."""
    listed = node.value.get("include") if isinstance(node.value, Mapping) else None
    for each in listed.value if listed and isinstance(listed.value, tuple) else ():
        if isinstance(each.value, str) and INCLUDED.fullmatch(each.value):
            yield each.value, each.line


def _misplaced(layer: Layer, node: Node, file: ConfigFile) -> Iterator[Mistake]:
    """Find what only an organization can say."""
    if "/" not in layer.where or layer.where.endswith("/.github"):
        return
    said = {"enforce": file.enforce or None, ORG_PER_DAY: file.limits.cost.org_per_day}
    for name, value in said.items():
        if value is not None:
            line = place(node, name.split("."))[1]
            words = f"`{name}` has no effect in a repository of its own."
            remedy = "Write it in the `.github` repository of the organization, or take it out."
            yield Mistake(path=node.path, line=line, words=words, remedy=remedy)


def _misenforced(node: Node, file: ConfigFile) -> Iterator[Mistake]:
    """Find names in `enforce` that enforce nothing."""
    for index, name in enumerate(file.enforce):
        if may_be_enforced(name):
            continue
        near = nearest(name, names())
        remedy = f"Write `{near}`." if near else "Write the dotted name of a setting."
        line = place(node, ("enforce", index))[1]
        words = f"There is no setting {shown(name)} to enforce."
        yield Mistake(path=node.path, line=line, words=words, remedy=remedy)


def _agents(layer: Layer) -> tuple[Mapping[str, Defined], list[Mistake]]:
    agents: dict[str, Defined] = {}
    found: list[Mistake] = []
    for path in sorted(layer.files):
        if not (path.startswith(AGENTS) and path.endswith(".md")) or "/" in path[len(AGENTS) :]:
            continue
        defined, mistakes = agentfile.read(path, layer.files[path])
        found += mistakes
        if defined is None:
            continue
        name = defined.agent.spec.name
        if len(agents) < MOST_AGENTS and name not in agents:
            agents[name] = defined
        else:
            words = f"`{name}` is defined twice, or one agent of more than {MOST_AGENTS}."
            found.append(Mistake(path=path, line=defined.line, words=words, remedy="Remove it."))
    return agents, found


def _shared(agents: Mapping[str, Defined], file: ConfigFile) -> Iterator[Mistake]:
    """Find labels and commands that start two agents."""
    off = {name for name, each in file.agents.items() if not each.enabled}
    owners: dict[str, str] = {}
    for name, agent in BUILT_IN.items():
        if name not in agents and name not in off:
            owners |= {f"label `{agent.on.label}`": name, f"command `{agent.on.command}`": name}
    for name, defined in agents.items():
        on = defined.agent.on
        for kind, value in (("label", on.label), ("command", on.command)):
            owner = owners.setdefault(f"{kind} `{value}`", name) if value else name
            if owner != name:
                words = f"The {kind} `{value}` starts the agent `{owner}` already."
                remedy = "Choose another."
                if owner in BUILT_IN and owner not in agents:
                    remedy = f"Choose another, or write `agents: {{{owner}: {{enabled: false}}}}`."
                yield Mistake(
                    path=defined.path, line=defined.lines[kind], words=words, remedy=remedy
                )
