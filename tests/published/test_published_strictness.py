"""A key that GitHub does not know is caught wherever in a body it stands."""

import json
import re

import pytest

from tests.published import mixes
from tests.published.description import check_request, check_response, check_webhook, operations
from tests.published.document import FOLDER
from tests.published.kept import EVENTS

STRAY = "frobnicated"

# Objects that may hold any key: headers, properties that an organization defines itself,
# and the payload of a delivery, which is of any event.
FREE = re.compile(r"(request|response)/headers|request/payload(/.*)?|.*custom_properties")

EXAMPLES = json.loads((FOLDER / "examples.json").read_bytes())


def objects(value, path=""):
    if isinstance(value, dict):
        yield path, value
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in parts:
        if isinstance(part, (dict, list)):
            yield from objects(part, f"{path}/{key}".lstrip("/"))


def places_that_take_a_stray_key(body, check):
    if body is None or check(body):
        return
    for path, holder in objects(body):
        holder[STRAY] = 1
        if not any(STRAY in problem for problem in check(body)) and not FREE.fullmatch(path):
            yield path
        del holder[STRAY]


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.id)
def test_no_body_of_an_operation_takes_a_stray_key(operation):
    values = {"basehead": "main...topic", "ref": "heads/main"}
    path = re.sub(r"\{(\w+)\}", lambda name: values.get(name[1], "1"), operation.template)
    for kind, bodies in EXAMPLES[operation.id].items():

        def check(body, kind=kind):
            if kind == "request":
                return check_request(operation.method, path, {}, body)
            return check_response(operation.method, path, int(kind), body)

        for body in bodies.values():
            assert list(places_that_take_a_stray_key(body, check)) == []


@pytest.mark.parametrize("event", EVENTS)
def test_no_payload_of_a_webhook_takes_a_stray_key(event):
    recordings = [one for one in mixes.firehose() if one.event == event]
    for recording in recordings:
        payload = json.loads(recording.body)
        free = places_that_take_a_stray_key(payload, lambda body: check_webhook(event, body))
        assert list(free) == []
