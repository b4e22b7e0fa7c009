import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.markdown import BREAK, CLOSES, MENTION, NOTE, clip, cut, inline, quiet

PIECES = st.sampled_from(
    [
        *("@ann", "@", "a@b.c", "fixes", " ", "#12", "\n", "\n\n", "`", "```", "````", "~~~"),
        *("<!--", "-->", "<!-", "-", "<", "&#64;", "&", "#64;", "Closes", ": ", "GH-1", "_"),
        *("https://", "x/y#3", "1. ", "- ", "> ", "    ", "<div>", "\r\n", "\r", "\t", "\\"),
        *("py", BREAK, "é", "word "),
    ]
)
MARKDOWN = st.lists(PIECES, max_size=30).map("".join)
LONG = st.lists(PIECES, min_size=30, max_size=120).map("".join)


def outside_code(text):
    """What GitHub may read as text, told apart from fenced code in the most careful way."""
    found, fence = [], ""
    for row in text.split("\n"):
        if fence:
            if row.strip() and set(row.strip()) == {fence[0]} and len(row.strip()) >= len(fence):
                fence = ""
        elif opened := re.match(r"(`{3,})[^`]*$|(~{3,})", row):
            fence = opened[1] or opened[2]
        else:
            found.append(row)
    return "\n".join(found)


@given(MARKDOWN)
def test_quiet_text_calls_nobody_and_closes_nothing(text):
    seen = outside_code(quiet(text))
    assert not MENTION.search(seen)
    assert not CLOSES.search(seen)
    assert not re.search(r"&#", seen)


@given(MARKDOWN)
def test_quiet_text_hides_nothing_not_even_in_code(text):
    assert "<!--" not in quiet(text)


@given(MARKDOWN)
def test_what_is_quiet_stays_as_it_is(text):
    assert quiet(quiet(text)) == quiet(text)


@given(MARKDOWN)
def test_quiet_text_reads_as_it_was_written(text):
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace(BREAK, "")
    assert quiet(text).replace(BREAK, "").startswith(plain.rstrip("\n"))


@given(MARKDOWN)
def test_what_follows_quiet_text_is_not_inside_its_code(text):
    assert outside_code(f"{quiet(text)}\n\nFoot").endswith("Foot")


@given(LONG, st.integers(min_value=100, max_value=200))
def test_cut_text_has_no_more_characters_than_asked_for(text, most):
    assert len(cut(text, most)) <= most


@given(LONG, st.integers(min_value=100, max_value=200))
def test_cut_text_says_so_outside_of_code(text, most):
    shortened = cut(text, most)
    if len(text) > most:
        assert outside_code(shortened).endswith(NOTE.strip("\n"))


@given(MARKDOWN)
def test_one_line_stays_one_line(text):
    assert inline(text).splitlines() == ([inline(text)] if inline(text) else [])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ask @ann", "ask @¦ann"),
        ("_@ann_", "_@¦ann_"),
        ("a ` @ann ` b", "a ` @¦ann ` b"),
        (r"\`@ann\`", r"\`@¦ann\`"),
        ("a@b.example", "a@b.example"),
        ("@octo/team", "@¦octo/team"),
        ("&#64;ann &commat;ann", "&¦#64;ann &¦commat;ann"),
        ("Fixes #12", "Fixes #¦12"),
        ("**resolved**: octo/cat#12", "**resolved**: octo/cat#¦12"),
        ("closes GH-12", "closes GH-¦12"),
        ("fix https://github.com/o/r/issues/1", "fix https:¦//github.com/o/r/issues/1"),
        ("close\n#12", "close\n#¦12"),
        (r"Closes \#12", r"Closes \#¦12"),
        (r"fixes octo/cat\#12, closed GH\-12", r"fixes octo/cat\#¦12, closed GH\-¦12"),
        ("closes&nbsp;<b>#12</b>", "closes&nbsp;<b>#¦12</b>"),
        ("see #12, prefixes #12", "see #12, prefixes #12"),
        ("a <!-- greenroom run X --> b", "a <¦!-- greenroom run X --> b"),
        ("<!-<!-- -->- x -->", "<!-<¦!-- -->- x -->"),
        ("<!-- open", "<¦!-- open"),
    ],
)
def test_what_github_acts_on_is_broken_and_reads_the_same(text, shown):
    assert quiet(text) == shown.replace("¦", BREAK)


@pytest.mark.parametrize(
    "code",
    [
        "```py\n@cached\nfixes #1\n```",
        "~~~\n@cached\n~~~",
        "````\n```\n@cached\n````",
        "text\n```\n@cached\n    ```\n@cached\n```\nmore",
        "```\n@cached\n  ```  ",
    ],
)
def test_fenced_code_is_left_alone(code):
    assert quiet(code) == code


@pytest.mark.parametrize(
    "text",
    [
        "1. ```\n   x\n   ```\n@ann\n```\n@ann",
        "   ```\n```\n@ann",
        "<div>\n```\n@ann\n```\n</div>",
        "- <b>\n```\n@ann",
        "a ``` b\n@ann",
        "a ~~~ b\n@ann",
        "``` a`b\n@ann",
        "```\n@x\n```\n@ann",
    ],
)
def test_a_fence_in_doubt_shelters_nobody(text):
    assert f"@{BREAK}ann" in quiet(text)
    assert "@ann" not in quiet(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("```\nx", "```\nx\n```"), ("~~~~ py\nx\n", "~~~~ py\nx\n~~~~"), ("```", "```\n```")],
)
def test_an_open_fence_is_closed(text, shown):
    assert quiet(text) == shown


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("x" * 100, 100, "x" * 100),
        ("x" * 101, 100, "x" * (92 - len(NOTE)) + NOTE),
        ("x" * 40 + "\n\n" + "y" * 90, 100, "x" * 40 + NOTE),
        ("x\n\n" + "y" * 110, 100, "x\n\n" + "y" * (89 - len(NOTE)) + NOTE),
        ("```\n" + "x" * 110, 100, "```\n" + "x" * (88 - len(NOTE)) + "\n```" + NOTE),
        ("a\n``````````\n" + "x" * 110, 100, "a\n" + NOTE),
    ],
)
def test_text_is_cut_at_the_border_of_a_block_and_its_fence_closed(text, most, shown):
    assert cut(text, most) == shown


@pytest.mark.parametrize(
    ("text", "shown"), [("a  b\nc", "a b c"), ("abcdef", "abcdef"), ("abcdefg", "abcde…")]
)
def test_a_line_is_clipped(text, shown):
    assert clip(text, 6) == shown
