"""Payloads that people recorded, against GitHub's description of its webhooks."""

import json

import pytest

from tests.published import mixes
from tests.published.description import check_webhook
from tests.published.kept import EVENTS

OLD_INSTALLATION = "recorded before app_slug, and with dates as numbers"
UNKNOWN_PROPERTIES = "the description of a pull request's repository lacks custom_properties"
BEFORE_DISCUSSIONS = "recorded before has_discussions"

EXCUSED = {
    "check_run.rerequested.1": "recorded in 2018, before the app's permissions and events",
    "fork.1": "recorded before topics and visibility",
    "fork.2": UNKNOWN_PROPERTIES,
    "installation.created.1": OLD_INSTALLATION,
    "installation.created.2": OLD_INSTALLATION,
    "installation.deleted.1": OLD_INSTALLATION,
    "installation.new_permissions_accepted.1": OLD_INSTALLATION,
    "installation.suspend.1": "the permission content_references is gone",
    "installation.unsuspend.1": "the permission content_references is gone",
    "installation_repositories.added.1": OLD_INSTALLATION,
    "installation_repositories.added.2": OLD_INSTALLATION,
    "installation_repositories.removed.1": OLD_INSTALLATION,
    "issue_comment.created.1": "recorded before reactions and active_lock_reason",
    "issues.edited.1": "recorded before reactions and active_lock_reason",
    "issues.transferred.1": BEFORE_DISCUSSIONS,
    "label.created.1": "the repository's homepage is empty, which is no address",
    "label.deleted.1": "recorded before labels had descriptions",
    "pull_request.closed.1": UNKNOWN_PROPERTIES,
    "pull_request.converted_to_draft.1": UNKNOWN_PROPERTIES,
    "pull_request.labeled.1": UNKNOWN_PROPERTIES,
    "pull_request.locked.1": UNKNOWN_PROPERTIES,
    "pull_request.opened.1": "recorded before auto_merge",
    "pull_request.ready_for_review.1": UNKNOWN_PROPERTIES,
    "pull_request.reopened.1": UNKNOWN_PROPERTIES,
    "pull_request.synchronize.1": UNKNOWN_PROPERTIES,
    "pull_request.unlabeled.1": UNKNOWN_PROPERTIES,
    "pull_request.unlocked.1": UNKNOWN_PROPERTIES,
    "pull_request_review.dismissed.1": UNKNOWN_PROPERTIES,
    "pull_request_review.submitted.1": "recorded before drafts, auto_merge and visibility",
    "pull_request_review_comment.created.1": "recorded before comments had lines",
    "pull_request_review_comment.deleted.1": UNKNOWN_PROPERTIES,
    "pull_request_review_comment.edited.1": UNKNOWN_PROPERTIES,
    "pull_request_review_thread.resolved.1": BEFORE_DISCUSSIONS,
    "pull_request_review_thread.unresolved.1": UNKNOWN_PROPERTIES,
    "push.1": BEFORE_DISCUSSIONS,
    "push.2": BEFORE_DISCUSSIONS,
    "status.1": "recorded before verified_at",
    "workflow_job.in_progress.1": "recorded before created_at",
    "workflow_run.completed.1": "recorded before actors and the workflow's path",
}
"""Recordings that break the description, and why."""

KEPT = [recording for recording in mixes.firehose() if recording.event in EVENTS]


@pytest.mark.parametrize("recording", KEPT, ids=lambda recording: recording.name)
def test_a_recorded_payload_passes_unless_it_is_excused(recording):
    problems = check_webhook(recording.event, json.loads(recording.body))
    assert bool(problems) == (recording.name in EXCUSED), problems


def test_an_unknown_key_and_a_missing_one_are_caught():
    (labeled,) = (one for one in mixes.matched() if one.name == "issues.labeled.1")
    payload = json.loads(labeled.body)
    del payload["issue"]["number"]
    payload["sender"]["is_bot"] = False
    assert check_webhook("issues", payload) == [
        'issues.labeled: at /issue: "number" is a required property',
        "issues.labeled: at /sender: unknown keys is_bot",
    ]


def test_an_event_or_action_that_is_not_kept_is_caught():
    assert check_webhook("gollum", {}) == ["gollum.None: not among the webhooks we keep"]
    assert check_webhook("issues", {"action": "frobbed"}) != []


def test_the_mixes_hold_matched_events_and_everything_else():
    assert {recording.event for recording in mixes.matched()} < set(EVENTS)
    assert len(mixes.firehose()) > 5 * len(mixes.matched())
