"""Deliveries as GitHub publishes them, and ones that it never should send."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from bot.model.events import (
    ButtonPressed,
    HeadSeen,
    InstallationChanged,
    Pushed,
    RepositoriesAdded,
    RepositoriesRemoved,
    SubjectClosed,
    SubjectGone,
    SubjectLabeled,
    SubjectLocked,
    SubjectOpened,
    SubjectUnlabeled,
    TextWritten,
)
from bot.model.ids import InstallationId, Login, Repo, Sha, UserId
from bot.model.payloads import ordering_key
from bot.model.readers import ALWAYS_SENT, EVENTS, MOST_COMMITS, READERS, Unreadable, parse
from bot.model.runs import Person, Subject, Trigger

RECORDED = sorted((Path(__file__).parents[1] / "data/published/payloads").glob("*.json"))
RECEIVED = 1_800_000_000.0
OURS = InstallationId(77)
SENDER = Person(id=UserId(21031067), login=Login("Codertocat"))
REPO = Repo("Codertocat/Hello-World")
ISSUE = Subject(repo=REPO, number=1, kind="issue")
PULL = Subject(repo=REPO, number=2, kind="pull")
HEAD = Sha("ec26c3e57ca3a959ca5aad62de7213c562f8c821")


def recorded(name, **changes):
    """A payload of GitHub's, as an installed app gets it."""
    path = next(path for path in RECORDED if path.name.startswith(f"{name}."))
    return {"installation": {"id": OURS}, **json.loads(path.read_text()), **changes}


def read(name, payload):
    return parse(name, json.dumps(payload).encode(), received_at=RECEIVED)


def at(text):
    return datetime.fromisoformat(text).timestamp()


def on(subject, name, when, installation):
    """Return the fields that all events of a recorded payload about a subject share."""
    payload = recorded(name)
    about = payload.get("pull_request") or payload["issue"]
    return {
        "title": about["title"],
        "body": about["body"],
        "installation": installation,
        "sender": SENDER,
        "at": at(when),
        "repo": REPO,
        "repo_id": 186853002,
        "subject": subject,
        "author": SENDER,
        "open": True,
    }


def on_issue(when):
    return on(ISSUE, "issues.labeled", when, OURS)


def on_pull(when, installation=1):
    return on(PULL, "pull_request.labeled", when, InstallationId(installation))


def described(about, *, before):
    where = Trigger(kind="description")
    return TextWritten(**about, where=where, text=about["body"], before=before, writer=SENDER)


def test_a_label_put_on_an_issue():
    assert read("issues", recorded("issues.labeled")) == (
        SubjectLabeled(**on_issue("2019-05-15T15:20:18Z"), label="bug"),
    )


def test_every_event_of_a_pull_request_tells_its_head_too():
    about = on_pull("2019-05-15T15:20:35Z")
    assert read("pull_request", recorded("pull_request.labeled")) == (
        HeadSeen(**about, head=HEAD, moved=False),
        SubjectLabeled(**about, label="bug"),
    )


def test_a_label_taken_off():
    assert read("issues", recorded("issues.unlabeled")) == (
        SubjectUnlabeled(**on_issue("2019-05-15T15:20:26Z"), label="bug"),
    )
    payload = recorded("pull_request.unlabeled", installation={"id": OURS})
    assert read("pull_request", payload)[1:] == (
        SubjectUnlabeled(**on_pull("2019-05-15T15:20:36Z", OURS), label="bug"),
    )


@pytest.mark.parametrize(("event", "told"), [("issues", 0), ("pull_request", 1)])
def test_a_label_that_was_deleted_everywhere_is_nobody_s_act(event, told):
    payload = recorded(f"{event}.unlabeled")
    del payload["label"]
    assert len(read(event, payload)) == told


@pytest.mark.parametrize("merged", [True, False])
def test_a_pull_request_closed_or_merged(merged):
    payload = recorded("pull_request.closed")
    payload["pull_request"]["merged"] = merged
    about = {**on_pull("2019-05-15T15:21:18Z"), "open": False}
    assert read("pull_request", payload)[1:] == (SubjectClosed(**about, merged=merged),)


def test_a_closed_issue_was_not_merged():
    assert read("issues", recorded("issues.edited", action="closed")) == (
        SubjectClosed(**on_issue("2019-05-15T15:20:18Z"), merged=False),
    )


@pytest.mark.parametrize("how", ["deleted", "transferred"])
def test_an_issue_that_is_gone(how):
    (event,) = read("issues", recorded(f"issues.{how}"))
    assert isinstance(event, SubjectGone)
    assert event.how == how


def test_a_conversation_that_was_locked():
    assert read("issues", recorded("issues.locked")) == (
        SubjectLocked(**on_issue("2019-05-15T15:20:27Z")),
    )
    (_, locked) = read("pull_request", recorded("pull_request.locked"))
    assert isinstance(locked, SubjectLocked)


def test_what_is_opened_has_a_description_that_may_command():
    about = on_issue("2019-05-15T15:20:18Z")
    assert read("issues", recorded("issues.opened")) == (
        SubjectOpened(**about, name="issues.opened", head=None),
        described(about, before=None),
    )
    about = on_pull("2019-05-15T15:20:33Z", OURS)
    assert read("pull_request", recorded("pull_request.opened")) == (
        HeadSeen(**about, head=HEAD, moved=False),
        SubjectOpened(**about, name="pull_request.opened", head=HEAD),
        described(about, before=None),
    )


@pytest.mark.parametrize("action", ["reopened", "ready_for_review"])
def test_what_is_opened_again_is_no_new_text(action):
    told = read("pull_request", recorded(f"pull_request.{action}"))
    assert [type(each) for each in told] == [HeadSeen, SubjectOpened]
    assert told[1].name == f"pull_request.{action}"


def test_a_head_that_moved():
    about = on_pull("2019-05-15T15:20:33Z")
    payload = recorded("pull_request.synchronize")
    assert read("pull_request", payload) == (HeadSeen(**about, head=HEAD, moved=True),)
    del payload["pull_request"]["head"]
    assert read("pull_request", payload) == ()


@pytest.mark.parametrize(
    ("changes", "before"),
    [({"body": {"from": "old"}}, "old"), ({"body": {"from": None}}, ""), ({"body": {}}, "")],
)
def test_an_edited_description_tells_what_it_was(changes, before):
    payload = recorded("issues.edited", changes=changes)
    about = on_issue("2019-05-15T15:20:18Z")
    assert read("issues", payload) == (described(about, before=before),)


@pytest.mark.parametrize("changes", [{}, {"title": {"from": "old"}}, None])
def test_an_edited_title_is_no_text(changes):
    assert read("issues", recorded("issues.edited", changes=changes)) == ()


def test_a_comment():
    payload = recorded("issue_comment.created")
    (event,) = read("issue_comment", payload)
    assert event == TextWritten(
        **on_issue("2019-05-15T15:20:21Z"),
        where=Trigger(kind="issue_comment", id=492700400),
        text=payload["comment"]["body"],
        before=None,
        writer=SENDER,
    )


def test_an_edited_comment_is_the_sender_s_act_and_its_writer_s_text():
    editor = {"id": 5, "login": "ann"}
    payload = recorded("issue_comment.edited", sender=editor, changes={"body": {"from": "old"}})
    (event,) = read("issue_comment", payload)
    assert event.sender == Person(id=UserId(5), login=Login("ann"))
    assert (event.writer, event.before, event.at) == (SENDER, "old", at("2019-05-15T15:20:22Z"))


@pytest.mark.parametrize("changes", [{}, None])
def test_an_edit_that_names_no_change_of_the_text_adds_nothing(changes):
    (event,) = read("issue_comment", recorded("issue_comment.edited", changes=changes))
    assert event.before == event.text != ""


def test_a_comment_on_a_pull_request_is_about_that():
    payload = recorded("issue_comment.created")
    payload["issue"]["pull_request"] = {"url": "…"}
    (event,) = read("issue_comment", payload)
    assert event.subject == Subject(repo=REPO, number=1, kind="pull")
    assert event.where.kind == "issue_comment"


def test_the_author_of_an_account_that_is_gone_is_a_ghost():
    payload = recorded("issue_comment.created")
    payload["comment"]["user"] = payload["issue"]["user"] = None
    (event,) = read("issue_comment", payload)
    assert event.writer == event.author == Person(id=UserId(0), login=Login("ghost"))


def test_a_comment_in_a_review():
    (head, event) = read(
        "pull_request_review_comment", recorded("pull_request_review_comment.created")
    )
    assert isinstance(head, HeadSeen)
    assert event.where == Trigger(kind="review_comment", id=284312630)
    assert event.at == at("2019-05-15T15:20:37Z")


def test_a_review_without_words_is_an_empty_text():
    (_, _, event) = read("pull_request_review", recorded("pull_request_review.submitted"))
    assert event.where == Trigger(kind="review", id=237895671)
    assert (event.text, event.before, event.at) == ("", None, at("2019-05-15T15:20:38Z"))


def test_a_review_tells_its_verdict_and_what_was_reviewed():
    (_, event, _) = read("pull_request_review", recorded("pull_request_review.submitted"))
    assert (event.review, event.state, event.text) == (237895671, "commented", "")
    assert event.head == "ec26c3e57ca3a959ca5aad62de7213c562f8c821"


@pytest.mark.parametrize("name", ["check_run.completed", "check_suite.completed"])
def test_a_check_that_ends_names_its_commit(name):
    payload = recorded(name)
    kind = name.partition(".")[0]
    (event,) = read(kind, payload)
    assert event.sha == payload[kind]["head_sha"]


def test_a_status_names_its_commit():
    payload = recorded("check_suite.completed") | {"sha": "5" * 40}
    del payload["action"], payload["check_suite"]
    (event,) = read("status", payload)
    assert event.sha == "5" * 40


def test_a_status_without_a_commit_is_unreadable():
    payload = recorded("check_suite.completed")
    del payload["action"], payload["check_suite"]
    with pytest.raises(Unreadable, match="no commit"):
        read("status", payload)


def test_an_edited_review_happened_when_its_pull_request_was_last_touched():
    payload = recorded("pull_request_review.submitted", action="edited")
    payload["changes"] = {"body": {"from": "old"}}
    (_, event) = read("pull_request_review", payload)
    assert (event.before, event.at) == ("old", at("2019-05-15T15:20:38Z"))


def pressed(name, **changes):
    event = name.partition(".")[0]
    return read(event, recorded(name, **changes))


def test_a_button_of_a_check_run():
    assert pressed("check_run.requested_action") == (
        ButtonPressed(
            installation=InstallationId(690857),
            sender=Person(id=UserId(2036040), login=Login("codebytere")),
            at=RECEIVED,
            repo=Repo("electron/electron"),
            repo_id=9384267,
            app=25811,
            run="",
            head=Sha("5bd5f196a46b8222fb7484f05faba41a73cf34bd"),
            button="lgtm|26764",
        ),
    )


def test_a_check_that_is_asked_for_again():
    (event,) = pressed("check_run.rerequested")
    assert (event.button, event.app) == ("rerun", 2)
    (event,) = pressed("check_suite.rerequested")
    assert (event.button, event.app, event.run, event.head) == ("rerun", 29310, "", HEAD)


def test_a_check_run_names_the_run_that_it_shows():
    check = {"head_sha": HEAD, "external_id": "01RUN.2", "app": {"id": 42}}
    (event,) = pressed("check_run.rerequested", check_run=check)
    assert event.run == "01RUN.2"
    assert pressed("check_run.rerequested", check_run={"head_sha": HEAD}) == ()


def pushed(**changes):
    base = {"ref": "refs/heads/master", "after": HEAD}
    told = read("push", recorded("push", **{**base, **changes}))
    return told[0] if told else None


COMMITS = [
    {"added": ["a"], "removed": ["b"]},
    {"modified": ["c", "a"]},
]


def test_a_push_tells_which_files_it_changed():
    assert pushed(commits=COMMITS) == Pushed(
        installation=OURS,
        sender=SENDER,
        at=RECEIVED,
        repo=REPO,
        repo_id=186853002,
        branch="master",
        sha=HEAD,
        default=True,
        paths=frozenset("abc"),
    )
    assert not pushed(ref="refs/heads/feature/x").default


@pytest.mark.parametrize(
    "changes",
    [{"commits": []}, {"commits": COMMITS * 1024}, {"commits": COMMITS, "forced": True}],
    ids=["new branch", "too many", "forced"],
)
def test_a_push_may_not_tell_all_that_it_changed(changes):
    assert len(changes["commits"]) <= MOST_COMMITS
    assert pushed(**changes).paths is None


@pytest.mark.parametrize("changes", [{"ref": "refs/tags/v1"}, {"after": "0" * 40}, {"after": ""}])
def test_a_tag_or_a_branch_that_is_gone_is_no_push(changes):
    assert pushed(**changes) is None


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
    assert read("installation", payload) == (
        InstallationChanged(
            installation=InstallationId(installation),
            sender=SENDER,
            at=RECEIVED,
            action=action,
            account=Login("Codertocat"),
            permissions=payload["installation"]["permissions"],
        ),
    )


def test_the_end_of_an_installation():
    (event,) = read("installation", recorded("installation.deleted"))
    assert event == InstallationChanged(
        installation=InstallationId(2),
        sender=Person(id=UserId(1), login=Login("octocat")),
        at=RECEIVED,
        action="deleted",
        account=Login("octocat"),
        permissions={"metadata": "read", "contents": "read", "issues": "write"},
    )


def test_repositories_taken_from_an_installation():
    payload = recorded("installation_repositories.removed")
    (event,) = read("installation_repositories", payload)
    assert event == RepositoriesRemoved(
        installation=InstallationId(2),
        sender=Person(id=UserId(1), login=Login("octocat")),
        at=RECEIVED,
        repos=(Repo("octocat/Hello-World"),),
    )


def test_repositories_that_the_app_may_see_now():
    payload = recorded("installation_repositories.added")
    (event,) = read("installation_repositories", payload)
    assert isinstance(event, RepositoriesAdded)
    assert event.repos == (Repo("Codertocat/Space"),)


def test_a_bot_is_known_as_one():
    sender = {"id": 9, "login": "tidy[bot]", "type": "Bot"}
    (event,) = read("issues", recorded("issues.labeled", sender=sender))
    assert event.sender == Person(id=UserId(9), login=Login("tidy[bot]"), bot=True)


@pytest.mark.parametrize("action", ["labeled", "unlabeled", "closed", "opened"])
def test_an_event_without_a_date_happened_when_it_arrived(action):
    payload = recorded("issues.labeled", action=action)
    del payload["issue"]["updated_at"]
    assert read("issues", payload)[0].at == RECEIVED


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_what_github_publishes_is_read_or_left_alone(path):
    payload = {"installation": {"id": OURS}, **json.loads(path.read_text())}
    event = path.name.partition(".")[0]
    ours = (event, payload.get("action", "")) in READERS
    quiet = path.stem.rpartition(".")[0] in {"issues.edited", "push"}  # no body, only tags
    assert bool(read(event, payload)) is (ours and not quiet)


def test_what_every_app_is_sent_is_read():
    assert ALWAYS_SENT < EVENTS


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


MISSING = [
    ("issues.labeled", "issue", "issue or pull request"),
    ("issues.labeled", "repository", "repository"),
    ("issues.labeled", "label", "label"),
    ("issue_comment.created", "comment", "text"),
    ("pull_request_review.submitted", "review", "review"),
    ("check_run.rerequested", "check_run", "check run"),
    ("check_run.requested_action", "repository", "repository"),
    ("check_suite.rerequested", "check_suite", "check suite"),
    ("push", "repository", "repository"),
]


@pytest.mark.parametrize(("name", "missing", "what"), MISSING)
def test_a_payload_without_what_it_is_about_is_unreadable(name, missing, what):
    payload = recorded(name)
    del payload[missing]
    with pytest.raises(Unreadable, match=f"^the delivery names no {what}$"):
        read(name.partition(".")[0], payload)


def test_an_installation_without_an_account_is_unreadable():
    payload = recorded("installation.created", installation={"id": 5})
    with pytest.raises(Unreadable, match=r"^the delivery names no account$"):
        read("installation", payload)


def test_what_nobody_reads_may_be_anything():
    assert parse("star", b"\xff", received_at=RECEIVED) == ()
    assert parse("issues", b'{"action": "pinned", "issue": 3}', received_at=RECEIVED) == ()


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
    "push": "repo:186853002",
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
