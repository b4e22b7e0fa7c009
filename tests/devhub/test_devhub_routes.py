"""The table of routes is whole, and every row of it is enforced."""

import pytest

from bot.devhub.permissions import LEVELS, satisfies
from bot.devhub.routes import APP, INSTALLATION, ROUTES
from tests.devhub.stage import REPO

GUARDED = [route for route in ROUTES if route.needs and "metadata" not in route.needs]


def names(needs: str) -> set[str]:
    return {each.strip() for each in needs.replace(";", ",").split(",") if each.strip()}


@pytest.mark.parametrize("route", ROUTES, ids=lambda row: f"{row.method} {row.path}")
def test_a_row_says_where_it_was_taken_from_and_what_it_needs(route):
    page, _, section = route.docs.partition("#")
    assert page.count("/") == 1
    assert section
    for need in names(route.needs):
        permission, level = need.split("=")
        assert level in LEVELS
        assert satisfies({permission: level}, need)
    assert route.needs or not route.path.startswith("/repos/") or route.by == APP


async def test_every_row_is_closed_without_its_permission(stage):
    token = await stage.token(permissions={"metadata": "read"})
    refused = []
    for route in GUARDED:
        path = route.path.replace("/repos/{owner}/{repo}", REPO).format_map(Anything())
        body = None if route.method == "GET" else {}
        answer = await stage.ask(f"{route.method} {path}", token, body)
        if answer.headers.get("X-Accepted-GitHub-Permissions") == route.needs:
            refused.append((route, answer.status))
    assert refused == [(route, 403) for route in GUARDED]


class Anything(dict):
    def __missing__(self, key: str) -> str:
        return "1"


def test_a_semicolon_means_either_and_a_comma_both():
    assert satisfies({"issues": "write"}, "issues=write; pull_requests=write")
    assert satisfies({"contents": "admin"}, "contents=write")
    assert not satisfies({"issues": "write"}, "issues=write, contents=read")
    assert not satisfies({"issues": "read"}, "issues=write; pull_requests=write")


def test_the_app_speaks_for_itself_or_for_an_installation_but_not_both():
    assert not APP & INSTALLATION
