"""Deliveries: who hears what, how it is signed, and what the log says."""

from bot.devhub.hookshot import TIMEOUT
from tests.devhub.stage import PERMISSIONS, REPO, hours


async def test_a_delivery_carries_githubs_headers(stage):
    await stage.drained()
    (headers,) = stage.ear.headers
    assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert headers["Content-Type"] == "application/json"
    assert headers["X-GitHub-Hook-Installation-Target-Type"] == "integration"
    assert headers["X-GitHub-Hook-Installation-Target-ID"] == str(stage.app["id"])
    assert len(headers["X-GitHub-Delivery"]) == 36


async def second_app(stage, permissions, events):
    await stage.control(
        "POST /apps",
        slug="other",
        owner="acme",
        webhook_url=stage.ear.url.replace("webhook", "other"),
        webhook_secret="x",
        permissions=permissions,
        events=events,
    )
    return await stage.control("POST /installations", app="other", account="acme")


def events_of(stage, slug):
    app = next(each for each in stage.hub.apps.values() if each.slug == slug)
    return [each.event for each in app.deliveries]


async def test_an_app_hears_what_it_subscribed_to(stage):
    await second_app(stage, PERMISSIONS, ["issue_comment"])
    await stage.opens_issue()
    await stage.did(f"POST {REPO}/issues/1/comments", stage.tokens["ann"], {"body": "hi"})
    assert events_of(stage, "other") == ["installation", "issue_comment"]


async def test_an_app_hears_nothing_that_it_may_not_read(stage):
    await second_app(stage, {"contents": "read"}, ["issues"])
    await stage.opens_issue()
    assert events_of(stage, "other") == ["installation"]


async def test_writing_checks_subscribes_to_them_but_not_to_others_requests(stage):
    await second_app(stage, {"checks": "write"}, [])
    ref = await stage.did(f"GET {REPO}/git/ref/heads/main", stage.tokens["app"])
    body = {"name": "x", "head_sha": ref["object"]["sha"]}
    run = await stage.did(f"POST {REPO}/check-runs", stage.tokens["app"], body)
    await stage.did(f"POST {REPO}/check-runs/{run['id']}/rerequest", stage.tokens["ann"])
    assert events_of(stage, "other") == ["installation", "check_run"]
    assert events_of(stage, "greenroom").count("check_run") == 2


async def test_an_app_hears_only_of_its_repositories(stage):
    await stage.control("POST /repositories", owner="acme", name="other")
    path = f"PUT /installations/{stage.installation}/repositories"
    await stage.control(path, repositories=["other"])
    await stage.opens_issue()
    await stage.drained()
    assert stage.ear.names == ["installation.created", "installation_repositories.removed"]
    gone = stage.ear.last("installation_repositories")["repositories_removed"]
    assert [each["full_name"] for each in gone] == ["acme/demo"]


async def test_installations_are_told_of_whatever_becomes_of_them(stage):
    path = f"/installations/{stage.installation}"
    await stage.control(f"PUT {path}/suspended")
    await stage.control(f"DELETE {path}/suspended")
    await stage.control(f"DELETE {path}")
    await stage.drained()
    actions = [f"installation.{name}" for name in ("created", "suspend", "unsuspend", "deleted")]
    assert stage.ear.names == actions
    assert stage.ear.last("installation")["repositories"][0]["name"] == "demo"


async def test_the_log_tells_of_each_attempt(stage):
    stage.ear.status = 500
    await stage.opens_issue()
    await stage.drained()
    failed, fine = await stage.did("GET /app/hook/deliveries", stage.jwt())
    assert (fine["status"], fine["status_code"]) == ("OK", 202)
    assert (failed["event"], failed["action"], failed["status_code"]) == ("issues", "opened", 500)
    (only,) = await stage.did("GET /app/hook/deliveries?status=failure", stage.jwt())
    assert only == failed
    whole = await stage.did(f"GET /app/hook/deliveries/{failed['id']}", stage.jwt())
    assert whole["request"]["payload"]["issue"]["number"] == 1
    assert whole["request"]["headers"]["X-GitHub-Delivery"] == failed["guid"]


async def test_nothing_is_sent_twice_by_itself_but_again_by_hand(stage):
    stage.ear.status = 500
    await stage.opens_issue()
    await stage.drained()
    assert stage.ear.names.count("issues.opened") == 1
    failed, _ = await stage.did("GET /app/hook/deliveries", stage.jwt())
    answer = await stage.ask(f"POST /app/hook/deliveries/{failed['id']}/attempts", stage.jwt())
    assert answer.status == 202
    await stage.drained()
    first, again = stage.ear.headers[-2:]
    assert first["X-GitHub-Delivery"] == again["X-GitHub-Delivery"]
    newest, *_ = await stage.did("GET /app/hook/deliveries", stage.jwt())
    assert (newest["redelivery"], newest["guid"]) == (True, failed["guid"])


async def test_the_log_is_read_by_cursor_and_forgets_after_three_days(stage):
    for _ in range(4):
        await stage.opens_issue()
    await stage.drained()
    path, seen = "/app/hook/deliveries?per_page=2", []
    while path:
        answer = await stage.ask(f"GET {path}", stage.jwt())
        seen += [each["id"] for each in answer.body]
        link = answer.headers.get("Link", "")
        path = link.partition(">")[0].removeprefix(f"<{stage.hub.base}")
    assert (len(seen), seen) == (5, sorted(seen, reverse=True))
    stage.moves(hours(73))
    assert await stage.did("GET /app/hook/deliveries", stage.jwt()) == []


async def test_an_app_that_moved_is_found_at_its_new_address(stage):
    await stage.control("PATCH /apps/greenroom", webhook_url="http://127.0.0.1:9/nowhere")
    await stage.opens_issue()
    await stage.drained()
    newest, *_ = await stage.did("GET /app/hook/deliveries", stage.jwt())
    assert (newest["status"], newest["status_code"]) == ("failed to connect to host", 0)


async def test_an_app_that_is_silent_for_too_long_has_failed(stage):
    stage.hub.hookshot.timeout, stage.ear.silent = 0.05, True
    await stage.opens_issue()
    await stage.drained()
    newest, *_ = await stage.did("GET /app/hook/deliveries", stage.jwt())
    assert (newest["status"], newest["status_code"]) == ("timed out", 504)


def test_an_app_has_ten_seconds():
    assert TIMEOUT == 10
