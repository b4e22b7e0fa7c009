import hashlib
import io
import json
from dataclasses import replace

import aiohttp
import pytest

from bot.model.runs import Checkpoint
from bot.rules.checkpoints import MOST
from bot.store import runs
from bot.work.checkpoints import KEEPS, KEEPS_UNNAMED, drop_old
from tests.gateway.stand import LAST, NOW

WORK, SESSION = b"# v2 git bundle\n...", b"a tar"


def named(data):
    return hashlib.sha256(data).hexdigest()


def left(job, **parts):
    """Make the body of a checkpoint: strings name blobs that are there, bytes come along."""
    names = {
        name: named(part) if isinstance(part, bytes) else part for name, part in parts.items()
    }
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("left", json.dumps({"base": job.plan.base, **names}))
    for name, part in parts.items():
        if isinstance(part, bytes):
            form.add_field(name, part, filename=name)
    return form


async def leaves(stand, job, form):
    return await stand.request("POST", "/checkpoint", job.run_token, form)


async def row_of(stand, job):
    async with stand.store.read() as tx:
        return await runs.get(tx, job.plan.run)


async def after(stand, job):
    """Give the run a next job, whose plan has what the last one left; return it live."""
    await stand.replace(
        replace(job, plan=replace(job.plan, checkpoint=(await row_of(stand, job)).checkpoint))
    )
    token = f"launch-token-{job.plan.run}-{job.plan.fence + 1}"
    answer = await stand.call("/launch", token, {})
    return replace(job, run_token=answer.said["run_token"])


async def gets(stand, job, name):
    return await stand.request("GET", f"/blobs/{name}", job.run_token, None)


async def test_what_a_job_leaves_the_next_one_finds(open_stand, job):
    assert (await leaves(open_stand, job, left(job, work=WORK, session=SESSION))).status == 204
    checkpoint = (await row_of(open_stand, job)).checkpoint
    assert checkpoint == Checkpoint(
        base=job.plan.base, work=named(WORK), session=named(SESSION), at=NOW
    )
    following = await after(open_stand, job)
    answer = await gets(open_stand, following, named(WORK))
    assert (answer.status, answer.said) == (200, WORK.decode())
    assert (await gets(open_stand, following, named(SESSION))).said == SESSION.decode()


async def test_what_was_left_before_need_not_come_again(open_stand, job):
    await leaves(open_stand, job, left(job, work=WORK))
    form = left(job, work=named(WORK), session=SESSION)
    assert (await leaves(open_stand, job, form)).status == 204
    assert (await row_of(open_stand, job)).checkpoint.work == named(WORK)


async def test_leaving_the_same_twice_is_leaving_it_once(open_stand, job):
    for _ in range(2):
        assert (await leaves(open_stand, job, left(job, work=WORK))).status == 204


async def test_a_job_cannot_name_a_blob_of_another_run(open_stand, job):
    other = await open_stand.live(pull_request=1)
    await leaves(open_stand, other, left(other, work=WORK))
    answer = await leaves(open_stand, job, left(job, work=named(WORK)))
    assert (answer.status, answer.said["reason"]) == (404, "blob")
    assert (await row_of(open_stand, job)).checkpoint is None
    assert (await gets(open_stand, job, named(WORK))).status == 404


async def test_a_job_that_was_replaced_leaves_and_finds_nothing(open_stand, job):
    await leaves(open_stand, job, left(job, work=WORK))
    await after(open_stand, job)
    assert (await leaves(open_stand, job, left(job, work=b"late"))).status == 409
    assert (await gets(open_stand, job, named(WORK))).status == 409
    assert (await row_of(open_stand, job)).checkpoint.work == named(WORK)


async def test_a_job_that_has_ended_leaves_nothing_more(open_stand, job):
    await open_stand.call("/finish", job.run_token, LAST)
    assert (await leaves(open_stand, job, left(job, work=WORK))).status == 409


async def test_a_run_that_was_cancelled_still_leaves_what_it_has(open_stand, job):
    await open_stand.cancel(job)
    assert (await leaves(open_stand, job, left(job, work=WORK))).status == 204


async def test_only_the_base_of_the_plan_is_stood_on(open_stand, job):
    elsewhere = replace(job, plan=replace(job.plan, base="b" * 40))
    assert (await leaves(open_stand, job, left(elsewhere, work=WORK))).status == 404


async def test_a_token_that_nobody_has_leaves_nothing(open_stand, job):
    stranger = replace(job, run_token="x" * 43)
    assert (await leaves(open_stand, stranger, left(job, work=WORK))).status == 401
    assert not (open_stand.home / "blobs").exists() or not [
        each async for each in open_stand.blobs.kept()
    ]


async def test_a_name_must_be_that_of_the_bytes(open_stand, job):
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("left", json.dumps({"base": job.plan.base, "work": named(b"other")}))
    form.add_field("work", WORK, filename="work")
    assert (await leaves(open_stand, job, form)).status == 404


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({"left": "{}"}, 400),
        ({"left": "[" * 900}, 400),
        ({"left": "x" * 2000}, 413),
        ({"left": json.dumps({"base": "a" * 40, "work": "../x"})}, 400),
        ({"left": json.dumps({"base": "a" * 40}), "more": "x"}, 400),
    ],
)
async def test_a_body_that_is_none_is_refused(open_stand, job, fields, status):
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        form.add_field(name, value)
    form.add_field("session", b"", filename="session")
    assert (await leaves(open_stand, job, form)).status == status


async def test_a_blob_has_a_largest_size(open_stand, job):
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("session", io.BytesIO(bytes(MOST["session"] + 1)), filename="session")
    assert (await leaves(open_stand, job, form)).status == 413


async def test_a_body_of_another_kind_is_refused(open_stand, job):
    assert (await open_stand.call("/checkpoint", job.run_token, {"left": 1})).status == 400
    kind = {"Content-Type": "multipart/form-data"}
    answer = await open_stand.call("/checkpoint", job.run_token, b"--x", **kind)
    assert answer.status == 400
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await open_stand.call("/checkpoint", job.run_token, b"--x\r\nContent-", **kind)
    assert answer.status == 400


@pytest.mark.parametrize("name", ["..%2f..%2fgreenroom.db", "a" * 64, "%00"])
async def test_no_other_file_is_given(open_stand, job, name):
    assert (await gets(open_stand, job, name)).status == 404


async def test_a_blob_that_was_dropped_is_told_as_gone(open_stand, job):
    await leaves(open_stand, job, left(job, work=WORK))
    following = await after(open_stand, job)
    await open_stand.blobs.drop({named(WORK)})
    assert (await gets(open_stand, following, named(WORK))).said["reason"] == "blob"


async def test_blobs_go_some_time_after_the_last_run_that_names_them(open_stand, job):
    other, store, blobs = await open_stand.live(pull_request=1), open_stand.store, open_stand.blobs
    for each in (job, other):
        await leaves(open_stand, each, left(each, work=WORK))
    orphan = await blobs.put(b"nobody's")
    (put,) = {each.at async for each in blobs.kept() if each.name == orphan}
    later = max(put, NOW) + KEEPS_UNNAMED + KEEPS + 1
    assert await drop_old(store, blobs, now=put) == 0
    await open_stand.cancel(job)
    assert await drop_old(store, blobs, now=later) == 1  # the other run is open
    assert (await row_of(open_stand, job)).checkpoint is None
    await open_stand.cancel(other)
    assert await drop_old(store, blobs, now=later) == 1
    assert [each async for each in blobs.kept()] == []
