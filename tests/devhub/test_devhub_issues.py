"""Issues, comments, labels and reactions, with what each of them tells the app."""

from tests.devhub.stage import REPO


async def test_an_issue_is_opened_labelled_and_told(stage):
    number = await stage.opens_issue(labels=["bug"])
    await stage.drained()
    assert stage.ear.names[1:] == ["issues.opened", "issues.labeled"]
    said = stage.ear.last("issues")
    assert (said["issue"]["number"], said["label"]["name"]) == (number, "bug")
    assert said["sender"]["login"] == "ann"
    assert said["installation"]["id"] == stage.installation


async def test_labels_of_somebody_without_push_access_are_dropped(stage):
    reader = await stage.person("rae", "read")
    body = {"title": "Hi", "labels": ["bug"]}
    assert (await stage.did(f"POST {REPO}/issues", reader, body))["labels"] == []


async def test_a_label_that_is_missing_is_made_on_the_way(stage):
    await stage.opens_issue()
    labels = {"labels": ["agent:tidy"]}
    path = f"{REPO}/issues/1/labels"
    await stage.did(f"POST {path}", stage.tokens["ann"], labels)
    await stage.did(f"POST {path}", stage.tokens["ann"], labels)
    await stage.drained()
    assert stage.ear.names[2:] == ["label.created", "issues.labeled"]
    assert (await stage.did(f"GET {REPO}/labels/agent:tidy", stage.tokens["app"]))["color"]


async def test_a_label_comes_off_once(stage):
    await stage.opens_issue(labels=["bug"])
    path = f"DELETE {REPO}/issues/1/labels/bug"
    assert (await stage.did(path, stage.tokens["app"])) == []
    assert (await stage.ask(path, stage.tokens["app"])).status == 404
    await stage.drained()
    assert stage.ear.names[-1] == "issues.unlabeled"


async def test_an_app_comments_in_its_own_name(stage):
    await stage.opens_issue()
    path = f"{REPO}/issues/1/comments"
    made = await stage.did(f"POST {path}", stage.tokens["app"], {"body": "working"})
    assert made["user"]["login"] == "greenroom[bot]"
    assert made["performed_via_github_app"]["id"] == stage.app["id"]
    await stage.did(
        f"PATCH {REPO}/issues/comments/{made['id']}", stage.tokens["app"], {"body": "done"}
    )
    await stage.drained()
    assert stage.ear.last("issue_comment")["changes"] == {"body": {"from": "working"}}
    (only,) = await stage.did(f"GET {path}", stage.tokens["app"])
    assert only["body"] == "done"
    await stage.did(f"DELETE {REPO}/issues/comments/{made['id']}", stage.tokens["app"])
    assert await stage.did(f"GET {path}", stage.tokens["app"]) == []


async def test_a_comment_is_neither_blank_nor_endless(stage):
    await stage.opens_issue()
    path = f"POST {REPO}/issues/1/comments"
    for body in ("  ", "x" * 65_537):
        answer = await stage.ask(path, stage.tokens["app"], {"body": body})
        assert (answer.status, answer.body["message"]) == (422, "Validation Failed")
    await stage.did(path, stage.tokens["app"], {"body": "x" * 65_536})


async def test_somebody_elses_comment_is_not_for_readers_to_edit(stage):
    await stage.opens_issue()
    path = f"{REPO}/issues/1/comments"
    made = await stage.did(f"POST {path}", stage.tokens["app"], {"body": "mine"})
    reader = await stage.person("rae", "read")
    comment = f"PATCH {REPO}/issues/comments/{made['id']}"
    assert (await stage.ask(comment, reader, {"body": "yours"})).status == 403


async def test_a_reaction_is_new_once(stage):
    await stage.opens_issue()
    path = f"{REPO}/issues/1/reactions"
    first = await stage.ask(f"POST {path}", stage.tokens["app"], {"content": "eyes"})
    again = await stage.ask(f"POST {path}", stage.tokens["app"], {"content": "eyes"})
    assert (first.status, again.status) == (201, 200)
    assert first.body == again.body
    issue = await stage.did(f"GET {REPO}/issues/1", stage.tokens["app"])
    assert (issue["reactions"]["eyes"], issue["reactions"]["total_count"]) == (1, 1)
    await stage.did(f"DELETE {path}/{first.body['id']}", stage.tokens["app"])
    assert await stage.did(f"GET {path}", stage.tokens["app"]) == []


async def test_comments_take_reactions_too(stage):
    await stage.opens_issue()
    made = await stage.did(f"POST {REPO}/issues/1/comments", stage.tokens["ann"], {"body": "/fix"})
    path = f"{REPO}/issues/comments/{made['id']}/reactions"
    await stage.did(f"POST {path}", stage.tokens["app"], {"content": "rocket"})
    (only,) = await stage.did(f"GET {path}?content=rocket", stage.tokens["app"])
    assert only["user"]["type"] == "Bot"
    unknown = await stage.ask(f"POST {path}", stage.tokens["app"], {"content": "shrug"})
    assert unknown.status == 422


async def test_closing_and_reopening_are_told(stage):
    await stage.opens_issue()
    path = f"PATCH {REPO}/issues/1"
    closed = await stage.did(path, stage.tokens["ann"], {"state": "closed"})
    assert (closed["state_reason"], closed["closed_by"]["login"]) == ("completed", "ann")
    await stage.did(path, stage.tokens["ann"], {"state": "open", "title": "Tidy"})
    await stage.drained()
    assert stage.ear.names[-3:] == ["issues.closed", "issues.edited", "issues.reopened"]
    assert stage.ear.heard[-2][1]["changes"] == {"title": {"from": "Untidy"}}


async def test_lists_come_in_pages_with_links(stage):
    await stage.opens_issue()
    path = f"{REPO}/issues/1/comments"
    for number in range(5):
        await stage.did(f"POST {path}", stage.tokens["app"], {"body": str(number)})
    answer = await stage.ask(f"GET {path}?per_page=2&page=2", stage.tokens["app"])
    assert [each["body"] for each in answer.body] == ["2", "3"]
    links = answer.headers["Link"]
    assert f'<{stage.hub.base}{path}?per_page=2&page=3>; rel="next"' in links
    assert 'rel="prev"' in links
    last = await stage.ask(f"GET {path}?per_page=2&page=3", stage.tokens["app"])
    assert 'rel="next"' not in last.headers["Link"]


async def test_issues_are_listed_newest_first_and_by_label(stage):
    await stage.opens_issue(labels=["bug"])
    await stage.opens_issue()
    listed = await stage.did(f"GET {REPO}/issues", stage.tokens["app"])
    assert [each["number"] for each in listed] == [2, 1]
    (only,) = await stage.did(f"GET {REPO}/issues?labels=bug", stage.tokens["app"])
    assert only["number"] == 1


async def test_unknown_keys_are_ignored_and_broken_json_is_not(stage):
    body = {"titel": "x", "title": "Right"}
    assert (await stage.ask(f"POST {REPO}/issues", stage.tokens["app"], body)).status == 201
    headers = {"Authorization": f"Bearer {stage.tokens['app']}"}
    url = f"{stage.hub.base}{REPO}/issues"
    async with stage.http.post(url, data=b"{", headers=headers) as answer:
        assert answer.status == 400
    missing = await stage.ask(f"POST {REPO}/issues", stage.tokens["app"], {"titel": "x"})
    assert missing.status == 422
