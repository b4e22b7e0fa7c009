"""What a job says by JSON, and what it is told."""

import json
from dataclasses import asdict

import pytest
from sqlalchemy import select

from bot.agents.command import Command
from bot.gateway.bodies import LARGEST, MOST_LOG
from bot.harness.claim import message_from
from bot.model.ids import Login
from bot.model.runs import Message, Text
from bot.store import mailbox
from bot.store.schema import jobs, outputs, run_steps, runs
from tests.gateway.stand import LAST, NOW

PULL = {"kind": "pull_request", "title": "Tidy up", "body": "Formatted."}


async def rows(stand, *columns):
    async with stand.store.read() as connection:
        return [tuple(row) for row in await connection.execute(select(*columns))]


async def test_a_launch_token_is_exchanged_for_the_plan_and_a_run_token(open_stand):
    job = await open_stand.launched()
    answer = await open_stand.call("/launch", job.launch_token, {})
    assert answer.status == 200
    assert answer.said["plan"] == json.loads(json.dumps(asdict(job.plan)))
    beat = await open_stand.call("/heartbeat", answer.said["run_token"], {})
    assert (beat.status, beat.said) == (200, {"go_on": True})


async def test_the_second_to_launch_is_told_to_leave(open_stand):
    job = await open_stand.launched()
    assert (await open_stand.call("/launch", job.launch_token, {})).status == 200
    second = await open_stand.call("/launch", job.launch_token, {})
    assert (second.status, second.said["reason"]) == (409, "fenced")
    assert second.said["words"] == f"Stop: job {job.plan.job} was claimed already."


async def test_a_launch_of_a_job_that_was_replaced_is_fenced(open_stand):
    job = await open_stand.launched()
    await open_stand.replace(job)
    assert (await open_stand.call("/launch", job.launch_token, {})).status == 409


ALL = [
    ("/launch", {}),
    ("/heartbeat", {}),
    ("/messages", {"after": 0}),
    ("/steps", {"text": "x"}),
    ("/notes", {"text": "x"}),
    ("/outputs", PULL),
    ("/finish", LAST),
]


@pytest.mark.parametrize(("path", "payload"), ALL)
async def test_a_token_that_nobody_has_opens_nothing(open_stand, path, payload):
    for token in (None, "stranger", "", "launch token", "x" * 300):
        answer = await open_stand.call(path, token, payload)
        assert (answer.status, answer.said["reason"]) == (401, "unknown_token")


@pytest.mark.parametrize(("path", "payload"), ALL)
async def test_tokens_of_one_kind_do_not_serve_as_the_other(open_stand, job, path, payload):
    wrong = job.run_token if path == "/launch" else job.launch_token
    assert (await open_stand.call(path, wrong, payload)).status == 401


@pytest.mark.parametrize(("path", "payload"), ALL[1:])
async def test_a_job_that_was_replaced_is_fenced_everywhere(open_stand, job, path, payload):
    await open_stand.replace(job)
    answer = await open_stand.call(path, job.run_token, payload)
    assert (answer.status, answer.said["reason"]) == (409, "fenced")
    assert await rows(open_stand, outputs.c.id) == []


async def test_a_job_whose_run_was_cancelled_is_told_not_to_go_on(open_stand, job):
    await open_stand.cancel(job)
    beat = await open_stand.call("/heartbeat", job.run_token, {})
    assert (beat.status, beat.said) == (200, {"go_on": False})
    assert (await open_stand.call("/outputs", job.run_token, PULL)).status == 409


async def test_a_step_is_shown_as_the_agents(open_stand, job):
    answer = await open_stand.call("/steps", job.run_token, {"text": "Running ruff — 3 files"})
    assert (answer.status, answer.said) == (204, "")
    shown = await rows(open_stand, run_steps.c.by, run_steps.c.text)
    assert shown[-1] == ("agent", "Running ruff — 3 files")


async def test_a_step_of_two_lines_is_refused_in_words(open_stand, job):
    answer = await open_stand.call("/steps", job.run_token, {"text": "one\ntwo"})
    words = "text: Text should be one line, without control characters."
    assert (answer.status, answer.said["words"]) == (400, words)


@pytest.mark.parametrize("status", [-9, 0, 1, 128, 129, 255])
async def test_every_end_that_a_driver_can_tell_is_taken(open_stand, job, status):
    ended = asdict(Command().outcome("exited", status))
    last = {**ended, "result": None, "log": ""}
    assert (await open_stand.call("/finish", job.run_token, last)).status == 204


async def test_a_step_that_is_sent_again_is_shown_once(open_stand, job):
    key = {"Idempotency-Key": "0" * 32}
    for _ in range(2):
        await open_stand.call("/steps", job.run_token, {"text": "once"}, **key)
    said = await rows(open_stand, run_steps.c.text)
    assert said.count(("once",)) == 1


async def test_a_note_is_taken(open_stand, job):
    answer = await open_stand.call("/notes", job.run_token, {"text": "Look at\nthe cache."})
    assert answer.status == 204


async def test_what_has_come_since_is_handed_out_whole(open_stand, job):
    text = Text(author=Login("eve"), trusted=False, body="x", path="a.py", line=1, thread=7)
    come = Message(kind="review", text="This.", by=Login("eve"), at=NOW, texts=(text,))
    async with open_stand.store.begin() as tx:
        await mailbox.post(tx, job.plan.run, come, key="a", now=NOW)
    for after, messages in ((0, [come]), (0, [come]), (1, [])):
        answer = await open_stand.call("/messages", job.run_token, {"after": after})
        assert [message_from(each) for each in answer.said["messages"]] == messages


async def test_an_output_is_accepted_until_none_is_left(open_stand, job):
    comment = {"kind": "comment", "body": "Hello."}
    asked = [await open_stand.call("/outputs", job.run_token, comment) for _ in range(3)]
    assert [(each.status, each.said["left"]) for each in asked] == [(200, 1), (200, 0), (422, 0)]
    assert asked[0].said == {"accepted": True, "left": 1}
    assert (asked[2].said["accepted"], asked[2].said["reason"]) == (False, "limit")
    assert await rows(open_stand, outputs.c.kind) == [("comment",), ("comment",)]


async def test_an_output_that_is_sent_again_is_answered_as_before(open_stand, job):
    key = {"Idempotency-Key": "a" * 32}
    asked = [await open_stand.call("/outputs", job.run_token, PULL, **key) for _ in range(2)]
    assert [(each.status, each.said) for each in asked] == [
        (200, {"accepted": True, "left": 0})
    ] * 2
    assert len(await rows(open_stand, outputs.c.id)) == 1


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"kind": "merge"}, "not_granted"),
        ({"kind": "noop", "reason": "x"}, "not_granted"),
        ({"kind": "comment"}, "schema"),
        ({"kind": "comment", "body": 5}, "schema"),
        ({"kind": "comment", "body": "x", "token": "y"}, "schema"),
        ({"kind": "comment", "body": "x" * 60_001}, "schema"),
        ({"kind": "comment", "body": "ghp_" + "a" * 36}, "secret"),
    ],
)
async def test_a_refused_output_says_why_and_costs_nothing(open_stand, job, payload, reason):
    answer = await open_stand.call("/outputs", job.run_token, payload)
    assert (answer.status, answer.said["accepted"]) == (422, False)
    assert answer.said["reason"] == reason
    assert answer.said["left"] == (2 if payload["kind"] == "comment" else 0)
    assert answer.said["words"]


async def test_the_last_word_is_taken_and_may_be_repeated(open_stand, job):
    await open_stand.call("/outputs", job.run_token, PULL)
    last = LAST | {"result": "a" * 40, "log": "done\n"}
    for _ in range(2):
        assert (await open_stand.call("/finish", job.run_token, last)).status == 204
    assert await rows(open_stand, runs.c.state, runs.c.result) == [("parked", "a" * 40)]
    ((ending,),) = await rows(open_stand, jobs.c.ending)
    assert ending == {
        "exit": 0,
        "signal": None,
        "cause": "exited",
        "result": "a" * 40,
        "words": "",
        "log": "done\n",
    }


@pytest.mark.parametrize("character", ["\0", "\x1b", "é", "\ufffd", "x"])
async def test_a_log_full_of_any_character_still_fits(open_stand, job, character):
    full = (character * MOST_LOG).encode()[:MOST_LOG].decode(errors="ignore")
    answer = await open_stand.call("/finish", job.run_token, LAST | {"log": full})
    assert answer.status == 204


FORGED = {
    "/launch": [{"run": "other"}],
    "/heartbeat": [{"run": "other"}, []],
    "/messages": [{}, {"after": -1}, {"after": "0"}, {"after": True}, {"after": 0, "run": "x"}],
    "/outputs": [{}, {"kind": 5}, {"kind": ""}, {"kind": "x" * 65}],
    "/steps": [
        {},
        {"text": 5},
        {"text": ""},
        {"text": "  "},
        {"text": "x" * 201},
        {"text": "two\nlines"},
        {"text": "two\u2028lines"},
        {"text": "red \x1b[31m"},
        {"text": "nul \0"},
        {"text": "x", "run": "other"},
    ],
    "/notes": [{}, {"text": ""}, {"text": "x" * 16_001}, {"text": "x", "run": "other"}],
    "/finish": [
        {},
        LAST | {"exit": "0"},
        LAST | {"exit": True},
        LAST | {"exit": 256},
        LAST | {"exit": 10**30},
        LAST | {"cause": "bored"},
        LAST | {"result": "refs/heads/main"},
        LAST | {"result": "A" * 40},
        LAST | {"result": "a" * 40 + "\n"},
        LAST | {"log": "x" * (MOST_LOG + 1)},
        LAST | {"log": None},
        LAST | {"told": -1},
        LAST | {"run": "other"},
    ],
}
NO_JSON = [b"", b"{", b"null", b"[]", b"\xff\xfe", b'{"text": "\\ud800"}', b"[" * 100_000]


@pytest.mark.parametrize("path", FORGED)
async def test_a_body_of_another_shape_is_refused_in_one_sentence(open_stand, job, path):
    for payload in FORGED[path] + NO_JSON + [{"text": 1, "x" * 300: 1}]:
        answer = await open_stand.call(path, job.run_token, payload)
        assert (answer.status, answer.said["reason"]) == (400, "body"), payload
        assert len(answer.said["words"]) <= 201
        assert answer.said["words"].endswith(".")
        assert "\n" not in answer.said["words"]


@pytest.mark.parametrize("path", [path for path, _ in ALL])
async def test_a_body_of_a_megabyte_is_refused(open_stand, job, path):
    answer = await open_stand.call(path, job.run_token, {"text": "x" * 1024**2})
    assert (answer.status, answer.said["reason"]) == (413, "size")
    assert str(LARGEST) in answer.said["words"]


async def test_a_broken_key_is_refused(open_stand, job):
    answer = await open_stand.call("/outputs", job.run_token, PULL, **{"Idempotency-Key": "a b"})
    assert (answer.status, answer.said["reason"]) == (400, "body")


@pytest.mark.parametrize("path", ["/", "/launch/", "/outputs/1", "/git/", "/admin"])
async def test_there_is_no_other_address(open_stand, job, path):
    assert (await open_stand.call(path, job.run_token, {})).status == 404
    assert (await open_stand.call(path, None, {})).status == 401


async def test_a_database_that_is_away_is_said_to_be_back_soon(open_stand, job):
    (open_stand.home / "greenroom.db").rename(open_stand.home / "elsewhere")
    await open_stand.store.close()
    (open_stand.home / "greenroom.db").mkdir()
    answer = await open_stand.call("/heartbeat", job.run_token, {})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert answer.said == {"reason": "database", "words": "Not now; try again later."}
