"""What each page shows, and to whom."""

import re

import pytest

from tests.devhub.stage import REPO
from tests.pages.browsing import PEOPLE

PLACES = {
    "/": ("acme/demo", "maintainer", "greenroom"),
    "/acme": ("acme/demo",),
    "/greenroom[bot]": ("The bot of an app",),
    "/acme/demo": ("README.md", "src", "See more", "First commit"),
    "/acme/demo/tree/main/src": ("a.py",),
    "/acme/demo/tree/tidy": ("README.md",),
    "/acme/demo/blob/main/src/a.py": ("x5=5", "30 lines"),
    "/acme/demo/blob/main/README.md": ("See more",),
    "/acme/demo/blob/main/README.md?plain=1": ("# Demo",),
    "/acme/demo/branches": ("main", "default", "tidy", "#2"),
    "/acme/demo/commits/tidy": ("First commit", "Tidy"),
    "/acme/demo/commit/{head}": ("x5 = 5", "greenroom / tidy"),
    "/acme/demo/compare": ("Choose a branch",),
    "/acme/demo/compare/main...tidy": ("Create pull request", "x5 = 5"),
    "/acme/demo/compare/main...nowhere": ("nothing to compare",),
    "/acme/demo/issues": ("Untidy", "1 open", "0 closed"),
    "/acme/demo/issues?state=closed": ("No closed issues",),
    "/acme/demo/issues/new": ("Create issue",),
    "/acme/demo/issues/1": ("Untidy", "Open", "It is untidy", "contributor"),
    "/acme/demo/pulls": ("Tidy up", "greenroom[bot]"),
    "/acme/demo/pull/2": ("Tidy up", "wants to merge 1 commit", "1 check", "no conflicts"),
    "/acme/demo/pull/2/commits": ("Tidy", "{head:.7}"),
    "/acme/demo/pull/2/checks": ("greenroom / tidy", "opened a pull request"),
    "/acme/demo/pull/2/files": ("1 addition", "1 deletion", "x5=5", "x5 = 5"),
    "/acme/demo/runs/{run}": ("greenroom / tidy", "all good", "Successful"),
    "/acme/demo/settings/installations": ("greenroom",),
    "/settings/installations/{installation}": ("checks", "write", "acme/demo", "Last deliveries"),
}


@pytest.mark.parametrize("login", PEOPLE)
async def test_everybody_reads_every_page_of_a_public_repository(place, login):
    known = {"head": place.head, "run": place.run, "installation": place.stage.installation}
    for path, words in PLACES.items():
        page = await place.as_(login).read(path.format(**known))
        assert page.status == 200, path
        assert page.has(*(each.format(**known) for each in words)), (path, page.text)
        assert page.html.count("<h1") == 1, path


@pytest.mark.parametrize(
    "path",
    [
        "/acme/demo/issues/99",
        "/acme/demo/pull/1",
        "/acme/demo/runs/1",
        "/acme/demo/blob/main/nothing.py",
        "/acme/demo/blob/main/src",
        "/acme/demo/tree/nowhere",
        "/acme/demo/commits/nowhere",
        "/acme/demo/commit/0000000000000000000000000000000000000000",
        "/acme/nothing",
        "/nobody",
        "/settings/installations/1",
    ],
)
async def test_what_is_not_there_is_said_so(place, path):
    page = await place.as_("maintainer").read(path)
    assert (page.status, page.has("404", "Not Found")) == (404, True)


async def test_a_private_repository_is_hidden_from_whoever_has_no_role(place):
    await place.stage.control(
        "POST /repositories", owner="acme", name="inner", files={"a": "b"}, private=True
    )
    path = "PUT /repositories/acme/inner/collaborators/maintainer"
    await place.stage.control(path, role="write")
    assert (await place.as_("maintainer").read("/acme/inner")).status == 200
    assert (await place.as_("stranger").read("/acme/inner")).status == 404
    assert "acme/inner" not in (await place.as_("stranger").read("/")).text
    assert (await place.as_("stranger").read("/")).has("1 more that stranger may not see")


async def test_each_is_offered_what_their_role_allows(place):
    pull, issue = f"/acme/demo/pull/{place.pull}", f"/acme/demo/issues/{place.issue}"
    run = f"/acme/demo/runs/{place.run}"
    offers = {
        login: (
            (await place.as_(login).read(issue)).offers("label"),
            (await place.as_(login).read(issue)).offers("rename"),
            (await place.as_(login).read(pull)).offers("merge"),
            (await place.as_(login).read(run)).offers("press"),
            (await place.as_(login).read(issue)).offers("comment"),
        )
        for login in PEOPLE
    }
    assert offers == {
        "maintainer": (True, True, True, True, True),
        "contributor": (False, True, False, False, True),
        "stranger": (False, False, False, False, True),
    }


async def test_a_hub_without_people_has_pages_too(place):
    place.stage.hub.people.clear()
    page = await place.as_("").read(f"/acme/demo/issues/{place.issue}")
    assert (page.status, page.offers("comment")) == (200, False)
    assert page.has("nobody to act as")


async def test_what_was_done_stands_between_the_comments(place):
    stage, path = place.stage, f"{REPO}/issues/{place.issue}"
    token = stage.tokens["maintainer"]
    await stage.did(f"POST {path}/labels", token, {"labels": ["bug"]})
    await stage.did(f"PATCH {path}", token, {"title": "Very untidy"})
    await stage.did(f"DELETE {path}/labels/bug", token)
    await stage.did(f"PATCH {path}", token, {"state": "closed"})
    await stage.did(f"PATCH {path}", token, {"state": "open"})
    page = await place.as_("stranger").read(f"/acme/demo/issues/{place.issue}")
    told = ["added bug", "from Untidy to Very untidy", "removed bug", "closed", "reopened"]
    assert [page.text.index(words) for words in told] == sorted(map(page.text.index, told))


async def test_a_push_and_a_merge_are_told_in_the_conversation(place):
    sha = await place.pushes("tidy", {"src/b.py": "y\n"})
    token, path = place.stage.tokens["maintainer"], f"/acme/demo/pull/{place.pull}"
    assert (await place.as_("stranger").read(path)).has(f"pushed {sha[:7]}", "2 commits")
    await place.stage.did(f"PUT {REPO}/pulls/{place.pull}/merge", token, {})
    page = await place.as_("stranger").read(path)
    assert page.has("merged this", "Merged by maintainer")
    issue = await place.as_("stranger").read(f"/acme/demo/issues/{place.issue}")
    assert issue.has("closed this")


async def test_every_state_of_a_check_is_told_in_words(place):
    states = {"queued": None, "in_progress": None}
    conclusions = ("failure", "neutral", "cancelled", "skipped", "timed_out", "action_required")
    for name in states:
        body = {"name": name, "head_sha": place.head, "status": name}
        await place.stage.did(f"POST {REPO}/check-runs", place.app, body)
    for name in conclusions:
        body = {"name": name, "head_sha": place.head, "conclusion": name}
        await place.stage.did(f"POST {REPO}/check-runs", place.app, body)
    page = await place.as_("stranger").read(f"/acme/demo/pull/{place.pull}/checks")
    spoken = ("queued", "in progress", "failed", "neutral", "cancelled", "timed out")
    assert all(f'aria-label="{words}"' in page.html for words in spoken)


async def test_a_pull_request_has_one_address(place):
    page = await place.as_("stranger").read(f"/acme/demo/issues/{place.pull}")
    assert page.url.endswith(f"/acme/demo/pull/{place.pull}")
    assert page.has("Tidy up")


async def test_the_middle_of_a_long_conversation_is_shown_when_asked_for(place):
    path = f"POST {REPO}/issues/{place.issue}/comments"
    for number in range(120):
        await place.stage.did(path, place.app, {"body": f"said-{number}-"})
    stranger = place.as_("stranger")
    page = await stranger.read(f"/acme/demo/issues/{place.issue}")
    assert page.has("said-29-", "Show 20 more", "said-50-", "said-119-")
    assert "said-30-" not in page.text
    assert (await stranger.read(f"/acme/demo/issues/{place.issue}?all=1")).has("said-30-")


@pytest.mark.parametrize(
    "path",
    [
        "/acme/demo/tree/main/..%2F..%2Fetc",
        "/acme/demo/tree/%2D%2Dhelp",
        "/acme/demo/tree/main%00",
        "/acme/demo/blob/main/%00",
        "/acme/demo/blob/main/-x",
        "/acme/demo/blob/main/.git",
        "/acme/demo/blob/%FF/a",
        "/acme/demo/tree//",
        "/acme/demo/compare/main...%00",
        "/acme/demo/compare?base=%00&head=--output=x",
        "/acme/demo/compare/......",
        "/acme/demo/commits/main..tidy",
        "/acme/demo/pull/2/files?path=x&line=" + "9" * 5000,
        "/acme/demo/pull/2/files?path=x&line=%D9%A3",
        "/acme/demo/issues?label=%00&state=%00",
        "/acme/demo/issues/999999999",
        "/acme/demo/issues/9999999999999",
    ],
)
async def test_no_address_breaks_a_page(place, path):
    assert (await place.as_("maintainer").read(path)).status in {200, 404}


async def test_names_with_odd_characters_are_linked_as_they_are(place):
    await place.pushes("odd#1", {"docs/a#b?c%20.md": "Odd\n"})
    stranger = place.as_("stranger")
    folder = await stranger.read("/acme/demo/tree/odd%231/docs")
    (link,) = re.findall(r'href="([^"]+%23b[^"]+)"', folder.html)
    assert (await stranger.read(link)).has("Odd")
    assert "odd%231" in (await stranger.read("/acme/demo/branches")).html
