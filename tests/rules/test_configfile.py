"""YAML with lines: what is read, what is refused, and that nothing makes it raise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.configfile import MOST_BRACKETS, MOST_DEPTH, MOST_SIZE, compose, found, plain

BOMB = "a0: &a0 [1, 1]\n" + "".join(
    f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]\n" for number in range(1, 12)
)


def read(text: str) -> object:
    node, mistakes = compose("a.yml", text)
    assert not mistakes
    return plain(node)


def wrong(text: str, first: int = 1) -> list[tuple[int, str]]:
    _, mistakes = compose("a.yml", text, first)
    assert {each.path for each in mistakes} == {"a.yml"}
    assert all(each.remedy for each in mistakes)
    return [(each.line, each.words) for each in mistakes]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on: yes", {"on": "yes"}),
        ("a: true\nb: False", {"a": True, "b": False}),
        ("a:\nb: ~\nc: null", {"a": None, "b": None, "c": None}),
        ("a: 12\nb: -3", {"a": 12, "b": -3}),
        ("a: .5\nb: 1e3\nc: 2.", {"a": 0.5, "b": 1000.0, "c": 2.0}),
        ("a: 0x10\nb: 1_000\nc: 1:30", {"a": "0x10", "b": "1_000", "c": "1:30"}),
        ("a: '12'\nb: \"true\"", {"a": "12", "b": "true"}),
        ("a: [1, {b: c}]", {"a": (1, {"b": "c"})}),
        ("a: &x [1]\nb: *x", {"a": (1,), "b": (1,)}),
        ("%YAML 1.1\n---\na: no\n...\n", {"a": "no"}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: |\n  b\n  c\n", {"a": "b\nc\n"}),
        (f"a: {'9' * 5000}", {"a": float("inf")}),
    ],
)
def test_text_means_what_version_1_2_of_yaml_says(text, value):
    assert read(text) == value


@pytest.mark.parametrize("text", ["", "# only a comment\n", "\n\n"])
def test_a_file_without_anything_says_nothing(text):
    assert compose("a.yml", text) == (None, ())


def test_each_key_and_each_value_has_its_line():
    node, _ = compose("a.yml", "a:\n  - b\n  -\n    c: 1\nd:\ne: 2\n", first=3)
    assert node.keys == {"a": 3, "d": 7, "e": 8}
    assert [each.line for each in node.value["a"].value] == [4, 6]
    assert node.value["d"].line == 7


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("a: [1\nb: 2", [(2, "This is no YAML: expected ',' or ']', but got ':'.")]),
        (
            "a:\n\tb: 1",
            [(2, "This is no YAML: found character '\\t' that cannot start any token.")],
        ),
        ('a: 1\nb: "\\U00110000"', [(2, "This is no YAML: something here cannot be read.")]),
        ("a: 1\n---\nb: 2", [(2, "A second document begins here.")]),
        ("a: 1\nb: 2\na: 3", [(3, "`a` is said in line 1 already.")]),
        ("a: !x 1", [(1, "`!x` is a tag, and tags are not read.")]),
        (
            "a: !!python/name:os.system\nb: !!map {}",
            [
                (1, "`tag:yaml.org,2002:python/name:os.system` is a tag, and tags are not read."),
                (2, "`tag:yaml.org,2002:map` is a tag, and tags are not read."),
            ],
        ),
        ("1: a", [(1, "A key is text; the number 1 is none.")]),
        ("? [a]\n: b", [(1, "A key is text; a list is none.")]),
        ("? {a: b}\n: b", [(1, "A key is text; a mapping is none.")]),
        ("true: b", [(1, "A key is text; `true` is none.")]),
        ("~: b", [(1, "A key is text; nothing is none.")]),
        ("a: *b", [(1, "The alias `*b` names nothing that ends before it.")]),
        ("a: &a\n  - *a", [(2, "The alias `*a` names nothing that ends before it.")]),
        (BOMB, [(5, "The file stands for more than 10000 values.")]),
        ("a: 1\nb: \0", [(2, "The character U+0000 cannot stand in YAML.")]),
        ("a: \ufffd", [(1, "The character U+FFFD cannot stand in YAML.")]),
        ("a: \ud800", [(1, "The character U+D800 cannot stand in YAML.")]),
        ('a: "\\0"', [(1, "The character U+0000 cannot be kept.")]),
        (
            "- " * (MOST_DEPTH + 2),
            [(1, "More than 32 lists and mappings are inside each other here.")],
        ),
        (
            "a: 1\nb: " + "[" * (MOST_BRACKETS + 1),
            [(2, "This line opens more than 100 brackets.")],
        ),
        ("a" * (MOST_SIZE + 1), [(1, "The file has 262145 bytes; up to 262144 are read.")]),
        ("- a\n" * 11_000, [(10_000, "The file stands for more than 10000 values.")]),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text, mistakes):
    assert wrong(text) == mistakes


def test_lines_are_those_of_the_file_that_the_text_is_a_part_of():
    assert wrong("a: 1\na: 2", first=10) == [(11, "`a` is said in line 10 already.")]
    assert wrong("a: 1\nb: [", first=10)[0][0] == 11
    assert wrong("a: 1\nb: \0", first=10)[0][0] == 11


def test_a_file_of_a_megabyte_is_not_parsed():
    assert len(wrong("a: [[[[{\n" * 120_000)) == 1


def test_what_stands_there_is_told_in_one_short_line():
    node, _ = compose("a.yml", f"'{'x`' * 100}'")
    assert found(node) == f"the text `{chr(39).join('x' * 30)[:59]}…`"


@given(st.text())
def test_no_text_makes_it_raise(text):
    compose("a.yml", text)


@given(st.text(alphabet="ab:-?,[]{}&*!|>'\"%@#\\ \n\t0", max_size=80))
def test_nothing_that_looks_like_yaml_makes_it_raise(text):
    node, _ = compose("a.yml", text)
    if node:
        plain(node)
