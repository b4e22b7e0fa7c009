"""Rate limits and conditional requests."""

from tests.devhub.stage import REPO, hours


async def test_every_answer_tells_what_is_left(stage):
    token = await stage.token()
    first = await stage.ask(f"GET {REPO}", token)
    second = await stage.ask(f"GET {REPO}/none", token)
    spent = [int(each.headers["X-RateLimit-Remaining"]) for each in (first, second)]
    assert spent[0] - spent[1] == 1
    assert first.headers["X-RateLimit-Limit"] == "5000"
    assert first.headers["X-GitHub-Request-Id"] != second.headers["X-GitHub-Request-Id"]


async def test_the_hour_is_shared_by_all_tokens_of_an_installation(stage):
    await stage.switch(primary_limit=2)
    await stage.did(f"GET {REPO}", await stage.token())
    await stage.did(f"GET {REPO}", await stage.token(permissions={"issues": "read"}))
    answer = await stage.ask(f"GET {REPO}", stage.tokens["app"])
    assert (answer.status, answer.headers["X-RateLimit-Remaining"]) == (403, "0")
    assert "API rate limit exceeded" in answer.body["message"]
    assert (await stage.ask(f"GET {REPO}", stage.tokens["ann"])).status == 200
    stage.moves(hours(1) + 1)
    assert (await stage.ask(f"GET {REPO}", await stage.token())).status == 200


async def test_asking_for_the_limit_is_free(stage):
    await stage.did(f"GET {REPO}", stage.tokens["app"])
    first = await stage.did("GET /rate_limit", stage.tokens["app"])
    assert await stage.did("GET /rate_limit", stage.tokens["app"]) == first
    assert first["rate"]["used"] == 1


async def test_what_has_not_changed_is_304_and_free(stage):
    token = stage.tokens["app"]
    first = await stage.ask(f"GET {REPO}", token)
    again = await stage.ask(f"GET {REPO}", token, If_None_Match=first.headers["ETag"])
    assert (again.status, again.body) == (304, "")
    assert again.headers["X-RateLimit-Used"] == first.headers["X-RateLimit-Used"]
    await stage.opens_issue()
    changed = await stage.ask(f"GET {REPO}", token, If_None_Match=first.headers["ETag"])
    assert changed.status == 200


async def test_a_tag_is_of_no_use_to_another_token(stage):
    first = await stage.ask(f"GET {REPO}", stage.tokens["app"])
    other = await stage.token()
    again = await stage.ask(f"GET {REPO}", other, If_None_Match=first.headers["ETag"])
    assert again.status == 200


async def test_what_is_unknown_is_404_in_githubs_words(stage):
    answer = await stage.ask("GET /nowhere/at/all", stage.tokens["app"])
    assert (answer.status, answer.body["message"]) == (404, "Not Found")
    assert answer.body["documentation_url"].startswith("https://docs.github.com/rest")
