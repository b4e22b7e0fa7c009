"""The two sides of a validation at the gateway: who asks for it, and the job that runs it."""

import asyncio
import io
import json
from dataclasses import replace

import aiohttp
import pytest
from pydantic import SecretStr

from bot.gateway import validations as door
from bot.model.ids import validation_job
from bot.model.validations import Definition
from bot.rules.reports import MOST_REPORT
from bot.store import runs, validation_jobs, validations
from bot.store.run_row import TERMS
from tests.gateway.stand import NOW

UNIT = Definition(name="unit", run="pytest -q --junitxml=r.xml", report="r.xml")
ASK = {"name": "unit", "tree": "7" * 40, "work": None}
OVER = {"exit": 1, "signal": None, "cause": "exited", "seconds": 1.5, "log": "one\n"}
REPORT = b"""<testsuite tests="2"><testcase classname="t" name="a"/>
<testcase classname="t" name="b"><failure message="no"/></testcase></testsuite>"""


@pytest.fixture
async def asking(open_stand, job):
    """A live job whose run may ask for `unit`."""
    async with open_stand.store.begin() as tx:
        row = await runs.get(tx, job.plan.run)
        terms = replace(row.terms, validations=(UNIT,))
        await runs.note(tx, row, terms=TERMS.dump_python(terms, mode="json"))
    return job


@pytest.fixture
async def asked(open_stand, asking):
    """A validation that was asked for."""
    return (await open_stand.call("/validations", asking.run_token, ASK)).said["id"]


@pytest.fixture
async def token(open_stand, asked):
    """The token of its job."""
    async with open_stand.store.begin() as tx:
        row = await validations.get(tx, asked)
        job, values = validation_job(row.id, 1), {"slot": 0, "deadline": NOW + 60}
        await validation_jobs.launched(tx, row, job, SecretStr("launch-v"), **values)
    answer = await open_stand.call("/validation/launch", "launch-v", {})
    assert answer.said["plan"]["definition"]["run"] == UNIT.run
    return answer.said["run_token"]


async def listens(stand, job, name, after=0):
    path = f"/validations/{name}?after={after}"
    return await stand.request("GET", path, job.run_token, None)


async def prints(stand, token, text, at=0):
    return await stand.call("/validation/output", token, {"at": at, "text": text})


def over(report=None, **changes):
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("ended", json.dumps({**OVER, **changes}))
    if report is not None:
        form.add_field("report", io.BytesIO(report), filename="r.xml")
    return form


async def ends(stand, token, form):
    return await stand.request("POST", "/validation/verdict", token, form)


async def test_from_the_question_to_the_tests_that_failed(open_stand, asking, asked, token):
    assert (await prints(open_stand, token, "one\n")).said == {"go_on": True}
    heard = (await listens(open_stand, asking, asked)).said
    assert (heard["output"], heard["after"], heard["under_way"]) == ("one\n", 4, True)
    assert (await ends(open_stand, token, over(REPORT))).status == 204
    heard = (await listens(open_stand, asking, asked, after=4)).said
    assert (heard["output"], heard["under_way"]) == ("", False)
    verdict = heard["verdict"]
    assert (verdict["outcome"], verdict["exit"], verdict["tests"]) == ("failed", 1, 2)
    assert len(verdict["failing"]) == 1
    again = (await open_stand.call("/validations", asking.run_token, ASK)).said
    assert (again["id"], again["cached"], again["accepted"]) == (asked, True, True)


async def test_what_is_no_validation_here_is_an_answer_for_the_agent(open_stand, asking):
    answer = await open_stand.call("/validations", asking.run_token, {**ASK, "name": "unti"})
    assert (answer.status, answer.said["accepted"]) == (422, False)
    assert (answer.said["reason"], "`unit`" in answer.said["words"]) == ("validation", True)
    strange = {**ASK, "work": "b" * 64}
    answer = await open_stand.call("/validations", asking.run_token, strange)
    assert (answer.status, answer.said["reason"]) == (404, "blob")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**ASK, "tree": "7"},
        {**ASK, "name": ""},
        {**ASK, "run": "rm -rf /"},
        {**ASK, "work": "../x"},
        b"no json",
    ],
)
async def test_a_question_has_one_shape(open_stand, asking, body):
    assert (await open_stand.call("/validations", asking.run_token, body)).status == 400


async def test_neither_side_opens_what_is_the_others(open_stand, asking, asked, token):
    agents = (("/validation/launch", {}), ("/validation/output", {"at": 0, "text": ""}))
    for path, body in agents:
        assert (await open_stand.call(path, asking.run_token, body)).status == 401
    assert (await ends(open_stand, asking.run_token, over())).status == 401
    work = await open_stand.request("GET", "/validation/work", asking.run_token, None)
    assert work.status == 401
    for path in ("/validations", "/launch", "/heartbeat", "/steps", "/outputs", "/checks"):
        body = {"/validations": ASK, "/steps": {"text": "x"}, "/outputs": {"kind": "comment"}}
        assert (await open_stand.call(path, token, body.get(path, {}))).status == 401
    for path in (f"/validations/{asked}", "/git/mirror.git/info/refs?service=git-upload-pack"):
        assert (await open_stand.request("GET", path, token, None)).status == 401


@pytest.mark.usefixtures("token")
async def test_a_launch_token_is_exchanged_once(open_stand):
    assert (await open_stand.call("/validation/launch", "launch-v", {})).status == 409


async def test_work_may_follow_the_question(open_stand, asking):
    asked = await open_stand.call("/validations", asking.run_token, {**ASK, "work": ""})
    assert asked.said["wants_work"] is True
    at = f"/validations/{asked.said['id']}/work"
    strange = await open_stand.call(at, asking.run_token, {"work": "b" * 64})
    assert (strange.status, strange.said["reason"]) == (404, "blob")
    assert (await open_stand.call(at, asking.run_token, {"work": "x"})).status == 400
    assert (await open_stand.call(at, asking.run_token, {"work": None})).status == 204
    heard = (await listens(open_stand, asking, asked.said["id"])).said
    assert heard["verdict"]["outcome"] == "broken"


async def test_nothing_is_handed_out_of_what_has_left_nothing(open_stand, asking, asked, token):
    at = f"/validations/{asked}/artifacts"
    for who, status in ((asking.run_token, 404), (token, 401)):
        assert (await open_stand.request("GET", at, who, None)).status == status


async def test_what_was_heard_is_not_told_again(open_stand, asking, asked, token):
    await prints(open_stand, token, "aß\n")
    await prints(open_stand, token, "aß\nb\n")
    heard = (await listens(open_stand, asking, asked, after=4)).said
    assert (heard["output"], heard["after"]) == ("b\n", 6)


async def test_a_listener_is_answered_when_there_is_something(open_stand, asking, asked, token):
    hears = asyncio.create_task(listens(open_stand, asking, asked))
    await prints(open_stand, token, "one\n")
    assert (await hears).said["output"] == "one\n"


async def test_a_listener_is_not_kept_for_ever(open_stand, asking, asked, monkeypatch):
    monkeypatch.setattr(door, "WAITS", 0.01)
    heard = (await listens(open_stand, asking, asked)).said
    assert (heard["output"], heard["under_way"], heard["verdict"]) == ("", True, None)


@pytest.mark.parametrize("after", ["-1", "x", "1e3", "9" * 20, "%D9%A1"])
async def test_where_to_go_on_is_a_number(open_stand, asking, asked, after):
    assert (await listens(open_stand, asking, asked, after=after)).status == 400


@pytest.mark.parametrize(
    ("last", "status"),
    [
        ({"seconds": -1}, 400),
        ({"exit": "0"}, 400),
        ({"cause": "bored"}, 400),
        ({"verdict": "passed"}, 400),
        ({"report": b"x" * (MOST_REPORT + 1)}, 413),
        ({"log": "x" * 500_000}, 413),
    ],
    ids=["time", "exit", "cause", "verdict", "report", "log"],
)
async def test_a_last_word_has_one_shape_and_bounds(open_stand, asked, token, last, status):
    assert (await ends(open_stand, token, over(**last))).status == status
    async with open_stand.store.read() as tx:
        assert (await validations.find(tx, asked)).verdict is None


async def test_nothing_of_a_question_survives_a_job_that_was_replaced(open_stand, asking, asked):
    await open_stand.replace(asking)
    assert (await listens(open_stand, asking, asked)).status == 409
    assert (await open_stand.call("/validations", asking.run_token, ASK)).status == 409
