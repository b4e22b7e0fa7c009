"""What GitHub shows, once, whatever answers get lost and however far its lists lag."""

import pytest

from bot.model.errors import Fenced, Unavailable
from bot.model.ids import InstallationId
from bot.model.priorities import Priority
from bot.store import outbox
from bot.store.outbox import Wish
from bot.work.reporter import HEALS_AFTER, LAG
from tests.github.embedded import REPO

MARKER = "<!-- greenroom run 01A -->"
CREATE = "POST .*/issues/1/comments"


def saying(house, text, number=1):
    return Wish(
        target="comment:01A",
        kind="comment",
        run=None,
        installation=InstallationId(house.hub.installation),
        repo=REPO,
        wish={"number": number, "body": f"{MARKER}\n{text}", "marker": MARKER},
        priority=Priority.PROGRESS,
    )


async def wish(house, text, number=1):
    async with house.store.begin() as tx:
        await outbox.wish(tx, saying(house, text, number), now=house.time.now)


async def row(house):
    async with house.store.read() as rows:
        return await outbox.find(rows, "comment:01A")


async def switch(house, **switches):
    await house.hub.control("PATCH /switches", **switches)


async def sent(house, line):
    seen = (await house.hub.control("GET /requests"))["requests"]
    return [each["request"] for each in seen if each["request"].startswith(line)]


@pytest.fixture(autouse=True)
async def issue(house):
    await house.issue("")
    await house.settles("inbox")


async def test_a_comment_is_made_once_and_edited_from_then_on(house):
    for text in ("one", "two", "three"):
        await wish(house, text)
        await house.passes(5, "reporter")
    assert await house.comments() == [f"{MARKER}\nthree"]
    assert (await row(house)).is_made
    assert len(await sent(house, "POST /repos/octo/cat/issues/1/comments")) == 1
    assert len(await sent(house, "PATCH /repos/octo/cat/issues/comments/")) == 2


async def test_changes_that_come_close_together_make_one_write(house):
    await wish(house, "one")
    await house.passes(2, "reporter")
    for number in range(10):
        await wish(house, f"change {number}")
    await house.passes(5, "reporter")
    assert await house.comments() == [f"{MARKER}\nchange 9"]
    assert len(await sent(house, "PATCH /repos/octo/cat/issues/comments/")) == 1


async def test_a_create_without_an_answer_is_looked_for_and_adopted(house):
    await switch(house, bad_gateway_times=1, bad_gateway_match=CREATE)
    await wish(house, "one")
    await house.settles("reporter")
    assert not (await row(house)).is_made
    await house.passes(LAG + 5, "reporter")
    assert await house.comments() == [f"{MARKER}\none"]
    assert len(await sent(house, "POST /repos/octo/cat/issues/1/comments")) == 1
    assert (await row(house)).is_made


async def test_nobody_looks_for_it_before_lists_can_have_it(house):
    await switch(house, bad_gateway_times=1, bad_gateway_match=CREATE, list_lag=LAG - 0.5)
    await wish(house, "one")
    await house.passes(LAG + 5, "reporter", step=0.25)
    assert await house.comments() == [f"{MARKER}\none"]
    assert len(await sent(house, "POST /repos/octo/cat/issues/1/comments")) == 1


async def test_when_lists_lag_longer_the_second_comment_is_removed(house):
    await switch(house, bad_gateway_times=1, bad_gateway_match=CREATE, list_lag=20)
    await wish(house, "one")
    await house.passes(LAG + 10, "reporter")
    assert len(await sent(house, "POST /repos/octo/cat/issues/1/comments")) == 2
    await house.passes(HEALS_AFTER + 10, "reporter", step=5)
    assert await house.comments() == [f"{MARKER}\none"]


async def test_the_comment_that_stays_is_the_one_that_is_edited(house):
    await switch(house, bad_gateway_times=1, bad_gateway_match=CREATE, list_lag=20)
    await wish(house, "one")
    await house.passes(LAG + HEALS_AFTER + 20, "reporter", step=5)
    await wish(house, "two")
    await house.passes(LAG + 20, "reporter", step=5)
    assert await house.comments() == [f"{MARKER}\ntwo"]


async def test_a_worker_that_died_after_the_create_is_followed_by_one_that_finds_it(house):
    await wish(house, "one")
    async with house.store.begin() as tx:
        (mine,) = await outbox.claim(tx, house.context.lease(), most=1)
        await outbox.trying(tx, mine, worker="w1", until=house.time.now + LAG)
    at = house.hub.octo.comments
    await at.create(1, f"{MARKER}\none", priority=Priority.PROGRESS)
    house.loops |= house.loops_of(house.worker("w2"))
    await house.passes(70, "reporter", step=10)
    assert await house.comments() == [f"{MARKER}\none"]
    assert (await row(house)).is_made


async def test_a_worker_that_outlived_its_lease_makes_no_second_comment(house):
    await wish(house, "one")
    async with house.store.begin() as tx:
        (late,) = await outbox.claim(tx, house.context.lease(), most=1)
    reporter = house.loops["reporter"]
    house.loops |= house.loops_of(house.worker("w2"))
    await house.passes(70, "reporter", step=10)
    with pytest.raises(Fenced):
        await reporter._do(late)
    assert await house.comments() == [f"{MARKER}\none"]


async def test_what_was_there_just_now_may_not_be_there_yet(house):
    await switch(house, missing_after_event=3)
    number = await house.hub.opens_an_issue()
    await wish(house, "one", number)
    await house.settles("reporter")
    await house.passes(20, "reporter")
    assert await house.comments(number) == [f"{MARKER}\none"]


async def test_what_is_never_there_is_given_up_with_github_s_words(house):
    await wish(house, "one", number=99)
    await house.passes(60, "reporter", step=5)
    given_up = await row(house)
    assert given_up.refused
    assert given_up.attempts == 5
    count = len(await sent(house, "POST /repos/octo/cat/issues/99/comments"))
    await house.passes(60, "reporter", step=10)
    assert len(await sent(house, "POST /repos/octo/cat/issues/99/comments")) == count == 1


async def test_a_secondary_limit_is_waited_for(house):
    await switch(house, secondary_limit_times=1, secondary_limit_match=CREATE, retry_after=30)
    await wish(house, "one")
    await house.passes(20, "reporter", step=5)
    assert await house.comments() == []
    await house.passes(40, "reporter", step=5)
    assert await house.comments() == [f"{MARKER}\none"]


async def test_one_wish_that_nobody_foresaw_does_not_stop_the_others(house):
    strange = Wish(**{**saying_fields(house), "target": "strange:1", "kind": "strange"})
    async with house.store.begin() as tx:
        await outbox.wish(tx, strange, now=house.time.now)
    await wish(house, "one")
    await house.settles("reporter")
    assert await house.comments() == [f"{MARKER}\none"]


def saying_fields(house):
    wanted = saying(house, "x")
    return {name: getattr(wanted, name) for name in Wish.__slots__}


async def test_a_comment_that_somebody_deleted_is_not_written_again(house):
    await wish(house, "one")
    await house.passes(3, "reporter")
    (listed,) = await house.hub.acts("GET /issues/1/comments")
    at = house.hub.octo.comments
    await at.delete(listed["id"], priority=Priority.PROGRESS)
    await wish(house, "two")
    await house.passes(30, "reporter", step=5)
    assert await house.comments() == []
    assert (await row(house)).refused


async def test_github_away_is_no_reason_to_forget(house):
    class Away:
        async def do(self, _at, _row):
            raise Unavailable("github", "no answer", retry_after=3.0)

    reporter = house.loops["reporter"]
    reporter._acts = {**reporter._acts, "comment": Away()}
    await wish(house, "one")
    await house.settles("reporter")
    assert (await row(house)).refused is None
    house.loops |= house.loops_of(house.context)
    await house.passes(4, "reporter")
    assert await house.comments() == [f"{MARKER}\none"]
