"""Buttons and annotations of check runs."""

from dataclasses import replace

import pytest

from bot.github.checks import Action, Annotation, Output, Shown
from bot.model.errors import Refused
from bot.model.ids import Sha
from bot.model.priorities import Priority
from bot.model.runs import Conclusion
from tests.github.scripted import example

CHECKS = "/repos/octo/cat/check-runs"
HEAD = Sha("7fd1a60b01f91b314f59955a4e4d4e80d8edf11d")
SOON = Priority.ACKNOWLEDGE
RETRY = Action(label="Retry", description="Does it once more", identifier="retry")
DONE = Shown(
    status="completed",
    conclusion=Conclusion.ACTION_REQUIRED,
    output=Output(title="Waits", summary="For you"),
)


def notes(count: int) -> tuple[Annotation, ...]:
    return tuple(
        Annotation(
            path="a.py", start_line=line, end_line=line, annotation_level="notice", message="Hm"
        )
        for line in range(1, count + 1)
    )


def answers(script, line: str, status: int, annotations: int) -> None:
    output = example("checks/get")["output"] | {"annotations_count": annotations}
    script.on(line, example("checks/get", id=4, output=output), status)


def lines(script) -> list[list[int]]:
    sent = [seen.body["output"].get("annotations", []) for seen in script.seen[1:]]
    return [[each["start_line"] for each in request] for request in sent]


async def test_a_completed_check_run_has_buttons(script, octo):
    answers(script, f"PATCH {CHECKS}/4", 200, 0)
    await octo.checks.edit(4, replace(DONE, actions=(RETRY,)), priority=SOON)
    body = script.seen[-1].body
    assert body["conclusion"] == "action_required"
    assert body["actions"] == [
        {"label": "Retry", "description": "Does it once more", "identifier": "retry"}
    ]


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        ((RETRY,) * 4, "4 buttons"),
        ((replace(RETRY, label="x" * 21),), "label has 21 characters"),
        ((replace(RETRY, description="x" * 41),), "description has 41 characters"),
        ((replace(RETRY, identifier="x" * 21),), "identifier has 21 characters"),
    ],
)
async def test_a_button_that_github_would_not_take_is_refused_in_words(
    script, octo, actions, words
):
    with pytest.raises(Refused, match=words) as refused:
        await octo.checks.edit(4, replace(DONE, actions=actions), priority=SOON)
    assert (refused.value.reason, script.seen) == ("too_long", [])


async def test_annotations_are_sent_fifty_at_a_time(script, octo):
    answers(script, f"POST {CHECKS}", 201, 50)
    answers(script, f"PATCH {CHECKS}/4", 200, 100)
    shown = replace(DONE, annotations=notes(120))
    await octo.checks.create(HEAD, "greenroom / tidy", "run-1", shown, priority=SOON)
    assert lines(script) == [
        list(range(1, 51)),
        list(range(51, 101)),
        list(range(101, 121)),
    ]


async def test_only_annotations_that_have_not_arrived_are_sent_again(script, octo):
    answers(script, f"PATCH {CHECKS}/4", 200, 58)
    await octo.checks.edit(4, replace(DONE, annotations=notes(60)), priority=SOON)
    assert lines(script) == [[], [59, 60]]
    answers(script, f"PATCH {CHECKS}/4", 200, 60)
    await octo.checks.edit(4, replace(DONE, annotations=notes(60)), priority=SOON)
    assert lines(script) == [[], [59, 60], []]


async def test_an_annotation_is_cut_to_what_github_takes(script, octo):
    answers(script, f"POST {CHECKS}", 201, 1)
    (note,) = notes(1)
    long = replace(note, message="ä" * 40_000, title="t" * 300)
    shown = replace(DONE, annotations=(long,))
    await octo.checks.create(HEAD, "greenroom / tidy", "run-1", shown, priority=SOON)
    (sent,) = script.seen[-1].body["output"]["annotations"]
    assert (len(sent["message"].encode()), len(sent["title"])) == (65_536, 255)
