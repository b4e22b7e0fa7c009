"""A recording of the embedded GitHub is walked line by line."""

import json

from tests.published import mixes
from tests.published.recording import check_recording

EXCHANGE = {
    "kind": "api",
    "method": "DELETE",
    "path": "/repos/o/r/issues/comments/1",
    "query": {},
    "request": None,
    "status": 204,
    "response": None,
}


def record(folder, *lines):
    target = folder / "record.jsonl"
    target.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return target


def test_a_recording_without_a_fault_has_no_problems(tmp_path):
    payload = json.loads(mixes.matched()[0].body)
    webhook = {"kind": "webhook", "event": "issues", "payload": payload}
    assert check_recording(record(tmp_path, EXCHANGE, webhook)) == []


def test_requests_answers_and_webhooks_are_each_looked_at(tmp_path):
    wrong = EXCHANGE | {"query": {"force": "1"}, "response": {}}
    webhook = {"kind": "webhook", "event": "issues", "payload": {"action": "frobbed"}}
    assert check_recording(record(tmp_path, EXCHANGE, wrong, webhook)) == [
        "line 2: issues/delete-comment: unknown query parameter force",
        "line 2: issues/delete-comment 204: has no body",
        "line 3: issues.frobbed: not among the webhooks we keep",
    ]
