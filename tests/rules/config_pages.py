"""What `docs/` says of configuration, made from the shapes.

`python -m tests.rules.config_pages` writes it anew; the tests only compare.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.rules.agentfile import AgentTerms, FrontMatter
from bot.rules.complaints import resolved, schema
from bot.rules.conditions import EXAMPLE, context
from bot.rules.configmodel import ConfigFile
from bot.rules.precedence import TIGHTER

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "configuration.md"
BLOCK = re.compile(r"(?<=<!-- made: )([a-z ]+)( -->\n)(.*?)(?=<!-- /made -->)", re.DOTALL)

SCHEMAS = {
    DOCS / "greenroom.schema.json": (ConfigFile, ".github/greenroom.yml"),
    DOCS / "agent.schema.json": (FrontMatter, "Front matter of .github/agents/NAME.md"),
}


def published(shape: type, title: str) -> str:
    whole = {**schema(shape), "title": title}
    return json.dumps(_without_titles(whole), indent=2, ensure_ascii=False) + "\n"


def _without_titles(value: Any, *, top: bool = True) -> Any:
    """Drop the titles that pydantic makes of names; a property may bear the name too."""
    if isinstance(value, list):
        return [_without_titles(each, top=False) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _without_titles(each, top=False)
        for key, each in value.items()
        if key != "title" or top or not isinstance(each, str)
    }


def settings() -> Iterator[str]:
    whole = schema(ConfigFile)
    return table(
        ("setting", "default", "what it does"),
        [
            (f"`{name}`", _default(about), about["description"])
            for name, about in _leaves(whole, whole)
        ],
    )


def agent_keys() -> Iterator[str]:
    whole = schema(AgentTerms)
    return table(
        ("key", "default", "what it does"),
        [
            (f"`{name}`", _default(about), about["description"])
            for name, about in _leaves(whole, whole)
        ],
    )


def tighter() -> Iterator[str]:
    return table(
        ("enforced", "a repository may write"), [(f"`{r.settings}`", r.words) for r in TIGHTER]
    )


def conditions() -> Iterator[str]:
    rows = [
        (f"`{name}.{field}`", f"`{json.dumps(value)}`")
        for name, fields in context(EXAMPLE).items()
        for field, value in fields.items()
    ]
    return table(("name", "for example"), rows)


MADE = {
    "settings": settings,
    "agent keys": agent_keys,
    "tighter": tighter,
    "conditions": conditions,
}


def anew(page: str) -> str:
    """Return the page with every block as it is to be."""
    return BLOCK.sub(
        lambda found: f"{found[1]}{found[2]}" + "\n".join(MADE[found[1]]()) + "\n", page
    )


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    columns = tuple(head)
    yield f"| {' | '.join(columns)} |"
    yield "|" + "---|" * len(columns)
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _leaves(
    here: Mapping[str, Any], whole: Mapping[str, Any], above: str = ""
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, inner in here["properties"].items():
        about = resolved(whole, inner)
        named = next(iter(about.get("patternProperties", {}).values()), None)
        named = named or about.get("additionalProperties")
        if isinstance(named, Mapping) and "properties" in resolved(whole, named):
            yield from _leaves(resolved(whole, named), whole, f"{above}{key}.NAME.")
        elif "properties" in about:
            yield from _leaves(about, whole, f"{above}{key}.")
        else:
            yield f"{above}{key}", about


def _default(about: Mapping[str, Any]) -> str:
    return f"`{json.dumps(about['default'])}`" if about.get("default") is not None else ""


if __name__ == "__main__":
    PAGE.write_text(anew(PAGE.read_text()))
    for file, (shape, title) in SCHEMAS.items():
        file.write_text(published(shape, title))
