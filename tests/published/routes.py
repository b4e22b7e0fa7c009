"""Which operation of GitHub's a request is meant for.

Parameters may hold slashes where the description says `x-multi-segment`: paths, branches
and refs.  They may be empty too: "If you omit the path parameter, you will receive the
contents of the repository's root directory".  Then several templates fit one path
(`/commits/{ref}` fits `/commits/x/check-runs` as well), and the one with the most literal
text is meant.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method on one path template, as the description has it.

    Attributes:
        id: GitHub's name for it, such as `issues/create`.
        template: the path with its parameters in braces.
        described: the operation object of the description.
        pattern: what a path of this operation looks like.
    """

    id: str
    method: str
    template: str
    described: Mapping[str, Any]
    pattern: re.Pattern[str]

    @property
    def literal(self) -> int:
        """Return how many characters of the template are no parameter."""
        return len(re.sub(r"\{\w+\}", "", self.template))

    def parameters(self, place: str) -> dict[str, Mapping[str, Any]]:
        """Return the parameters `in` the path or the query, by name."""
        return {one["name"]: one for one in self.described["parameters"] if one["in"] == place}


class Routes:
    """All operations of a description, found by method and path."""

    def __init__(self, paths: Mapping[str, Mapping[str, Any]]) -> None:
        found = [
            _operation(template, method, described)
            for template, item in paths.items()
            for method, described in item.items()
        ]
        self._operations = sorted(found, key=lambda one: one.literal, reverse=True)

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._operations)

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation and its path parameters, decoded; None when there is none.

        After a rename GitHub redirects to the repository's id, and serves all the same there.
        """
        path = re.sub(r"^/repositories/(\d+)", r"/repos/id/\1", path)
        for operation in self._operations:
            match = operation.pattern.fullmatch(path)
            if match and operation.method == method.lower():
                values = match.groupdict().items()
                return operation, {name: unquote(value) for name, value in values}
        return None


def _operation(template: str, method: str, described: Mapping[str, Any]) -> Operation:
    slashes = {one["name"] for one in described["parameters"] if one.get("x-multi-segment")}

    def group(match: re.Match[str]) -> str:
        name = match[1]
        return f"(?P<{name}>{'.*' if name in slashes else '[^/]+'})"

    return Operation(
        id=described["operationId"],
        method=method,
        template=template,
        described=described,
        pattern=re.compile(re.sub(r"\\\{(\w+)\\\}", group, re.escape(template))),
    )
