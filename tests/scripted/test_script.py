import pytest

from bot.model.errors import Misconfigured
from bot.scripted.script import as_script, at, read_script, script_file


def played(script, answered, failed=None):
    return at(as_script(script), answered, failed or {})


def test_an_answer_is_found_by_how_many_there_were():
    script = {"turns": [{"say": "a"}, {"do": [{"run": "ls"}]}, {"say": "c"}]}
    assert [played(script, answered) for answered in range(4)] == [0, 1, 2, None]


def test_an_answer_may_be_there_several_times_or_for_ever():
    script = {"turns": [{"say": "a", "times": 2}, {"do": [{"run": "ls"}], "again": True}]}
    assert [played(script, answered) for answered in (0, 1, 2, 3, 99)] == [0, 0, 1, 1, 1]


def test_a_failure_is_played_in_its_place_and_as_often_as_it_says():
    script = {"turns": [{"say": "a"}, {"status": 429, "times": 2}, {"drop": 3}, {"say": "b"}]}
    assert [played(script, 1, {1: n}) for n in range(3)] == [1, 1, 2]
    assert played(script, 1, {1: 2, 2: 1}) == 3
    assert [played(script, answered) for answered in (0, 2)] == [0, None]


def test_a_failure_may_last_for_ever():
    script = {"turns": [{"status": 500, "again": True}, {"say": "never"}]}
    assert played(script, 0, {0: 1000}) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("turns: [{say: [}]", "is no YAML"),
        (r'turns: [{say: "\U00110000"}]', "is no YAML"),
        ("", "at the top: "),
        ("turn: []", "at turns: Field required"),
        ("turns: [{says: hello}]", "at turns.0.says: "),
        ("turns: [{say: a}, {do: [{run: 3}]}]", "at turns.1.do.0.run.run: "),
        ("turns: [{do: [ls]}]", "at turns.0.do.0: an action has one key"),
        ("turns: [{do: [{run: ls, read: a}]}]", "which is one of run, read, write, edit, use"),
        ("turns: [{status: 200}]", "at turns.0.status: "),
        ("turns: [{times: 0}]", "at turns.0.times: "),
        ("turns: [{times: 2}]", "at turns.0: a turn has one of"),
    ],
)
def test_a_mistake_is_told_with_its_place(text, words):
    with pytest.raises(Misconfigured) as told:
        read_script(text, "try.yml")
    assert str(told.value).startswith("try.yml")
    assert words in str(told.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(Misconfigured, match=r"gone\.yml cannot be read"):
        script_file(tmp_path / "gone.yml")
