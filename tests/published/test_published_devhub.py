"""All that the embedded GitHub answers and sends is as GitHub describes it."""

import json

import pytest

from bot.devhub.routes import ROUTES
from tests.published.description import operations
from tests.published.recording import check_line
from tests.published.visitor import Visitor, control, furnished, serving

CHECK = {
    "name": "green / tidy",
    "status": "in_progress",
    "external_id": "1",
    "details_url": "http://127.0.0.1:9/runs/1",
    "started_at": "2026-01-01T00:00:00Z",
    "output": {"title": "Working", "summary": "Nothing yet"},
}
ANNOTATION = {
    "path": "README.md",
    "start_line": 1,
    "end_line": 1,
    "annotation_level": "notice",
    "message": "look here",
}
DONE = {
    "status": "completed",
    "conclusion": "success",
    "output": {"title": "Done", "summary": "All well", "annotations": [ANNOTATION]},
    "actions": [{"label": "Retry", "description": "Once more", "identifier": "retry"}],
}


async def meets_the_app(visitor: Visitor) -> None:
    at = f"/app/installations/{visitor.installation}"
    for path in ("/app", "/app/installations", at, "~/installation"):
        await visitor.asks(f"GET {path}", by="app")
    narrow = {"repositories": ["cat"], "permissions": {"issues": "read"}}
    visitor.tokens = dict(visitor.tokens) | {
        "narrow": (await visitor.asks(f"POST {at}/access_tokens", narrow, by="app"))["token"]
    }
    await visitor.asks("POST ~/issues", {"title": "Not mine to open"}, by="narrow")
    await visitor.asks("DELETE /installation/token", by="narrow")
    for path in ("/installation/repositories", "/rate_limit", "/meta", "/users/green%5Bbot%5D"):
        await visitor.asks(f"GET {path}")
    for path in (
        "/apps/green",
        "/user",
        "/users/ada",
        f"/users/{visitor.repository.partition('/')[0]}",
    ):
        await visitor.asks(f"GET {path}", by="ada")
    for login in ("ada", "green%5Bbot%5D", "nobody"):
        await visitor.asks(f"GET ~/collaborators/{login}/permission")
    for asking in ("ada", "installation", "nobody", "narrow"):
        await visitor.asks("GET ~", by=asking)


async def reads_the_code(visitor: Visitor) -> str:
    branch = await visitor.asks("GET ~/branches/main")
    sha = branch["commit"]["sha"]
    commit = await visitor.asks(f"GET ~/git/commits/{sha}")
    tree = await visitor.asks(f"GET ~/git/trees/{commit['tree']['sha']}?recursive=1")
    blob = next(entry["sha"] for entry in tree["tree"] if entry["type"] == "blob")
    for path in (
        "~/branches",
        "~/branches/none",
        "~/commits",
        "~/commits/main",
        f"~/git/blobs/{blob}",
        "~/contents/README.md?ref=main",
        "~/contents/src",
        "~/contents/none",
        "~/git/ref/heads/main",
        "~/git/ref/heads/none",
        "~/git/matching-refs/heads/",
    ):
        await visitor.asks(f"GET {path}")
    return sha


async def talks_in_an_issue(visitor: Visitor) -> None:
    await visitor.asks("POST ~/labels", {"name": "agent:tidy", "color": "ededed"}, by="ada")
    issue = await visitor.asks("POST ~/issues", {"title": "Tidy", "labels": ["bug"]}, by="ada")
    at = f"~/issues/{issue['number']}"
    await visitor.asks(f"POST {at}/labels", {"labels": ["agent:tidy"]}, by="ada")
    await visitor.asks(f"PUT {at}/labels", {"labels": ["agent:tidy", "bug"]}, by="ada")
    await visitor.asks(f"DELETE {at}/labels/bug")
    await visitor.asks(f"DELETE {at}/labels/none")
    comment = await visitor.asks(f"POST {at}/comments", {"body": "Working"})
    said = f"~/issues/comments/{comment['id']}"
    await visitor.asks(f"PATCH {said}", {"body": "Done"})
    for place in (at, said):
        reaction = await visitor.asks(f"POST {place}/reactions", {"content": "eyes"})
        await visitor.asks(f"POST {place}/reactions", {"content": "eyes"})
        await visitor.asks(f"GET {place}/reactions")
        await visitor.asks(f"DELETE {place}/reactions/{reaction['id']}")
    for path in ("~/labels", "~/labels/agent:tidy", "~/issues?state=all", at, said):
        await visitor.asks(f"GET {path}")
    for path in (f"{at}/labels", f"{at}/comments?per_page=100", "~/issues/999"):
        await visitor.asks(f"GET {path}")
    await visitor.asks(f"DELETE {said}")
    for edit in ({"title": "Tidier"}, {"body": None}, {"state": "closed"}, {"state": "open"}):
        await visitor.asks(f"PATCH {at}", edit, by="ada")


async def opens_a_pull_request(visitor: Visitor, sha: str) -> tuple[int, str]:
    ref = {"ref": "refs/heads/topic/x", "sha": sha}
    await visitor.asks("POST ~/git/refs", ref)
    await visitor.asks("POST ~/git/refs", ref)
    head = await visitor.pushes("topic/x", "new.txt")
    wish = {"title": "Tidy", "head": "topic/x", "base": "main", "body": "Closes #1", "draft": True}
    pull = await visitor.asks("POST ~/pulls", wish)
    await visitor.asks("POST ~/pulls", wish)
    number = pull["number"]
    at = f"~/pulls/{number}"
    await visitor.asks(f"PATCH {at}", {"title": "Tidy it"})
    for path in ("~/pulls?state=open&base=main", at, f"{at}/files", f"{at}/commits"):
        await visitor.asks(f"GET {path}")
    for path in ("~/compare/main...topic%2Fx", f"~/commits/{head}/pulls", f"~/issues/{number}"):
        await visitor.asks(f"GET {path}")
    await visitor.asks(f"POST ~/issues/{number}/labels", {"labels": ["agent:tidy"]}, by="ada")
    await visitor.asks(f"DELETE ~/issues/{number}/labels/agent:tidy", by="ada")
    await visitor.asks(f"POST ~/issues/{number}/comments", {"body": "/review"}, by="ada")
    return number, head


async def checks_it(visitor: Visitor, head: str) -> None:
    run = await visitor.asks("POST ~/check-runs", {**CHECK, "head_sha": head})
    await visitor.asks("POST ~/check-runs", {**CHECK, "head_sha": "f" * 40})
    at = f"~/check-runs/{run['id']}"
    await visitor.asks(f"PATCH {at}", DONE)
    pressed = {"repository": visitor.repository, "check_run": run["id"]}
    await control(visitor.http, "POST /press", **pressed, identifier="retry", login="ada")
    suites = await visitor.asks(f"GET ~/commits/{head}/check-suites")
    suite = f"~/check-suites/{suites['check_suites'][0]['id']}"
    for path in (at, f"{at}/annotations", suite, f"{suite}/check-runs"):
        await visitor.asks(f"GET {path}")
    await visitor.asks("GET ~/commits/topic/x/check-runs?filter=latest")
    await visitor.asks(f"POST {at}/rerequest")
    await visitor.asks(f"POST {suite}/rerequest")


async def writes_a_commit(visitor: Visitor, sha: str) -> None:
    put = {"message": "Add", "content": "b25lCg==", "branch": "topic/x"}
    made = await visitor.asks("PUT ~/contents/put.txt", put)
    again = {**put, "content": "dHdvCg=="}
    await visitor.asks("PUT ~/contents/put.txt", again)
    replaced = {**again, "sha": made["content"]["sha"]}
    await visitor.asks("PUT ~/contents/put.txt", replaced, by="ada")
    await visitor.asks("PUT ~/contents/put.txt", replaced)
    blob = await visitor.asks("POST ~/git/blobs", {"content": "x", "encoding": "utf-8"})
    entry = {"path": "x", "mode": "100644", "type": "blob", "sha": blob["sha"]}
    tree = await visitor.asks("POST ~/git/trees", {"base_tree": sha, "tree": [entry]})
    commit = {"message": "Write", "tree": tree["sha"], "parents": [sha]}
    await visitor.asks("POST ~/git/commits", commit)
    await visitor.asks("POST ~/git/commits", {**commit, "tree": "0" * 40})
    for path in (f"~/git/commits/{made['commit']['sha']}", "~/commits/topic/x"):
        await visitor.asks(f"GET {path}")


async def runs_it(visitor: Visitor, head: str) -> None:
    for state in ("pending", "failure", "success"):
        words = {
            "state": state,
            "context": "lint",
            "description": "So",
            "target_url": "http://x/1",
        }
        await visitor.asks(f"POST ~/statuses/{head}", words)
    await visitor.asks(f"POST ~/statuses/{'f' * 40}", {"state": "success"})
    for path in (f"~/commits/{head}/status", "~/commits/topic/x/statuses", "~/commits/no/status"):
        await visitor.asks(f"GET {path}")
    report = {"repository": visitor.repository, "app": "github-actions", "name": "build"}
    for number in range(3):
        made = await control(visitor.http, "POST /checks", **report, sha=head)
        run = (await visitor.asks(f"GET ~/actions/runs?head_sha={head}"))["workflow_runs"][0]
        await control(visitor.http, "POST /checks", **report, id=made["id"], status="in_progress")
        done = {"conclusion": "failure", "log": "oh\n"}
        await control(visitor.http, "POST /checks", **report, id=made["id"], **done)
        for path in ("", "/jobs?filter=all"):
            await visitor.asks(f"GET ~/actions/runs/{run['id']}{path}")
        job = f"~/actions/jobs/{made['id']}"
        again = (f"{job}/rerun", f"~/actions/runs/{run['id']}/rerun-failed-jobs")
        await visitor.asks(f"POST {again[number % 2]}")
    for path in (job, f"{job}/logs", "~/actions/jobs/1"):
        await visitor.asks(f"GET {path}")


async def is_held_to_rules(visitor: Visitor, number: int) -> None:
    rules = f"PUT {_control(visitor)}/rules"
    held = {"pull_request": True, "checks": ["build"], "reviews": 1, "secrets": ["AKIA"]}
    wide = {"creation": False, "deletion": False, "force_push": False, "branches": ["*"]}
    await control(visitor.http, rules, **held, **wide)
    await visitor.asks("GET ~/rules/branches/topic/x")
    put = {"message": "Add", "branch": "topic/x"}
    for content in ("b25lCg==", "QUtJQQ=="):
        await visitor.asks("PUT ~/contents/ruled.txt", {**put, "content": content})
    await visitor.asks("POST ~/git/blobs", {"content": "AKIA", "encoding": "utf-8"})
    await visitor.asks(f"GET ~/pulls/{number}")
    await visitor.asks("DELETE ~/git/refs/heads/topic/x")
    await control(visitor.http, rules)


async def resolves_it(visitor: Visitor, number: int) -> None:
    owner, name = visitor.repository.split("/")
    where = {"owner": owner, "name": name, "number": number}
    query = """query($owner: String!, $name: String!, $number: Int!) {
      repository(owner: $owner, name: $name) { pullRequest(number: $number) {
        reviewThreads(first: 10) { nodes { id } } } } }"""
    found = await visitor.asks("POST /graphql", {"query": query, "variables": where})
    threads = found["data"]["repository"]["pullRequest"]["reviewThreads"]["nodes"]
    for verb in ("resolve", "unresolve"):
        words = "mutation($id: ID!) {VERBReviewThread(input: {threadId: $id}) {thread {id}}}"
        asked = {"query": words.replace("VERB", verb), "variables": threads[0]}
        await visitor.asks("POST /graphql", asked, by="ada")


async def reviews_it(visitor: Visitor, number: int, head: str) -> None:
    at = f"~/pulls/{number}"
    place = {"commit_id": head, "path": "new.txt", "line": 2, "side": "RIGHT"}
    first = await visitor.asks(f"POST {at}/comments", {"body": "Why?", **place}, by="ada")
    replies = f"{at}/comments/{first['id']}/replies"
    await visitor.asks(f"POST {replies}", {"body": "So"}, by="ada")
    await visitor.asks(f"POST {at}/comments", {**place, "body": "So", "in_reply_to": first["id"]})
    await visitor.asks(f"POST {at}/comments", {"body": "Where?", **place, "line": 9})
    said = f"~/pulls/comments/{first['id']}"
    await visitor.asks(f"PATCH {said}", {"body": "Why that?"}, by="ada")
    reaction = await visitor.asks(f"POST {said}/reactions", {"content": "eyes"})
    for path in (f"{said}/reactions", said, f"{at}/comments?direction=desc"):
        await visitor.asks(f"GET {path}")
    await visitor.asks(f"DELETE {said}/reactions/{reaction['id']}")
    await visitor.asks(f"DELETE {said}", by="ada")
    lines = {"path": "new.txt", "body": "Both", "start_line": 1, "line": 2}
    begun = await visitor.asks(f"POST {at}/reviews", {"comments": [lines]}, by="ada")
    pending = f"{at}/reviews/{begun['id']}"
    await visitor.asks(f"POST {pending}/events", {"event": "REQUEST_CHANGES"}, by="ada")
    await visitor.asks(f"PUT {pending}", {"body": "Please"}, by="ada")
    await visitor.asks(f"POST {at}/reviews", {"event": "APPROVE"})
    verdict = {"body": "Fine", "event": "APPROVE", "commit_id": head}
    await visitor.asks(f"POST {at}/reviews", verdict, by="ada")
    for path in (f"{at}/reviews", pending, f"{pending}/comments"):
        await visitor.asks(f"GET {path}")
    await visitor.asks(f"PUT {pending}/dismissals", {"message": "Done"}, by="ada")


async def comes_from_a_fork(visitor: Visitor) -> None:
    bob = await control(visitor.http, "POST /users", login="bob")
    await control(visitor.http, f"PUT {_control(visitor)}/collaborators/bob", role="read")
    visitor.tokens = dict(visitor.tokens) | {"bob": bob["token"]}
    fork = await visitor.asks("POST ~/forks", {"default_branch_only": True}, by="bob")
    await visitor.asks("POST ~/forks", {"default_branch_only": True}, by="bob")
    await visitor.pushes("main", "forked.txt", to=fork["full_name"], by="bob")
    wish = {"title": "Mine", "head": "bob:main", "base": "main", "maintainer_can_modify": True}
    pull = await visitor.asks("POST ~/pulls", wish, by="bob")
    await visitor.pushes("main", "again.txt", to=fork["full_name"], by="bob")
    for path in ("~/forks", f"~/pulls/{pull['number']}", "~/pulls?head=bob:main"):
        await visitor.asks(f"GET {path}")
    for draft in (True, False):
        path = f"PUT {_control(visitor)}/pulls/{pull['number']}/draft"
        await control(visitor.http, path, draft=draft, login="bob")
    await visitor.asks(f"PUT ~/issues/{pull['number']}/lock", by="ada")
    await visitor.asks(f"DELETE ~/issues/{pull['number']}/lock", by="ada")


def _control(visitor: Visitor) -> str:
    return f"/repositories/{visitor.repository}"


async def belongs_to_a_guild(visitor: Visitor) -> None:
    await control(visitor.http, "POST /organizations", login="guild")
    await control(visitor.http, "PUT /organizations/guild/members/ada", role="admin")
    await control(visitor.http, "PUT /organizations/guild/teams/cats", members={"ada": "member"})
    made = await control(visitor.http, "POST /installations", app="green", account="guild")
    visitor.tokens = dict(visitor.tokens) | {"guild": await visitor.token(made["id"])}
    for path in ("/orgs/guild/memberships", "/orgs/guild/teams/cats/memberships"):
        for login in ("ada", "nobody"):
            await visitor.asks(f"GET {path}/{login}", by="guild")


async def moves_about(visitor: Visitor) -> None:
    owner = visitor.repository.partition("/")[0]
    await control(visitor.http, "POST /repositories", owner=owner, name="other")
    issue = await visitor.asks("POST ~/issues", {"title": "Elsewhere"}, by="ada")
    at = f"{_control(visitor)}/issues/{issue['number']}"
    await visitor.asks(f"POST ~/issues/{issue['number']}/comments", {"body": "Yes"})
    await visitor.asks(
        f"PUT ~/issues/{issue['number']}/lock", {"lock_reason": "resolved"}, by="ada"
    )
    await visitor.asks(f"POST ~/issues/{issue['number']}/comments", {"body": "No"})
    await visitor.asks(f"DELETE ~/issues/{issue['number']}/lock", by="ada")
    await control(visitor.http, f"POST {at}/transfer", to="other", login="ada")
    await visitor.asks(f"GET ~/issues/{issue['number']}")
    issue = await visitor.asks("POST ~/issues", {"title": "Nowhere"}, by="ada")
    at = f"{_control(visitor)}/issues/{issue['number']}"
    await control(visitor.http, f"DELETE {at}", login="ada")
    await visitor.asks(f"GET ~/issues/{issue['number']}")
    for private in (True, False):
        await control(visitor.http, f"PUT {_control(visitor)}/private", private=private)
    await control(visitor.http, f"PUT {_control(visitor)}/name", name="dog")
    await visitor.asks("GET ~/issues")
    await visitor.asks("POST ~/issues", {"title": "Followed"})
    visitor.repository = f"{owner}/dog"
    await control(visitor.http, f"PUT {_control(visitor)}/owner", owner="guild")
    await control(visitor.http, "PUT /repositories/guild/dog/owner", owner=owner)
    await control(visitor.http, f"PUT {_control(visitor)}/name", name="cat")
    visitor.repository = f"{owner}/cat"


async def merges_it(visitor: Visitor, number: int, sha: str, head: str) -> None:
    at = f"~/pulls/{number}"
    await visitor.asks(f"GET {at}/merge")
    other = {"ref": "refs/heads/topic/y", "sha": head}
    await visitor.asks("POST ~/git/refs", other)
    for edit in ({"state": "closed"}, {"state": "open"}, {"base": "topic/y"}, {"base": "main"}):
        await visitor.asks(f"PATCH {at}", edit, by="ada")
    await visitor.asks(f"PUT {at}/merge", {"merge_method": "squash"}, by="ada")
    ready = {"title": "Ready", "head": "topic/y", "base": "main"}
    pull = await visitor.asks("POST ~/pulls", ready, by="ada")
    merge = f"~/pulls/{pull['number']}/merge"
    await visitor.asks(f"PUT {merge}", {"merge_method": "merge"}, by="ada")
    await visitor.asks(f"GET {merge}")
    for move in ({"sha": sha, "force": True}, {"sha": head}, {"sha": sha}):
        await visitor.asks("PATCH ~/git/refs/heads/topic/x", move)
    for _ in range(2):
        await visitor.asks("DELETE ~/git/refs/heads/topic/x")


async def looks_at_deliveries(visitor: Visitor) -> None:
    await control(visitor.http, "GET /drained")
    found = await visitor.asks("GET /app/hook/deliveries?per_page=100", by="app")
    at = f"/app/hook/deliveries/{found[0]['id']}"
    await visitor.asks(f"GET {at}", by="app")
    await visitor.asks(f"POST {at}/attempts", by="app")


async def loses_and_regains_the_place(visitor: Visitor) -> None:
    at = f"/installations/{visitor.installation}"
    await control(visitor.http, "PATCH /apps/green", permissions={"issues": "read"}, events=[])
    await control(visitor.http, f"PUT {at}/permissions")
    for switch in ({"secondary_limit_times": 1}, {"bad_gateway_times": 1}):
        await control(visitor.http, "PATCH /switches", **switch)
        await visitor.asks("GET ~")
    for names in ([], ["cat"]):
        await control(visitor.http, f"PUT {at}/repositories", repositories=names)
    await control(visitor.http, f"PUT {at}/suspended")
    await visitor.asks("GET ~")
    await control(visitor.http, f"DELETE {at}/suspended")
    await control(visitor.http, f"DELETE {at}")
    await control(visitor.http, "GET /drained")


async def visited(http, folder, owner):
    visitor = await furnished(http, folder, owner)
    await meets_the_app(visitor)
    sha = await reads_the_code(visitor)
    await talks_in_an_issue(visitor)
    number, head = await opens_a_pull_request(visitor, sha)
    await checks_it(visitor, head)
    await runs_it(visitor, head)
    await reviews_it(visitor, number, head)
    await resolves_it(visitor, number)
    await is_held_to_rules(visitor, number)
    await writes_a_commit(visitor, sha)
    await merges_it(visitor, number, sha, head)
    await comes_from_a_fork(visitor)
    await belongs_to_a_guild(visitor)
    await moves_about(visitor)
    await looks_at_deliveries(visitor)
    await loses_and_regains_the_place(visitor)


@pytest.mark.parametrize("owner", ["ada", "acme"])
async def test_every_answer_and_every_webhook_is_as_github_describes_it(tmp_path, owner):
    async with serving(tmp_path) as http:
        await visited(http, tmp_path, owner)
    text = (tmp_path / "record.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert not [problem for line in lines for problem in check_line(line)]
    succeeded = {(line.get("method"), line.get("route")) for line in lines if line["status"] < 400}
    assert {(route.method, route.path) for route in ROUTES} <= succeeded


def test_every_route_is_one_that_github_has():
    described = {(operation.method.upper(), operation.template) for operation in operations()}
    assert {(route.method, route.path) for route in ROUTES} <= described
