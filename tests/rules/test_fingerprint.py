from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.digest import Digest, Failure, digest
from bot.rules.fingerprint import fingerprint, together
from bot.rules.logs import ends

LOGS = Path(__file__).parents[1] / "data/ci"


def mark(error: str, *tests: str, name: str = "unit", word: str = "failure") -> str:
    found = Digest(name=name, word=word, url="", excerpt="", tests=tests, errors=(error,))
    return fingerprint(found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("assert 2 == 3", "assert 4 == 3"),
        ("took 3.2s", "took 812 ms"),
        ("took 3 seconds", "took 1 second"),
        ("at 2026-01-31T12:00:00.1Z it failed", "at 2026-02-01T07:00:00Z it failed"),
        ("[12:00:01] gone", "[07:45:59] gone"),
        ("object at 0x7f3a2b", "object at 0xFFa0"),
        ("missing 3dca65fa3e8d4b3da3f3d056c59aee1c50f41390", "missing 7fd1a60b01f91b"),
        ("job 8dd03138-cd4d-4d3a-9a3f-1f00a3f6a9d1", "job 00d03138-cd4d-4d3a-9a3f-1f00a3f6a9d2"),
        ("/home/ci/cat/main.c:2:32: error: x", "/tmp/b-17/cat/main.c:3:1: error: x"),
        ("can't open '/tmp/a1/x.txt'", "can't open '/var/run/x.txt'"),
        (r"C:\a\cat\main.c: error", "/a/cat/main.c: error"),
        ("GET http://127.0.0.1:4711/a failed", "GET http://127.0.0.1:4712/a failed"),
        ("used 12 MB, 98%", "used 7 kB, 100%"),
        ("a   b", "a b"),
    ],
)
def test_what_a_run_measured_and_where_it_ran_changes_nothing(one, other):
    assert mark(one) == mark(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KeyError: 'gone'", "KeyError: 'here'"),
        ("error[E0308]: mismatched", "error[E0277]: mismatched"),
        ("t.ts(1,7): error TS2322: x", "t.ts(1,7): error TS2551: x"),
        ("src/a.c:1: error: x", "src/b.c:1: error: x"),
        ("utf8 is wrong", "utf16 is wrong"),
        ("deadbeef is dead", "cafebabe is dead"),
    ],
)
def test_what_an_error_says_in_words_does(one, other):
    assert mark(one) != mark(other)


def test_tests_are_known_by_their_whole_names():
    assert mark("E", "a.py::test_1") != mark("E", "a.py::test_2")
    assert mark("E", "a/x.py::test") != mark("E", "b/x.py::test")
    assert mark("E", "a", "b") != mark("E", "a")
    assert mark("E", "a", "b") == mark("E", "b", "a")
    assert mark("E", "a[0x12]") == mark("E", "a[0x34]")


def test_a_check_and_how_it_ended_are_part_of_it():
    assert mark("E", name="unit") != mark("E", name="lint")
    assert mark("E", word="timed_out") != mark("E")


@pytest.mark.parametrize("name", ["pytest", "unittest", "cargo-test", "go-test", "jest", "tsc"])
def test_the_same_log_an_hour_later_on_another_machine_is_the_same_failure(name):
    text = (LOGS / f"{name}.log").read_text()
    moved = text.replace("/home/ci/", "/builds/7/").replace("0.0", "1.3").replace("2.23s", "9 s")
    one, other = (digest(Failure(name="unit", word="failure", log=ends(t))) for t in (text, moved))
    assert fingerprint(one) == fingerprint(other)


def test_a_failure_of_which_one_test_was_mended_is_another():
    text = (LOGS / "pytest.log").read_text()
    mended = "\n".join(line for line in text.split("\n") if "test_it_opens -" not in line)
    one, other = (digest(Failure(name="u", word="failure", log=ends(t))) for t in (text, mended))
    assert fingerprint(one) != fingerprint(other)


def test_failures_of_which_nothing_is_known_are_never_the_same():
    one, other = (
        Digest(name="ci", word="error", url=f"https://ci/{n}", excerpt="") for n in (1, 2)
    )
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) == fingerprint(one)


def test_failures_together_have_one_mark_in_any_order():
    assert together(["a", "b"]) == together(["b", "a", "b"]) != together(["a"])


@given(st.text(), st.integers(min_value=0), st.integers(min_value=0))
def test_numbers_never_matter(text, one, other):
    assert mark(f"{text} {one} {text}") == mark(f"{text} {other} {text}")


@given(st.text(max_size=60).map(lambda text: text * 50))
def test_any_text_has_a_mark(text):
    assert len(mark(text)) == 16
