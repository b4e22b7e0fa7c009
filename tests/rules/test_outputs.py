import pytest

from bot.rules.credentials import storable, without_secrets
from bot.rules.outputs import (
    KINDS,
    MOST_PLAN,
    Accepted,
    Place,
    Rejected,
    granted,
)
from bot.rules.outputs import check as checked
from bot.rules.repoconfig import AGENTS

GOOD = {
    "pull_request": {"title": "Tidy up", "body": "Ran it."},
    "push": {"title": "Tidy up", "body": "Ran it."},
    "comment": {"body": "Hello"},
    "question": {"text": "Which one?", "choices": ["this", "that"]},
    "plan": {"text": "1. Tidy up"},
    "noop": {"reason": "All is tidy."},
    "missing_tool": {"name": "black", "why": "pyproject names it"},
}
GRANTS = dict.fromkeys(KINDS, 2)
TOKENS = [
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "ghs_12345_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.c2ln",
    "github_pat_11ABCDEFG0123456789012_abc",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----",
    "AKIAIOSFODNN7EXAMPLE",
    "sk-ant-api03-0123456789abcdef",
    "xoxb-123456789012-abcdef",
]


ISSUE, PULL = Place(kind="issue"), Place(kind="pull")
FORK = Place(kind="pull", fork=True)


def check(kind, payload, *, grants, used, place=ISSUE):
    return checked(kind, payload, grants=grants, used=used, place=place)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_taken_with_its_fields(kind):
    place = PULL if kind == "push" else ISSUE
    answer = check(kind, GOOD[kind], grants=GRANTS, used=0, place=place)
    assert answer == Accepted(payload=GOOD[kind], left=1)


def test_agents_are_granted_only_what_exists():
    assert {kind for agent in AGENTS.values() for kind in agent.outputs} <= set(KINDS)


@pytest.mark.parametrize(
    ("used", "answer"),
    [
        (0, Accepted(payload={"body": "Hello"}, left=1)),
        (1, Accepted(payload={"body": "Hello"}, left=0)),
        (
            2,
            Rejected(reason="limit", words="The limit of 2 `comment` is reached.", left=0),
        ),
        (
            9,
            Rejected(reason="limit", words="The limit of 2 `comment` is reached.", left=0),
        ),
    ],
)
def test_an_agent_is_told_how_many_it_has_left(used, answer):
    assert check("comment", GOOD["comment"], grants={"comment": 2}, used=used) == answer


@pytest.mark.parametrize(
    ("kind", "grants", "words", "left"),
    [
        ("comment", {"noop": 1, "missing_tool": 5}, "missing_tool, noop", 0),
        ("comment", {}, "nothing", 0),
        ("deploy", {"noop": 1}, "noop", 0),
        ("deploy", {"deploy": 3}, "deploy", 3),
    ],
)
def test_what_is_not_granted_is_refused_with_what_is(kind, grants, words, left):
    answer = check(kind, {"body": "Hello"}, grants=grants, used=0)
    expected = f"This agent may ask for: {words}."
    assert answer == Rejected(reason="not_granted", words=expected, left=left)


@pytest.mark.parametrize(
    ("kind", "place", "instead"),
    [
        ("push", ISSUE, "`pull_request`"),
        ("pull_request", PULL, "`push`"),
        ("push", FORK, "words only: comment"),
        ("pull_request", FORK, "words only: comment"),
    ],
)
def test_a_change_that_a_place_cannot_take_is_refused_with_what_it_can(kind, place, instead):
    answer = check(kind, GOOD[kind], grants=GRANTS, used=0, place=place)
    assert (answer.reason, answer.left) == ("place", 0)
    assert instead in answer.words


@pytest.mark.parametrize(
    ("place", "without"),
    [(ISSUE, {"push"}), (PULL, {"pull_request"}), (FORK, {"push", "pull_request"})],
)
def test_an_agent_is_granted_what_its_place_can_take(place, without):
    assert granted(GRANTS, place, planned=True) == dict.fromkeys(KINDS.keys() - without, 2)


@pytest.mark.parametrize(("planned", "kinds"), [(False, {"plan"}), (True, {"plan", "push"})])
def test_who_makes_plans_is_granted_changes_after_a_yes_to_one(planned, kinds):
    assert granted({"plan": 1, "push": 1}, PULL, planned=planned).keys() == kinds
    assert granted({"push": 1}, PULL, planned=planned).keys() == {"push"}


@pytest.mark.parametrize(
    ("kind", "place"), [("pull_request", ISSUE), ("push", PULL), ("deploy", ISSUE)]
)
def test_a_change_before_the_yes_is_refused_with_the_way_to_it(kind, place):
    payload = GOOD.get(kind, {})
    answer = check(kind, payload, grants={"plan": 1}, used=0, place=place)
    first = (
        ""
        if kind == "deploy"
        else (" A person says yes to a `plan` first; your work is kept until then.")
    )
    assert (answer.reason, answer.words) == (
        "not_granted",
        f"This agent may ask for: plan.{first}",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x" * (MOST_PLAN + 1), f"text: String should have at most {MOST_PLAN} characters."),
        (
            "Tidy\u200b up",
            "text: It has characters without a shape, which nobody can see. Take them out.",
        ),
    ],
    ids=["too long", "out of sight"],
)
def test_a_plan_that_nobody_could_see_all_of_is_refused(text, words):
    answer = check("plan", {"text": text}, grants=GRANTS, used=0)
    assert (answer.reason, answer.words) == ("schema", words)


def test_a_plan_of_many_words_is_taken_and_one_with_a_secret_is_not():
    assert isinstance(check("plan", {"text": "é" * MOST_PLAN}, grants=GRANTS, used=0), Accepted)
    secret = {"text": f"Use ghp_{'a' * 36}"}
    assert check("plan", secret, grants=GRANTS, used=0).reason == "secret"


def test_a_question_offers_a_few_answers_or_none():
    bare = check("question", {"text": "Why?"}, grants=GRANTS, used=0)
    assert bare == Accepted(payload={"text": "Why?", "choices": []}, left=1)
    many = check("question", {"text": "Why?", "choices": ["x"] * 5}, grants=GRANTS, used=0)
    assert many.words == "choices: List should have at most 4 items after validation, not 5."


def test_no_choice_carries_a_credential():
    payload = {"text": "Why?", "choices": ["x", TOKENS[0]]}
    assert check("question", payload, grants=GRANTS, used=0).reason == "secret"


@pytest.mark.parametrize(
    ("kind", "payload", "words"),
    [
        ("comment", {}, "body: Field required."),
        ("comment", {"body": 3}, "body: Input should be a valid string."),
        ("comment", {"body": " \n "}, "body: String should have at least 1 character."),
        (
            "comment",
            {"body": "x" * 60_001},
            "body: String should have at most 60000 characters.",
        ),
        (
            "comment",
            {"body": "x", "to": "y"},
            "to: Extra inputs are not permitted.",
        ),
        (
            "pull_request",
            {"title": "x" * 257},
            "title: String should have at most 256 characters; body: Field required.",
        ),
        (
            "noop",
            {"reason": "a\0b"},
            "reason: String should match pattern '^[^\\x00]*$'.",
        ),
        (
            "noop",
            {"reason": "a\ud800"},
            (
                "reason: Input should be a valid string, "
                "unable to parse raw data as a unicode string."
            ),
        ),
    ],
)
def test_a_field_that_does_not_fit_is_named(kind, payload, words):
    answer = check(kind, payload, grants=GRANTS, used=1)
    assert answer == Rejected(reason="schema", words=words, left=1)


def test_texts_are_taken_without_the_space_around_them():
    payload = {"title": " Tidy\n", "body": "\n one\n\ntwo \n"}
    answer = check("pull_request", payload, grants=GRANTS, used=0)
    assert answer == Accepted(payload={"title": "Tidy", "body": "one\n\ntwo"}, left=1)


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("field", ["title", "body"])
def test_no_text_carries_a_credential(token, field):
    payload = GOOD["pull_request"] | {field: f"see {token} here"}
    words = "The text holds something that looks like a credential. Take it out."
    answer = check("pull_request", payload, grants=GRANTS, used=0)
    assert answer == Rejected(reason="secret", words=words, left=2)


@pytest.mark.parametrize(
    "text", ["gh_token", "a task-list", "ghs_short", "an AKIA", "BEGIN PUBLIC KEY", "xoxo"]
)
def test_words_that_only_resemble_one_pass(text):
    assert check("noop", {"reason": text}, grants=GRANTS, used=0).left == 1


@pytest.mark.parametrize("token", [each for each in TOKENS if "-----" not in each])
def test_a_line_of_progress_is_shown_without_its_credentials(token):
    assert without_secrets(f"see {token} and {token}") == "see ▇▇▇ and ▇▇▇"


def test_nothing_is_shown_that_follows_the_mark_of_a_key():
    line = "see -----BEGIN RSA PRIVATE KEY----- MIIEpAIBAAKCAQEA0 -----END RSA PRIVATE KEY-----"
    assert without_secrets(line) == "see ▇▇▇"


def test_a_character_that_cannot_be_stored_hides_no_credential():
    assert without_secrets("see gh\0p_16C7e42F292c6912E7710c838347Ae178B4a\0") == "see ▇▇▇"


def test_text_is_stored_but_for_one_character():
    assert storable("a\0b\n\t\x01é") == "ab\n\t\x01é"
