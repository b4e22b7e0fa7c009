"""`/gr validate` runs validations on the head of a pull request, without an agent."""

from dataclasses import replace

import pytest
from hall import (
    ANN,
    CONFIG,
    HEAD,
    ISSUE,
    OURS,
    PULL,
    REPO_ID,
    WRITTEN,
    comment,
    hear,
    pull,
    recorded,
    replied,
)

from bot.model.intents import React, Validate
from bot.model.runs import Start
from bot.model.validations import Definition, Toolbox
from bot.rules.configmodel import Toolbox as Box
from bot.rules.configmodel import Validation
from bot.rules.evidence import otherwise
from bot.rules.validation import MANY, NONE
from handlers.commands import CLOSED, ON_PULLS

IMAGE = f"registry.example/tools/python@sha256:{'0' * 64}"
SETUP = replace(
    CONFIG,
    toolboxes={"python": Box(image=IMAGE)},
    validations={
        "unit": Validation(run="pytest", toolboxes=("python",)),
        "lint": Validation(run="ruff check", egress=("a.example",)),
    },
)
UNIT = Definition(name="unit", run="pytest", toolboxes=("python",))
LINT = Definition(name="lint", run="ruff check", egress=("a.example",))
HEARD = recorded("validate", subject=PULL)


def said(words, *, subject=PULL, config=SETUP, proposed=None, **where):
    known = {"pull": pull(**where), "proposed": proposed} if subject is PULL else {}
    return hear(comment(f"/gr validate {words}", subject=subject), config=config, **known)


def wanted(*definitions, fork=False):
    intent = Validate(
        installation=OURS,
        repo_id=REPO_ID,
        subject=PULL,
        person=ANN,
        trigger=WRITTEN,
        head=Start(sha=HEAD, branch="topic", fork=fork),
        definitions=definitions,
        toolboxes=(Toolbox(name="python", image=IMAGE),),
    )
    seen = React(installation=OURS, subject=PULL, trigger=WRITTEN, content="+1")
    return [HEARD, intent, seen]


@pytest.mark.parametrize(
    ("words", "definitions"),
    [
        ("", (UNIT, LINT)),
        ("unit", (UNIT,)),
        ("Lint", (LINT,)),
        ("lint unit lint", (LINT, UNIT)),
    ],
)
def test_all_run_or_those_that_are_named(words, definitions):
    assert said(words) == wanted(*definitions)


@pytest.mark.parametrize(
    ("words", "told"),
    [("lint", ["lint"]), ("unit", []), ("", ["lint"])],
)
def test_what_the_pull_request_defines_otherwise_is_said_and_not_run(words, told):
    there = {**SETUP.validations, "lint": Validation(run="true"), "new": Validation(run="true")}
    answers = [replied(otherwise(told), subject=PULL)] if told else []
    proposed = replace(SETUP, validations=there)
    assert said(words, proposed=proposed) == [*said(words), *answers]


def test_a_pull_request_that_changes_nothing_is_not_spoken_of():
    assert said("unit", proposed=SETUP) == wanted(UNIT)


def test_on_a_fork_they_reach_no_host():
    assert said("lint", fork=True) == wanted(replace(LINT, egress=()), fork=True)


def test_none_runs_when_one_of_the_names_is_unknown():
    words = "There is no validation `unti`. Did you mean `unit`?"
    assert said("lint unti") == [HEARD, replied(words, subject=PULL)]


def test_so_many_are_asked_for_by_name():
    many = {f"v{number}": Validation(run="true") for number in range(21)}
    config = replace(SETUP, validations=many)
    assert said("", config=config) == [HEARD, replied(MANY, subject=PULL)]
    (_, intent, _) = said("v0 v20", config=config)
    assert [each.name for each in intent.definitions] == ["v0", "v20"]


@pytest.mark.parametrize("words", ["", "unit"])
def test_without_validations_the_answer_says_where_to_write_some(words):
    assert said(words, config=CONFIG) == [HEARD, replied(NONE, subject=PULL)]


def test_there_is_no_tree_to_validate_on_an_issue_or_a_closed_pull_request():
    asked = recorded("validate", subject=ISSUE)
    assert said("", subject=ISSUE) == [asked, replied(ON_PULLS, subject=ISSUE)]
    assert said("", is_open=False) == [HEARD, replied(CLOSED, subject=PULL)]
