"""What a text names: issues by number, people by login, commits by SHA, places by address."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.devhub.git import git
from bot.devhub.hub import Hub
from bot.devhub.records import Repository

MENTION = re.compile(
    r"(?<![\w/&#@.-])(?:"
    r"#(?P<number>[1-9]\d{0,8})\b"
    r"|@(?P<login>[A-Za-z0-9][A-Za-z0-9-]{0,38}(?:\[bot\])?)"
    r"|(?P<sha>[0-9a-f]{7,40})\b"
    r"|(?P<url>https?://[^\s<>\"]+[^\s<>\".,:;!?'*_~)\]])"
    r")"
)

_SCHEMES = frozenset({"http", "https", "mailto"})

_MOST = 200
"""Commits that one page looks up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentions:
    """What the texts of one page may mention.

    Attributes:
        home: the repository's page, such as `/acme/demo`.
        ref: where relative links of a file lead, such as `main`.
        logins: in lower case.
        commits: whole names by the short ones that were found.
    """

    home: str
    ref: str
    issues: Mapping[int, str]
    logins: frozenset[str]
    commits: Mapping[str, str] = field(default_factory=dict)

    def target(self, found: re.Match[str]) -> str | None:
        """Return where a mention leads; None when there is no such thing."""
        match found.lastgroup:
            case "number" if (number := int(found["number"])) in self.issues:
                return f"{self.home}/{self.issues[number]}/{number}"
            case "login" if found["login"].lower() in self.logins:
                return f"/{found['login']}"
            case "sha" if found["sha"] in self.commits:
                return f"{self.home}/commit/{self.commits[found['sha']]}"
            case "url":
                return found["url"]
            case _:
                return None

    def address(self, link: str) -> str | None:
        """Return where a link of a text leads: relative ones to files; None for none."""
        link = "".join(char for char in link.strip() if char.isprintable())
        try:
            parts = urlsplit(link)
        except ValueError:
            return None
        if parts.scheme:
            return link if parts.scheme in _SCHEMES else None
        if not link or link[0] in "/#\\":
            return link if link[:1] == "/" and link[1:2] not in {"/", "\\"} else None
        return f"{self.home}/blob/{self.ref}/{link}"


async def mentions(
    hub: Hub, repository: Repository, texts: Iterable[str | None], *, ref: str = ""
) -> Mentions:
    """Find out what exists of all that the texts of a page might mention."""
    wanted = {
        found["sha"] for text in texts for found in MENTION.finditer(text or "") if found["sha"]
    }
    return Mentions(
        home=f"/{repository.full_name}",
        ref=ref or repository.default_branch,
        issues={
            number: "issues" if issue.pull is None else "pull"
            for number, issue in repository.issues.items()
        },
        logins=frozenset(hub.accounts),
        commits=await _commits(repository, sorted(wanted)[:_MOST]),
    )


async def _commits(repository: Repository, names: list[str]) -> dict[str, str]:
    if not names:
        return {}
    given = "".join(f"{name}^{{commit}}\n" for name in names).encode()
    printed = (await git(repository.path, "cat-file", "--batch-check", given=given)).decode()
    answers = zip(names, printed.splitlines(), strict=True)
    return {name: line.split()[0] for name, line in answers if " commit " in line}
