"""What the doctor found, one line each; never a secret."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.rules.markdown import clip

MOST = 20
"""Rows of one kind that are shown, so that the rest of the report is found."""

LONGEST = 200
"""Characters of words that come from elsewhere."""

HIDDEN = "[a secret]"
SHORTEST = 4
"""Characters of what is hidden; to hide less would garble the report and protect nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line.

    Attributes:
        where: the setting, row or thing that was looked at.
        what: how it is.
        remedy: what to do; empty when all is well.
    """

    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        mark, end = ("!!", f" {self.remedy}.") if self.remedy else ("ok", "")
        return f"{mark}  {self.where}: {self.what}.{end}"


def report(findings: Iterable[Finding], secrets: Sequence[str]) -> str:
    """Return the lines, those with something to do last, without any of the secrets.

    What others wrote into the database may have anything in it; no finding is trusted.
    """
    lines = [str(each) for each in sorted(findings, key=lambda each: bool(each.remedy))]
    text = "\n".join(" ".join(line.split("\n")) for line in lines)
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, HIDDEN)
    return f"{text}\n"


def moment(at: float) -> str:
    """Return a time in Unix seconds as people read it."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def foreign(words: str | None) -> str:
    """Shorten words from elsewhere to one line that ends without a full stop."""
    return clip(words or "no reason was noted", LONGEST).rstrip(".")
