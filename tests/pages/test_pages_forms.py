"""What the forms do: always over the API, as the person, with its refusals in its words."""

import re

import pytest

from bot.devhub.pages.acts import ACTS
from bot.devhub.routes import ROUTES
from tests.devhub.stage import REPO


@pytest.fixture
def issue(place):
    return f"/acme/demo/issues/{place.issue}"


@pytest.fixture
def pull(place):
    return f"/acme/demo/pull/{place.pull}"


async def test_an_issue_is_opened_and_shown(place):
    form = {"title": "The cache races", "body": "Often.\r\nVery."}
    page = await place.as_("stranger").send("/acme/demo/issues/new", "open issue", **form)
    assert page.url.endswith("/acme/demo/issues/3")
    assert page.has("The cache races", "stranger opened this")
    assert place.stage.hub.repository("acme", "demo").issues[3].body == "Often.\nVery."


async def test_a_comment_is_written_edited_and_deleted(place, issue):
    stranger = place.as_("stranger")
    page = await stranger.send(issue, "comment", body="/gr help")
    assert page.has("stranger commented", "/gr help")
    (comment,) = re.findall(r'id="issuecomment-(\d+)"', page.html)
    page = await stranger.send(issue, "edit comment", comment=comment, body="/gr status")
    assert (page.has("/gr status", "edited"), page.has("/gr help")) == (True, False)
    page = await stranger.send(issue, "delete comment", comment=comment)
    assert "/gr status" not in page.text
    await place.stage.drained()
    assert place.stage.ear.names[-3:] == [
        "issue_comment.created",
        "issue_comment.edited",
        "issue_comment.deleted",
    ]


async def test_a_refusal_is_shown_and_keeps_the_words(place, issue):
    page = await place.as_("stranger").send(issue, "comment", body="   ")
    assert (page.status, page.has("Validation Failed · body cannot be blank")) == (422, True)
    page = await place.as_("stranger").send(issue, "rename", title="Mine now")
    assert (page.status, page.has("Must have admin rights to Repository.")) == (403, True)
    page = await place.as_("stranger").send(issue, "comment", body="long" * 20_000)
    assert (page.status, "longlong" in page.html) == (422, True)


async def test_labels_are_put_on_and_taken_off(place, issue):
    page = await place.as_("maintainer").send(issue, "label", label="agent:tidy")
    assert page.has("maintainer added agent:tidy")
    page = await place.as_("maintainer").send(issue, "unlabel", label="agent:tidy")
    assert page.has("removed agent:tidy", "None yet")
    page = await place.as_("contributor").send(issue, "label", label="agent:tidy")
    assert (page.status, page.has("Must have admin rights")) == (403, True)


async def test_title_description_and_state_are_the_authors(place, issue):
    contributor = place.as_("contributor")
    assert "edited" not in (await contributor.read(issue)).text
    await contributor.send(issue, "rename", title="Tidier")
    await contributor.send(issue, "edit description", body="Less so")
    page = await contributor.send(issue, "close")
    assert page.has("Tidier", "Less so", "edited", "Closed", "Reopen issue")
    assert (await contributor.send(issue, "reopen")).has("Close issue")


async def test_a_reaction_is_given_and_taken_back(place, issue):
    page = await place.as_("stranger").send(issue, "react", content="eyes")
    assert 'aria-label="eyes: 1, by stranger"' in page.html
    (reaction,) = re.findall(r'name="reaction" value="(\d+)"', page.html)
    page = await place.as_("stranger").send(issue, "take back", reaction=reaction)
    assert "by stranger" not in page.html


async def test_a_pull_request_comes_from_a_fork(place):
    contributor = place.as_("contributor")
    page = await contributor.send("/acme/demo", "fork")
    assert page.url.endswith("/contributor/demo")
    edit = "/contributor/demo/edit/main/src/a.py"
    sha = re.findall(r'name="sha" value="(\w+)"', (await contributor.read(edit)).html)[0]
    form = {"branch": "main", "path": "src/a.py", "sha": sha, "text": "x = 1\n"}
    assert (await contributor.send(edit, "write file", **form)).has("x = 1")
    compare = "/acme/demo/compare/main...contributor:main"
    assert (await contributor.read(compare)).has("Change src/a.py", "30 deletions")
    form = {"base": "main", "head": "contributor:main", "title": "Mine", "body": ""}
    page = await contributor.send(compare, "open pull request", **form)
    assert page.has("Mine", "contributor:main", "Only people who may write")


async def test_a_pull_request_is_merged_by_who_may(place, pull):
    page = await place.as_("stranger").send(pull, "merge", merge_method="merge")
    assert (page.status, page.has("Must have admin rights")) == (403, True)
    page = await place.as_("maintainer").send(pull, "merge", merge_method="squash")
    assert page.has("Merged", "maintainer merged this")


async def test_lines_are_commented_on_and_answered(place, pull):
    line = {"path": "src/a.py", "side": "RIGHT", "line": "6"}
    asked = "&".join(f"{name}={value}" for name, value in line.items())
    maintainer = place.as_("maintainer")
    assert (await maintainer.read(f"{pull}/files?{asked}")).offers("comment on line")
    form = {**line, "commit": place.head, "body": "Why?"}
    page = await maintainer.send(f"{pull}/files", "comment on line", **form)
    (first,) = set(re.findall(r'id="discussion_r(\d+)"', page.html))
    page = await place.as_("stranger").send(pull, "reply", comment=first, body="Because.")
    assert page.has("src/a.py", "line 6", "Why?", "Because.")
    form["line"] = "1"
    page = await maintainer.send(f"{pull}/files", "comment on line", **form)
    assert (page.status, page.has("must be part of the diff")) == (422, True)


async def test_a_review_says_what_somebody_thinks(place, pull):
    form = {"event": "REQUEST_CHANGES", "body": "Not yet"}
    page = await place.as_("maintainer").send(f"{pull}/files", "review", **form)
    assert page.status == 200
    page = await place.as_("stranger").read(pull)
    assert page.has("maintainer requested changes", "Not yet")
    await place.as_("maintainer").send(f"{pull}/files", "review", event="APPROVE", body="")
    assert (await place.as_("stranger").read(pull)).has("approved these changes")


async def test_buttons_and_reruns_of_a_check_reach_its_app(place, pull):
    run = f"/acme/demo/runs/{place.run}"
    assert (await place.as_("maintainer").read(run)).has("Retry", "Re-run")
    await place.as_("maintainer").send(run, "press", identifier="retry")
    await place.as_("maintainer").send(run, "rerun")
    suite = place.stage.hub.repository("acme", "demo").check_runs[place.run].suite.id
    await place.as_("maintainer").send(f"{pull}/checks", "rerun suite", suite=str(suite))
    await place.stage.drained()
    assert place.stage.ear.names[-3:] == [
        "check_run.requested_action",
        "check_run.rerequested",
        "check_suite.rerequested",
    ]
    page = await place.as_("stranger").send(run, "press", identifier="retry")
    assert (page.status, page.has("Must have write access")) == (403, True)


async def test_a_branch_is_made(place):
    head = place.head
    form = {"branch": "next", "sha": head}
    page = await place.as_("maintainer").send("/acme/demo/branches", "create branch", **form)
    assert page.has("next")
    page = await place.as_("maintainer").send("/acme/demo/branches", "create branch", **form)
    assert (page.status, page.has("Reference already exists")) == (422, True)


@pytest.mark.parametrize("form", [{"act": "dance"}, {"act": "edit comment"}, {}])
async def test_a_form_that_no_page_has_is_refused(place, issue, form):
    act = form.pop("act", "")
    page = await place.as_("maintainer").send(issue, act, **form)
    assert page.status == 422


def test_every_act_is_a_row_of_the_api():
    known = {(each.method, re.sub(r"\{\w+\}", "{}", each.path)) for each in ROUTES}
    for name, act in ACTS.items():
        method, _, path = act.line.replace("REPO", "/repos/{owner}/{repo}").partition(" ")
        row = (method, re.sub(r"\{\w+\}", "{}", path))
        assert row in known or path.startswith(("/_devhub/", "/graphql")), name


async def test_acts_are_in_the_record_of_the_api(place, issue):
    await place.as_("stranger").send(issue, "comment", body="Hello")
    lines = place.stage.record.read_text()
    assert f'"path": "{REPO}/issues/{place.issue}/comments"' in lines
