"""Roles of people: their own, their team's, their organization's, and ones it made up."""

import pytest

from tests.devhub.stage import PERMISSIONS, REPO


@pytest.fixture
async def members(stage):
    """A token of all of acme that may read its members."""
    await stage.control("PATCH /apps/greenroom", permissions={**PERMISSIONS, "members": "read"})
    await stage.control(f"PUT /installations/{stage.installation}/permissions")
    return await stage.token()


async def role(stage, login):
    path = f"GET {REPO}/collaborators/{login}/permission"
    said = await stage.did(path, stage.tokens["app"])
    return said["permission"], said["role_name"], said["user"]["permissions"]["push"]


async def test_a_custom_role_has_a_name_and_what_it_is_based_on(stage):
    await stage.control("PUT /organizations/acme/roles/reviewer", base="triage")
    await stage.person("rae", "reviewer")
    assert await role(stage, "rae") == ("read", "reviewer", False)
    await stage.control("PUT /repositories/acme/demo/collaborators/rae", role="maintain")
    assert await role(stage, "rae") == ("write", "maintain", True)


async def test_the_highest_of_all_roles_counts(stage):
    await stage.person("tom")
    assert await role(stage, "tom") == ("none", "none", False)
    await stage.control("PUT /organizations/acme/members/tom", role="member")
    assert await role(stage, "tom") == ("read", "read", False)
    await stage.control("PATCH /organizations/acme", base_role=None)
    assert await role(stage, "tom") == ("none", "none", False)
    team = {"members": {"tom": "member"}, "repositories": {"demo": "write"}}
    await stage.control("PUT /organizations/acme/teams/core", **team)
    assert await role(stage, "tom") == ("write", "write", True)
    await stage.control("PUT /organizations/acme/members/tom", role="admin")
    assert (await role(stage, "tom"))[0] == "admin"


async def test_everybody_reads_what_is_public(stage):
    await stage.person("eve")
    assert (await stage.ask(f"GET {REPO}", stage.tokens["eve"])).status == 404
    await stage.control("PUT /repositories/acme/demo/private", private=False)
    assert await role(stage, "eve") == ("read", "read", False)
    body = {"title": "Hello", "body": "from outside"}
    assert (await stage.ask(f"POST {REPO}/issues", stage.tokens["eve"], body)).status == 201


async def test_an_organization_tells_who_belongs_to_it_and_to_its_teams(stage, members):
    await stage.person("tom")
    await stage.control("PUT /organizations/acme/teams/core", members={"tom": "maintainer"})
    said = await stage.did("GET /orgs/acme/memberships/tom", members)
    assert (said["role"], said["state"]) == ("member", "active")
    said = await stage.did("GET /orgs/acme/teams/core/memberships/tom", members)
    assert said["role"] == "maintainer"
    for path in ("memberships/ann", "teams/core/memberships/ann", "teams/no/memberships/tom"):
        assert (await stage.ask(f"GET /orgs/acme/{path}", members)).status == 404


async def test_a_token_for_a_repository_learns_of_no_member(stage, members):
    await stage.person("tom")
    await stage.control("PUT /organizations/acme/members/tom", role="member")
    path = "GET /orgs/acme/memberships/tom"
    assert (await stage.ask(path, await stage.token(repositories=["demo"]))).status == 404
    assert (await stage.ask(path, members)).status == 200
    assert (await stage.ask(path, stage.tokens["app"])).status == 403
    assert (await stage.ask(path, stage.tokens["ann"])).status == 403
    assert (await stage.ask(path, stage.tokens["tom"])).status == 200


@pytest.mark.parametrize(
    ("line", "body", "status"),
    [
        ("PATCH /organizations/acme", {"base_role": "owner"}, 422),
        ("PATCH /organizations/ann", {"base_role": "read"}, 404),
        ("PUT /organizations/acme/members/ann", {"role": "owner"}, 422),
        ("PUT /organizations/acme/roles/x", {"base": "none"}, 422),
        ("PUT /organizations/acme/teams/x", {"repositories": {"demo": "none"}}, 422),
    ],
)
async def test_a_role_that_there_is_not_is_refused(stage, line, body, status):
    method, path = line.split()
    assert (await stage.ask(f"{method} /_devhub{path}", body=body)).status == status
