"""What others report on a commit, and what can be had of the story of a failure."""

import asyncio
import re

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.github import ci, downloads
from bot.model.errors import Refused, Unavailable
from bot.model.ids import Sha
from bot.model.priorities import Priority
from bot.rules.logs import WINDOW, lines
from bot.rules.standings import Standing, State
from tests.github.scripted import Gate, example

REPO = "/repos/octo/cat"
SHA = Sha("7fd1a60b01f91b314f59955a4e4d4e80d8edf11d")
COMMIT = f"GET {REPO}/commits/{SHA}"
LOG = f"GET {REPO}/actions/jobs/4/logs"
FAILED = Standing(
    name="unit", source="github-actions", state=State.FAILED, word="failure", url="u", id=4
)


def reports(script, **check) -> None:
    rows = example("checks/list-for-ref")
    rows["check_runs"] = [{**rows["check_runs"][0], **check}]
    script.on(f"{COMMIT}/check-runs", rows)
    script.on(f"{COMMIT}/check-suites", example("checks/list-suites-for-ref"))
    script.on(f"{COMMIT}/status", example("repos/get-combined-status-for-ref"))


def lacks_much(script) -> None:
    """The owner has granted little, so no token is made."""
    script.on("POST /app/installations/7/access_tokens", {"message": "no"}, 422)
    granted = {"checks": "write"}
    script.on("GET /app/installations/7", example("apps/get-installation", permissions=granted))


class Shelf:
    """Another host, where a log lies."""

    def __init__(self, body: bytes, *, parts: bool) -> None:
        self.body = body
        self.parts = parts
        self.status = 200
        self.asked: list[tuple[str, str | None]] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append((request.headers["Range"], request.headers.get("Authorization")))
        if self.status != 200 or not self.parts:
            return web.Response(body=self.body, status=self.status)
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers["Range"])
        assert found is not None
        start, end = int(found[1]), int(found[2])
        if start >= len(self.body):
            return web.Response(status=416)
        told = f"bytes {start}-{min(end, len(self.body) - 1)}/{len(self.body)}"
        return web.Response(
            body=self.body[start : end + 1], status=206, headers={"Content-Range": told}
        )


@pytest.fixture
async def shelve(script):
    """Put a log on another host; GitHub tells the way to it."""
    servers = []

    async def shelve(body: bytes, *, parts: bool = True) -> Shelf:
        shelf = Shelf(body, parts=parts)
        app = web.Application()
        app.router.add_get("/log", shelf.handle)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        where = str(server.make_url("/log")) + "?sig=a%2Fb"
        script.on(LOG, None, 302, headers={"Location": where})
        return shelf

    yield shelve
    for server in servers:
        await server.close()


async def test_all_that_is_reported_on_a_commit_is_read(script, octo):
    reports(script)
    seen = await octo.ci.seen(SHA)
    (check,) = seen.checks
    assert (check.id, check.name, check.app_id, check.app_slug) == (
        4,
        "mighty_readme",
        1,
        "octoapp",
    )
    assert (check.status, check.conclusion, check.suite) == ("completed", "neutral", 5)
    assert (check.completed, check.rerunnable) == (1525396492.0, False)
    assert check.said.startswith("Mighty Readme report\n\nThere are 0 failures")
    (suite,) = seen.suites
    assert (suite.app_slug, suite.status, suite.conclusion, suite.runs) == (
        "octoapp", "completed", "neutral", 1,
    )  # fmt: skip
    assert [(one.context, one.state) for one in seen.statuses] == [
        ("continuous-integration/jenkins", "success"),
        ("security/brakeman", "success"),
    ]
    assert script.asked(f"{COMMIT}/check-runs")[0].query["filter"] == "all"


async def test_a_check_may_be_without_an_app_a_text_or_a_moment(script, octo):
    output = {**example("checks/get")["output"], "title": None, "summary": None}
    reports(script, app=None, check_suite=None, started_at=None, output=output, html_url=None)
    (check,) = (await octo.ci.seen(SHA)).checks
    assert (check.app_id, check.app_slug, check.suite, check.said) == (None, "", 0, "")
    assert (check.started, check.url) == (None, "https://example.com")


async def test_a_summary_that_begins_with_the_title_says_it_once(script, octo):
    output = {**example("checks/get")["output"], "title": "It broke", "summary": "It broke at 3."}
    reports(script, output=output)
    (check,) = (await octo.ci.seen(SHA)).checks
    assert check.said == "It broke at 3."


async def test_jobs_of_actions_can_run_again(script, octo):
    app = {**example("checks/get")["app"], "slug": "github-actions"}
    reports(script, app=app)
    (check,) = (await octo.ci.seen(SHA)).checks
    assert check.rerunnable


async def test_where_statuses_may_not_be_read_there_are_none(script, octo):
    reports(script)
    script.on(f"{COMMIT}/status", {"message": "Resource not accessible by integration"}, 403)
    await octo.ci.seen(SHA)
    assert (await octo.ci.seen(SHA)).statuses == ()


@pytest.mark.parametrize(
    ("part", "status", "words"),
    [("check-runs", 422, "No commit found for SHA"), ("status", 404, "Not Found")],
)
async def test_of_a_commit_that_is_gone_nothing_is_told(script, octo, part, status, words):
    script.on(f"{COMMIT}/{part}", {"message": words}, status)
    reports(script)
    with pytest.raises(Refused, match=words):
        await octo.ci.seen(SHA)


async def test_what_github_has_said_before_is_not_sent_again(script, octo):
    rows = example("checks/list-for-ref")
    script.on(f"{COMMIT}/check-runs", rows, headers={"ETag": '"a"'})
    script.on(f"{COMMIT}/check-runs", None, 304)
    script.on(f"{COMMIT}/check-suites", example("checks/list-suites-for-ref"))
    script.on(f"{COMMIT}/status", example("repos/get-combined-status-for-ref"))
    assert await octo.ci.seen(SHA) == await octo.ci.seen(SHA)
    assert script.asked(f"{COMMIT}/check-runs")[-1].headers["if-none-match"] == '"a"'


def rules(*names: str) -> list[object]:
    checks = [{"context": name} for name in names]
    rule = {
        "type": "required_status_checks",
        "parameters": {
            "required_status_checks": checks,
            "strict_required_status_checks_policy": False,
        },
        "ruleset_id": 1,
        "ruleset_source": "octo/cat",
        "ruleset_source_type": "Repository",
    }
    return [*example("repos/get-branch-rules"), rule]


async def test_required_checks_are_read_from_rulesets_and_from_protection(script, octo):
    script.on(f"GET {REPO}/rules/branches/fix%2Frace", rules("unit", "lint"))
    row = example("repos/get-branch")
    row["protection"] = {"enabled": True, "required_status_checks": {"contexts": ["build"]}}
    script.on(f"GET {REPO}/branches/fix%2Frace", row)
    assert await octo.ci.required("fix/race") == {"unit", "lint", "build"}


async def test_required_checks_that_cannot_be_read_are_unknown(script, octo):
    script.on(f"GET {REPO}/rules/branches/main", {"message": "Upgrade to GitHub Pro"}, 403)
    script.on(f"GET {REPO}/branches/main", {"message": "Not Found"}, 404)
    assert await octo.ci.required("main") is None
    script.on(f"GET {REPO}/rules/branches/main", rules())
    assert await octo.ci.required("main") == frozenset()


async def test_a_job_is_run_again(script, octo):
    script.on(f"POST {REPO}/actions/jobs/4/rerun", {}, 201)
    await octo.ci.rerun(4, priority=Priority.RESULT)
    assert script.asked("POST /app/installations/7/access_tokens")[0].body == {
        "repositories": ["cat"],
        "permissions": {"actions": "write"},
    }


async def test_where_jobs_may_not_be_run_again_it_is_said_what_is_lacking(script, octo):
    lacks_much(script)
    with pytest.raises(Refused, match="has not been granted actions: write") as refused:
        await octo.ci.rerun(4, priority=Priority.RESULT)
    assert refused.value.reason == "permission"


async def test_a_log_is_read_on_another_host_without_our_credential(script, octo, shelve):
    shelf = await shelve(b"2026-01-31T12:00:00.0Z E   assert 1 == 2\n")
    log = await octo.ci.log(4)
    assert lines(log) == ["E   assert 1 == 2", ""]
    assert "authorization" in script.asked(LOG)[0].headers
    assert [authorization for _, authorization in shelf.asked] == [None]


@pytest.mark.parametrize("parts", [True, False])
async def test_of_a_long_log_no_more_than_its_ends_are_kept(octo, shelve, parts):
    shelf = await shelve(b"first\n" + b"x" * (6 * WINDOW) + b"\nlast\n", parts=parts)
    log = await octo.ci.log(4)
    assert log.head.startswith("first\n")
    assert log.tail.endswith("\nlast\n")
    assert (len(log.head), len(log.tail)) == (WINDOW, WINDOW)
    assert log.left_out == len(shelf.body) - 2 * WINDOW
    assert len(shelf.asked) == (2 if parts else 1)


@pytest.mark.parametrize("parts", [True, False])
@pytest.mark.parametrize("size", [0, 1, WINDOW, WINDOW + 1, 2 * WINDOW, 2 * WINDOW + 1])
async def test_nothing_of_a_shorter_log_is_lost(octo, shelve, size, parts):
    await shelve(b"x" * size, parts=parts)
    log = await octo.ci.log(4)
    assert len(log.head) + len(log.tail) + log.left_out == size
    assert log.left_out == max(size - 2 * WINDOW, 0)


async def test_a_host_that_sends_without_end_is_left_at_some_point(octo, shelve, monkeypatch):
    monkeypatch.setattr(downloads, "MOST_READ", 3 * WINDOW)
    await shelve(b"x" * (20 * WINDOW), parts=False)
    assert (await octo.ci.log(4)).left_out < 5 * WINDOW


async def test_a_log_that_is_gone_is_told(script, octo, shelve):
    script.on(LOG, {"message": "Gone"}, 410)
    with pytest.raises(Refused) as refused:
        await octo.ci.log(4)
    assert refused.value.reason == "gone"
    shelf = await shelve(b"")
    shelf.status = 403
    with pytest.raises(Refused, match="no longer there"):
        await octo.ci.log(4)


async def test_a_host_that_fails_may_be_asked_again_and_its_address_is_not_told(
    script, octo, shelve
):
    shelf = await shelve(b"")
    shelf.status = 503
    with pytest.raises(Unavailable, match="503") as failed:
        await octo.ci.log(4)
    assert "sig" not in str(failed.value)
    script.on(LOG, None, 302, headers={"Location": "http://127.0.0.1:1/log?sig=secret"})
    with pytest.raises(Unavailable, match="the connection failed") as failed:
        await octo.ci.log(4)
    assert "sig" not in str(failed.value)
    assert failed.value.__cause__ is None


async def test_an_answer_that_names_no_address_is_a_failure(script, octo):
    script.on(LOG, {}, 200)
    with pytest.raises(Unavailable, match="without an address"):
        await octo.ci.log(4)


async def test_the_stories_of_failures_are_told(script, octo, shelve):
    await shelve(b"E   assert 1 == 2\n")
    script.on(f"GET {REPO}/check-runs/4/annotations", example("checks/list-annotations"))
    status = Standing(
        name="ci", source="", state=State.FAILED, word="error", url="", said="It broke"
    )
    unit, other = await octo.ci.failures([FAILED, status])
    assert (unit.name, unit.word, unit.id, unit.note) == ("unit", "failure", 4, "")
    assert [(one.path, one.line) for one in unit.remarks] == [("README.md", 2)]
    assert unit.log is not None
    assert (other.said, other.remarks, other.log, other.note) == ("It broke", (), None, "")


async def test_where_logs_may_not_be_read_the_story_says_so(script, octo):
    script.on(f"GET {REPO}/check-runs/4/annotations", example("checks/list-annotations"))
    script.on(LOG, {"message": "Resource not accessible by integration"}, 403)
    (unit,) = await octo.ci.failures([FAILED])
    assert len(unit.remarks) == 1
    assert unit.log is None
    assert unit.note.endswith("(this needs actions: read)")


async def test_annotations_that_cannot_be_had_do_not_cost_the_log(script, octo, shelve):
    await shelve(b"E   assert 1 == 2\n")
    script.on(f"GET {REPO}/check-runs/4/annotations", {"message": "Not Found"}, 404)
    (unit,) = await octo.ci.failures([FAILED])
    assert unit.log is not None
    assert "404" in unit.note


async def test_what_takes_too_long_is_missing_and_the_rest_is_told(script, octo):
    gate = Gate()
    script.on(f"GET {REPO}/check-runs/4/annotations", example("checks/list-annotations"))
    script.on(LOG, None, 302, gate=gate)
    telling = asyncio.ensure_future(octo.ci.failures([FAILED], seconds=2.0))
    await gate.reached.wait()
    (unit,) = await telling
    gate.open.set()
    assert (len(unit.remarks), unit.log, unit.note) == (1, None, ci.LATE)


async def test_of_too_many_failures_only_some_are_looked_at(script, octo, monkeypatch):
    monkeypatch.setattr(ci, "MOST_FAILURES", 0)
    (unit,) = await octo.ci.failures([FAILED])
    assert (unit.note, script.seen) == (ci.TOO_MANY, [])
