"""The verdict on a tree: its exit status, what its report adds, and what attacks on both do."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.validations import Definition
from bot.rules.credentials import HIDDEN
from bot.rules.digest import MOST_TEST, MOST_TESTS
from bot.rules.endings import KILLED
from bot.rules.reports import MOST_REPORT, Ended, verdict
from bot.rules.reports.folding import ALTHOUGH, NO_COMMAND, NO_REPORT, OUTSIDE, STOPPED
from bot.rules.reports.junit import DEEPEST, MOST_ELEMENTS
from bot.rules.reports.tap import MOST_LINES

LOGS = Path(__file__).parents[1] / "data/ci"
UNIT = Definition(name="unit", run="pytest", seconds=60)
REPORTING = replace(UNIT, report="report.xml")
GOOD = Ended(exit=0, signal=None, cause="exited", seconds=2.5, log="1 passed\n")
BAD = replace(GOOD, exit=1, log="all is lost\n")

JUNIT = b"""<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" tests="5">
<properties><property name="failure" value="1"/></properties>
<testcase classname="tests.test_cache" name="test_hit[a]">
<failure message="assert 2 == 3">E</failure></testcase>
<testcase classname="tests.test_cache" name="test_miss"><system-out>ok</system-out></testcase>
<testcase classname="tests.test_cache" name="test_old"><skipped/></testcase>
<testcase classname="" name="tests.test_broken"><error message="no module"/><failure/></testcase>
<testcase classname="cache" name="cache counts"><flakyFailure/></testcase>
</testsuite></testsuites>
"""

TAP = """TAP version 14
1..6
ok 1 - opens
not ok 2 - counts a hit # of three
  ---
  not ok: this is a detail
  ...
not ok 3 - forgets # TODO some day
ok 4 - waits # SKIP no clock
# Subtest: inner
    not ok 1 - inside
not ok 5
ok
"""


def told(report: bytes | str | None, *, ended: Ended = BAD):
    data = report.encode() if isinstance(report, str) else report
    return verdict(REPORTING, replace(ended, report=data))


def case(inner: str, name: str = "a") -> str:
    return f'<testsuite><testcase name="{name}">{inner}</testcase></testsuite>'


@pytest.mark.parametrize("definition", [UNIT, REPORTING])
def test_an_exit_of_nothing_is_a_pass(definition):
    passed = verdict(definition, replace(GOOD, report=b"<testsuite/>"))
    assert (passed.outcome, passed.exit, passed.seconds) == ("passed", 0, 2.5)
    assert (passed.failing, passed.excerpt, passed.words) == ((), "", "")
    assert passed.tests == (0 if definition.report else None)


def test_any_other_exit_is_a_failure_with_what_matters_of_its_output():
    failed = verdict(UNIT, BAD)
    assert (failed.outcome, failed.exit, failed.tests) == ("failed", 1, None)
    assert (failed.excerpt, failed.words) == ("all is lost", "")


def test_junit_names_the_tests_that_failed():
    failed = told(JUNIT)
    assert failed.failing == ("tests.test_cache.test_hit[a]", "tests.test_broken")
    assert (failed.outcome, failed.tests, failed.words) == ("failed", 4, "")
    assert failed.excerpt == "all is lost"


def test_tap_names_the_tests_that_failed():
    failed = told(TAP)
    assert failed.failing == ("counts a hit # of three", "?")
    assert (failed.outcome, failed.tests) == ("failed", 5)
    assert failed.words == ""


def test_where_nothing_was_printed_the_report_is_quoted():
    failed = told(JUNIT, ended=replace(BAD, log=""))
    assert (
        failed.excerpt
        == "tests.test_cache.test_hit[a]: assert 2 == 3\ntests.test_broken: no module"
    )


@pytest.mark.parametrize(
    ("recorded", "test"),
    [
        ("pytest", "tests/test_cache.py::test_a_hit_is_counted"),
        ("unittest", "test_miss (__main__.CacheTest.test_miss)"),
        ("go-test", "TestHit"),
        ("cargo-test", "tests::it_doubles"),
        ("jest", "cache \u203a counts a hit"),
    ],
)
def test_without_a_report_the_names_come_from_what_was_printed(recorded, test):
    log = (LOGS / f"{recorded}.log").read_text()
    failed = verdict(UNIT, replace(BAD, log=log))
    assert test in failed.failing
    assert failed.excerpt
    assert verdict(UNIT, replace(GOOD, log=log)).failing == ()


def test_tap_may_be_printed_too():
    failed = verdict(UNIT, replace(BAD, log=TAP))
    assert failed.failing == ("counts a hit # of three", "inside")


def test_a_report_only_makes_it_worse():
    failed = told(JUNIT, ended=GOOD)
    assert (failed.outcome, failed.exit, failed.words) == ("failed", 0, ALTHOUGH)
    assert told("<testsuite/>", ended=BAD).outcome == "failed"


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ("1..3\nok 1\nok 2\n", "It planned 3 tests and told of 2."),
        ("1..1\nok 1\nBail out! no database\n", "It gave up."),
        ("ok 1\n", "It does not say how many tests there were to be."),
        ("TAP version 13\n", "It does not say how many tests there were to be."),
        ("Bail out!", "It gave up."),
    ],
)
def test_tests_that_are_not_told_of_have_not_passed(report, words):
    failed = told(report, ended=GOOD)
    assert (failed.outcome, failed.words) == ("failed", words)


def test_a_plan_of_no_tests_is_a_pass():
    assert told("\ufeff1..0 # SKIP no database\r\n", ended=GOOD).outcome == "passed"


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (None, NO_REPORT),
        ("", "Its report is neither JUnit's XML nor TAP."),
        ("it went well", "Its report is neither JUnit's XML nor TAP."),
        (b"\xff\x00\x80", "Its report is neither JUnit's XML nor TAP."),
        ("<html><body/></html>", "Its report is XML, but not JUnit's."),
        ("<testsuite>", "Its report is not XML that can be read."),
        ("<testsuite a='&b;'/>", "Its report is not XML that can be read."),
        (
            "<?xml version='1.0' encoding='no-such'?><a/>",
            "Its report is not XML that can be read.",
        ),
        ("<?xml version='1.0' encoding='utf-7'?><a/>", "Its report is not XML that can be read."),
        (b"\xff\xfe<\0", "Its report is not XML that can be read."),
        ("ok\n" * MOST_LINES + "1..1\n", "Its report has too many lines."),
        (b" " * (MOST_REPORT + 1), f"Its report has more than {MOST_REPORT:,} bytes."),
    ],
)
def test_what_cannot_be_read_is_said_and_changes_no_verdict(report, words):
    assert (told(report, ended=GOOD).outcome, told(report, ended=GOOD).words) == ("passed", words)
    assert (told(report).outcome, told(report).words) == ("failed", words)


BOMB = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<testsuite name="&c;"/>"""


@pytest.mark.parametrize(
    "report",
    [
        BOMB,
        BOMB.encode("utf-16"),
        '<!DOCTYPE testsuite SYSTEM "file:///etc/passwd"><testsuite/>',
        "<!DOCTYPE testsuite><testsuite/>",
    ],
)
def test_a_document_type_is_refused_before_it_can_do_anything(report):
    assert told(report, ended=GOOD).words == "Its report has a document type, which is not read."


@pytest.mark.parametrize(
    "report",
    [
        "<testsuite>" + "<a/>" * MOST_ELEMENTS + "</testsuite>",
        "<testsuite>" * (DEEPEST + 1),
    ],
    ids=["wide", "deep"],
)
def test_a_report_with_too_many_elements_is_not_read_to_its_end(report):
    words = "Its report has too many elements, or too many in each other."
    assert told(report, ended=GOOD).words == words


HUGE = MOST_REPORT - 200
HOSTILE = {
    "attributes": b"<testsuite " + b" ".join(b'a%d=""' % n for n in range(HUGE // 12)) + b"/>",
    "a name": case("<failure/>", "x" * HUGE).encode(),
    "an open tag": b"<testsuite><" + b"a" * HUGE,
    "an open comment": b"<testsuite><!--" + b"-" * HUGE,
    "spaces": b"not ok 1 -" + b" " * HUGE,
    "marks": b"not ok " + b"# " * (HUGE // 2),
    "escapes": b"not ok " + b"\\#" * (HUGE // 2),
    "lines": b"not ok\n" * MOST_LINES,
    "plans": b"1..999999999\n" * (HUGE // 13),
}


@pytest.mark.parametrize("report", HOSTILE.values(), ids=HOSTILE)
def test_the_largest_report_takes_seconds_whatever_is_in_it(report):
    began = time.process_time()
    assert told(report, ended=GOOD).outcome in {"passed", "failed"}
    assert time.process_time() - began < 20  # a quadratic one takes hours


@pytest.mark.parametrize(
    "said",
    [
        "<script>x</script>",
        "-----BEGIN RSA PRIVATE KEY-----",
        "ghp_" + "a" * 36,
        "a\u202eb",
        "x" * 9_999,
        "a\nb",
    ],
)
def test_names_and_messages_are_short_lines_that_hide_and_betray_nothing(said):
    name = said.replace("<", "&lt;").replace("\n", "&#10;")
    report = case(f'<failure message="{name}"/>', name)
    failed = told(report, ended=replace(BAD, log=""))
    assert failed.failing
    for text in (*failed.failing, *failed.excerpt.split("\n")):
        assert len(text) <= 2 * MOST_TEST + 20
        assert "\n" not in text
        assert "\u202e" not in text
        assert "PRIVATE" not in text
        assert "ghp_" not in text
    assert failed.failing[0] == HIDDEN or said[:1] in failed.failing[0]


def test_many_failing_tests_are_counted_and_some_named():
    cases = "".join(f'<testcase name="t{n}"><error/></testcase>' for n in range(1_234))
    failed = told(f"<testsuite>{cases}</testsuite>")
    assert len(failed.failing) == MOST_TESTS
    assert (failed.tests, failed.words) == (1_234, "1,234 tests have failed.")


def test_one_test_that_failed_twice_is_named_once():
    twice = '<testcase name="a"><failure/></testcase>' * 2
    assert told(f"<testsuite>{twice}</testsuite>").failing == ("a",)


def test_names_of_elements_may_have_a_prefix_and_tests_no_name():
    report = (
        '<j:testsuite xmlns:j="u"><j:testcase classname="A"><j:error/></j:testcase></j:testsuite>'
    )
    assert told(report).failing == ("A",)
    assert told("<testsuite><testcase><failure/></testcase></testsuite>").failing == ("?",)


def test_a_skipped_test_that_failed_has_run():
    assert told(case("<skipped/><failure/>")).tests == 1


def test_what_runs_out_of_time_has_no_verdict():
    late = verdict(REPORTING, replace(BAD, exit=None, cause="timeout", report=JUNIT))
    assert (late.outcome, late.failing, late.tests) == ("timeout", (), None)
    assert late.words == "It ran longer than the 60 s that it may."
    assert late.excerpt == "all is lost"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"words": "the tree is\nanother one"}, "the tree is another one"),
        ({"cause": "cancelled"}, STOPPED),
        ({"cause": "crashed"}, STOPPED),
        ({"exit": None}, STOPPED),
        ({"exit": None, "signal": KILLED}, OUTSIDE),
        ({"exit": 128 + KILLED}, OUTSIDE),
    ],
)
def test_what_is_not_the_trees_fault_is_no_verdict(change, words):
    broken = verdict(REPORTING, replace(BAD, report=JUNIT, **change))
    assert (broken.outcome, broken.words, broken.failing) == ("broken", words, ())


def test_what_ends_itself_by_a_signal_has_failed():
    failed = verdict(UNIT, replace(BAD, exit=None, signal=11))
    assert (failed.outcome, failed.words) == ("failed", "It was ended by signal 11.")


def test_a_command_that_is_not_there_is_said():
    assert verdict(UNIT, replace(BAD, exit=127)).words == NO_COMMAND
    assert told(JUNIT, ended=replace(BAD, exit=127)).words == ""


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_report_breaks_anything(report):
    assert told(report, ended=GOOD).outcome in {"passed", "failed"}


@given(st.text(max_size=300))
def test_no_output_breaks_anything(log):
    assert verdict(UNIT, replace(BAD, log=log)).outcome == "failed"
