"""Who may ask: JWTs, tokens, their limits and their end."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.devhub.stage import REPO, hours


async def test_an_app_is_known_by_its_jwt(stage):
    shown = await stage.did("GET /app", stage.jwt())
    assert (shown["slug"], shown["installations_count"]) == ("greenroom", 1)
    assert (await stage.did("GET /app", stage.jwt(iss=stage.app["client_id"])))["slug"]


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ({"issued": 60}, "'Issued at' claim"),
        ({"expires": -1}, "'Expiration time' claim"),
        ({"expires": 700}, "too far in the future"),
        ({"iss": "999"}, "Integration not found"),
    ],
)
async def test_a_jwt_out_of_time_or_of_nobody_is_refused(stage, times, words):
    answer = await stage.ask("GET /app", stage.jwt(**times))
    assert answer.status in {401, 404}
    assert words in answer.body["message"]


async def test_a_jwt_signed_with_another_key_is_refused(stage):
    other = rsa.generate_private_key(65537, 2048)
    claims = {"iat": stage.hub.now() - 9, "exp": stage.hub.now() + 9, "iss": stage.app["id"]}
    forged = jwt.encode(claims | {"iss": str(stage.app["id"])}, other, algorithm="RS256")
    answer = await stage.ask("GET /app", forged)
    assert (answer.status, answer.body["status"]) == (401, "401")


async def test_nobody_and_a_wrong_token_get_401(stage):
    assert (await stage.ask(f"GET {REPO}")).status == 401
    assert (await stage.ask(f"GET {REPO}", "ghs_nonsense")).body["message"] == "Bad credentials"


async def test_a_token_lives_for_an_hour(stage):
    token = await stage.token()
    stage.moves(hours(1) - 5)
    assert (await stage.ask(f"GET {REPO}", token)).status == 200
    stage.moves(hours(1) + 1)
    assert (await stage.ask(f"GET {REPO}", token)).status == 401


async def test_a_token_can_be_given_back(stage):
    token = await stage.token()
    await stage.did("DELETE /installation/token", token)
    assert (await stage.ask(f"GET {REPO}", token)).status == 401


async def test_a_token_holds_only_the_permissions_that_it_was_narrowed_to(stage):
    token = await stage.token(permissions={"issues": "read"})
    await stage.opens_issue()
    assert (await stage.ask(f"GET {REPO}/issues/1", token)).status == 200
    answer = await stage.ask(f"POST {REPO}/issues/1/comments", token, {"body": "no"})
    assert answer.status == 403
    assert answer.body["message"] == "Resource not accessible by integration"
    accepted = answer.headers["X-Accepted-GitHub-Permissions"]
    assert accepted == "issues=write; pull_requests=write"


async def test_a_token_opens_only_the_repositories_that_it_was_narrowed_to(stage):
    await stage.control("POST /repositories", owner="acme", name="other", private=True)
    token = await stage.token(repositories=["other"])
    assert (await stage.ask("GET /repos/acme/other", token)).status == 200
    assert (await stage.ask(f"GET {REPO}", token)).status == 404
    opened = await stage.did("GET /installation/repositories", token)
    assert [each["name"] for each in opened["repositories"]] == ["other"]


@pytest.mark.parametrize(
    "wider",
    [
        {"permissions": {"administration": "read"}},
        {"permissions": {"issues": "admin"}},
        {"repositories": ["nowhere"]},
        {"repository_ids": [1]},
    ],
)
async def test_a_token_cannot_be_wider_than_the_installation(stage, wider):
    path = f"/app/installations/{stage.installation}/access_tokens"
    assert (await stage.ask(f"POST {path}", stage.jwt(), wider)).status == 422


async def test_a_misspelt_narrowing_narrows_nothing_as_on_github(stage):
    token = await stage.token(permission={"issues": "read"})
    await stage.opens_issue()
    answer = await stage.ask(f"POST {REPO}/issues/1/comments", token, {"body": "oh"})
    assert answer.status == 201


async def test_a_suspended_installation_is_locked_out_and_hears_nothing(stage):
    await stage.control(f"PUT /installations/{stage.installation}/suspended")
    assert (await stage.ask(f"GET {REPO}", stage.tokens["app"])).status == 403
    await stage.opens_issue()
    await stage.drained()
    assert stage.ear.names == ["installation.created", "installation.suspend"]


async def test_an_uninstalled_app_has_no_token_left(stage):
    await stage.control(f"DELETE /installations/{stage.installation}")
    assert (await stage.ask(f"GET {REPO}", stage.tokens["app"])).status == 401


async def test_people_have_what_their_role_allows(stage):
    reader, stranger = await stage.person("rae", "read"), await stage.person("sid")
    await stage.opens_issue()
    assert (await stage.ask(f"GET {REPO}/issues/1", reader)).status == 200
    labels = {"labels": ["bug"]}
    assert (await stage.ask(f"POST {REPO}/issues/1/labels", reader, labels)).status == 403
    assert (await stage.ask(f"GET {REPO}/issues/1", stranger)).status == 404


async def test_only_apps_write_checks(stage):
    answer = await stage.ask(f"POST {REPO}/check-runs", stage.tokens["ann"], {"name": "x"})
    assert answer.status == 403


async def test_a_request_without_user_agent_is_forbidden(stage):
    async with stage.http.get(
        f"{stage.hub.base}/users/ann", skip_auto_headers=["User-Agent"]
    ) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    ("role", "permission"),
    [
        ("admin", "admin"),
        ("maintain", "write"),
        ("write", "write"),
        ("triage", "read"),
        ("read", "read"),
        ("none", "none"),
    ],
)
async def test_a_role_is_told_folded_and_whole(stage, role, permission):
    await stage.person("pat", role)
    shown = await stage.did(f"GET {REPO}/collaborators/pat/permission", stage.tokens["app"])
    assert (shown["permission"], shown["role_name"]) == (permission, role)
    assert shown["user"]["permissions"]["triage"] == (role not in {"read", "none"})


async def test_nobodys_permission_is_404(stage):
    path = f"{REPO}/collaborators/nobody/permission"
    assert (await stage.ask(f"GET {path}", stage.tokens["app"])).status == 404


async def test_accounts_are_people_and_bots(stage):
    bot = await stage.did("GET /users/greenroom[bot]", stage.tokens["app"])
    assert (bot["type"], bot["id"]) == ("Bot", stage.app["bot"]["id"])
    assert (await stage.did("GET /user", stage.tokens["ann"]))["login"] == "ann"
