"""Git through the gateway: which repository, which ref, and who may."""

import asyncio
import os
from dataclasses import replace

import pytest

from bot.gateway.repositories import AT_ONCE
from bot.model.ids import Repo
from bot.workspace.quarantine import Quarantines
from tests.gateway.stand import LAST, git

RESULT = "HEAD:refs/heads/result"


@pytest.fixture
async def copy(job, client_of, tmp_path):
    """A clone of the job's mirror with one commit of the agent's."""
    status, said = await client_of(job).git("clone", "-q", "MIRROR", "copy", cwd=tmp_path)
    assert (status, said) == (0, "")
    (tmp_path / "copy/made").write_text("made\n")
    git("add", ".", cwd=tmp_path / "copy")
    git("commit", "-qm", "made", cwd=tmp_path / "copy")
    return tmp_path / "copy"


def result(stand, job):
    """The commit in the quarantine of the job's run."""
    at = stand.quarantines.path(job.plan.run)
    return git("rev-parse", "refs/heads/result", cwd=at).strip()


async def test_a_job_fetches_its_repository_and_hands_in_a_result(
    open_stand, job, client_of, copy
):
    status, _ = await client_of(job).git("push", "-q", "QUARANTINE", RESULT, cwd=copy)
    assert status == 0
    head = git("rev-parse", "HEAD", cwd=copy).strip()
    assert result(open_stand, job) == head


async def test_a_token_reads_its_own_runs_repository_and_no_other(
    open_stand, job, client_of, tmp_path
):
    other = await open_stand.live(Repo("octo/secret"))
    for each, name in ((job, "mine"), (other, "theirs")):
        status, said = await client_of(each).git("clone", "-q", "MIRROR", name, cwd=tmp_path)
        assert (status, said) == (0, "")
        assert (tmp_path / name / "name").read_text() == f"{each.plan.repo}\n"
    head = git("rev-parse", "HEAD", cwd=tmp_path / "theirs").strip()
    words = ("fetch", "-q", "MIRROR", head)
    status, said = await client_of(job).git(*words, cwd=tmp_path / "mine")
    assert status != 0
    assert "not our ref" in said


@pytest.mark.parametrize(
    "path",
    [
        "mirror.git/../octo/secret.git/info/refs",
        "mirror.git/%2e%2e/secret.git/info/refs",
        "octo/secret.git/info/refs",
        "mirror.git/HEAD",
        "mirror.git/config",
        "mirror.git/objects/info/packs",
        "quarantine.git/objects/info/alternates",
    ],
)
async def test_no_address_leads_anywhere_else(open_stand, job, path):
    address = f"/git/{path}?service=git-upload-pack"
    answer = await open_stand.request("GET", address, job.run_token, None)
    assert answer.status == 404


async def test_a_job_that_clones_many_times_at_once_waits_its_turn(job, client_of, tmp_path):
    client = client_of(job)
    clones = (
        client.git("clone", "-q", "MIRROR", f"{n}", cwd=tmp_path) for n in range(2 * AT_ONCE)
    )
    assert await asyncio.gather(*clones) == [(0, "")] * 2 * AT_ONCE


async def test_heads_of_forks_are_not_shown(open_stand, job, client_of, tmp_path):
    mirror = open_stand.mirrors.path(job.plan.repo)
    git("update-ref", "refs/pull/7/head", "main", cwd=mirror)
    _, said = await client_of(job).git("ls-remote", "MIRROR", cwd=tmp_path)
    assert "refs/heads/main" in said
    assert "refs/pull" not in said


async def test_nothing_is_pushed_to_the_mirror_or_fetched_from_quarantine(job, client_of, copy):
    client = client_of(job)
    for words in (("push", "MIRROR", RESULT), ("fetch", "QUARANTINE")):
        status, said = await client.git(*words, cwd=copy)
        assert status != 0
        assert "403" in said
        assert "is not allowed here" in said


@pytest.mark.parametrize("ref", ["refs/heads/main", "refs/tags/v1", "refs/pull/7/head"])
async def test_a_push_to_another_ref_is_refused(open_stand, job, client_of, copy, ref):
    status, said = await client_of(job).git("push", "QUARANTINE", f"HEAD:{ref}", cwd=copy)
    assert status != 0
    assert "deny updating a hidden ref" in said
    assert result(open_stand, job) == job.plan.base


async def test_a_push_that_is_too_large_is_refused_in_words(open_stand, client_of, copy, job):
    run = job.plan.run
    open_stand.quarantines.close(run)
    small = Quarantines(open_stand.home / "quarantine", most_input=100_000)
    await small.open(run, open_stand.mirrors.path(job.plan.repo), job.plan.base)
    (copy / "big").write_bytes(os.urandom(3 << 20))
    git("add", ".", cwd=copy)
    git("commit", "-qm", "big", cwd=copy)
    status, said = await client_of(job).git("push", "QUARANTINE", RESULT, cwd=copy)
    assert status != 0
    assert "pack exceeds maximum allowed size" in said
    assert result(open_stand, job) == job.plan.base


async def test_a_replaced_job_neither_fetches_nor_pushes(open_stand, job, client_of, copy):
    await open_stand.replace(job)
    client = client_of(job)
    for words in (("fetch", "MIRROR"), ("push", "QUARANTINE", RESULT)):
        status, said = await client.git(*words, cwd=copy)
        assert status != 0
        assert f"remote: Stop: job {job.plan.job} was replaced." in said
        assert "409" in said
    assert result(open_stand, job) == job.plan.base


async def test_the_next_job_of_a_run_replaces_what_the_one_before_left(
    open_stand, job, client_of, copy
):
    await client_of(job).git("push", "QUARANTINE", RESULT, cwd=copy)
    after = await open_stand.replace(job)
    claimed = await open_stand.call("/launch", after.launch_token, {})
    client = client_of(replace(after, run_token=claimed.said["run_token"]))
    git("commit", "-q", "--amend", "-m", "made again", cwd=copy)
    status, _ = await client.git("push", "-q", "QUARANTINE", f"+{RESULT}", cwd=copy)
    assert status == 0
    head = git("rev-parse", "HEAD", cwd=copy).strip()
    assert result(open_stand, job) == head


async def test_a_job_that_has_ended_hands_in_nothing_more(open_stand, job, client_of, copy):
    await open_stand.call("/finish", job.run_token, LAST)
    status, said = await client_of(job).git("push", "QUARANTINE", RESULT, cwd=copy)
    assert status != 0
    assert f"remote: Stop: job {job.plan.job} has ended." in said


async def test_a_stranger_is_sent_away_and_learns_nothing(job, client_of, tmp_path):
    stranger = client_of(replace(job, run_token="stranger"))
    status, said = await stranger.git("clone", "MIRROR", "copy", cwd=tmp_path)
    assert status != 0
    assert "octo" not in said
    assert not (tmp_path / "copy").exists()


async def test_a_quarantine_that_is_gone_is_missed(open_stand, job, client_of, copy):
    open_stand.quarantines.close(job.plan.run)
    status, said = await client_of(job).git("push", "QUARANTINE", RESULT, cwd=copy)
    assert status != 0
    assert "remote: This repository is not here" in said
