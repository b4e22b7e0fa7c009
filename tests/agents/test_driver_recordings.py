"""What the real programs print: recorded with a scripted model, read and judged by their drivers.

The versions are Claude Code 2.1.197, Codex 0.169.0, Gemini CLI 0.61.0 and opencode 1.18.34.
"""

import json
from contextlib import suppress
from pathlib import Path

import pytest

from bot.agents import claude, codex, gemini, opencode
from bot.agents.events import Finished, Message, Started, ToolCall, ToolCallUpdate, Turn, Usage
from bot.agents.lines import Lines, plain

DATA = Path(__file__).with_name("data")
DRIVERS = {
    "claude": (claude.Claude(), claude.parse),
    "codex": (codex.Codex(), codex.parse),
    "gemini": (gemini.Gemini(), gemini.parse),
    "opencode": (opencode.Opencode(), opencode.parse),
}
runtimes = pytest.mark.parametrize("runtime", DRIVERS)


def recorded(runtime, what):
    return (DATA / runtime / f"{what}.jsonl").read_bytes().splitlines()


def events(runtime, printed):
    return [event for line in printed for event in DRIVERS[runtime][1](line)]


def judged(runtime, printed, status, cause="exited"):
    """Return what the driver makes of an end, told as the harness tells it."""
    turns = [each for each in events(runtime, printed) if isinstance(each, Turn)]
    turn = plain(turns[-1] if turns else Turn())
    return DRIVERS[runtime][0].outcome(cause, status, turn)


FIRST = ["I look.", "echo new > made.txt", "cat missing.txt"]
SEEN = {
    "claude": [
        *FIRST,
        "cat missing.txt: failed",
        "Write b.txt",
        "Read /workspace/missing.py",
        "Read /workspace/missing.py: failed",
        "Edit /workspace/a.txt",
        "Edit /workspace/a.txt: failed",  # it wants to have read it before
        "All is done.",
    ],
    "codex": [
        *FIRST,
        "cat missing.txt: failed",
        "printf %s 'b",
        "cat /workspace/missing.py",
        "cat /workspace/missing.py: failed",
        "python3 -c 'import pathlib, sys",
        "All is done.",
    ],
    "gemini": [
        *FIRST,
        "write_file b.txt",
        "read_file /workspace/missing.py",
        "read_file /workspace/missing.py: failed",
        "replace /workspace/a.txt",
        "All is done.",
    ],
    "opencode": [
        *FIRST,
        "write b.txt",
        "read /workspace/missing.py",
        "read /workspace/missing.py: failed",
        "edit a.txt",
        "All is done.",
    ],
}


@runtimes
def test_people_see_what_it_says_and_does_and_what_has_failed(runtime):
    told = Lines()
    heard = events(runtime, recorded(runtime, "work"))
    assert [line for each in heard for line in told.hear(each)] == SEEN[runtime]


@runtimes
def test_our_tools_are_told_of_as_the_command_that_does_the_same(runtime):
    told = Lines()
    heard = events(runtime, recorded(runtime, "tools"))
    assert [line for each in heard for line in told.hear(each)] == [
        "greenroom step",
        "greenroom comment",
        "greenroom comment: failed",
        "Done.",
    ]


@runtimes
def test_each_call_is_known_by_its_id_until_it_is_over(runtime):
    told = events(runtime, recorded(runtime, "work"))
    begun = [each.id for each in told if isinstance(each, ToolCall)]
    over = [each.id for each in told if isinstance(each, ToolCallUpdate)]
    assert begun == over
    assert len({*begun}) == len(begun) == 5
    assert all(begun)


@runtimes
def test_it_names_its_session_and_what_it_has_used(runtime):
    told = events(runtime, recorded(runtime, "work"))
    (session,) = {each.session for each in told if isinstance(each, Started)}
    assert isinstance(told[0], Started)
    assert len(session) >= 30
    assert [each for each in told if isinstance(each, Usage)][-1].tokens > 7000
    assert isinstance(told[-1], Turn)


@runtimes
def test_only_the_whole_of_it_is_a_good_end(runtime):
    whole = recorded(runtime, "work")
    assert judged(runtime, whole, 0) == Finished(cause="exited", exit=0)
    for count in range(len(whole)):
        assert judged(runtime, whole[:count], 0).cause == "crashed"


@runtimes
def test_the_gateways_words_are_why_it_ended(runtime):
    status = {"gemini": 144}.get(runtime, 1)
    end = judged(runtime, recorded(runtime, "400"), status)
    assert (end.cause, end.exit, end.signal) == ("crashed", None, None)
    assert end.words.removeprefix("API Error: 400 ") == "It has reached its budget of $5.00."


@pytest.mark.parametrize(
    ("runtime", "what", "status", "words"),
    [
        ("claude", "401", 1, "No such key."),
        ("claude", "429", 1, "Too many requests."),
        ("claude", "500", 1, "API Error: 500 Out of order."),
        ("claude", "drop", 1, "Unable to connect to API"),
        ("codex", "401", 1, "unexpected status 401 Unauthorized: No such key."),
        ("codex", "429", 1, "last status: 429 Too Many Requests"),
        ("codex", "500", 1, "experiencing high demand"),
        ("codex", "drop", 1, "stream disconnected before completion"),
        ("gemini", "401", 145, "No such key."),
        ("gemini", "drop", 1, "[API Error: terminated]"),
        ("opencode", "401", 1, "No such key."),
    ],
)
def test_what_a_model_fails_with_is_told_by_the_program(runtime, what, status, words):
    printed = recorded(runtime, what)
    end = judged(runtime, printed, status)
    assert (end.cause, end.exit, end.signal) == ("crashed", None, None)
    assert words in end.words
    assert judged(runtime, printed, 0) == end


@pytest.mark.parametrize(
    ("runtime", "what"),
    [
        ("gemini", "429"),
        ("gemini", "500"),
        ("opencode", "429"),
        ("opencode", "500"),
        ("opencode", "drop"),
    ],
)
def test_one_that_tries_again_for_ever_is_ended_for_its_time(runtime, what):
    printed = recorded(runtime, what)
    assert judged(runtime, printed, 137, "timeout") == Finished(cause="timeout", signal=9)
    assert judged(runtime, printed, 0).cause == "crashed"


@runtimes
def test_killed_it_has_come_to_no_end(runtime):
    printed = recorded(runtime, "kill")
    assert judged(runtime, printed, 137) == Finished(cause="crashed", signal=9)
    assert judged(runtime, printed, 0) == Finished(cause="crashed")


@runtimes
def test_asked_to_end_it_has_come_to_none_either_whatever_its_status(runtime):
    printed = recorded(runtime, "term")
    status = {"gemini": 0}.get(runtime, 143)
    assert judged(runtime, printed, status).cause == "crashed"
    assert judged(runtime, printed, status, "cancelled").cause == "cancelled"


@runtimes
def test_what_it_says_is_heard_whole(runtime):
    told = events(runtime, recorded(runtime, "work"))
    said = "".join(each.text for each in told if isinstance(each, Message))
    assert said == "I look.All is done.\nNothing is left."


def spoilt(said):
    """Yield a value with something else in one place after another."""
    yield from (None, 3, "x", [], [3], {}, {"type": []})
    if isinstance(said, dict | list):
        places = said.items() if isinstance(said, dict) else enumerate(said)
        for key, value in [*places]:
            for other in spoilt(value):
                fresh = said.copy()
                fresh[key] = other
                yield fresh


@runtimes
def test_whatever_stands_in_a_line_is_an_event_or_noise(runtime):
    parse = DRIVERS[runtime][1]
    for line in {*recorded(runtime, "work"), *recorded(runtime, "tools")}:
        told = Lines()
        for said in spoilt(json.loads(line)):
            with suppress(ValueError):
                for event in parse(json.dumps(said).encode()):
                    list(told.hear(event))
