"""The architecture, as a test: who may import whom, what may decide, and what may act."""

import ast
from collections.abc import Callable, Iterator

import pytest
from program import Module, parents, program, reached

# Imports go down only; within a row of doors or edges nobody knows a neighbour.
FLOORS = (
    {"bot.model"},
    {"bot.rules"},
    {"bot.reactions", "handlers"},
    {
        "bot.agents",
        "bot.blobs",
        "bot.clocks",
        "bot.githttp",
        "bot.github",
        "bot.images",
        "bot.runners",
        "bot.sandbox",
        "bot.store",
        "bot.wires",
        "bot.workspace",
    },
    {"bot.work"},
    {
        "bot.__main__",
        "bot.cli",
        "bot.replay",
        "bot.pausing",
        "bot.checkconfig",
        "bot.init",
        "bot.doctor",
        "bot.demo",
        "bot.devhub",
        "bot.gateway",
        "bot.harness",
        "bot.scripted",
        "bot.web",
        "bot.wiring",
    },
)
PURE = FLOORS[0] | FLOORS[1] | FLOORS[2]
APART = (FLOORS[3], FLOORS[5])

NEIGHBOURS = {
    ("bot.runners", "bot.sandbox"): "the local runner puts its jobs into the sandbox",
    ("bot.images", "bot.sandbox"): "what strangers packed is unpacked away from everything",
    ("bot.__main__", "bot.cli"): "`python -m bot` is the command line",
    ("bot.cli", "bot.wiring"): "a command runs what wiring has built",
    ("bot.replay", "bot.wiring"): "a tool opens the database as a process does",
    ("bot.pausing", "bot.wiring"): "a tool opens the database as a process does",
    ("bot.doctor", "bot.wiring"): "a tool opens the database as a process does",
    ("bot.wiring", "bot.gateway"): "wiring builds every process",
    ("bot.wiring", "bot.web"): "wiring builds every process",
}
FOR_ALL = {"bot.clocks"}
KEPT_FOR = {
    "bot.githttp": {"bot.gateway", "bot.devhub"},
    "bot.wires": {"bot.gateway", "bot.harness"},
}

# These two also live away from the rest: all that they reach must be in the list.
ALONE = {
    "bot.harness": {
        "bot.model",
        "bot.rules",
        "bot.clocks",
        "bot.sandbox",
        "bot.agents",
        "bot.wires",
        "bot.workspace.snapshot",
    },
    "bot.devhub": {"bot.model", "bot.clocks", "bot.githttp", "bot.sandbox"},
}

EFFECTS = {
    "aiohttp",
    "aiosqlite",
    "asyncio",
    "concurrent",
    "contextvars",
    "gidgethub",
    "http",
    "logging",
    "multiprocessing",
    "os",
    "random",
    "secrets",
    "select",
    "shutil",
    "signal",
    "socket",
    "sqlalchemy",
    "sqlite3",
    "ssl",
    "structlog",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
    "uvloop",
}
READS_OR_WRITES = {
    "open",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "input",
    "print",
    "iterdir",
    "exists",
    "is_file",
    "is_dir",
    "mkdir",
    "unlink",
    "uuid1",
    "uuid4",
}
CLOCKS = {
    "time.time",
    "time.time_ns",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
}
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.putenv"}
MAY_READ_THE_ENVIRONMENT = {
    "bot.wiring",
    "bot.agents.asking",  # runs inside a sandbox, whose environment we made
    "bot.agents.door",  # likewise
    "bot.harness.errands",  # likewise
    "bot.doctor.command",  # says which settings are wrong, where wiring would end at the first
    "bot.demo",  # starts processes as a person would, each with an environment of its own
}

SWALLOWS_ALL = {"Exception", "BaseException", ""}
MAY_SWALLOW_ALL = {
    "bot.work.loop": "one row that breaks must not stop the others",
}

Rule = Callable[[Module], Iterator[str]]


def place(name: str) -> str | None:
    """Find the room that a module is in: its own entry in FLOORS, or its nearest package's."""
    rooms = set().union(*FLOORS)
    return next((each for each in (name, *parents(name)) if each in rooms), None)


def floor(name: str) -> int:
    """Number the floor of a module; what has none, such as `bot` itself, is below them all."""
    return next((number for number, rooms in enumerate(FLOORS) if place(name) in rooms), -1)


def homeless(module: Module) -> Iterator[str]:
    if place(module.name) is None and module.name != "bot":
        yield "stands on no floor: move it into a room, or give it one in FLOORS"


def reaches_up(module: Module) -> Iterator[str]:
    for target in filter(place, module.imports):
        if floor(target) > floor(module.name):
            yield f"imports {target} from above: take it as an argument, or move it down"


def knows_a_neighbour(module: Module) -> Iterator[str]:
    here = place(module.name)
    for there in sorted({place(target) for target in module.imports} - {here, None} - FOR_ALL):
        apart = any({here, there} <= row for row in APART)
        if apart and (here, there) not in NEIGHBOURS:
            yield f"imports its neighbour {there}: join the two on a floor above, in a value"


def takes_what_is_kept(module: Module) -> Iterator[str]:
    here = place(module.name)
    for target, takers in KEPT_FOR.items():
        if target in module.imports and here not in takers | {target}:
            yield f"imports {target}, which is there for {', '.join(sorted(takers))} only"


def leaves_its_island(module: Module) -> Iterator[str]:
    here = place(module.name)
    if here not in ALONE:
        return
    for target in sorted(set().union(*map(reached, module.imports))):
        if target in program() and program()[target].package:
            continue  # it is no more than what its `__init__` imports, which is reached too
        if not {target, *parents(target)} & (ALONE[here] | {here}):
            yield f"reaches {target}: {here} has to work without it"


def has_effects(module: Module) -> Iterator[str]:
    if place(module.name) not in PURE:
        return
    for target in module.imports:
        if {target, *parents(target)} & EFFECTS:
            yield f"imports {target}: decide on values here, and act on a floor above"
    for node in module.nodes:
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
            yield f"line {node.lineno} waits: what needs `async` stands on the wrong floor"
        elif isinstance(node, ast.Call):
            called = module.stands_for(node.func)
            if called.rpartition(".")[2] in READS_OR_WRITES:
                yield f"line {node.lineno} calls {called}: take its outcome as an argument"


def asks_the_clock(module: Module) -> Iterator[str]:
    for node in module.nodes:
        if isinstance(node, ast.Attribute | ast.Name) and module.name != "bot.clocks":
            name = module.stands_for(node)
            if name in CLOCKS:
                yield f"line {node.lineno} uses {name}: take a bot.model.clock.Clock instead"


def reads_the_environment(module: Module) -> Iterator[str]:
    rooms = {module.name, *parents(module.name)}
    if rooms & MAY_READ_THE_ENVIRONMENT or module.name.endswith(".__main__"):
        return
    for node in module.nodes:
        if isinstance(node, ast.Attribute | ast.Name) and module.stands_for(node) in ENVIRONMENT:
            yield f"line {node.lineno} reads the environment: let bot.wiring pass the value in"


def swallows_all(module: Module) -> Iterator[str]:
    found = [line for node in module.nodes for line in broad(module, node)]
    for line in found[1 if module.name in MAY_SWALLOW_ALL else 0 :]:
        yield f"line {line} catches everything: name what is expected; clean up in `finally`"


def broad(module: Module, node: ast.AST) -> Iterator[int]:
    """Yield the line of an `except` or `suppress` that catches everything."""
    if isinstance(node, ast.ExceptHandler):
        caught = [node.type] if not isinstance(node.type, ast.Tuple) else node.type.elts
    elif isinstance(node, ast.Call) and module.stands_for(node.func) == "contextlib.suppress":
        caught = node.args
    else:
        return
    if {module.stands_for(each) if each else "" for each in caught} & SWALLOWS_ALL:
        yield node.lineno


def imports_sideways(module: Module) -> Iterator[str]:
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"line {node.lineno} imports by dots: write the whole name"


def hides_its_reactions(module: Module) -> Iterator[str]:
    if module.name.startswith("handlers."):
        names = (node for node in module.nodes if isinstance(node, ast.Name))
        assigned = {name.id for name in names if isinstance(name.ctx, ast.Store)}
        if "REACTIONS" not in assigned:
            yield "has no REACTIONS: say which events it wants"
        if module.name not in program()["handlers"].imports:
            yield "is missing in handlers/__init__.py: nothing would ever call it"


def outgrows_one_sitting(module: Module) -> Iterator[str]:
    if (lines := len(module.text.splitlines())) > 400:
        yield f"has {lines} lines: see which two things it is (350 is the point to look)"


RULES: tuple[Rule, ...] = (
    homeless,
    reaches_up,
    knows_a_neighbour,
    takes_what_is_kept,
    leaves_its_island,
    has_effects,
    asks_the_clock,
    reads_the_environment,
    swallows_all,
    imports_sideways,
    hides_its_reactions,
    outgrows_one_sitting,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_module(rule):
    offences = [
        f"{module.name} {words}" for module in program().values() for words in rule(module)
    ]
    assert not offences, "\n".join(["", *offences])


TROUBLE = (
    (homeless, "bot.toolbelt", ""),
    (reaches_up, "bot", "import bot.model"),
    (reaches_up, "bot.rules.policy", "from bot.store import engine"),
    (reaches_up, "bot.store.engine", "def f():\n    import bot.work.inbox"),
    (knows_a_neighbour, "bot.github.client", "from bot.store.engine import Store"),
    (knows_a_neighbour, "bot.web.app", "import bot.wiring"),
    (takes_what_is_kept, "bot.web.app", "from bot.githttp import serve"),
    (leaves_its_island, "bot.harness.drive", "import bot.workspace.mirror"),
    (leaves_its_island, "bot.harness.drive", "from bot.store.engine import Store"),
    (leaves_its_island, "bot.devhub.hub", "from bot.rules.policy import allows"),
    (has_effects, "bot.model.ids", "import os"),
    (has_effects, "bot.model.ids", "from urllib.request import urlopen"),
    (has_effects, "bot.rules.brief", "def f(path):\n    return path.read_text()"),
    (has_effects, "handlers.labels", "async def labeled(): ..."),
    (asks_the_clock, "bot.work.inbox", "from datetime import datetime\ndatetime.now()"),
    (asks_the_clock, "bot.work.inbox", "import time as t\nnow = t.time"),
    (reads_the_environment, "bot.cli", "from os import environ\nenviron['HOME']"),
    (reads_the_environment, "bot.cli", "import os\nos.getenv('HOME')"),
    (swallows_all, "bot.web.app", "try: ...\nexcept Exception: ..."),
    (swallows_all, "bot.web.app", "try: ...\nexcept (ValueError, BaseException): ..."),
    (swallows_all, "bot.web.app", "try: ...\nexcept: ..."),
    (swallows_all, "bot.web.app", "from contextlib import suppress\nsuppress(Exception)"),
    (swallows_all, "bot.work.inbox", "try: ...\nexcept Exception: ...\n" * 2),
    (imports_sideways, "bot.web.app", "from . import webhook"),
    (hides_its_reactions, "handlers.labels", ""),
    (hides_its_reactions, "handlers.unheard", "REACTIONS = ()"),
    (outgrows_one_sitting, "bot.web.app", "\n" * 401),
)


@pytest.mark.parametrize(("rule", "name", "text"), TROUBLE)
def test_each_rule_finds_its_troublemaker(rule, name, text):
    assert list(rule(Module(name, text)))


def test_each_rule_has_a_troublemaker():
    assert {rule for rule, _, _ in TROUBLE} == set(RULES)


def test_the_security_argument_can_be_read_in_one_afternoon():
    rules = ("bot.rules.policy", "bot.rules.outputs", "bot.rules.egress")
    told = [m for name, m in program().items() if name in rules or place(name) == "handlers"]
    assert sum(len(module.text.splitlines()) for module in told) < 2000
