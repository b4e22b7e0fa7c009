"""Comments as people write them to command bots, each with what they would expect."""

from pathlib import Path

import pytest
import yaml

from bot.rules.grammar import Grammar, added, commands

AGENTS = frozenset({"tidy", "triage", "plan", "fix", "review", "ask"})
FILES = sorted((Path(__file__).parents[1] / "data/comments").glob("*.yml"))
CASES = [(file.stem, case) for file in FILES for case in yaml.safe_load(file.read_text())]
ABOUT = {"why", "text", "before", "finds", "exact", "problems", "instructions", "bare"}


def found(case):
    grammar = Grammar(bare=AGENTS if case.get("bare", True) else frozenset())
    if "before" in case:
        return added(case["before"], case["text"], grammar)
    return commands(case["text"], grammar)


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{name}: {case['why']}") for name, case in CASES]
)
def test_a_comment_does_what_a_person_would_expect(case):
    seen = found(case)
    said = [" ".join((command.verb, *command.args)) for command in seen]
    if "finds" in case or not {"exact", "instructions"} & set(case):
        assert said == case.get("finds", [])
    if "exact" in case:
        assert [word for command in seen for word in (command.verb, *command.args)] == (
            case["exact"]
        )
    if "instructions" in case:
        assert [command.instruction for command in seen] == case["instructions"]
    assert [command.problem for command in seen if command.problem] == case.get("problems", [])


def test_the_cases_are_many_and_each_says_why():
    assert len(CASES) >= 80
    assert all(case["why"].endswith(".") and set(case) <= ABOUT for _, case in CASES)
    texts = [(case["text"], case.get("before"), case.get("bare")) for _, case in CASES]
    assert all(texts.count(text) == 1 for text in texts)
