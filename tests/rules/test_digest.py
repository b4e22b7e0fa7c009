from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.credentials import HIDDEN
from bot.rules.digest import MOST_TEST, NOISE, Digest, Failure, Remark, digest
from bot.rules.logs import MOST_LINE, WINDOW, Log, ends, lines

LOGS = Path(__file__).parents[1] / "data/ci"
THING = "downloaded another thing\n"


def of(text: str, *, most: int = 4_000, **more) -> Digest:
    log = ends(text) if text else None
    return digest(Failure(name="unit", word="failure", log=log, **more), most=most)


def recorded(name: str) -> str:
    return (LOGS / f"{name}.log").read_text()


CHEVRON = "\u203a"

TALK = {
    "pytest": (
        ["tests/test_cache.py::test_a_hit_is_counted", "tests/test_cache.py::test_it_opens"],
        "E       AssertionError: hits are lost",
        "2 failed, 1 passed",
    ),
    "pytest-colour": (
        ["tests/test_cache.py::test_a_hit_is_counted"],
        "E       assert 2 == 3",
        "1 failed, 2 deselected",
    ),
    "actions": (
        ["tests/test_cache.py::test_a_hit_is_counted"],
        ">       assert hits() == 3",
        "Process completed with exit code 1.",
    ),
    "unittest": (
        ["test_miss (__main__.CacheTest.test_miss)", "test_hit (__main__.CacheTest.test_hit)"],
        "KeyError: 'gone'",
        "FAILED (failures=1, errors=1)",
    ),
    "go-test": (["TestHit", "TestMiss", "TestMiss/empty"], "Hit() = 2, want 3", "cache\t0.014s"),
    "cargo-test": (
        ["tests::it_doubles"],
        "assertion `left == right` failed",
        "1 passed; 1 failed",
    ),
    "cargo-build": ([], "error[E0277]: cannot multiply", "could not compile `cache`"),
    "jest": (
        [f"cache {CHEVRON} counts a hit", f"cache {CHEVRON} counts a miss"],
        "Expected: 3",
        "2 failed, 1 passed",
    ),
    "vitest": (["cache.test.ts > counts a hit"], "expected 2 to be 3", "Test Files  1 failed"),
    "mocha": (["cache counts a hit", "cache counts a miss"], "2 !== 3", "2 failing"),
    "tsc": ([], "t.ts(1,7): error TS2322", "error TS2551"),
    "tsc-pretty": ([], "t.ts:1:7 - error TS2322", "Found 2 errors"),
    "mypy": ([], 'Incompatible return value type (got "int", expected "str")', "Found 2 errors"),
    "ruff": ([], "F401 [*] `os` imported but unused", "Found 2 errors."),
    "ruff-concise": ([], "typed.py:1:8: F401 [*] `os`", "Found 2 errors."),
    "make-gcc": ([], "main.c:2:32: error: expected ", "[Makefile:3: main] Error 1"),
}


@pytest.mark.parametrize("name", TALK)
def test_a_tool_is_understood_in_the_middle_of_noise(name):
    tests, error, summary = TALK[name]
    noise = "".join(f"doing thing number {n}\n" for n in range(2_000))
    found = of(f"{noise}{recorded(name)}", most=2_000)
    assert list(found.tests) == tests
    assert error in found.excerpt
    assert summary in found.excerpt
    assert found.errors
    assert "thing number 1000" not in found.excerpt
    assert len(found.excerpt) <= 2_000
    assert not found.outside


def test_the_first_error_and_the_end_both_find_room():
    text = "".join(f"a.c:{n}:1: error: wrong {n}\n" for n in range(500)) + "make: *** Error 1"
    found = of(text, most=500)
    assert found.excerpt.startswith("a.c:0:1: error: wrong 0\n")
    assert found.excerpt.endswith("make: *** Error 1")
    assert "\n…\n" in found.excerpt


def test_of_an_unknown_tool_the_first_word_of_trouble_is_found():
    noise = "".join(f"step {n}\n" for n in range(500))
    found = of(f"0 errors so far\n{noise}build: Permission denied\n{noise}bye", most=400)
    assert "build: Permission denied" in found.excerpt
    assert "0 errors" not in found.excerpt
    assert found.errors == ("build: Permission denied",)


def test_where_nothing_is_said_of_an_error_the_end_is_shown():
    noise = "".join(f"step {n}\n" for n in range(500))
    found = of(f"{noise}bye", most=200)
    assert found.excerpt.startswith("…\n")
    assert found.excerpt.endswith("bye")
    assert found.errors == ("step 498", "step 499", "bye")


@pytest.mark.parametrize("name", ["runner-lost", "network"])
def test_trouble_of_machines_and_networks_is_told_from_that_of_code(name):
    assert of(recorded(name)).outside
    assert not of(recorded(name) + recorded("pytest")).outside
    remark = Remark(path="a.py", line=3, level="failure", message="wrong")
    assert not of(recorded(name), remarks=(remark,)).outside


def test_annotations_stand_before_the_log_without_what_actions_says_of_every_step():
    remarks = (
        Remark(path=".github", line=1, level="failure", message=f"{NOISE}1."),
        Remark(path="a.py", line=3, level="failure", message="x is no y\nat all", title="Types"),
        Remark(path="b.py", line=4, level="warning", message="careful"),
    )  # fmt: skip
    found = of("error: wrong", remarks=remarks)
    assert found.excerpt == "a.py:3: Types: x is no y\nat all\n\nerror: wrong"
    assert of("", remarks=remarks[2:]).excerpt == "b.py:4: careful"
    assert of("", remarks=remarks[2:]).errors == ("b.py:4: careful",)


def test_without_a_log_the_text_of_the_check_is_told():
    found = of("", said="Coverage\n\n80% is below 90%", note="No log.")
    assert (found.excerpt, found.note) == ("Coverage\n\n80% is below 90%", "No log.")
    assert found.errors == ("Coverage", "", "80% is below 90%")
    assert not of("").excerpt


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("2026-01-31T12:00:00.1234567Z hello", "hello"),
        ("\ufeff2026-01-31T12:00:00Z hello", "hello"),
        ("\x1b[1m\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("10%\r50%\rdone\r", "done"),
        ("##[group]Run pytest", "Run pytest"),
        ("##[error]Bad", "Error: Bad"),
        ("::error file=a.py,line=3::Bad", "Error: Bad"),
        ("##[command]/usr/bin/git fetch", "$ /usr/bin/git fetch"),
        ("[command]/usr/bin/git fetch", "$ /usr/bin/git fetch"),
        ("a\u202eb\x00c", "a⟨U+202E⟩b⟨U+0000⟩c"),
        ("password ghp_0123456789abcdefghij", f"password {HIDDEN}"),
        ("x" * 5_000, "x" * MOST_LINE + "…"),
    ],
)
def test_a_line_is_shown_as_a_person_would_want_to_read_it(line, shown):
    assert lines(Log(head=line)) == [shown]


@pytest.mark.parametrize(
    "line",
    [
        "##[endgroup]",
        "##[debug]hm",
        "::add-mask::secret",
        "Receiving objects:  17% (1/6)",
        "remote: Counting objects: 100% (80/80), done.",
        "Collecting pytest",
        "   Compiling cache v0.1.0",
        "npm http fetch GET 200",
        " 45% |#### |",
    ],
)
def test_a_line_that_says_nothing_is_left_out(line):
    assert lines(Log(head=f"a\n{line}\nb")) == ["a", "b"]


def test_what_is_said_again_and_again_is_said_once():
    assert lines(Log(head="a\nb\nb\nb\n\n\nc")) == ["a", "b", "… 2 more like this", "", "c"]


def test_what_the_runner_does_after_the_last_error_is_left_out():
    found = lines(Log(head=recorded("actions")))
    assert found[-1] == "Error: Process completed with exit code 1."
    assert lines(Log(head="Post job cleanup.\n##[error]Bad")) == [
        "Post job cleanup.",
        "Error: Bad",
    ]


def test_of_a_huge_log_only_the_ends_are_read_and_no_line_that_was_cut():
    text = "first\n" + THING * 400_000 + "E   assert 1 == 2\nlast"
    log = ends(text)
    assert (len(log.head), len(log.tail)) == (WINDOW, WINDOW)
    found = lines(log)
    assert (found[0], found[-1]) == ("first", "last")
    assert f"… {log.left_out:,} bytes of the log left out …" in found
    assert len(of(text, most=300).excerpt) <= 300
    assert "E   assert 1 == 2" in of(text, most=300).excerpt


def test_a_credential_that_the_cut_went_through_is_not_shown():
    log = Log(head="a\nghp_0123456789", tail="abcdefghij\nb", left_out=7)
    assert lines(log) == ["a", "", "… 7 bytes of the log left out …", "", "b"]


def test_a_log_without_a_line_end_is_no_trouble():
    assert len(of("error " * 200_000, most=300).excerpt) <= 300


def test_names_of_tests_are_cut():
    (name,) = of(f"--- FAIL: {'x' * 300} (0.0s)").tests
    assert len(name) == MOST_TEST


PIECES = st.sampled_from([
    "E   x", "FAIL: a (b)", "___ a ___", "\x1b[", "\r", "\n", "##[error]", "1)", "  ", "● a",
    "_", ":1:1: error: ", "ghp_0123456789abcdef", "● ", "ld",
])  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=5), max_size=40), st.integers(0, 500), st.booleans())
def test_no_log_breaks_the_bounds(pieces, most, cut):
    text = "".join(pieces) * 20
    log = Log(head=text, tail=text, left_out=int(cut))
    remarks = (Remark(path="a", line=1, level="failure", message=text[:100]),)
    found = digest(Failure(name="u", word="failure", log=log, remarks=remarks), most=most)
    assert len(found.excerpt) <= most
    assert "\x1b" not in found.excerpt
    assert "ghp_0123456789abcdef" not in found.excerpt


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    ["_", "___ ", " ", "  1) a:\n       ", "0 errors ", ":1:1", "\x1b]", "::a", "ld.a", "\n"],
)
def test_no_log_takes_a_long_time(piece):
    assert len(of(piece * (2 * WINDOW // len(piece))).excerpt) <= 4_000
