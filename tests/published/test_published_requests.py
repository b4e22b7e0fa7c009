"""Requests that GitHub refuses, or takes and silently ignores: each is caught."""

import pytest

from tests.published.description import check_request

ANNOTATION = {
    "path": "a.py",
    "start_line": 1,
    "end_line": 1,
    "annotation_level": "notice",
    "message": "look here",
}
CHECK = {"name": "greenroom / tidy", "head_sha": "aa218f56b14c9653891f9e74264a383fa43fefbd"}
ACTION = {"label": "Retry", "description": "Run it once more", "identifier": "retry"}
PULL = {"title": "Tidy", "head": "greenroom/tidy/1", "base": "main"}

TOKENS = "/app/installations/1/access_tokens"
CHECKS = "/repos/o/r/check-runs"
PULLS = "/repos/o/r/pulls"
COMMENTS = "/repos/o/r/issues/1/comments"
LABELS = "/repos/o/r/labels"
REFS = "/repos/o/r/git/refs"
REVIEWS = "/repos/o/r/pulls/1/reviews"
REMARKS = "/repos/o/r/pulls/1/comments"
REMARK = {"body": "why", "commit_id": CHECK["head_sha"], "path": "a.py"}
TREES = "/repos/o/r/git/trees"


def output(**more):
    return {**CHECK, "output": {"title": "Done", "summary": "All well", **more}}


GOOD = {
    "a narrowed token": (
        TOKENS,
        {"repositories": ["r"], "permissions": {"checks": "write", "contents": "read"}},
    ),
    "a token for everything": (TOKENS, None),
    "a running check": (CHECKS, {**CHECK, "status": "in_progress"}),
    "a completed check": (
        CHECKS,
        {**CHECK, "status": "completed", "conclusion": "success", "actions": [ACTION] * 3},
    ),
    "fifty annotations": (CHECKS, output(annotations=[ANNOTATION] * 50)),
    "a pull request": (PULLS, PULL),
    "a pull request made of an issue": (PULLS, {"issue": 1, "head": "x", "base": "main"}),
    "a comment": (COMMENTS, {"body": "x" * 65_536}),
    "a branch": (REFS, {"ref": "refs/heads/greenroom/tidy/1", "sha": CHECK["head_sha"]}),
    "a remark on a line": (REMARKS, {**REMARK, "line": 3, "start_line": 2, "side": "RIGHT"}),
    "a remark on a file": (REMARKS, {**REMARK, "subject_type": "file"}),
    "an answer": (REMARKS, {**REMARK, "in_reply_to": 7}),
    "an approval": (REVIEWS, {"event": "APPROVE"}),
    "a review of remarks": (
        REVIEWS,
        {"event": "COMMENT", "comments": [{"path": "a.py", "body": "why", "line": 3}]},
    ),
    "labels": ("/repos/o/r/issues/1/labels", {"labels": ["agent:tidy"]}),
}

BAD = {
    "a token that is not narrowed": (TOKENS, {"permission": {"issues": "read"}}, "permission"),
    "a permission that is none": (TOKENS, {"permissions": {"issue": "read"}}, "issue"),
    "a level that is none": (TOKENS, {"permissions": {"issues": "admin"}}, "admin"),
    "501 repositories": (TOKENS, {"repository_ids": list(range(501))}, "at most 500"),
    "a repository with its owner": (TOKENS, {"repositories": ["o/r"]}, "without its owner"),
    "a repository named twice": (
        TOKENS,
        {"repositories": ["r"], "repository_ids": [1]},
        "by name or by id",
    ),
    "a misspelt title": (PULLS, {**PULL, "titel": "Tidy"}, "titel"),
    "a pull request of nothing": (PULLS, {"head": "x", "base": "main"}, "needs a title"),
    "a blank title": (PULLS, {**PULL, "title": " "}, "title is not empty"),
    "a long description": (PULLS, {**PULL, "body": "x" * 65_537}, "65536"),
    "a check that ended nowhere": (CHECKS, {**CHECK, "status": "completed"}, "conclusion"),
    "a check that ended at a time": (
        CHECKS,
        {**CHECK, "completed_at": "2026-01-01T00:00:00Z"},
        "conclusion",
    ),
    "a check that ended and goes on": (
        CHECKS,
        {**CHECK, "status": "in_progress", "conclusion": "success"},
        "completes",
    ),
    "a stale check": (CHECKS, {**CHECK, "conclusion": "stale"}, "stale"),
    "a waiting check": (CHECKS, {**CHECK, "status": "waiting"}, "waiting"),
    "a time that is none": (CHECKS, {**CHECK, "started_at": "yesterday"}, "date-time"),
    "51 annotations": (CHECKS, output(annotations=[ANNOTATION] * 51), "more than 50"),
    "a key deep inside": (CHECKS, output(annotations=[{**ANNOTATION, "line": 1}]), "line"),
    "columns over two lines": (
        CHECKS,
        output(annotations=[{**ANNOTATION, "end_line": 2, "start_column": 1}]),
        "one line",
    ),
    "a long annotation": (
        CHECKS,
        output(annotations=[{**ANNOTATION, "message": "ü" * 32_769}]),
        "64 KB",
    ),
    "a long title of an annotation": (
        CHECKS,
        output(annotations=[{**ANNOTATION, "title": "x" * 256}]),
        "255",
    ),
    "a long summary": (CHECKS, output(summary="x" * 65_536), "65535"),
    "an output without a title": (CHECKS, output(title=""), "title"),
    "four buttons": (CHECKS, {**CHECK, "actions": [ACTION] * 4}, "more than 3"),
    "a long label of a button": (
        CHECKS,
        {**CHECK, "actions": [{**ACTION, "label": "x" * 21}]},
        "20",
    ),
    "a long description of a button": (
        CHECKS,
        {**CHECK, "actions": [{**ACTION, "description": "x" * 41}]},
        "40",
    ),
    "a long name of a button": (
        CHECKS,
        {**CHECK, "actions": [{**ACTION, "identifier": "x" * 21}]},
        "20",
    ),
    "a nameless check": (CHECKS, {**CHECK, "name": ""}, "name"),
    "an empty comment": (COMMENTS, {"body": ""}, "empty"),
    "a long comment": (COMMENTS, {"body": "x" * 65_537}, "65536"),
    "a comment without a word": (COMMENTS, None, "needs a body"),
    "a remark on nothing": (REMARKS, REMARK, "needs a line"),
    "a remark that ends before it begins": (
        REMARKS,
        {**REMARK, "line": 2, "start_line": 3},
        "begins before",
    ),
    "a remark beside the diff": (REMARKS, {**REMARK, "line": 1, "side": "TOP"}, "TOP"),
    "a silent review": (REVIEWS, {"event": "REQUEST_CHANGES"}, "needs words"),
    "a long review": (REVIEWS, {"event": "COMMENT", "body": "x" * 65_537}, "65536"),
    "a review that merges": (REVIEWS, {"event": "MERGE", "body": "x"}, "MERGE"),
    "a reaction that is none": ("/repos/o/r/issues/1/reactions", {"content": "eye"}, "eye"),
    "a color with its sign": (LABELS, {"name": "bug", "color": "#ff0000"}, "hexadecimal"),
    "a long description of a label": (LABELS, {"name": "bug", "description": "x" * 101}, "100"),
    "a branch without refs/": (REFS, {"ref": "heads/x", "sha": CHECK["head_sha"]}, "refs/"),
    "an abbreviated SHA": (REFS, {"ref": "refs/heads/x", "sha": "aa218f5"}, "forty"),
    "a check on a branch": (CHECKS, {**CHECK, "head_sha": "main"}, "forty"),
    "a blob in latin-1": (
        "/repos/o/r/git/blobs",
        {"content": "x", "encoding": "latin-1"},
        "base64",
    ),
    "an entry with nothing in it": (TREES, {"tree": [{"path": "a", "mode": "100644"}]}, "either"),
}

QUERIES = {
    "an unknown parameter": ("/repos/o/r/issues", {"per-page": "3"}, "per-page"),
    "a page that is too large": ("/repos/o/r/issues", {"per_page": "101"}, "1 to 100"),
    "a page that is no number": ("/repos/o/r/issues", {"page": "two"}, "integer"),
    "a state that is none": ("/repos/o/r/pulls", {"state": "merged"}, "merged"),
    "a number that is none": ("/repos/o/r/issues/first", {}, "integer"),
    "a ref with refs/": ("/repos/o/r/git/ref/refs/heads/main", {}, "without refs/"),
    "a comparison of one": ("/repos/o/r/compare/main", {}, "BASE...HEAD"),
    "a path that is none": ("/repos/o/r/isues", {}, "not among"),
}


@pytest.mark.parametrize(("path", "body"), GOOD.values(), ids=GOOD)
def test_a_good_request_passes(path, body):
    assert check_request("POST", path, {}, body) == []


@pytest.mark.parametrize(("path", "body", "word"), BAD.values(), ids=BAD)
def test_a_bad_request_is_caught_with_one_telling_problem(path, body, word):
    (problem,) = check_request("POST", path, {}, body)
    assert word in problem


@pytest.mark.parametrize(("path", "query", "word"), QUERIES.values(), ids=QUERIES)
def test_a_bad_address_is_caught_with_one_telling_problem(path, query, word):
    (problem,) = check_request("GET", path, query)
    assert word in problem


def test_a_file_is_written_in_base64():
    path, body = "/repos/o/r/contents/a.py", {"message": "Add", "content": "eCA9IDEK"}
    assert check_request("PUT", path, {}, body) == []
    (problem,) = check_request("PUT", path, {}, {**body, "content": "x = 1"})
    assert "base64" in problem


def test_a_lock_has_one_of_githubs_reasons_or_none():
    path = "/repos/o/r/issues/1/lock"
    assert check_request("PUT", path, {}, {"lock_reason": "too heated"}) == []
    assert check_request("PUT", path, {}, {"lock_reason": "too long"}) != []


def test_a_method_that_the_path_does_not_take_is_caught():
    assert check_request("PUT", "/repos/o/r/issues/1", {}, {"title": "x"}) != []


def test_a_body_where_none_is_taken_is_caught():
    attempts = "/app/hook/deliveries/1/attempts"
    assert check_request("POST", attempts, {}, {}) == []
    assert check_request("POST", attempts, {}, {"force": True}) != []


def test_an_update_of_a_check_is_held_as_strictly_as_a_new_one():
    run = f"{CHECKS}/1"
    assert check_request("PATCH", run, {}, {"status": "in_progress"}) == []
    assert check_request("PATCH", run, {}, {"status": "completed"}) != []
    assert check_request("PATCH", run, {}, {"status": "waiting"}) != []
    assert check_request("PATCH", run, {}, {"state": "in_progress"}) == [
        "checks/update: at /: unknown keys state"
    ]
