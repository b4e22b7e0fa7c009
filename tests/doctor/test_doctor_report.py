"""What the doctor says: one line a finding, never a secret."""

from hypothesis import given
from hypothesis import strategies as st

from bot.doctor.environment import models_finding, readable, secrets_in, settings_findings
from bot.doctor.findings import HIDDEN, Finding, foreign, report
from bot.model.settings import Process

WELL = Finding(where="disk", what="there is room")
ILL = Finding(where="PORT", what="wrong", remedy="Give another")
GOOD = {
    "GITHUB_APP_ID": "5",
    "GITHUB_PRIVATE_KEY_FILE": "/etc/key.pem",
    "GITHUB_WEBHOOK_SECRET": "sesame",
}


def mistakes(**env):
    return [(each.where, each.what) for each in settings_findings(env) if each.remedy]


def test_what_is_to_be_done_comes_last_where_it_is_seen():
    assert report([ILL, WELL], []) == (
        "ok  disk: there is room.\n!!  PORT: wrong. Give another.\n"
    )


def test_secrets_are_hidden_wherever_they_come_from():
    env = {**GOOD, "DATABASE_URL": "postgresql://ann:hunter22@db/x"}
    found = Finding(where="delivery", what=foreign("sesame failed for ann:hunter22"))
    assert report([found], secrets_in(env)) == (
        f"ok  delivery: {HIDDEN} failed for ann:{HIDDEN}.\n"
    )


def test_each_of_several_webhook_secrets_is_hidden():
    env = {"GITHUB_WEBHOOK_SECRET": "first-one, second-one"}
    assert report([Finding(where="x", what="second-one first-one")], secrets_in(env)) == (
        f"ok  x: {HIDDEN} {HIDDEN}.\n"
    )


@given(st.text())
def test_words_from_elsewhere_never_make_a_second_line(words):
    assert report([Finding(where="x", what=foreign(words))], []).count("\n") == 1


def test_every_setting_that_is_missing_or_wrong_is_named():
    assert mistakes(PORT="0", GITHUB_APP_ID="me", GREENROOM_RUNS_AT_ONCE="many") == [
        ("GITHUB_APP_ID", "wrong"),
        ("GITHUB_PRIVATE_KEY_FILE", "not set"),
        ("GITHUB_WEBHOOK_SECRET", "not set"),
        ("GREENROOM_RUNS_AT_ONCE", "wrong"),
        ("PORT", "wrong"),
    ]


def test_good_settings_are_good_with_the_key_in_a_file_or_not():
    assert mistakes(**GOOD) == []
    assert mistakes(**{**GOOD, "GITHUB_PRIVATE_KEY_FILE": "", "GITHUB_PRIVATE_KEY": "x"}) == []


def test_the_providers_of_models_that_are_set_up_are_named_and_their_keys_are_not():
    env = {"ANTHROPIC_API_KEY": "sk-one", "OPENAI_COMPATIBLE_URL": "http://here/v1"}
    found = models_finding(readable(env, Process.GATEWAY))
    assert found.what == "anthropic, compatible can be asked"
    assert "sk-one" in secrets_in(env)
    assert "none is set up" in models_finding(readable({}, Process.GATEWAY)).what
