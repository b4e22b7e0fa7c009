"""Texts of agents and programs without what looks like a credential.

Nothing else is imported: harnesses look at each line that an agent prints.
"""

import re

HIDDEN = "▇▇▇"
"""What stands in the place of a credential."""

SECRETS = re.compile(
    r"gh[pousr]_[A-Za-z0-9_]{16,}(?:\.[A-Za-z0-9_-]+)*"  # GitHub's tokens, old and new form
    r"|github_pat_[A-Za-z0-9_]{22,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bAKIA[0-9A-Z]{16}\b"
    r"|\bsk-(?:ant|proj)-[A-Za-z0-9_-]{16,}|\bsk-[A-Za-z0-9]{32,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
)
"""Formats of credentials that no text of ours carries to GitHub.

https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
"""

PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/=\\]*"
    r"(?:\n[ +-]?(?:[A-Za-z0-9+/=]{40,}|(?:Proc-Type|DEK-Info): .*)?\r?(?=\n))*"
)
"""A private key with the lines that hold it, also in a diff."""


def without_secrets(text: str) -> str:
    """Return a line of progress with what looks like a credential blacked out.

    Of a private key only the mark has a format, so that all after it goes too.
    """
    shown, mark, _ = storable(text).partition("-----BEGIN")
    return SECRETS.sub(HIDDEN, shown) + (HIDDEN if mark else "")


def blacked_out(text: str) -> str:
    """Return text of several lines with what looks like a credential blacked out.

    All else stays, also behind a mark that only begins like a private key's: a person
    decides by what they see.
    """
    return SECRETS.sub(HIDDEN, PRIVATE_KEY.sub(_without_key, text))


def _without_key(key: re.Match[str]) -> str:
    """Keep the lines, and what a diff has before each."""
    _, *more = key[0].split("\n")
    signs = (line[:1] if line[:1] in {"+", "-", " "} else "" for line in more)
    return "\n".join([HIDDEN, *(f"{sign}{HIDDEN}" for sign in signs)])


def storable(text: str) -> str:
    """Return text without the one character that PostgreSQL cannot store."""
    return text.replace("\0", "")
