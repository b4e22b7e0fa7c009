import pytest

from bot.model.ids import DeliveryGuid, Login, RunId, Sha, UserId
from bot.model.intents import Note
from bot.model.runs import Conclusion
from bot.rules.responses import (
    MOST_NOTES,
    config_check,
    done_in,
    refusal,
    refusal_marker,
    reply,
    reply_marker,
)
from bot.rules.wording import MOST_CHARACTERS, MOST_SUMMARY

ANN = Login("ann")
GUID = DeliveryGuid("7b1")
AFTER = "Until this is mended, the last configuration without mistakes stays in force."


def note(words="`lmits` is no setting.", path=".github/greenroom.yml", line=3):
    return Note(path=path, line=line, words=words)


def test_an_answer_names_the_person_and_calls_nobody():
    assert reply(ANN, "No run is open here.", GUID) == (
        "<!-- greenroom reply 7b1 -->\nann:\n\nNo run is open here."
    )


def test_a_long_answer_is_cut():
    assert len(reply(ANN, "word\n\n" * 20_000, GUID)) <= MOST_CHARACTERS
    long = refusal(ANN, UserId(5), ["No. " * 9_000] * 5, "word\n\n" * 20_000)
    assert len(long) <= MOST_CHARACTERS
    assert long.startswith(refusal_marker(UserId(5)))


@pytest.mark.parametrize(
    ("words", "answer", "shown"),
    [
        (["No.", "Not either."], "", "ann, this was not done:\n\n- No.\n- Not either."),
        ([], "No run is open.", "No run is open."),
        (["No."], "Nothing.", "ann, this was not done:\n\n- No.\n\nNothing."),
    ],
)
def test_a_person_has_one_comment_for_all_that_was_not_done(words, answer, shown):
    assert refusal(ANN, UserId(5), words, answer) == f"<!-- greenroom refusal 5 -->\n{shown}"


def test_marks_tell_people_and_deliveries_apart():
    assert refusal_marker(UserId(5)) not in refusal_marker(UserId(55))
    assert reply_marker(DeliveryGuid("7b")) not in reply_marker(GUID)
    assert reply_marker(DeliveryGuid("5")) != refusal_marker(UserId(5))


def test_what_is_answered_later_is_a_comment_of_its_own():
    assert reply_marker(GUID) not in reply(ANN, "`unit` has passed.", GUID, later=True)
    assert reply_marker(GUID, later=True) in reply(ANN, "`unit` has passed.", GUID, later=True)


def test_mistakes_are_shown_on_the_commit_with_their_lines():
    assert config_check([note()]) == {
        "name": "greenroom / config",
        "external_id": "config",
        "title": "1 mistake",
        "summary": f"- `.github/greenroom.yml` line 3: `lmits` is no setting.\n\n{AFTER}",
        "started": None,
        "conclusion": Conclusion.FAILURE,
        "completed": None,
        "annotations": [
            {
                "path": ".github/greenroom.yml",
                "start_line": 3,
                "end_line": 3,
                "annotation_level": "failure",
                "message": "`lmits` is no setting.",
            }
        ],
    }


def test_a_configuration_without_mistakes_is_shown_too():
    shown = config_check([])
    assert (shown["title"], shown["summary"]) == ("No mistakes", "No mistakes")
    assert (shown["conclusion"], shown["annotations"]) == (Conclusion.SUCCESS, [])


def test_many_mistakes_fit_into_what_github_takes():
    shown = config_check([note("w" * 3000, line=number) for number in range(1, 90)])
    assert shown["title"] == "89 mistakes"
    assert len(shown["summary"]) <= MOST_SUMMARY
    assert shown["summary"].endswith(AFTER)
    assert len(shown["annotations"]) == MOST_NOTES
    assert max(len(each["message"]) for each in shown["annotations"]) == 1000


def test_no_path_or_mistake_breaks_out_or_calls_anybody():
    shown = config_check([note("@ann <!-- x", path=".github/agents/`@ann <!--`.md")])
    first = shown["summary"].splitlines()[0]
    assert first.count("`") == 2
    assert "@ann" not in first
    assert "<!--" not in first
    assert shown["annotations"][0]["path"] == ".github/agents/`@ann <!--`.md"


def test_an_answer_in_a_thread_names_the_commit():
    head = Sha("a" * 40)
    mark = f"<!-- greenroom thread 01RUN 7 {head} -->"
    assert done_in(RunId("01RUN"), 7, head) == f"{mark}\nTaken up in {head}."
