"""An agent asks for validations in its box, and hears what came of them: all of it real."""

from dataclasses import replace

import pytest

from bot.model.validations import Definition
from tests.validating.conftest import FIRST
from tests.validating.whole import in_folder

UIDS = (FIRST + 50, FIRST + 99)
FILES = {"sum.sh": "echo $((1 + 1))\n", "test.sh": "test $(sh sum.sh) = 2 && echo ok 1 - sum\n"}
UNIT = Definition(name="unit", run="sh -x test.sh")
TAP = Definition(
    name="tap",
    run="(sh test.sh || echo not ok 1 - sum) > r.tap; echo 1..1 >> r.tap",
    report="r.tap",
)
DIST = Definition(name="dist", run="mkdir dist; cp sum.sh dist/", artifacts=("dist/*",))


@pytest.fixture
async def place(tmp_path):
    async with in_folder(tmp_path, UIDS, UNIT, TAP, DIST) as made:
        yield made


async def test_an_agent_breaks_a_test_hears_of_it_and_mends_it(place):
    log = await place.ends(
        "greenroom validate unit; echo status $?;"
        "echo 'echo 3' > sum.sh; greenroom validate unit; echo status $?;"
        "echo 'echo 2' > sum.sh; greenroom validate unit; echo status $?",
        FILES,
    )
    first, second, third, _ = log.split("status ")
    assert "+ test 2 = 2" in first
    assert "unit: passed" in first
    assert second.startswith("0\n")
    assert "+ test 3 = 2" in second
    assert "unit: failed" in second
    assert third.startswith("1\n")
    assert "unit: passed" in third
    assert log.rstrip().endswith("status 0")


async def test_the_same_tree_is_answered_at_once_and_says_so(place):
    log = await place.ends("greenroom validate unit; greenroom validate unit", FILES)
    *_, last = log.strip().splitlines()
    assert last.startswith("unit: passed")
    assert last.endswith("known from before)")
    assert log.count("+ test 2 = 2") == 1


async def test_failing_tests_are_told_by_name_whatever_the_command_says(place):
    log = await place.ends("echo 'echo 3' > sum.sh; greenroom validate tap; echo status $?", FILES)
    assert "failed: sum" in log
    assert log.rstrip().endswith("status 1")


async def test_what_one_leaves_is_fetched_into_the_box(place):
    log = await place.ends(
        "greenroom validate dist --artifacts /tmp/out; cat /tmp/out/dist/sum.sh;"
        "greenroom validate dist; ls",
        FILES,
    )
    assert "1 files written to /tmp/out\n" + FILES["sum.sh"] in log
    assert log.count("It has left 1 files") == 2
    assert log.endswith("sum.sh\ntest.sh\n")


async def test_what_there_is_not_is_refused_with_words(place):
    log = await place.ends("greenroom validate uint; echo status $?", FILES)
    assert "Did you mean `unit`?" in log
    assert log.rstrip().endswith("status 2")


async def test_without_a_name_all_of_them_run(place):
    log = await place.ends("greenroom validate; echo status $?", FILES)
    assert "unit: passed" in log
    assert "tap: passed" in log
    assert log.rstrip().endswith("status 0")


CALL = r"""
call() { python3 - "$1" <<'END'
import http.client, json, os, socket, sys
door = http.client.HTTPConnection("greenroom")
door.sock = socket.socket(socket.AF_UNIX)
door.sock.connect(os.environ["GREENROOM_SOCKET"])
call = {"name": "validate", "arguments": {"name": sys.argv[1]}}
body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
heads = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
door.request("POST", "/mcp", json.dumps(body), heads)
result = json.loads(door.getresponse().read())["result"]
print(result["isError"], result["content"][0]["text"])
END
}
"""


async def test_the_tool_waits_for_the_verdict_and_says_why_there_is_none(place):
    log = await place.ends(f"{CALL}\necho 'echo 3' > sum.sh; call tap; call tap; call uint", FILES)
    assert log.count("False Failed (") == 2
    assert log.count("- sum") == 2
    assert "known from before" in log
    assert "True Refused: There is no validation" in log


@pytest.mark.full
async def test_what_an_agent_will_ask_is_known_by_the_time_that_it_asks(tmp_path):
    quick = replace(UNIT, speculate=True)
    async with in_folder(tmp_path, UIDS, quick) as place:
        log = await place.ends("echo >> sum.sh; sleep 14; greenroom validate unit", FILES)
    assert log.strip().endswith("known from before)")
