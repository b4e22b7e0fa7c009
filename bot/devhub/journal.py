"""What the hub saw: a count of what apps asked, and a record of every exchange.

The record is one JSON line an exchange, so that tests can hold both sides against
GitHub's published description.  Tokens are starred, credentials never written.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

SECRET_FIELDS = frozenset({"token", "pem", "client_secret", "webhook_secret"})


@dataclass(slots=True)
class Journal:
    """The list of apps' requests since it was last cleared, and the file of all exchanges.

    Attributes:
        requests: one entry a request of an app: `request` (`METHOD /path`), `mutating`, `app`
            and `status`.
    """

    file: Path | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    _open: TextIO | None = None

    def note(self, request: str, *, mutating: bool, app: str) -> dict[str, Any]:
        """Count a request of an app; its status is filled in when it has one."""
        entry = {"request": request, "mutating": mutating, "app": app, "status": None}
        self.requests.append(entry)
        return entry

    def record(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Append one exchange (`api`) or delivery (`webhook`) to the file, if there is one."""
        if self.file is None:
            return
        if self._open is None:
            self._open = self.file.open("a", encoding="utf-8", buffering=1)
        self._open.write(json.dumps({"kind": kind, **starred(facts)}) + "\n")

    def close(self) -> None:
        """Close the file."""
        if self._open is not None:
            self._open.close()


def starred(value: Any) -> Any:
    """Return the same JSON with the values of secret fields replaced by stars."""
    match value:
        case list():
            return [starred(each) for each in value]
        case Mapping():
            return {
                name: "***" if name in SECRET_FIELDS and isinstance(each, str) else starred(each)
                for name, each in value.items()
            }
        case _:
            return value
