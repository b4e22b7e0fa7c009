"""The hosts that a repository's packages come from, as its own files name them."""

import re
from collections.abc import Iterator, Mapping

from bot.rules.proposals.base import table, within

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_URL = (
    r"https://(?:[^\s/@\"'#]{0,200}@)?"
    rf"((?:{_LABEL}\.){{1,8}}[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9]))(?::443)?(?![\w.:-])"
)
"""An address that a validation could reach: by https on its own port, and by a name."""


def _where(before: str) -> re.Pattern[str]:
    return re.compile(before + _URL, re.MULTILINE | re.ASCII | re.IGNORECASE)


_PYTHON = _where(r"\b(?:url|registry|git)\"?\s*[:=]\s*\"")
_NODE = _where(r"(?:\bresolved\"?:? ?\"|\btarball: ?)")
_PIP = _where(r"^\s*(?:-i|--index-url|--extra-index-url)[ =]")

NAMING: Mapping[str, re.Pattern[str]] = {
    "Cargo.lock": _where(r"\bsparse\+"),
    "Pipfile": _PYTHON,
    "Pipfile.lock": _PYTHON,
    "npm-shrinkwrap.json": _NODE,
    "package-lock.json": _NODE,
    "pdm.lock": _PYTHON,
    "pnpm-lock.yaml": _NODE,
    "poetry.lock": _PYTHON,
    "requirements.txt": _PIP,
    "requirements-dev.txt": _PIP,
    "requirements-test.txt": _PIP,
    "uv.lock": _PYTHON,
    "yarn.lock": _NODE,
    ".npmrc": _where(r"\bregistry *= *"),
    ".yarnrc.yml": _where(r"\bnpmRegistryServer: *[\"']?"),
}
"""How each file says that something is fetched from somewhere."""

MOST = 20
"""Hosts that are proposed: a person has to read the list."""


def hosts(files: Mapping[str, str]) -> Mapping[str, str]:
    """Return the hosts, each with the file that names it first."""
    found: dict[str, str] = {}
    for name, text in files.items():
        for host in _named(name, text):
            if len(found) < MOST:
                found.setdefault(host.lower(), name)
    return found


def _named(name: str, text: str) -> Iterator[str]:
    if name in NAMING:
        yield from NAMING[name].findall(text)
    elif name == "pyproject.toml":
        yield from _where("").findall("\n".join(_indexes(text)))


def _indexes(text: str) -> Iterator[str]:
    """Yield the addresses of the package indexes that a pyproject.toml names."""
    tools = within(table(text), "tool")
    for tool, key in (("uv", "index"), ("poetry", "source"), ("pdm", "source")):
        listed = within(tools, tool).get(key)
        for each in listed if isinstance(listed, list) else ():
            yield str(within(each).get("url"))
