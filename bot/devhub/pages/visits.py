"""Who looks at a page, and what of the hub they may see."""

import dataclasses
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.devhub.api.calls import sees
from bot.devhub.callers import NOBODY, Caller
from bot.devhub.hub import Hub
from bot.devhub.pages.timeline import Timeline
from bot.devhub.permissions import reaches
from bot.devhub.problems import Problem, not_found
from bot.devhub.records import Account, CheckRun, Issue, Pull, Repository, Role

COOKIE = "act-as"
"""The cookie that holds the login of whom the browser acts as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One look at one page.

    Attributes:
        path: the page's own address as it was sent, without its query.
        viewer: the person that the browser acts as; None while the hub knows nobody.
        drafts: what was typed into a form that was then refused.
        refusal: GitHub's words for why it was refused.
    """

    hub: Hub
    timeline: Timeline
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    viewer: Account | None
    drafts: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""

    def refused(self, words: str, drafts: Mapping[str, str]) -> "Visit":
        """Return the same look after a form was refused."""
        return dataclasses.replace(self, refusal=words, drafts=drafts)

    def sees(self, repository: Repository) -> bool:
        """Return whether the viewer may know of a repository."""
        viewer = self.viewer
        caller = NOBODY if viewer is None else Caller(kind="person", account=viewer)
        return sees(self.hub, caller, repository)

    @property
    def repository(self) -> Repository:
        """Return the repository that the address names.

        Raises:
            Problem: 404 when there is none, or the viewer may not know of it.
        """
        found = self.hub.repository(self.params["owner"], self.params["repo"])
        if not self.sees(found):
            raise not_found()
        return found

    def may(self, role: Role) -> bool:
        """Return whether the viewer has at least a role in the repository."""
        viewer = self.viewer
        return viewer is not None and reaches(self.hub.role(self.repository, viewer), role)

    @property
    def issue(self) -> Issue:
        """Return the issue or pull request that the address names.

        Raises:
            Problem: 404.
        """
        if (found := self.repository.issues.get(int(self.params["number"]))) is None:
            raise not_found()
        return found

    @property
    def pull(self) -> tuple[Issue, Pull]:
        """Return the pull request that the address names.

        Raises:
            Problem: 404, also for an issue.
        """
        issue = self.issue
        if issue.pull is None:
            raise not_found()
        return issue, issue.pull

    @property
    def check_run(self) -> CheckRun:
        """Return the check run that the address names.

        Raises:
            Problem: 404.
        """
        if (found := self.repository.check_runs.get(int(self.params["id"]))) is None:
            raise not_found()
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a look shows: a template, and what it needs."""

    template: str
    title: str
    data: Mapping[str, Any] = field(default_factory=dict)


def people(hub: Hub) -> list[Account]:
    """Return everybody that a browser may act as, in the order in which they came."""
    persons = {account.id: account for account in hub.people.values() if account.type == "User"}
    return list(persons.values())


def visit(hub: Hub, timeline: Timeline, request: web.Request) -> Visit:
    """Return who looks at what; a browser without the cookie is the first person's."""
    known = people(hub)
    login = request.cookies.get(COOKIE)
    chosen = next((each for each in known if each.login == login), None)
    return Visit(
        hub=hub,
        timeline=timeline,
        path=request.rel_url.raw_path,
        params=request.match_info,
        query=request.query,
        viewer=chosen or next(iter(known), None),
    )


def token(hub: Hub, person: Account) -> str:
    """Return a token that acts as a person."""
    return next(token for token, account in hub.people.items() if account is person)


def check_from_here(hub: Hub, request: web.Request) -> None:
    """Refuse what another site sends, and what comes under a name that is not ours.

    A site can have its own name resolve to this machine ("DNS rebinding"); an address in
    numbers cannot be lent.  Programs that are no browsers send no Origin.

    Raises:
        Problem: 403.
    """
    try:
        host = urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        host = ""
    if not (_is_address(host) or host in {"localhost", urlsplit(hub.base).hostname}):
        raise Problem(403, f"This is not the address of the hub: {request.host}")
    origin = request.headers.get("Origin")
    if origin not in {None, f"http://{request.host}", f"https://{request.host}"}:
        raise Problem(403, f"Another site may not ask this: {origin}")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
