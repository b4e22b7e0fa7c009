"""A recording of the embedded GitHub is walked line by line."""

import json

import pytest

from tests.published import mixes
from tests.published.recording import DELIVERED_WITH, check_recording

EXCHANGE = {
    "kind": "api",
    "method": "DELETE",
    "path": "/repos/o/r/issues/comments/1",
    "query": {},
    "request_headers": ["Accept", "user-agent"],
    "request_body": None,
    "status": 204,
    "response_headers": {},
    "response_body": None,
}
RAW = EXCHANGE | {
    "method": "GET",
    "path": "/repos/o/r/contents/README.md",
    "status": 200,
    "response_headers": {"Content-Type": "application/vnd.github.raw; charset=utf-8"},
    "response_body": "# Read me",
}


@pytest.fixture
def webhook():
    return {
        "kind": "webhook",
        "event": "issues",
        "headers": dict.fromkeys(DELIVERED_WITH, "x"),
        "payload": json.loads(mixes.matched()[0].body),
    }


def record(folder, *lines):
    target = folder / "record.jsonl"
    target.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return target


def test_a_recording_without_a_fault_has_no_problems(tmp_path, webhook):
    lost = webhook | {"headers": {}}
    assert check_recording(record(tmp_path, EXCHANGE, RAW, webhook, lost)) == []


def test_requests_answers_and_webhooks_are_each_looked_at(tmp_path, webhook):
    forced = EXCHANGE | {"query": {"force": "1"}}
    answered = EXCHANGE | {"status": 200}
    webhook["payload"] = {"action": "frobbed"}
    assert check_recording(record(tmp_path, EXCHANGE, forced, answered, webhook)) == [
        "line 2: issues/delete-comment: unknown query parameter force",
        "line 3: issues/delete-comment 200: not a status that GitHub describes",
        "line 4: issues.frobbed: not among the webhooks we keep",
    ]


def test_headers_that_github_asks_for_or_sends_are_missed(tmp_path, webhook):
    del webhook["headers"]["X-Hub-Signature-256"]
    anonymous = EXCHANGE | {"request_headers": ["Accept"]}
    assert check_recording(record(tmp_path, anonymous, webhook)) == [
        "line 1: no header User-Agent",
        "line 2: no header X-Hub-Signature-256",
    ]
