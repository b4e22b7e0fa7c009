import asyncio

import pytest

from bot.github.lanes import IN_FLIGHT, PATIENCE, Lane
from bot.github.limits import BURST, Budget, Hold, Pace, is_limit
from bot.model.errors import Refused, Unavailable
from bot.model.ids import InstallationId, Repo
from bot.model.priorities import Priority
from tests.github.scripted import START, Gate, example

ISSUE = "GET /repos/octo/cat/issues/1"
EDIT = "PATCH /repos/octo/cat/issues/comments/9"
COMMENTS = "POST /repos/octo/cat/issues/1/comments"
EDITED = example("issues/update-comment")
SECONDARY = {"message": "You have exceeded a secondary rate limit."}


async def edit(octo, body: str, priority: Priority = Priority.RESULT) -> None:
    await octo.comments.edit(9, body, priority=priority)


@pytest.mark.parametrize("status", [403, 429])
async def test_a_secondary_limit_holds_everything_back_for_as_long_as_told(script, octo, status):
    script.on(EDIT, SECONDARY, status, headers={"Retry-After": "20"})
    script.on(ISSUE, example("issues/get"))
    with pytest.raises(Unavailable) as unavailable:
        await edit(octo, "x")
    assert (unavailable.value.retry_after, unavailable.value.sent) == (20, False)
    await octo.token_to_fetch()
    await octo.issues.get(1)
    assert script.asked(ISSUE)[0].at == START + 20
    assert len(script.asked(EDIT)) == 1


async def test_a_longer_wait_is_the_callers(script, octo, time):
    script.on(EDIT, SECONDARY, 403)
    with pytest.raises(Unavailable) as first:
        await edit(octo, "x")
    with pytest.raises(Unavailable) as second:
        await edit(octo, "x")
    assert (first.value.retry_after, second.value.retry_after) == (60, 60)
    assert len(script.asked(EDIT)) == 1
    assert time.slept == []


async def test_the_primary_limit_is_waited_for_before_it_is_broken(script, octo):
    spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(START) + 10)}
    script.on(ISSUE, example("issues/get"), headers=spent)
    await octo.issues.get(1)
    await octo.issues.get(1)
    assert [seen.at for seen in script.asked(ISSUE)] == [START, START + 11]


async def test_a_lack_of_permission_is_no_limit(script, octo):
    script.on(EDIT, {"message": "Resource not accessible by integration"}, 403)
    for _ in range(2):
        with pytest.raises(Refused):
            await edit(octo, "x")


async def test_one_installation_does_not_hold_up_another(script, github, octo):
    script.on(EDIT, SECONDARY, 403)
    with pytest.raises(Unavailable):
        await edit(octo, "x")
    script.on(EDIT, EDITED)
    await edit(github.at(InstallationId(8), Repo("octo/cat")), "y")


async def test_the_first_writes_of_a_run_are_not_delayed_and_later_ones_are_spaced(script, octo):
    script.on(COMMENTS, example("issues/create-comment", 201), 201)
    for _ in range(BURST + 2):
        await octo.comments.create(1, "hello", priority=Priority.RESULT)
    sent = [round(seen.at - START, 2) for seen in script.asked(COMMENTS)]
    assert sent == [*[0] * BURST, 3, 6]


async def test_edits_are_a_second_apart_after_a_burst(script, octo):
    script.on(EDIT, EDITED)
    for number in range(BURST + 2):
        await edit(octo, str(number))
    sent = [round(seen.at - START) for seen in script.asked(EDIT)]
    assert sent == [*[0] * BURST, 1, 2]


async def test_the_most_urgent_write_goes_first(script, octo):
    gate = Gate()
    script.on(EDIT, EDITED, gate=gate)
    async with asyncio.TaskGroup() as group:
        group.create_task(edit(octo, "under way"))
        await gate.reached.wait()
        for priority in (Priority.REFUSAL, Priority.PROGRESS, Priority.RESULT):
            group.create_task(edit(octo, priority.name, priority))
        for _ in range(5):
            await asyncio.sleep(0)
        group.create_task(edit(octo, "ACKNOWLEDGE", Priority.ACKNOWLEDGE))
        for _ in range(5):
            await asyncio.sleep(0)
        assert len(script.asked(EDIT)) == 1
        gate.open.set()
    sent = [seen.body["body"] for seen in script.asked(EDIT)]
    assert sent == ["under way", "ACKNOWLEDGE", "RESULT", "PROGRESS", "REFUSAL"]


async def test_at_most_ten_requests_are_under_way(time):
    lane = Lane(None, time.clock, time.sleep)
    gate, under_way, most = asyncio.Event(), 0, 0

    async def read() -> None:
        nonlocal under_way, most
        async with lane.turn(Pace.READ, Priority.RESULT):
            under_way += 1
            most = max(most, under_way)
            await gate.wait()
            under_way -= 1

    async with asyncio.TaskGroup() as group:
        for _ in range(30):
            group.create_task(read())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gate.set()
    assert most == IN_FLIGHT


async def test_writes_never_overlap_and_all_get_their_turn(time):
    lane = Lane(None, time.clock, time.sleep)
    under_way, most, done = 0, 0, 0

    async def write(number: int) -> None:
        nonlocal under_way, most, done
        pace = Pace.CONTENT if number % 3 else Pace.WRITE
        async with lane.turn(pace, Priority(number % 4)):
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1
            done += 1

    async with asyncio.TaskGroup() as group:
        for number in range(60):
            group.create_task(write(number))
    assert (most, done) == (1, 60)
    assert time.now - START >= (40 - BURST) * 3


async def test_a_cancelled_writer_lets_the_next_one_go(time):
    lane = Lane(None, time.clock, time.sleep)

    async def write() -> None:
        async with lane.turn(Pace.WRITE, Priority.RESULT):
            await asyncio.sleep(0)

    async with lane.turn(Pace.WRITE, Priority.RESULT):
        first, second = asyncio.create_task(write()), asyncio.create_task(write())
        await asyncio.sleep(0)
        first.cancel()
    await second
    assert first.cancelled()


async def test_a_content_write_that_must_wait_does_not_hold_up_an_edit(time):
    lane = Lane(None, time.clock, time.sleep)
    done: list[str] = []

    async def write(pace: Pace, priority: Priority) -> None:
        async with lane.turn(pace, priority):
            done.append(pace.name)

    for _ in range(BURST):
        await write(Pace.CONTENT, Priority.RESULT)
    time.now += 1.5
    async with asyncio.TaskGroup() as group:
        group.create_task(write(Pace.CONTENT, Priority.ACKNOWLEDGE))
        group.create_task(write(Pace.WRITE, Priority.PROGRESS))
    assert done[-2:] == ["WRITE", "CONTENT"]


@pytest.mark.parametrize(
    ("pace", "span", "most"),
    [
        (Pace.CONTENT, 60, 80),
        (Pace.CONTENT, 3600, 500),
        (Pace.WRITE, 60, 180),
        (Pace.READ, 60, 900),
        (Pace.TOKEN, 3600, 2000),
    ],
)
def test_no_span_of_time_sees_more_than_github_allows(pace, span, most):
    budget, now, sent = Budget(), START, 0
    while True:
        delay = budget.delay(now, pace)
        if now + delay > START + span:
            break
        now += delay
        budget.take(now, pace)
        sent += 1
    assert sent <= most


def test_a_clock_set_back_does_not_stop_the_budget_from_filling():
    budget = Budget()
    for _ in range(BURST):
        budget.take(START, Pace.CONTENT)
    long_ago = START - 86_400
    assert budget.delay(long_ago, Pace.CONTENT) == pytest.approx(3)
    assert budget.delay(long_ago + 3, Pace.CONTENT) == pytest.approx(0)


def test_refusals_without_a_time_double_up_to_a_cap():
    hold, now = Hold(), START
    waits = []
    for _ in range(6):
        waits.append(hold.refused(now, {}))
        now = hold.until
    assert waits == [60, 120, 240, 480, 900, 900]
    hold.answered(now, {})
    assert hold.refused(now, {}) == 60


def test_refusals_of_requests_under_way_together_count_once():
    hold = Hold()
    assert [hold.refused(START, {}) for _ in range(10)] == [60] * 10
    assert hold.refused(START, {"retry-after": "90"}) == 90


@pytest.mark.parametrize(
    ("status", "headers", "message", "limit"),
    [
        (429, {}, "", True),
        (403, {"retry-after": "5"}, "", True),
        (403, {}, "You have triggered an abuse detection mechanism", True),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}, "", True),
        (403, {"x-ratelimit-remaining": "9"}, "Resource not accessible", False),
        (404, {"retry-after": "5"}, "", False),
    ],
)
def test_a_limit_is_told_from_a_refusal(status, headers, message, limit):
    assert is_limit(status, headers, message) is limit


def test_patience_covers_the_spacing_of_writes():
    budget = Budget()
    for _ in range(BURST):
        budget.take(START, Pace.CONTENT)
    assert 0 < budget.delay(START, Pace.CONTENT) < PATIENCE
