"""Conditions of events: what they may speak of, what is refused, and what they cost."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.ids import Login, Repo, UserId
from bot.model.runs import Person, Subject
from bot.rules.conditions import (
    EXAMPLE,
    MOST_CHARACTERS,
    MOST_PATHS,
    NAMES,
    Answer,
    Moment,
    answer,
    context,
    holds,
    trouble,
)
from bot.rules.roles import Role

USABLE = (
    "There are comparisons, `&&`, `||`, `!`, `size`, `startsWith`, `endsWith`, `contains`, "
    "`all`, `exists`."
)
LARGE = replace(
    EXAMPLE,
    title="a" * 999,
    labels=["a" * 300] * 500,
    paths=["a" * 300] * MOST_PATHS,
    base="a" * 300,
)
MOMENT = Moment(
    name="issues.opened",
    actor=Person(id=UserId(7), login=Login("renovate[bot]"), bot=True),
    role=Role.TRIAGE,
    subject=Subject(repo=Repo("acme/app"), number=12, kind="issue"),
    title="The cache is slow",
    author=Person(id=UserId(8), login=Login("bob")),
    labels=("bug", "cache"),
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("true", True),
        ('event.name == "issues" && event.action == "opened"', True),
        ("actor.bot && actor.role == 'triage' && actor.login == 'renovate[bot]'", True),
        ('actor.role in ["write", "admin"]', False),
        ("subject.kind == 'issue' && subject.number > 3 && subject.author == 'bob'", True),
        ('subject.title.contains("slow") || subject.draft', True),
        ('subject.title.startsWith("Fix") ? false : !subject.fork', True),
        ('subject.labels.exists(l, l == "bug") && "cache" in subject.labels', True),
        ('subject.labels.all(l, l.endsWith("g"))', False),
        ("size(subject.labels) == 2 && subject.title.size() <= 256", True),
        ("subject.base == '' && subject.head == '' // of an issue", True),
        ("has(subject.paths)", False),
        ("subject\n  .number\n  >= 12", True),
    ],
)
def test_a_condition_is_met_or_not(condition, expected):
    assert trouble(condition) is None
    assert answer(condition, MOMENT) == Answer(holds=expected)
    assert holds(condition, MOMENT) is expected


@pytest.mark.parametrize(
    ("condition", "words", "remedy"),
    [
        (
            "1 +",
            "This is no condition in CEL: 1:4: Syntax error: mismatched input '<EOF>'",
            'Write for example `subject.title.contains("cache")`.',
        ),
        ("subjct.draft", "There is no `subjct` for conditions.", "Write `subject`."),
        (
            "zzz == 1",
            "There is no `zzz` for conditions.",
            "A condition knows: `event`, `actor`, `subject`.",
        ),
        (
            "subject.titel == ''",
            "There is no `subject.titel` for conditions.",
            "Write `subject.title`.",
        ),
        (
            "subject.title.matches('a+')",
            "`matches` cannot be used in a condition.",
            USABLE,
        ),
        (
            "subject.title + 'a' == 'b'",
            "`+` cannot be used in a condition.",
            USABLE,
        ),
        (
            "subject.labels.map(l, l) == []",
            "`map` cannot be used in a condition.",
            "Write it with `exists` or `all`.",
        ),
        (
            "[1].all(a, [2].all(b, a < b))",
            "`all` stands inside another, or is one of more than 4.",
            "Ask one thing after the other, with `&&`.",
        ),
        (
            " && ".join(["[1].exists(a, true)"] * 5),
            "`exists` stands inside another, or is one of more than 4.",
            "Ask one thing after the other, with `&&`.",
        ),
        (
            "subject.labels.exists(l, l == subject.title)",
            "`subject` cannot be used inside `all` or `exists`.",
            "Ask it outside, and join the two with `&&`.",
        ),
        (
            r"subject.title == '\n'",
            r"A condition cannot hold `\`.",
            "Write text in plain single or double quotes.",
        ),
        (
            "subject.title == '''a'''",
            "A condition cannot hold `'''`.",
            "Write text in plain single or double quotes.",
        ),
        (
            f"{'true && ' * 100}true",
            "The condition has 804 characters; up to 500 are read.",
            "Make it shorter, or make two agents of it.",
        ),
        (
            "subject.number < 'a'",
            "The condition compares or joins values of different types.",
            "Put text in quotes, and write numbers without.",
        ),
        (
            "subject.title",
            "The condition gives `Fix the cache`, not true or false.",
            "Compare it, as in `subject.number > 100`.",
        ),
    ],
)
def test_what_is_no_condition_is_told_and_never_met(condition, words, remedy):
    found = trouble(condition)
    assert (found.words, found.remedy) == (words, remedy)
    assert answer(condition, EXAMPLE) == Answer(holds=False, words=words)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("subject.labels[7] == 'x'", "The condition failed: index out of bounds: 7"),
        ("subject.paths.exists(p, p == 'a')", "The condition failed: 'paths'"),
        ("subject.kind == 'pull' || subject.title", "The condition failed: "),
        (
            "subject.kind == 'pull' ? true : subject.title",
            "The condition gave `The cache is slow`.",
        ),
    ],
)
def test_a_condition_that_fails_is_not_met_and_says_why(condition, words):
    assert trouble(condition) is None
    found = answer(condition, MOMENT)
    assert not found.holds
    assert found.words.startswith(words)


def test_what_a_condition_sees_is_bounded():
    seen = context(LARGE)["subject"]
    assert len(seen["title"]) == len(seen["base"]) == len(seen["paths"][0]) == 256
    assert (len(seen["labels"]), len(seen["paths"])) == (100, MOST_PATHS)
    assert seen.keys() == set(NAMES["subject"])


def test_of_too_many_paths_none_are_seen():
    assert "paths" not in context(replace(EXAMPLE, paths=["a"] * (MOST_PATHS + 1)))["subject"]


def filled(before: str, unit: str, after: str, joint: str) -> str:
    """Write a condition as long as conditions may be."""
    count = (MOST_CHARACTERS - len(before) - len(after) - len(unit)) // len(unit + joint)
    return before + joint.join([unit] * (count + 1)) + after


@pytest.mark.parametrize(
    "condition",
    [
        filled("subject.paths.exists(p, ", "p.contains('ab')", ")", "||"),
        filled("subject.paths.all(p, ", "size(p)>0", ")", "&&"),
        filled("subject.paths.exists(p, ", "[p] in [[p]]&&false", ")", "||"),
        filled(f"[{','.join(['subject'] * 25)}].all(s,", "s==s", ")", "&&"),
        filled("", "subject==subject", "", "&&"),
        " && ".join(["subject.paths.all(p, p.contains('') && p.size() > 0 && p != '')"] * 4),
    ],
)
def test_the_dearest_conditions_are_worked_out(condition):
    assert trouble(condition) is None
    assert answer(condition, LARGE).words == ""


PARTS = [
    "subject",
    "subject.labels",
    ".",
    "all(",
    "exists(l,",
    "l",
    ")",
    "(",
    "==",
    "&&",
    "!",
    "'a'",
]


@given(
    st.text()
    | st.lists(st.sampled_from([*PARTS, "[", "]", "?", ":", "1", "//", "\n"])).map("".join)
)
def test_no_text_makes_it_raise(condition):
    holds(condition, EXAMPLE)
