"""All that the hub answers and sends is as GitHub describes it."""

import pytest

from bot.devhub.routes import ROUTES
from tests.devhub.checkout import Checkout
from tests.devhub.stage import REPO, Stage
from tests.published.description import operations
from tests.published.recording import check_recording


@pytest.mark.parametrize("route", ROUTES, ids=lambda row: f"{row.method} {row.path}")
def test_a_route_is_one_of_githubs(route):
    known = {(each.method.upper(), each.template) for each in operations()}
    assert (route.method, route.path) in known


async def test_a_walk_over_everything_is_as_described(stage, tmp_path):
    checkout = await Checkout.clone(stage, tmp_path / "work", stage.tokens["app"])
    await as_an_app(stage)
    await over_issues(stage)
    await over_code(stage, checkout)
    await over_checks(stage)
    await over_pulls(stage)
    await through_installations(stage)
    await stage.drained()
    assert check_recording(stage.record) == []


async def as_an_app(stage: Stage) -> None:
    await stage.drained()
    newest, *_ = await stage.did("GET /app/hook/deliveries", stage.jwt())
    for line in (
        "GET /app",
        "GET /app/installations",
        f"GET /app/installations/{stage.installation}",
        f"GET {REPO}/installation",
        f"GET /app/hook/deliveries/{newest['id']}",
        f"POST /app/hook/deliveries/{newest['id']}/attempts",
    ):
        await stage.did(line, stage.jwt())
    token = await stage.token(repositories=["demo"], permissions={"issues": "write"})
    for path in ("/installation/repositories", REPO, "/rate_limit", "/meta", "/apps/greenroom"):
        await stage.did(f"GET {path}", token)
    await stage.did(f"GET {REPO}/collaborators/ann/permission", token)
    await stage.did("GET /users/greenroom%5Bbot%5D", token)
    await stage.did("GET /user", stage.tokens["ann"])
    await stage.ask(f"GET {REPO}/pulls", token)
    await stage.did("DELETE /installation/token", token)
    await stage.ask(f"GET {REPO}", token)


async def over_issues(stage: Stage) -> None:
    app, ann = stage.tokens["app"], stage.tokens["ann"]
    issue = f"{REPO}/issues/{await stage.opens_issue(labels=['bug'])}"
    await stage.did(f"POST {REPO}/labels", ann, {"name": "a b", "color": "ff0000"})
    for method, labels in (("POST", ["agent:tidy"]), ("PUT", ["agent:tidy", "a b"])):
        await stage.did(f"{method} {issue}/labels", app, {"labels": labels})
    for path in (f"{REPO}/labels", f"{REPO}/labels/a%20b", f"{issue}/labels", issue):
        await stage.did(f"GET {path}", app)
    await stage.did(f"GET {REPO}/issues?state=all&labels=agent:tidy", app)
    await stage.did(f"DELETE {issue}/labels/a%20b", app)
    made = await stage.did(f"POST {issue}/comments", app, {"body": "working"})
    comment = f"{REPO}/issues/comments/{made['id']}"
    await stage.did(f"PATCH {comment}", app, {"body": "done"})
    for path in (comment, f"{issue}/comments?per_page=100"):
        await stage.did(f"GET {path}", app)
    for thing in (issue, comment):
        one = await stage.did(f"POST {thing}/reactions", app, {"content": "eyes"})
        await stage.did(f"POST {thing}/reactions", app, {"content": "eyes"})
        await stage.did(f"GET {thing}/reactions", app)
        await stage.did(f"DELETE {thing}/reactions/{one['id']}", app)
    await stage.did(f"DELETE {comment}", app)
    for state in ("closed", "open"):
        await stage.did(f"PATCH {issue}", ann, {"state": state, "title": state})


async def over_code(stage: Stage, checkout: Checkout) -> None:
    app, base = stage.tokens["app"], await checkout.head()
    await checkout.commit({"src/a.py": "x = 1\n", "new.txt": "n\n"}, "Tidy", branch="gr/tidy")
    await checkout.push("gr/tidy", "main:refs/tags/v1")
    head = await checkout.head()
    commit = await stage.did(f"GET {REPO}/git/commits/{head}", app)
    tree = await stage.did(f"GET {REPO}/git/trees/{commit['tree']['sha']}?recursive=1", app)
    blob = next(each["sha"] for each in tree["tree"] if each["type"] == "blob")
    await stage.did(f"POST {REPO}/git/refs", app, {"ref": "refs/heads/x", "sha": head})
    await stage.did(f"PATCH {REPO}/git/refs/heads/x", app, {"sha": base, "force": True})
    await stage.did(f"DELETE {REPO}/git/refs/heads/x", app)
    for path in (
        "/branches",
        "/branches/gr/tidy",
        "/commits?sha=gr/tidy",
        "/commits/gr/tidy",
        f"/commits/{base}",
        "/compare/main...gr/tidy",
        "/contents/src/a.py?ref=gr/tidy",
        "/contents/src",
        "/git/ref/heads/gr/tidy",
        "/git/matching-refs/heads/",
        f"/git/blobs/{blob}",
    ):
        await stage.did(f"GET {REPO}{path}", app)
    raw = {"Accept": "application/vnd.github.raw+json"}
    await stage.did(f"GET {REPO}/contents/src/a.py", app, **raw)
    await stage.ask(f"GET {REPO}/contents/none", app)


async def over_checks(stage: Stage) -> None:
    app = stage.tokens["app"]
    ref = await stage.did(f"GET {REPO}/git/ref/heads/gr/tidy", app)
    note = {"path": "new.txt", "start_line": 1, "end_line": 1, "message": "m"}
    body = {
        "name": "greenroom / tidy",
        "head_sha": ref["object"]["sha"],
        "status": "in_progress",
        "output": {
            "title": "Tidy",
            "summary": "Working",
            "annotations": [{**note, "annotation_level": "notice"}],
        },
    }
    made = await stage.did(f"POST {REPO}/check-runs", app, body)
    run = f"{REPO}/check-runs/{made['id']}"
    button = {"label": "Retry", "description": "Run again", "identifier": "retry"}
    await stage.did(f"PATCH {run}", app, {"conclusion": "success", "actions": [button]})
    press = {"repository": "acme/demo", "check_run": made["id"], "identifier": "retry"}
    await stage.control("POST /press", **press, login="ann")
    await stage.did(f"POST {run}/rerequest", stage.tokens["ann"])
    suite = f"{REPO}/check-suites/{made['check_suite']['id']}"
    await stage.did(f"POST {suite}/rerequest", stage.tokens["ann"])
    commit = f"{REPO}/commits/gr/tidy"
    lists = (f"{suite}/check-runs", f"{commit}/check-runs", f"{commit}/check-suites")
    for path in (run, f"{run}/annotations", suite, *lists):
        await stage.did(f"GET {path}", app)


async def over_pulls(stage: Stage) -> None:
    app = stage.tokens["app"]
    body = {"title": "Tidy", "head": "gr/tidy", "base": "main", "body": "Closes #1"}
    made = await stage.did(f"POST {REPO}/pulls", app, body)
    pull = f"{REPO}/pulls/{made['number']}"
    await stage.did(f"PATCH {pull}", app, {"body": "Closes #1, really"})
    labels = {"labels": ["bug"]}
    await stage.did(f"POST {REPO}/issues/{made['number']}/labels", app, labels)
    await stage.ask(f"GET {pull}/merge", app)
    for state in ("closed", "open"):
        await stage.did(f"PATCH {pull}", app, {"state": state})
    for path in (pull, f"{pull}/files", f"{pull}/commits", f"{REPO}/pulls?head=acme:gr/tidy"):
        await stage.did(f"GET {path}", app)
    await stage.did(f"GET {REPO}/commits/{made['head']['sha']}/pulls", app)
    await stage.did(f"GET {pull}", app, Accept="application/vnd.github.diff")
    await stage.did(f"PUT {pull}/merge", stage.tokens["ann"], {"sha": made["head"]["sha"]})
    for path in (f"{pull}/merge", pull, f"{REPO}/issues/1"):
        await stage.did(f"GET {path}", app)


async def through_installations(stage: Stage) -> None:
    path = f"/installations/{stage.installation}"
    await stage.control(f"PUT {path}/repositories", repositories=[])
    await stage.control(f"PUT {path}/repositories", repositories=None)
    await stage.control(f"PUT {path}/suspended")
    await stage.ask(f"GET {REPO}", stage.tokens["app"])
    await stage.control(f"DELETE {path}/suspended")
    await stage.control(f"DELETE {path}")
