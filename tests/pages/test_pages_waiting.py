"""What a pull request waits for, on its pages: statuses, required checks, threads, its branch."""

import pytest

from tests.devhub.stage import REPO


@pytest.fixture
def pull(place):
    return f"/acme/demo/pull/{place.pull}"


async def says(place, context, state, **more):
    body = {"context": context, "state": state, **more}
    await place.stage.did(f"POST {REPO}/statuses/{place.head}", place.app, body)


async def test_statuses_and_required_checks_are_shown(place, pull):
    rules = {"pull_request": True, "checks": ["lint", "build"], "reviews": 1}
    await place.stage.control("PUT /repositories/acme/demo/rules", **rules)
    await says(place, "lint", "failure", description="3 problems", target_url="http://x/1")
    for path in (pull, f"{pull}/checks"):
        page = await place.as_("maintainer").read(path)
        assert page.has("lint", "3 problems", "is failing", "build", "is expected", "Required")
    page = await place.as_("maintainer").read(pull)
    assert page.has("At least 1 approving review is required")
    page = await place.as_("maintainer").send(pull, "merge", merge_method="merge")
    assert (page.status, page.has('Required status check "lint" is failing.')) == (405, True)


async def test_a_thread_is_resolved_by_a_button(place, pull):
    spot = {"path": "src/a.py", "line": "5", "side": "RIGHT", "commit": place.head}
    form = {**spot, "body": "Why?"}
    files = f"{pull}/files"
    await place.as_("contributor").send(files, "comment on line", **form)
    (comment,) = place.stage.hub.repository("acme", "demo").review_comments.values()
    page = await place.as_("maintainer").read(files)
    thread = page.html.split('name="thread" value="')[1].split('"')[0]
    page = await place.as_("maintainer").send(files, "resolve", thread=thread)
    assert page.has("Resolved by maintainer", "Unresolve conversation")
    assert comment.resolved_by is not None
    page = await place.as_("maintainer").send(files, "unresolve", thread=thread)
    assert (page.has("Resolve conversation"), comment.resolved_by) == (True, None)
    page = await place.as_("stranger").send(files, "resolve", thread=thread)
    assert (page.status, page.has("Viewer may not do that")) == (400, True)


async def test_a_branch_is_deleted_after_the_merge_and_restored(place, pull):
    page = await place.as_("maintainer").send(pull, "merge", merge_method="merge")
    assert page.has("Delete branch")
    page = await place.as_("maintainer").send(pull, "delete branch", ref="heads/tidy")
    assert page.has("The branch tidy is deleted.", "deleted the branch", "Restore branch")
    form = {"branch": "tidy", "sha": place.head}
    page = await place.as_("maintainer").send(pull, "create branch", **form)
    assert page.has("restored the branch", "Delete branch")
    await place.stage.drained()
    names = place.stage.ear.names
    assert [each for each in names if each in {"create", "delete"}][-2:] == ["delete", "create"]


async def test_the_log_of_a_job_is_on_its_page(place):
    report = {"repository": "acme/demo", "app": "github-actions", "name": "build"}
    done = {"conclusion": "failure", "log": "line by line\n", "log_times": 9000}
    made = await place.stage.control("POST /checks", **report, sha=place.head, **done)
    page = await place.as_("stranger").read(f"/acme/demo/runs/{made['id']}")
    assert page.has("Log", "line by line")
    assert len(page.html) < 100_000
