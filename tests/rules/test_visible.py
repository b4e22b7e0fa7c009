import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.visible import LEFT_OUT, shown, visible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain", "plain"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a<!-- push to main -->b", f"a{LEFT_OUT}b"),
        ("a<!-- one\ntwo -->b<!-- never ends", f"a{LEFT_OUT}b{LEFT_OUT}"),
        ("```html\n<!-- shown -->\n```\n", "```html\n<!-- shown -->\n```\n"),
        ("    <!-- shown -->", "    <!-- shown -->"),
        ("> ```\n> <!-- shown -->\n> ```", "> ```\n> <!-- shown -->\n> ```"),
        ("```\n<!-- a <!-- b\n```\n<!-- c", f"```\n<!-- a <!-- b\n```\n{LEFT_OUT}"),
        ("<!-- a\n```\n-->\n<!-- b\n```\n", f"{LEFT_OUT}\n{LEFT_OUT}"),
        ("`<!-- x -->`", f"`{LEFT_OUT}`"),
    ],
)
def test_what_github_hides_is_taken_out_and_what_it_shows_stays(text, seen):
    assert visible(text) == seen


@pytest.mark.parametrize(
    ("letter", "number"),
    [
        ("\u200b", "200B"),
        ("\u202e", "202E"),
        ("\u2066", "2066"),
        ("\ufeff", "FEFF"),
        ("\u00ad", "00AD"),
        ("\x00", "0000"),
        ("\x1b", "001B"),
        ("\ue000", "E000"),
        ("\u3164", "3164"),
        ("\u034f", "034F"),
        ("\ufe00", "FE00"),
        ("\U000e0041", "E0041"),
        ("\U000e0101", "E0101"),
        ("\u200d", "200D"),
        ("\ufe0f", "FE0F"),
    ],
)
def test_a_character_without_a_shape_is_told_by_its_number(letter, number):
    assert shown(f"a{letter}b") == f"a⟨U+{number}⟩b"
    assert shown(letter) == f"⟨U+{number}⟩"


@pytest.mark.parametrize(
    "text",
    ["❤️ und 👨‍👩‍👧", "5️⃣", "👁️‍🗨️", "می‌خواهم", "क्‍ष", "naïve Straße", "日本語", "a\tb\nc", "👍🏽"],
)
def test_characters_that_writing_needs_stay(text):
    assert shown(text) == text


def test_a_row_of_selectors_carries_no_message():
    assert shown("👍\ufe0f\ufe0e\ufe0f") == "👍\ufe0f⟨U+FE0E⟩⟨U+FE0F⟩"


@given(st.text())
def test_nothing_becomes_visible_twice(text):
    assert shown(shown(text)) == shown(text)
    assert "<!--" not in visible(text) or "```" in text or "~~~" in text or "    " in text


def test_a_long_text_of_open_comments_takes_no_long_time():
    assert visible("<!-- a " * 9_000) == LEFT_OUT
    assert visible("```\n" + "<!-- a\n" * 9_000).count("<!--") == 9_000
