"""Recorded payloads for benches and tests: what the app acts on, and all that it is sent."""

from dataclasses import dataclass
from pathlib import Path

from tests.published.document import FOLDER

PAYLOADS = FOLDER / "payloads"

MATCHED = (
    "issues.labeled.1",
    "issues.labeled.2",
    "issues.unlabeled.1",
    "issues.unlabeled.2",
    "pull_request.closed.1",
    "installation.created.1",
    "installation.suspend.1",
    "installation_repositories.added.1",
)
"""Recordings of events that a handler exists for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A payload as somebody's server received it, and the event it came as."""

    name: str
    event: str
    body: bytes


def matched() -> list[Recording]:
    """Return the recordings of events that a handler exists for."""
    return [_read(PAYLOADS / f"{name}.json") for name in MATCHED]


def firehose() -> list[Recording]:
    """Return one of each recording: most are events that the app does nothing about."""
    return [_read(path) for path in sorted(PAYLOADS.glob("*.json"))]


def _read(path: Path) -> Recording:
    return Recording(
        name=path.stem, event=path.name.partition(".")[0], body=path.read_bytes().strip()
    )
