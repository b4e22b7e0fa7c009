import pytest

from bot.model.runs import Conclusion
from bot.rules.endings import MOST_KILLS, Ended, Ending, broke_off, ending, goes_again
from bot.rules.lifecycle import RUN, Run, Signal

SHA = "5" * 40


def ended(**changes):
    good = {"exit": 0, "signal": None, "cause": "exited", "result": SHA}
    return Ended(**{**good, **changes})


def failed(words, conclusion=Conclusion.FAILURE):
    return Ending(signal=Signal.FAILED, conclusion=conclusion, words=words)


DELIVERS = Ending(signal=Signal.DELIVERS, conclusion=None, words="")
TIMED_OUT = failed("The agent ran out of time and was stopped.", Conclusion.TIMED_OUT)
STOPPED = Ending(
    signal=Signal.CANCELLED, conclusion=Conclusion.CANCELLED, words="The run was stopped."
)
UNCHANGED = failed("The agent asked for a pull request but changed no file.")
UNPUSHED = failed("The agent asked for a push but changed no file.")
NO_TOOL = failed("A tool that the agent needs is missing.")
SILENT = failed("The agent ended without saying what it did.")


@pytest.mark.parametrize("asked", [set(), {"pull_request"}, {"comment", "noop"}])
@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (ended(cause="timeout", exit=None, signal=9), TIMED_OUT),
        (ended(cause="timeout"), TIMED_OUT),
        (ended(cause="cancelled", exit=143), STOPPED),
        (ended(exit=3), failed("The agent's program failed with exit status 3.")),
        (ended(exit=None, signal=9), failed("The agent's program was ended by signal 9.")),
        (
            ended(cause="crashed", exit=None),
            failed("The agent's program did not end by itself."),
        ),
        (ended(cause="crashed"), failed("The agent's program failed with exit status 0.")),
        (
            ended(cause="crashed", words="it said no to\n@ann"),
            failed("The agent broke off: it said no to @\u200bann"),
        ),
    ],
)
def test_no_output_helps_a_program_that_did_not_end_well(how, asked, expected):
    assert ending(how, asked) == expected


@pytest.mark.parametrize(
    ("asked", "result", "expected"),
    [
        ({"pull_request"}, SHA, DELIVERS),
        ({"pull_request", "missing_tool"}, SHA, DELIVERS),
        ({"comment"}, None, DELIVERS),
        ({"noop"}, None, DELIVERS),
        ({"noop"}, SHA, DELIVERS),
        ({"pull_request"}, None, UNCHANGED),
        ({"pull_request", "comment"}, None, UNCHANGED),
        ({"question"}, None, DELIVERS),
        ({"plan"}, None, DELIVERS),
        ({"plan", "pull_request"}, None, DELIVERS),
        ({"question", "missing_tool"}, SHA, DELIVERS),
        ({"push"}, SHA, DELIVERS),
        ({"push", "comment"}, None, UNPUSHED),
        ({"missing_tool"}, SHA, NO_TOOL),
        (set(), SHA, SILENT),
        (set(), None, SILENT),
    ],
)
def test_a_good_exit_counts_by_what_was_asked_for(asked, result, expected):
    assert ending(ended(result=result), asked) == expected


def test_every_ending_is_possible_for_a_run_that_works():
    endings = (DELIVERS, TIMED_OUT, STOPPED, UNCHANGED)
    assert {each.signal for each in endings} <= set(RUN[Run.RUNNING])


@pytest.mark.parametrize(
    ("last", "again"),
    [
        ([ended(exit=None, signal=9)], True),
        ([ended(exit=None, signal=9, cause="crashed")], True),
        ([ended(exit=None, signal=9)] * (MOST_KILLS - 1) + [ended()], True),
        ([ended(exit=None, signal=9)] * MOST_KILLS, False),
        ([ended(exit=None, signal=11)], False),
        ([ended(exit=None, signal=9, cause="timeout")], False),
        ([ended(), ended(exit=None, signal=9)], False),
    ],
)
def test_an_agent_that_was_killed_is_started_again_a_few_times(last, again):
    assert goes_again(last) is again


def test_a_run_broke_off_when_its_work_was_not_done():
    broken = {each for each in (None, *Conclusion) if broke_off(each)}
    assert broken == {Conclusion.FAILURE, Conclusion.CANCELLED, Conclusion.TIMED_OUT}
