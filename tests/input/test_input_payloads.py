"""Whatever GitHub was ever seen to send is accepted, and ends as handled or as ignored."""

import json

import pytest
from structlog.testing import capture_logs

from tests.input.payloads import at_home, payloads

ACCEPTED = (202, '{"status": "accepted"}')


def test_there_are_many_of_them():
    assert len(payloads()) > 400
    assert len({event for event, _ in payloads()}) > 60


@pytest.mark.timeout(300)
async def test_every_payload_that_people_recorded_ends_well(front):
    home = await front.home()
    for event, payload in payloads():
        body = json.dumps(at_home(payload, home)).encode()
        assert await front.deliver(event, body) == ACCEPTED
    with capture_logs() as logs:
        ends = await front.settles()
    assert [line for line in logs if line["event"] == "delivery.failed"] == []
    assert [end for end in ends if end[1] not in {"done", "ignored"}] == []
    assert len(ends) == len(payloads())
