"""One request to the API, as its handler sees it, and the handler's answer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode

from bot.devhub.callers import Caller
from bot.devhub.events import Scene
from bot.devhub.hub import Hub, covers
from bot.devhub.permissions import reaches
from bot.devhub.problems import Problem, moved_to, not_found, not_supplied, wrong_type
from bot.devhub.records import Account, App, Grant, Issue, Repository, Role

Kind = Literal["app", "installation", "person", "nobody"]
Record = TypeVar("Record")
Shape = TypeVar("Shape")
TOKEN: frozenset[Kind] = frozenset({"installation", "person"})
JSON = "application/json; charset=utf-8"
DOCS = "https://docs.github.com/rest/"


def sees(hub: Hub, caller: Caller, repository: Repository) -> bool:
    """Return whether a caller may know of a repository."""
    match caller.kind, caller.grant, caller.account:
        case "installation", Grant() as grant, _:
            inside = grant.selected is None or repository.id in grant.selected
            return inside and covers(grant.installation, repository)
        case "app", _, _:
            return any(each.app is caller.app for each in hub.installations_on(repository))
        case _, _, Account() as person:
            return hub.role(repository, person) is not None
        case _:
            return not repository.private


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a handler answers: JSON, or text in another media type."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str = JSON


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table of what the API answers.

    Attributes:
        operation: method and path, as GitHub's description spells it; REPO is short for the
            address of a repository.
        docs: the section of GitHub's documentation that the row was taken from.
        needs: permissions of an installation's token (see `permissions.satisfies`).
        person: the least role of a person in the repository.
        by: which kinds of callers it is for.
    """

    operation: str
    handler: "Handler"
    docs: str
    needs: str = ""
    person: Role = "read"
    by: frozenset[Kind] = TOKEN

    @property
    def method(self) -> str:
        """Return `GET` and the like."""
        return self.operation.partition(" ")[0]

    @property
    def path(self) -> str:
        """Return the path with its parameters in braces."""
        return self.operation.partition(" ")[2].replace("REPO", "/repos/{owner}/{repo}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request whose caller is known and allowed.

    Attributes:
        path: as it was sent, percent-encoded.
        params: what stands in the path for the names in braces, decoded.
    """

    hub: Hub
    caller: Caller
    route: Route
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    accept: str

    @property
    def actor(self) -> Account:
        """Return who acts: a person, or the app's bot."""
        assert self.caller.account is not None, "the route is open to nobody"
        return self.caller.account

    @property
    def app(self) -> App | None:
        """Return the app through which it is done, if any."""
        return self.caller.app

    @property
    def repository(self) -> Repository:
        """Return the repository that the path names.

        Raises:
            Problem: 404 when there is none, or the caller may not know of it; a redirection
                when it has another name by now.
        """
        named = "repository_id" not in self.params
        found = self._by_name() if named else self._by_id()
        if not sees(self.hub, self.caller, found):
            raise not_found()
        if named and found is self.hub.moved.get(self._full_name.lower()):
            raise self._elsewhere(found)
        return found

    @property
    def _full_name(self) -> str:
        return f"{self.params['owner']}/{self.params['repo']}"

    def _by_name(self) -> Repository:
        return self.hub.followed(self.params["owner"], self.params["repo"])

    def _by_id(self) -> Repository:
        wanted = int(self.params["repository_id"])
        for each in self.hub.repositories.values():
            if each.id == wanted:
                return each
        raise not_found()

    def _elsewhere(self, found: Repository) -> Problem:
        """Return the redirection to a repository's address by its id.

        https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
        """
        rest = self.path.removeprefix(f"/repos/{self._full_name}")
        query = f"?{urlencode(self.query)}" if self.query else ""
        where = f"{self.hub.base}/repositories/{found.id}{rest}{query}"
        return moved_to(where, keeps_method=self.route.method != "GET")

    @property
    def scene(self) -> Scene:
        """Return where it happens and who does it, for events."""
        return Scene(hub=self.hub, repository=self.repository, actor=self.actor)

    def shaping(self, shape: Callable[..., Shape], *of: Any) -> Callable[..., Shape]:
        """Return a builder of JSON that knows the hub's address and the repository already."""
        return partial(shape, self.hub.base, self.repository, *of)

    def may(self, role: Role) -> bool:
        """Return whether a person has at least a role here; apps have permissions instead."""
        person = self.caller.kind == "person"
        return not person or reaches(self.hub.role(self.repository, self.actor), role)

    def issue(self, name: str = "issue_number") -> Issue:
        """Return the issue or pull request that the path names.

        Raises:
            Problem: 404; a redirection when it was transferred, 410 when it was deleted.
        """
        number = int(self.params[name]) if self.params[name].isdecimal() else 0
        found = self.repository.issues.get(number)
        if found is None:
            raise self._missing(number)
        return found

    def _missing(self, number: int) -> Problem:
        gone = self.repository.gone
        if address := gone.get(number):
            return moved_to(address)
        return Problem(410, "This issue was deleted") if number in gone else not_found()

    def identified(self, records: Mapping[int, Record], name: str) -> Record:
        """Return the record whose id stands in the path.

        Raises:
            Problem: 404.
        """
        number = self.params[name]
        found = records.get(int(number)) if number.isdecimal() else None
        if found is None:
            raise not_found()
        return found

    def text(self, field: str) -> str:
        """Return a required text of the body.

        Raises:
            Problem: 422 when it is missing or no text.
        """
        if field not in self.body:
            raise not_supplied(field)
        value = self.body[field]
        if not isinstance(value, str):
            raise wrong_type(field, value, "a string")
        return value

    def maybe_text(self, field: str) -> str | None:
        """Return an optional text of the body.

        Raises:
            Problem: 422 when it is something else.
        """
        return None if self.body.get(field) is None else self.text(field)

    def texts(self, field: str) -> list[str]:
        """Return a list of texts, empty when the body has none.

        Raises:
            Problem: 422 when it is something else.
        """
        values = self.body.get(field) or []
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            raise wrong_type(field, values, "an array of strings")
        return values


Handler = Callable[[Call], Awaitable[Reply]]
