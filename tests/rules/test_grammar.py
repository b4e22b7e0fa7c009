"""What holds for every comment, whoever wrote it and whatever is in it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.rules.grammar import (
    MOST_COMMANDS,
    OURS,
    Command,
    Grammar,
    added,
    commands,
    might_command,
    nearest,
)
from bot.rules.shellwords import LONGEST, words
from bot.rules.verbs import VERBS

GRAMMAR = Grammar(bare=frozenset({"fix", "ask"}))
PIECES = st.sampled_from(
    [
        *("/gr fix", "/gr", "/fix it", "@greenroom why", "/ask", " ", "\n", "\n\n", "\r\n", "\t"),
        *("> ", "- ", "1. ", "    ", "`", "```", "~~~", "<!--", "-->", "<div>", "</div>", "<a "),
        *("| a | b\n", "--|--\n", "---\n", "# ", "[a]: ", "[a](b '", "')", "![", "]", "\\", "'"),
        *(
            '"',
            "word",
            "é",
            "\0",
            "\u200b",
            "\u00a0",
            "\ue000",
            "\u2028",
            "<details>",
            "</details>",
        ),
    ]
)
COMMENTS = st.lists(PIECES, max_size=40).map("".join)
LINES = st.sampled_from(
    ["/gr stop", "/gr fix the race", "/fix it", "@greenroom why?", "some words", "- a", "", "# h"]
)
PLAIN = st.lists(LINES, max_size=12).map("\n".join)


def said(found):
    return [(command.verb, *command.args) for command in found]


@given(st.text() | COMMENTS)
@example("/gr '" + "\\" * 3)
def test_nothing_that_people_write_raises(text):
    found = commands(text, GRAMMAR)
    assert len(found) <= MOST_COMMANDS
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for command in found:
        assert set(lines[command.line - 1]) & {"/", "@"}
        assert command.verb == command.verb.lower() or not command.verb.isascii()


@given(st.text() | COMMENTS)
def test_a_text_that_commands_is_never_passed_over(text):
    assert might_command(text) or not commands(text, GRAMMAR)


@given(st.text() | COMMENTS)
def test_quoting_a_comment_never_fires_it(text):
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert commands("\n".join(f"> {line}" for line in lines), GRAMMAR) == ()


@given(st.text() | COMMENTS)
def test_fencing_a_comment_never_fires_it(text):
    fence = "~" * (text.count("~") + 3)
    assert commands(f"{fence}\n{text}\n{fence}", GRAMMAR) == ()


@given(st.text() | COMMENTS)
def test_a_copy_of_our_own_text_never_fires(text):
    assert commands(f"\n{OURS}run 01ABC -->\n{text}", GRAMMAR) == ()


@given(COMMENTS)
def test_an_edit_that_changes_nothing_fires_nothing(text):
    assert added(text, text, GRAMMAR) == ()
    assert added(text, text.replace("\n", "\r\n"), GRAMMAR) == () or "\r" in text


@given(PLAIN, PLAIN)
def test_text_that_is_added_by_an_edit_fires_only_what_was_added(before, more):
    assert said(added(before, f"{before}\n\n{more}", GRAMMAR)) == said(commands(more, GRAMMAR))
    above = added(before, f"{more}\n\n{before}", GRAMMAR)  # of equals, which one is new?
    assert sorted(said(above)) == sorted(said(commands(more, GRAMMAR)))


@given(PLAIN)
def test_an_instruction_never_holds_another_command(text):
    for command in commands(text, GRAMMAR):
        for line in command.instruction.split("\n")[1:]:
            assert not line.startswith(("/gr", "/fix", "@greenroom"))


def test_a_command_has_all_that_was_said():
    text = "Hello\n\n/FIX 'the cache' now\nand its tests\n\n- today"
    assert commands(text, GRAMMAR) == (
        Command(
            verb="fix",
            args=("the cache", "now"),
            instruction="'the cache' now\nand its tests\n\n- today",
            line=3,
            bare=True,
        ),
    )


def test_the_prefix_and_the_mention_are_the_repository_s():
    grammar = Grammar(prefix="bot.x", mention=None)
    assert said(commands("/bot.x stop\n/botax stop\n/gr stop\n@greenroom why?", grammar)) == [
        ("stop",)
    ]


def test_a_comment_is_not_a_script():
    found = commands("/gr stop\n" * 500, GRAMMAR)
    assert len(found) == MOST_COMMANDS
    assert [command.left_out for command in found] == [0] * 19 + [480]


def test_commands_that_were_beyond_the_bound_are_not_new_when_others_go():
    before = "\n".join(f"/gr answer {number}" for number in range(MOST_COMMANDS + 5))
    after = before.partition("\n")[2] + "\n/gr stop"
    assert said(added(before, after, GRAMMAR)) == [("stop",)]


def test_a_verb_of_any_length_is_cut():
    (command,) = commands("/gr " + "x" * 5000, GRAMMAR)
    assert len(command.verb) == 64


def test_a_character_that_marks_lines_for_us_marks_none_for_others():
    text = "a `\n\ue0002\ue000\n/gr fix\n` b\n/gr stop"
    assert said(commands(text, GRAMMAR)) == [("stop",)]


def test_a_row_of_dashes_and_bars_without_a_head_makes_no_table():
    assert said(commands("|-|\n/gr stop", GRAMMAR)) == [("stop",)]


def test_a_table_below_a_command_belongs_to_it():
    text = "/gr fix these\na | b\n--|--\n1 | /gr stop\n\nbye"
    (command,) = commands(text, GRAMMAR)
    assert command.instruction == "these\n\na | b\n--|--\n1 | /gr stop"


@pytest.mark.parametrize(
    ("line", "expected", "problem"),
    [
        ("", [], ""),
        ("a 'b c' \"d\" e\\ f", ["a", "b c", "d", "e f"], ""),
        ("a # b", ["a", "#", "b"], ""),
        ("“a b” — \u2013x", ["a b", "—", "--x"], ""),
        ("`a` ``", ["a", "``"], ""),
        ("it's", ["it's"], "A quote is opened and not closed."),
        ("a \\", ["a", "\\"], "It ends with a backslash that stands for nothing."),
        ("a " * LONGEST, ["a"] * (LONGEST // 2), "It is longer than 1,000 characters."),
    ],
)
def test_the_words_of_a_line_are_told_apart_as_a_shell_does_it(line, expected, problem):
    assert words(line) == (expected, problem)


@given(st.text())
def test_no_line_is_beyond_reading(line):
    words(line)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("retyr", "retry"),
        ("stat", "status"),
        ("STOPP", "stop"),
        ("aprove", "approve"),
        ("resum", "resume"),
        ("re", None),
        ("r", None),
        ("banana", None),
        ("", None),
        ("x" * 70_000, None),
    ],
)
def test_a_name_that_is_nearly_right_is_found(word, meant):
    assert nearest(word, VERBS) == meant
