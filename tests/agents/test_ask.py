import pytest

from bot.agents.ask import main
from bot.agents.asking import ask, handing_in


def test_an_accepted_output_is_status_0_with_the_brokers_words(door, tmp_path, capsys):
    asked, answers = door
    answers.append((200, {"accepted": True, "left": 2}))
    (tmp_path / "body").write_text("Why.\n")
    words = ["output", "pull-request", "--title", "T", "--body-file", str(tmp_path / "body")]
    assert main(words) == 0
    assert capsys.readouterr().out == "Accepted. (2 left)\n"
    payload = {"kind": "pull_request", "title": "T", "body": "Why.\n"}
    assert [each[:2] for each in asked] == [("/outputs", payload)]


def test_a_refusal_is_status_1_and_told_truthfully(door, capsys):
    _, answers = door
    words = "The limit of 1 `noop` in one run is reached."
    answers.append((422, {"accepted": False, "reason": "limit", "words": words, "left": 0}))
    assert main(["output", "noop", "--reason", "r"]) == 1
    assert capsys.readouterr().out == f"{words} (0 left)\n"


def test_steps_and_notes_need_no_words_back(door):
    asked, answers = door
    answers += [(204, None), (204, None)]
    assert main(["step", "reading"]) == 0
    assert main(["note", "remember"]) == 0
    assert [each[:2] for each in asked] == [
        ("/steps", {"text": "reading"}),
        ("/notes", {"text": "remember"}),
    ]


def test_how_ci_stands_is_printed_as_it_is_said(door, capsys):
    asked, answers = door
    answers.append((200, {"words": "CI on abc was green."}))
    assert main(["checks"]) == 0
    assert capsys.readouterr().out == "CI on abc was green.\n"
    assert [each[:2] for each in asked] == [("/checks", {})]


def test_a_gateway_that_is_away_is_asked_again_under_the_same_key(door):
    asked, answers = door
    answers += [(503, {}), (502, {}), (200, {"accepted": True})]
    pauses = []
    assert ask("/outputs", {"kind": "noop", "reason": "r"}, sleep=pauses.append).accepted
    assert len({key for _, _, key in asked}) == 1
    assert pauses == [0.1, 0.2]


def test_a_plan_is_read_from_a_file(door, tmp_path):
    asked, answers = door
    answers.append((200, {"accepted": True}))
    (tmp_path / "plan.md").write_text("1. Read\n2. Change\n")
    assert main(["output", "plan", "--body-file", str(tmp_path / "plan.md")]) == 0
    assert asked[0][1] == {"kind": "plan", "text": "1. Read\n2. Change\n"}


def test_a_missing_tool_is_asked_for_by_name(door):
    asked, answers = door
    answers.append((200, {"accepted": True}))
    assert main(["output", "missing-tool", "--name", "go", "--why", "tests"]) == 0
    assert asked[0][1] == {"kind": "missing_tool", "name": "go", "why": "tests"}


def test_a_question_is_asked_with_its_choices(door):
    asked, answers = door
    answers.append((200, {"accepted": True}))
    words = ["output", "question", "--text", "Which?", "--choice", "a b", "--choice", "c"]
    assert main(words) == 0
    assert asked[0][1] == {"kind": "question", "text": "Which?", "choices": ["a b", "c"]}


def test_changes_are_pushed_with_a_title_and_a_body(door, tmp_path):
    asked, answers = door
    answers.append((200, {"accepted": True}))
    (tmp_path / "body").write_text("Why.\n")
    assert main(["output", "push", "--title", "T", "--body-file", str(tmp_path / "body")]) == 0
    assert asked[0][1] == {"kind": "push", "title": "T", "body": "Why.\n"}


@pytest.mark.parametrize(
    ("kind", "granted", "output"),
    [
        ("issue", "pull_request push", "pull_request"),
        ("pull", "push comment", "push"),
        ("pull", "comment noop", "comment"),
        ("pull", "noop", "push"),
    ],
)
def test_changes_are_handed_in_as_the_place_allows(monkeypatch, kind, granted, output):
    monkeypatch.setenv("GREENROOM_KIND", kind)
    monkeypatch.setenv("GREENROOM_OUTPUTS", granted)
    assert handing_in() == output
