"""The signs of the pages, drawn in strokes on 16 by 16, and what a check's state looks like."""

import zlib
from dataclasses import dataclass

from markupsafe import Markup

from bot.devhub.records import CheckRun

# ruff: noqa: E501 - a drawing has no words to break at

_RING = '<circle cx="8" cy="8" r="6.25"/>'
_DOT = '<circle cx="8" cy="8" r="1.6" fill="currentColor" stroke="none"/>'
_FORK = '<circle cx="4.5" cy="3.5" r="1.75"/><circle cx="4.5" cy="12.5" r="1.75"/>'

_SHAPES = {
    "issue": _RING + _DOT,
    "closed": _RING + '<path d="M5.2 8.2l2 2 3.6-4"/>',
    "dropped": _RING + '<path d="M3.7 12.3l8.6-8.6"/>',
    "pull": _FORK + '<circle cx="11.5" cy="12.5" r="1.75"/>'
    '<path d="M4.5 5.25v5.5M11.5 10.75V6.5a2 2 0 0 0-2-2H8M9.7 2.6L7.8 4.5l1.9 1.9"/>',
    "draft": _FORK + '<circle cx="11.5" cy="12.5" r="1.75"/>'
    '<path d="M4.5 5.25v5.5"/><path d="M11.5 3v1M11.5 6v1M11.5 9v1.7"/>',
    "merged": _FORK + '<circle cx="11.5" cy="8.5" r="1.75"/>'
    '<path d="M4.5 5.25v5.5M4.6 5.3c.4 2 2 3.2 5.1 3.2"/>',
    "unmerged": _FORK + '<circle cx="11.5" cy="12.5" r="1.75"/>'
    '<path d="M4.5 5.25v5.5M11.5 10.75V8M9.8 2.8l3.4 3.4M13.2 2.8L9.8 6.2"/>',
    "check": '<path d="M3 8.6l3.3 3.4L13 4.8"/>',
    "cross": '<path d="M4 4l8 8M12 4l-8 8"/>',
    "square": '<rect x="4" y="4" width="8" height="8" rx="1.5"/>',
    "hand": _RING + '<path d="M8 4.6v4M8 11v.4"/>',
    "clock": _RING + '<path d="M8 4.4V8l2.4 1.6"/>',
    "spinner": '<path d="M8 1.75a6.25 6.25 0 1 1-6.25 6.25"/>' + _DOT,
    "waiting": '<circle cx="8" cy="8" r="6.25" stroke-dasharray="2.4 2.2"/>',
    "skipped": _RING + '<path d="M5.6 5.4L8.6 8l-3 2.6M10.6 5.2v5.6"/>',
    "branch": _FORK + '<circle cx="11.5" cy="4.5" r="1.75"/>'
    '<path d="M4.5 5.25v5.5M11.5 6.25c0 2.2-3.4 2.4-6.6 4.6"/>',
    "commit": '<circle cx="8" cy="8" r="2.75"/><path d="M.75 8h4.5M10.75 8h4.5"/>',
    "file": '<path d="M4 1.75h5l3.25 3.25v9.25H4zM8.8 1.9v3.3h3.3"/>',
    "folder": '<path d="M1.75 3.25h4.4l1.4 1.75h6.7v7.75H1.75z"/>',
    "repo": '<path d="M3.25 12.5V3a1.25 1.25 0 0 1 1.25-1.25h8.25v12.5H5a1.75 1.75 0 0 1 0-3.5h7.75"/>',
    "label": '<path d="M2 2h5.6l6.2 6.2-5.4 5.4L2.2 7.4z"/><path d="M5 5h.1"/>',
    "comment": '<path d="M2 2.75h12v8.5H7.6L4.5 14v-2.75H2z"/>',
    "gear": '<circle cx="8" cy="8" r="2.2"/><path d="M8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4'
    ' 1.4M11.2 11.2l1.4 1.4M12.6 3.4l-1.4 1.4M4.8 11.2l-1.4 1.4"/>',
    "pen": '<path d="M10.6 2.6l2.8 2.8-8 8-3.2.4.4-3.2z"/>',
    "eye": '<path d="M1.2 8S3.6 3.5 8 3.5 14.8 8 14.8 8 12.4 12.5 8 12.5 1.2 8 1.2 8z"/>' + _DOT,
    "smile": _RING + '<path d="M5.3 9.4c1.2 1.8 4.2 1.8 5.4 0M6 6.2v.3M10 6.2v.3"/>',
    "lock": '<rect x="3.25" y="7" width="9.5" height="7" rx="1.5"/><path d="M5.5 7V4.7a2.5 2.5 0 0 1 5 0V7"/>',
    "push": '<path d="M8 13.5V3M4 7l4-4.2L12 7"/>',
    "app": '<rect x="2.5" y="4.75" width="11" height="8.5" rx="2"/><path d="M8 4.5V2M5.8 8v1.4M10.2 8v1.4"/>',
    "person": '<circle cx="8" cy="5.2" r="2.7"/><path d="M2.8 14c.5-3 2.5-4.4 5.2-4.4s4.7 1.4 5.2 4.4"/>',
    "arrow": '<path d="M3 8h9.5M9 4.4L12.6 8 9 11.6"/>',
    "down": '<path d="M4 6.2l4 4 4-4"/>',
}

_STATES = {
    "queued": ("waiting", "quiet", "queued"),
    "in_progress": ("spinner", "busy", "in progress"),
    "success": ("check", "good", "successful"),
    "failure": ("cross", "bad", "failed"),
    "neutral": ("square", "quiet", "neutral"),
    "cancelled": ("dropped", "quiet", "cancelled"),
    "skipped": ("skipped", "quiet", "skipped"),
    "timed_out": ("clock", "bad", "timed out"),
    "stale": ("waiting", "quiet", "stale"),
    "action_required": ("hand", "warn", "action required"),
}

_HUES = ("#8250df", "#0969da", "#1a7f37", "#9a6700", "#bc4c00", "#bf3989", "#1b7c83", "#57606a")


@dataclass(frozen=True, slots=True)
class State:
    """How a state is shown: a sign, a tone of colour, and words."""

    icon: str
    tone: str
    words: str


def icon(name: str, words: str = "", tone: str = "") -> Markup:
    """Return a sign; without words it is decoration, which nobody is read aloud."""
    spoken = Markup('role="img" aria-label="{}"').format(words) if words else "aria-hidden=true"
    svg = Markup('<svg class="icon {} icon-{}" viewBox="0 0 16 16" {}>{}</svg>')
    drawn = Markup(_SHAPES[name])  # noqa: S704 - a constant of this file
    return svg.format(tone, name, spoken, drawn)


def check_state(run: CheckRun) -> State:
    """Return what a check run's state looks like."""
    return State(*_STATES[run.conclusion or run.status])


def hue(login: str) -> str:
    """Return a colour that belongs to a login."""
    return _HUES[zlib.crc32(login.encode()) % len(_HUES)]
