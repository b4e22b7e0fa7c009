"""The program as text: its modules, what each imports, and what its names stand for."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Module:
    name: str
    text: str
    package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.name)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def names(self) -> dict[str, str]:
        """What each imported name stands for: {"web": "aiohttp.web"}."""
        found = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for each in node.names:
                    first = each.name.partition(".")[0]
                    found[each.asname or first] = each.name if each.asname else first
            elif isinstance(node, ast.ImportFrom):
                for each in node.names:
                    found[each.asname or each.name] = f"{node.module}.{each.name}"
        return found

    @cached_property
    def imports(self) -> set[str]:
        """Every module that is imported, with the packages whose `__init__` runs before it."""
        found = set()
        for node in self.nodes:
            if isinstance(node, ast.Import):
                found |= {each.name for each in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                inside = {f"{node.module}.{each.name}" for each in node.names}
                found |= {node.module} | (inside & program().keys())
        return found | {package for name in found for package in parents(name)}

    def stands_for(self, node: ast.expr) -> str:
        """Spell a name or attribute out: `web.Response` is `aiohttp.web.Response`.

        Names of this module and of Python itself stay as they are; what hangs on a value,
        such as the `split` of `"a b".split`, begins with a dot.
        """
        match node:
            case ast.Name(name):
                return self.names.get(name, name)
            case ast.Attribute(value, name):
                return f"{self.stands_for(value)}.{name}"
            case ast.Subscript(value):
                return self.stands_for(value)
        return ""


def parents(name: str) -> Iterator[str]:
    """Yield the packages around a module, the nearest first."""
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


@cache
def program() -> dict[str, Module]:
    """Every module of the program by its dotted name."""
    paths = [path for room in ("bot", "handlers") for path in sorted((ROOT / room).rglob("*.py"))]
    found = {}
    for path in paths:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        package = path.name == "__init__.py"
        name = name.removesuffix(".__init__")
        found[name] = Module(name, path.read_text(encoding="utf-8"), package)
    return found


def reached(name: str) -> set[str]:
    """Every module of ours that runs when this one is imported."""
    ours, found, ahead = program(), set(), [name]
    while ahead:
        here = ahead.pop()
        if here.partition(".")[0] in {"bot", "handlers"} and here not in found:
            found.add(here)
            ahead += ours[here].imports if here in ours else ()
    return found
