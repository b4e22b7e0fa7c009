"""The whole of the embedded GitHub's state, and how things are found in it."""

import itertools
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, TypeVar

from bot.devhub.changes import Changes
from bot.devhub.hookshot import Hookshot
from bot.devhub.journal import Journal
from bot.devhub.organizations import Organization, highest
from bot.devhub.problems import not_found
from bot.devhub.ratelimits import RateLimits
from bot.devhub.records import Account, App, Grant, Installation, Repository, Role
from bot.devhub.rulesets import Ruleset
from bot.devhub.switches import Switches
from bot.devhub.tripwires import Tripwire
from bot.devhub.workflow_records import Shelf
from bot.model.clock import Clock


class _Dated(Protocol):
    created_at: float


Dated = TypeVar("Dated", bound=_Dated)


class Hub:
    """One GitHub: accounts, apps, installations, repositories, and its moving parts.

    Attributes:
        base: the address that everything is served at, known once the server listens.
        moved: repositories by the full names that they had before.
        fresh: when an event last told of a subject, by repository id and number or SHA.
    """

    def __init__(self, home: Path, clock: Clock, journal: Journal) -> None:
        self.home = home
        self.clock = clock
        self.base = ""
        self.accounts: dict[str, Account] = {}
        self.apps: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self.repositories: dict[str, Repository] = {}
        self.organizations: dict[int, Organization] = {}
        self.moved: dict[str, Repository] = {}
        self.grants: dict[str, Grant] = {}
        self.people: dict[str, Account] = {}
        self.fresh: dict[tuple[int, int | str], float] = {}
        self.workflows = Shelf()
        self.rulesets: dict[int, Ruleset] = {}
        self.switches = Switches()
        self.limits = RateLimits()
        self.tripwire = Tripwire()
        self.journal = journal
        self.changes = Changes()
        self.hookshot = Hookshot(clock, self.switches, journal)
        self._ids = itertools.count(1001)

    def next_id(self) -> int:
        """Return a number that nothing else has."""
        return next(self._ids)

    def now(self) -> float:
        """Return unix seconds."""
        return self.clock.now()

    def account(self, login: str) -> Account:
        """Return an account by its login, in any case.

        Raises:
            Problem: 404.
        """
        if (found := self.accounts.get(login.lower())) is None:
            raise not_found()
        return found

    def add_account(self, account: Account) -> Account:
        """Remember an account under its login."""
        self.accounts[account.login.lower()] = account
        return account

    def add_person_token(self, account: Account) -> str:
        """Return a new token that acts as this person."""
        token = f"ghp_{secrets.token_hex(18)}"
        self.people[token] = account
        return token

    def repository(self, owner: str, name: str) -> Repository:
        """Return a repository by its name, in any case.

        Raises:
            Problem: 404.
        """
        if (found := self.repositories.get(f"{owner}/{name}".lower())) is None:
            raise not_found()
        return found

    def followed(self, owner: str, name: str) -> Repository:
        """Return a repository by its name, or by one that it had before.

        Raises:
            Problem: 404.
        """
        old = f"{owner}/{name}".lower()
        if old in self.moved and old not in self.repositories:
            return self.moved[old]
        return self.repository(owner, name)

    def repositories_of(self, installation: Installation) -> list[Repository]:
        """Return what an installation covers, oldest first."""
        return [each for each in self.repositories.values() if covers(installation, each)]

    def installations_on(self, repository: Repository) -> list[Installation]:
        """Return every installation that covers a repository."""
        return [each for each in self.installations.values() if covers(each, repository)]

    def organization(self, account: Account) -> Organization | None:
        """Return what an account has as an organization, None when it is none."""
        if account.type != "Organization":
            return None
        return self.organizations.setdefault(account.id, Organization(account=account))

    def role(self, repository: Repository, account: Account) -> Role | None:
        """Return what an account is in a repository; everybody reads a public one."""
        if account is repository.owner:
            return "admin"
        organization = self.organization(repository.owner)
        belonging = None if organization is None else organization.role(repository, account)
        stranger: Role | None = None if repository.private else "read"
        return highest((repository.roles.get(account.id), belonging, stranger))

    def role_name(self, repository: Repository, account: Account) -> str:
        """Return the same by name: a custom role has its own, no role is `none`."""
        role = self.role(repository, account)
        if role is not None and role == repository.roles.get(account.id):
            return repository.custom_roles.get(account.id, role)
        return role or "none"

    def network(self, repository: Repository) -> list[Repository]:
        """Return a repository, what it is a fork of, and all other forks of that."""
        root = repository
        while root.parent is not None:
            root = root.parent
        found = [root]
        for each in found:
            found += each.forks
        return found

    def listed(self, records: Iterable[Dated]) -> list[Dated]:
        """Return those that lists already show."""
        shown_since = self.now() - self.switches.list_lag
        return [each for each in records if each.created_at <= shown_since]


def covers(installation: Installation, repository: Repository) -> bool:
    """Return whether an installation reaches a repository."""
    return installation.account is repository.owner and (
        installation.selected is None or repository.id in installation.selected
    )
