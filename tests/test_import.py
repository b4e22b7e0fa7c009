"""Importing the program does nothing: no client, no file, no thread, no registry that fills."""

import ast
import builtins
from collections.abc import Iterable, Iterator

import pytest
from program import Module, parents, program

SCRIPTS = {
    "bot.runners.stage": "Python is given the file, so it finds the program by itself",
    "bot.store.migrations.env": "Alembic executes it",
}

# What may be called while a module is loaded: makers of values and of types.
MAKES_VALUES = {
    "abc.abstractmethod",
    "aiohttp.ClientTimeout",
    "aiohttp.web.middleware",
    "bot.model",
    "bot.reactions",
    "bot.rules",
    "collections",
    "contextlib",
    "ctypes.CDLL",  # a handle on the C library that Python itself runs on
    "dataclasses",
    "datetime.timedelta",
    "enum",
    "functools",
    "handlers",
    "os.sysconf",
    "pathlib.Path",
    "pathlib.PurePosixPath",
    "pydantic",
    "re.compile",
    "sqlalchemy",
    "string.Template",
    "structlog.get_logger",
    "types.MappingProxyType",
    "typing",
}
METHODS = {
    "concat",
    "encode",
    "format",
    "insert",
    "is_",
    "is_not",
    "items",
    "join",
    "label",
    "like",
    "removeprefix",
    "returning",
    "setter",
    "split",
    "values",
    "where",
    "with_for_update",
    "with_name",
    "with_variant",
}
LOUD = {"__import__", "breakpoint", "compile", "eval", "exec", "input", "open", "print"}
BUILT_IN = set(dir(builtins)) - LOUD

STATEMENTS = (
    ast.AnnAssign,
    ast.Assign,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.FunctionDef,
    ast.If,
    ast.Import,
    ast.ImportFrom,
    ast.Pass,
)


def acts_at_import(module: Module) -> Iterator[str]:
    if module.name.endswith(".__main__") or module.name in SCRIPTS:
        return
    for statement in imported(module):
        if not isinstance(statement, STATEMENTS) and not is_docstring(statement):
            yield f"line {statement.lineno} runs when it is imported: put it into a function"
    for line, called in sorted(calls(module)):
        if not is_value(module, called):
            yield f"line {line} calls {called} when it is imported: put it into a function"


def imported(module: Module) -> list[ast.stmt]:
    """Leave out what runs only when the file is started as a program."""
    return [each for each in module.tree.body if not is_main(each)]


def is_main(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.If) and ast.unparse(statement.test) == "__name__ == '__main__'"
    )


def is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def calls(module: Module) -> Iterator[tuple[int, str]]:
    """Yield what is called while the module is loaded: decorators too, bodies of functions not."""
    ahead: list[ast.AST] = [*imported(module)]
    while ahead:
        node = ahead.pop()
        if isinstance(node, ast.Call):
            yield node.lineno, module.stands_for(node.func)
        for each in getattr(node, "decorator_list", ()):
            if not isinstance(each, ast.Call):
                yield each.lineno, module.stands_for(each)
        ahead += parts_that_run(node)


def parts_that_run(node: ast.AST) -> Iterable[ast.AST]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return (
                *node.decorator_list,
                *filter(None, (*node.args.defaults, *node.args.kw_defaults)),
            )
        case ast.Lambda():
            return ()
    return ast.iter_child_nodes(node)


def is_value(module: Module, called: str) -> bool:
    """Whether a call makes a value and does nothing else."""
    around = {called, *parents(called)}
    last = called.rpartition(".")[2]
    return (
        bool(around & (MAKES_VALUES | BUILT_IN))
        or (("." in called) and last in METHODS)
        or (is_pure(module) and is_own(module, called))
        or is_dataclass(module, called)
    )


def is_pure(module: Module) -> bool:
    """Whether a module only decides; then what it defines makes values, and cannot act."""
    return module.name.startswith(("bot.model.", "bot.rules."))


def is_own(module: Module, called: str) -> bool:
    """Whether the name is a function of the module itself."""
    return any(
        isinstance(node, ast.FunctionDef) and node.name == called for node in module.tree.body
    )


def is_dataclass(module: Module, called: str) -> bool:
    """Whether the name is a dataclass of ours; making one runs no code but its own."""
    home, _, name = called.rpartition(".")
    within = program().get(home, module)
    return any(
        isinstance(node, ast.ClassDef)
        and node.name == name
        and any(
            within.stands_for(call_of(each)) == "dataclasses.dataclass"
            for each in node.decorator_list
        )
        for node in within.tree.body
    )


def call_of(decorator: ast.expr) -> ast.expr:
    return decorator.func if isinstance(decorator, ast.Call) else decorator


def test_nothing_happens_at_import():
    offences = [f"{m.name} {words}" for m in program().values() for words in acts_at_import(m)]
    assert not offences, "\n".join(["", *offences])


@pytest.mark.parametrize(
    "text",
    [
        "import aiohttp\nsession = aiohttp.ClientSession()",
        "import asyncio\nclass Hub:\n    lock = asyncio.Lock()",
        "from aiohttp import web\nroutes = web.RouteTableDef()\n@routes.get('/')\ndef f(): ...",
        "from bot.cli import command\n@command\ndef f(): ...",
        "from pathlib import Path\nKEY = Path('key').read_text()",
        "def start(): ...\nstarted = start()",
        "def read(path=open('x')): ...",
        "print('hello')",
        "TABLE = {}\nTABLE['x'] = 1\nfor each in (): TABLE[each] = 2",
        "class Pool: ...\nPOOL = Pool()",
    ],
)
def test_what_acts_at_import_is_found(text):
    assert list(acts_at_import(Module("bot.web.trouble", text)))


@pytest.mark.parametrize(
    "text",
    [
        "import re\nWORD = re.compile('a')",
        "from typing import NewType\nName = NewType('Name', str)",
        "from dataclasses import dataclass\n@dataclass\nclass A: ...\nALL = (A(),)",
        "class A:\n    @property\n    def b(self): return open('x')",
        "WORDS = 'a b'.split()\nCOUNT = len(WORDS)",
        "from bot.model.ids import Repo\nHERE = Repo('a/b')",
        "act = lambda: print('hello')",
        "def main(): ...\nif __name__ == '__main__':\n    main()",
    ],
)
def test_values_may_be_made_at_import(text):
    assert not list(acts_at_import(Module("bot.web.calm", text)))
