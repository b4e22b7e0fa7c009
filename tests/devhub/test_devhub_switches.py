"""GitHub's bad moments, each switched on."""

import asyncio

from tests.devhub.stage import REPO


async def comments(stage):
    return await stage.did(f"GET {REPO}/issues/1/comments", stage.tokens["app"])


async def test_lists_lag_behind_what_was_made(stage):
    await stage.opens_issue()
    await stage.switch(list_lag=30)
    made = await stage.did(f"POST {REPO}/issues/1/comments", stage.tokens["app"], {"body": "here"})
    assert await comments(stage) == []
    path = f"GET {REPO}/issues/comments/{made['id']}"
    assert (await stage.did(path, stage.tokens["app"]))["body"] == "here"
    stage.moves(31)
    assert len(await comments(stage)) == 1


async def test_lists_of_pulls_and_checks_lag_too(stage):
    ref = await stage.did(f"GET {REPO}/git/ref/heads/main", stage.tokens["app"])
    await stage.switch(list_lag=30)
    body = {"name": "x", "head_sha": ref["object"]["sha"]}
    await stage.did(f"POST {REPO}/check-runs", stage.tokens["app"], body)
    path = f"GET {REPO}/commits/main/check-runs"
    assert (await stage.did(path, stage.tokens["app"]))["total_count"] == 0
    stage.moves(31)
    assert (await stage.did(path, stage.tokens["app"]))["total_count"] == 1


async def test_deliveries_come_in_another_order(stage):
    await stage.switch(reorder=2)
    await stage.opens_issue(labels=["bug"])
    await stage.drained()
    assert stage.ear.names[1:] == ["issues.labeled", "issues.opened"]


async def test_deliveries_that_are_held_go_out_when_the_switch_is_turned_off(stage):
    await stage.switch(reorder=9)
    await stage.opens_issue()
    waits = asyncio.create_task(stage.drained())
    await stage.switch(reorder=0)
    await waits
    assert stage.ear.names[-1] == "issues.opened"


async def test_a_late_delivery_is_overtaken(stage):
    await stage.switch(late=60, late_times=1, late_match="issues.opened")
    await stage.opens_issue(labels=["bug"])
    waits = asyncio.create_task(stage.drained())
    while "issues.labeled" not in stage.ear.names:  # noqa: ASYNC110 - the ear wakes nobody
        await asyncio.sleep(0.01)
    stage.moves(61)
    await waits
    assert stage.ear.names[1:] == ["issues.labeled", "issues.opened"]


async def test_what_an_event_told_of_is_missing_for_a_moment(stage):
    await stage.switch(missing_after_event=2)
    await stage.opens_issue()
    path = f"GET {REPO}/issues/1"
    assert (await stage.ask(path, stage.tokens["app"])).status == 404
    assert (await stage.ask(path, stage.tokens["ann"])).status == 200
    stage.moves(3)
    assert (await stage.ask(path, stage.tokens["app"])).status == 200


async def test_an_act_succeeds_and_is_answered_502(stage):
    await stage.opens_issue()
    await stage.switch(bad_gateway_times=1, bad_gateway_match="^POST .*/comments$")
    path = f"POST {REPO}/issues/1/comments"
    answer = await stage.ask(path, stage.tokens["app"], {"body": "done"})
    assert (answer.status, answer.body["message"]) == (502, "Server Error")
    assert [each["body"] for each in await comments(stage)] == ["done"]
    assert (await stage.ask(path, stage.tokens["app"], {"body": "2"})).status == 201


async def test_a_secondary_limit_says_when_to_come_back(stage):
    await stage.opens_issue()
    await stage.switch(secondary_limit_times=1, secondary_limit_match="^POST", retry_after=7)
    path = f"POST {REPO}/issues/1/comments"
    answer = await stage.ask(path, stage.tokens["app"], {"body": "x"})
    assert (answer.status, answer.headers["Retry-After"]) == (403, "7")
    assert "secondary rate limit" in answer.body["message"]
    assert await comments(stage) == []
    assert (await stage.ask(path, stage.tokens["app"], {"body": "x"})).status == 201


async def test_a_lost_delivery_comes_only_when_it_is_sent_again(stage):
    await stage.switch(lose_times=1, lose_match="issues.opened")
    await stage.opens_issue(labels=["bug"])
    await stage.drained()
    assert stage.ear.names[1:] == ["issues.labeled"]
    log = await stage.did("GET /app/hook/deliveries", stage.jwt())
    (lost,) = (each for each in log if each["status"] != "OK")
    assert lost["status_code"] == 0
    await stage.did(f"POST /app/hook/deliveries/{lost['id']}/attempts", stage.jwt())
    await stage.drained()
    assert stage.ear.names[-1] == "issues.opened"


async def test_an_unknown_switch_is_a_mistake(stage):
    assert (await stage.ask("PATCH /_devhub/switches", body={"lag": 1})).status == 422
