"""Deliveries as GitHub publishes them, and ones that it never should send."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from bot.model.events import (
    EVENTS,
    READERS,
    InstallationChanged,
    RepositoriesRemoved,
    SubjectClosed,
    SubjectLabeled,
    SubjectUnlabeled,
    Unreadable,
    ordering_key,
    parse,
)
from bot.model.ids import InstallationId, Login, Repo, UserId
from bot.model.runs import Person, Subject

RECORDED = sorted((Path(__file__).parents[1] / "data/published/payloads").glob("*.json"))
RECEIVED = 1_800_000_000.0
OURS = InstallationId(77)
SENDER = Person(id=UserId(21031067), login=Login("Codertocat"))
REPO = Repo("Codertocat/Hello-World")
ISSUE = Subject(repo=REPO, number=1, kind="issue")
PULL = Subject(repo=REPO, number=2, kind="pull")


def recorded(name, **changes):
    """A payload of GitHub's, as an installed app gets it."""
    path = next(path for path in RECORDED if path.name.startswith(f"{name}."))
    return {"installation": {"id": OURS}, **json.loads(path.read_text()), **changes}


def read(name, payload):
    return parse(name, json.dumps(payload).encode(), received_at=RECEIVED)


def at(text):
    return datetime.fromisoformat(text).timestamp()


def test_a_label_put_on_an_issue():
    assert read("issues", recorded("issues.labeled")) == SubjectLabeled(
        installation=OURS,
        sender=SENDER,
        at=at("2019-05-15T15:20:18Z"),
        repo_id=186853002,
        subject=ISSUE,
        title="Spelling error in the README file",
        label="bug",
    )


def test_a_label_put_on_a_pull_request():
    assert read("pull_request", recorded("pull_request.labeled")) == SubjectLabeled(
        installation=InstallationId(1),
        sender=SENDER,
        at=at("2019-05-15T15:20:35Z"),
        repo_id=186853002,
        subject=PULL,
        title="Update the README with new information.",
        label="bug",
    )


@pytest.mark.parametrize(
    ("event", "subject", "seconds"), [("issues", ISSUE, 26), ("pull_request", PULL, 36)]
)
def test_a_label_taken_off(event, subject, seconds):
    payload = recorded(f"{event}.unlabeled") | {"installation": {"id": OURS}}
    assert read(event, payload) == SubjectUnlabeled(
        installation=OURS,
        sender=SENDER,
        at=at(f"2019-05-15T15:20:{seconds}Z"),
        subject=subject,
        label="bug",
    )


@pytest.mark.parametrize("event", ["issues", "pull_request"])
def test_a_label_that_was_deleted_everywhere_is_nobody_s_act(event):
    payload = recorded(f"{event}.unlabeled")
    del payload["label"]
    assert read(event, payload) is None


@pytest.mark.parametrize("merged", [True, False])
def test_a_pull_request_closed_or_merged(merged):
    payload = recorded("pull_request.closed")
    payload["pull_request"]["merged"] = merged
    assert read("pull_request", payload) == SubjectClosed(
        installation=InstallationId(1),
        sender=SENDER,
        at=at("2019-05-15T15:21:18Z"),
        subject=PULL,
        merged=merged,
    )


def test_a_closed_issue_was_not_merged():
    assert read("issues", recorded("issues.edited", action="closed")) == SubjectClosed(
        installation=OURS,
        sender=SENDER,
        at=at("2019-05-15T15:20:18Z"),
        subject=ISSUE,
        merged=False,
    )


@pytest.mark.parametrize(
    ("action", "installation", "permissions"),
    [
        ("created", 957387, 12),
        ("suspend", 16598467, 32),
        ("unsuspend", 16598467, 32),
        ("new_permissions_accepted", 957387, 12),
    ],
)
def test_a_change_of_an_installation(action, installation, permissions):
    payload = recorded(f"installation.{action}")
    assert len(payload["installation"]["permissions"]) == permissions
    assert read("installation", payload) == InstallationChanged(
        installation=InstallationId(installation),
        sender=SENDER,
        at=RECEIVED,
        action=action,
        account=Login("Codertocat"),
        permissions=payload["installation"]["permissions"],
    )


def test_the_end_of_an_installation():
    assert read("installation", recorded("installation.deleted")) == InstallationChanged(
        installation=InstallationId(2),
        sender=Person(id=UserId(1), login=Login("octocat")),
        at=RECEIVED,
        action="deleted",
        account=Login("octocat"),
        permissions={"metadata": "read", "contents": "read", "issues": "write"},
    )


def test_repositories_taken_from_an_installation():
    payload = recorded("installation_repositories.removed")
    assert read("installation_repositories", payload) == RepositoriesRemoved(
        installation=InstallationId(2),
        sender=Person(id=UserId(1), login=Login("octocat")),
        at=RECEIVED,
        repos=(Repo("octocat/Hello-World"),),
    )


def test_a_bot_is_known_as_one():
    sender = {"id": 9, "login": "tidy[bot]", "type": "Bot"}
    event = read("issues", recorded("issues.labeled", sender=sender))
    assert event.sender == Person(id=UserId(9), login=Login("tidy[bot]"), bot=True)


@pytest.mark.parametrize("action", ["labeled", "unlabeled", "closed"])
def test_an_event_without_a_date_happened_when_it_arrived(action):
    payload = recorded("issues.labeled", action=action)
    del payload["issue"]["updated_at"]
    assert read("issues", payload).at == RECEIVED


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_what_github_publishes_is_read_or_left_alone(path):
    payload = {"installation": {"id": OURS}, **json.loads(path.read_text())}
    event = path.name.partition(".")[0]
    ours = (event, payload.get("action", "")) in READERS
    assert (read(event, payload) is not None) is ours


def test_a_published_payload_stands_for_each_event_that_is_read():
    assert {path.name.partition(".")[0] for path in RECORDED} >= EVENTS


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("issues", b"\xff"),
        ("issues", b""),
        ("issues", b"[]"),
        ("issues", b'{"action": 7}'),
        ("issues", b'{"action": "labeled"}'),
        ("installation", b'{"action": "created", "sender": {}}'),
    ],
)
def test_bytes_that_are_no_payload_are_unreadable(event, body):
    with pytest.raises(Unreadable, match=rf"^{event}: \d+ fields are not as documented$"):
        parse(event, body, received_at=RECEIVED)


def test_what_is_unreadable_is_not_repeated_in_the_error():
    body = b'{"action": "labeled", "installation": "ghs_secret"}'
    with pytest.raises(Unreadable) as problem:
        parse("issues", body, received_at=RECEIVED)
    assert "ghs_secret" not in str(problem.value)
    assert problem.value.__cause__ is None


@pytest.mark.parametrize(
    ("event", "name", "missing", "words"),
    [
        ("issues", "issues.labeled", "issue", "the delivery names no issue or pull request"),
        ("issues", "issues.labeled", "repository", "the delivery names no issue or pull request"),
        ("issues", "issues.labeled", "label", "the delivery names no label"),
    ],
)
def test_a_payload_without_what_it_is_about_is_unreadable(event, name, missing, words):
    payload = recorded(name)
    del payload[missing]
    with pytest.raises(Unreadable, match=f"^{words}$"):
        read(event, payload)


def test_an_installation_without_an_account_is_unreadable():
    payload = recorded("installation.created", installation={"id": 5})
    with pytest.raises(Unreadable, match=r"^the delivery names no account$"):
        read("installation", payload)


def test_what_nobody_reads_may_be_anything():
    assert parse("star", b"\xff", received_at=RECEIVED) is None
    assert parse("issues", b'{"action": "pinned", "issue": 3}', received_at=RECEIVED) is None


KEYS = {
    "check_run.completed": "repo:186853002@ec26c3e57ca3a959ca5aad62de7213c562f8c821",
    "check_suite.completed": "repo:186853002@ec26c3e57ca3a959ca5aad62de7213c562f8c821",
    "installation.created": "installation:957387",
    "issue_comment.created": "repo:186853002#1",
    "issues.labeled": "repo:186853002#1",
    "pull_request.closed": "repo:186853002#2",
    "pull_request_review.submitted": "repo:186853002#2",
    "status": "repo:186853002@6113728f27ae82c7b1a177c8d03f9e96e0adf246",
    "workflow_run.completed": "repo:186853002@5779607b49aab1200488439f02372c57b4f75444",
    "push": "installation:77",
}


@pytest.mark.parametrize("name", KEYS)
def test_deliveries_are_ordered_by_what_they_are_about(name):
    payload = recorded(name)
    payload["repository"] = {"id": 186853002} if "repository" in payload else None
    assert ordering_key(json.dumps(payload).encode()) == KEYS[name]


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_everything_published_has_a_key(path):
    assert ordering_key(path.read_bytes()) != "unreadable"


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b"\xff", "unreadable"),
        (b"[]", "unreadable"),
        (b'{"issue": 1}', "unreadable"),
        (b'{"repository": {"id": 5}}', "repo:5"),
        (b'{"issue": {"number": 1}}', "app"),
        (b'{"sha": "abc", "installation": {"id": 2}}', "installation:2"),
        (b"{}", "app"),
    ],
)
def test_strange_bytes_have_a_key_too(body, key):
    assert ordering_key(body) == key
