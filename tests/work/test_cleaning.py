"""Deliveries that GitHub could not hand over, and what dead jobs and finished runs leave."""

from sqlalchemy import select

from bot.model.runs import Conclusion
from bot.store.schema import delivery_bodies
from bot.work.janitor import EVERY, KEEPS_BODIES


async def clean(house, after=EVERY):
    house.time.now += after
    assert not await house.steps("janitor")


async def asked(house):
    seen = (await house.hub.control("GET /requests"))["requests"]
    return [each for each in seen if each["request"].endswith("/attempts")]


async def lose(house, what="issues.labeled", times=1):
    await house.hub.control("PATCH /switches", lose_times=times, lose_match=what)


async def test_a_delivery_that_got_lost_is_fetched_and_acts(house):
    await lose(house)
    await house.issue()
    await house.settles()
    assert house.runner.launched == []
    await clean(house)
    await house.settles()
    assert len(house.runner.launched) == 1
    assert len(await asked(house)) == 1


async def test_what_arrived_is_not_asked_for_again(house):
    await lose(house)
    await house.issue()
    await house.settles()
    for _ in range(4):
        await clean(house)
        await house.settles("inbox")
    assert len(await asked(house)) == 1


async def test_a_redelivery_that_gets_lost_too_is_asked_for_after_a_while(house):
    await lose(house, times=2)
    await house.issue()
    await house.settles()
    for _ in range(8):
        await clean(house)
        await house.settles("inbox", "scheduler", "supervisor")
    assert len(await asked(house)) == 2
    assert len(house.runner.launched) == 1


async def test_a_delivery_lost_while_nobody_worked_is_found_at_the_start(house):
    await lose(house)
    await house.issue()
    house.time.now += 6 * 3600
    house.loops = house.loops_of(house.worker("w2"))
    await clean(house)
    await house.settles("inbox")
    assert (await house.notes())[-1] == ("done", "")
    assert len(await asked(house)) == 1


async def test_cleaning_is_done_once_a_minute(house):
    await clean(house)
    await clean(house, EVERY - 1)
    assert len(house.runner.kept) == 1
    await clean(house, 1)
    assert len(house.runner.kept) == 2


async def test_jobs_that_may_live_are_spared(house):
    await house.works()
    await clean(house)
    assert house.runner.kept == [{house.runner.latest.plan.job}]


async def test_a_lost_job_is_swept_while_its_run_goes_on(house):
    await house.works()
    first = house.runner.latest.plan.job
    house.runner.loses()
    await house.passes(3, "supervisor")
    await clean(house)
    assert house.runner.kept == [{house.runner.latest.plan.job}]
    assert first not in house.places.lowers.held()


async def test_a_quarantine_goes_with_its_run(house):
    token = await house.works()
    run = (await house.run()).id
    await clean(house)
    assert house.quarantines.opened() == {run}
    await house.ends(token, exit=1)
    await house.passes(3, "supervisor")
    assert (await house.run()).conclusion is Conclusion.FAILURE
    await clean(house)
    assert house.quarantines.opened() == set()
    assert house.places.lowers.held() == set()


async def test_old_bodies_are_forgotten(house):
    await house.issue("")
    await house.settles("inbox")
    await clean(house, KEEPS_BODIES + 60)
    async with house.store.read() as rows:
        assert (await rows.execute(select(delivery_bodies))).all() == []
