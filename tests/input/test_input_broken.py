"""Deliveries with valid signatures that are no deliveries: answered, noted, and nothing stuck."""

import json
import random

import pytest
from structlog.testing import capture_logs

from bot.model.readers import READERS
from bot.reactions import Reaction
from bot.rules.attempts import MOST_DELIVERY_TRIES
from bot.work.configs import Configs
from bot.work.inbox import Inbox
from tests.input.payloads import at_home, broken, payloads

ACCEPTED = (202, '{"status": "accepted"}')
DEEP = 100_000
KNOWN = sorted({event for event, _ in READERS})

NONSENSE = {
    "nothing": b"",
    "null": b"null",
    "a number": b"1",
    "a text": b'"x"',
    "a list": b"[]",
    "an empty object": b"{}",
    "half an object": b'{"action": "labeled", "issue": {',
    "two objects": b"{}{}",
    "text that is not UTF-8": b'{"action": "\xff\xfe\xc3\x28"}',
    "half a character": b'{"action": "labeled", "sender": {"login": "\\ud800"}}',
    "a nul": b'{"action": "lab\x00eled"}',
    "a byte order mark": b'\xef\xbb\xbf{"action": "labeled"}',
    "UTF-16": '{"action": "labeled"}'.encode("utf-16"),
    "deep lists": b'{"action": "labeled", "issue": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep objects": b'{"issue":' * DEEP + b"1" + b"}" * DEEP,
    "lists without end": b"[" * DEEP,
    "a number of a thousand digits": b'{"action": "labeled", "issue": {"number": '
    + b"9" * 1000
    + b"}}",
    "numbers beyond numbers": b'{"action": "labeled", "sender": {"id": 1e999}, "issue": NaN}',
    "one name many times": b'{"action": "labeled"' + b', "action": "closed"' * 1000 + b"}",
    "a long name": b'{"action": "' + b"x" * 1_000_000 + b'"}',
}
WRONG = [None, True, -1, 2**70, 1e300, "", "x\u0000y", "\ud83d", [], {}, [[]], "9" * 5000]


async def failures(front):
    """Let all end that may, see that it did, and return what broke on the way."""
    with capture_logs() as logs:
        ends = await front.settles()
    assert [end for end in ends if end[1] not in {"done", "ignored", "set_aside"}] == []
    assert all(note for _, state, note in ends if state == "set_aside")
    return [line for line in logs if line["event"] == "delivery.failed"]


async def goes_on(front):
    """See that the next delivery is handled as if nothing had been."""
    await front.house.issue("agent:tidy")
    await front.house.settles("inbox")
    assert (await front.house.notes())[-1] == ("done", "")


async def test_nonsense_is_accepted_and_noted(front):
    for body in NONSENSE.values():
        for event in KNOWN:
            assert await front.deliver(event, body) == ACCEPTED
    assert await failures(front) == []
    await goes_on(front)


async def test_random_bytes_are_accepted_and_noted(front):
    source = random.Random(3)
    for number in range(25):
        event = KNOWN[number % len(KNOWN)]
        assert await front.deliver(event, source.randbytes(source.randrange(2000))) == ACCEPTED
    assert await failures(front) == []
    await goes_on(front)


@pytest.mark.parametrize("known", KNOWN)
async def test_wrong_values_in_an_event_that_is_read_are_accepted_and_noted(front, known):
    source = random.Random(known)
    recorded = [
        payload
        for event, payload in payloads()
        if event == known and (event, payload.get("action", "")) in READERS
    ]
    home = await front.home()
    for _ in range(12):
        made = at_home(source.choice(recorded), home)
        body = json.dumps(source.choice(list(broken(made, WRONG)))).encode()
        assert await front.deliver(known, body) == ACCEPTED
    assert await failures(front) == []
    await goes_on(front)


async def test_a_delivery_that_breaks_a_handler_is_set_aside_and_the_sender_never_hears(front):
    def breaks(_event):
        raise ZeroDivisionError("the words of a traceback")

    poisoned = [
        Reaction(event=reaction.event, facts=reaction.facts, decide=reaction.decide, when=breaks)
        for reaction in front.house.loops["inbox"]._reactions
    ]
    house = front.house
    house.loops["inbox"] = Inbox(house.context, Configs(house.context), poisoned, house._run_id)
    event, payload = next(each for each in payloads() if each[0] == "issues")
    made = at_home({**payload, "action": "closed"}, await front.home())
    assert await front.deliver(event, json.dumps(made).encode()) == ACCEPTED
    assert len(await failures(front)) == MOST_DELIVERY_TRIES
    assert await front.endings() == [("issues", "set_aside", "ZeroDivisionError")]
