from dataclasses import replace

import pytest
from hall import (
    ANN,
    BOT,
    CONFIG,
    HEAD,
    ISSUE,
    MALLORY,
    NOW,
    OLDER,
    OURS,
    PULL,
    REPO,
    REPO_ID,
    actor,
    config,
    facts,
    no,
    pull,
    recorded,
    replied,
    run,
    started,
    wait,
)

from bot.model.events import ButtonPressed, ChecksReported
from bot.model.intents import Approve, LookAtChecks, StopRuns
from bot.model.money import micros
from bot.model.runs import Conclusion, Start, Trigger
from bot.reactions import reactions_to
from bot.rules.buttons import APPROVE, RERUN, RETRY, STOP
from bot.rules.roles import Role
from bot.rules.waiting import APPROVAL, APPROVED, START
from handlers import REACTIONS, checks

BUTTON = Trigger(kind="button")
DONE = run(state="finished", conclusion=Conclusion.FAILURE, instruction="the race")
STRANGER = actor(Role.READ, MALLORY)


def pressed(button, sender=ANN):
    return ButtonPressed(
        installation=OURS,
        sender=sender,
        at=NOW,
        repo=REPO,
        repo_id=REPO_ID,
        app=42,
        run="01RUN",
        head=HEAD,
        button=button,
    )


def press(button, shown=DONE, *, sender=ANN, **known):
    event = replace(pressed(button, sender), run=known.pop("check", "01RUN"))
    known = {"ours": True, "run": shown, "is_open": True, "seen_head": HEAD, **known}
    return checks.pressed(event, facts(checks.Facts, **known))


@pytest.mark.parametrize("button", [RETRY, RERUN])
def test_a_run_is_done_again_as_it_was_asked_for(button):
    goes_on = started("fix", "the race", trigger=BUTTON, after=DONE.id)
    assert press(button) == [recorded("fix"), goes_on]
    done = replace(DONE, conclusion=Conclusion.SUCCESS)
    assert press(button, done)[1] == started("fix", "the race", trigger=BUTTON)


def test_a_button_does_not_start_a_run_that_has_spent_its_budget():
    over = "It has reached its budget of $5.00. `/gr continue +$2` goes on."
    words = "`fix` has spent its $5.00 here. Write `/gr continue fix +$2`."
    spent = replace(DONE, words=over, left=True, budget=micros(5))
    answer = replace(replied(words, folded=True), trigger=BUTTON)
    assert press(RETRY, spent) == [recorded("fix"), answer]


def test_a_run_of_a_pull_request_is_done_again_at_the_head_of_the_check():
    shown = replace(DONE, subject=PULL)
    (decision, again) = press(RETRY, shown, pull=pull())
    assert decision == recorded("fix", subject=PULL)
    assert again.start == Start(sha=HEAD, branch="topic", fork=False)
    assert not again.asks


def test_a_head_that_moved_after_the_check_waits_for_a_yes():
    assert press(RETRY, replace(DONE, subject=PULL), pull=pull(sha=OLDER))[1].asks


def test_nothing_is_done_again_on_a_closed_pull_request():
    words = "This is closed. Open it again first."
    assert press(RETRY, replace(DONE, subject=PULL), pull=pull(is_open=False)) == no(
        "fix", "unfit", words, subject=PULL, trigger=BUTTON
    )


def test_nothing_is_done_again_on_a_closed_issue():
    words = "This is closed. Open it again first."
    assert press(RETRY, is_open=False) == no("fix", "unfit", words, trigger=BUTTON)


@pytest.mark.parametrize(
    ("check", "round_", "counts"),
    [("01RUN", 0, 1), ("01RUN", 1, 0), ("01RUN.1", 1, 1), ("01RUN.1", 0, 0)],
)
def test_a_yes_counts_on_the_check_of_this_round_only(check, round_, counts):
    waits = run(state="parked", waits=(wait(APPROVAL),), round=round_)
    yes = Approve(run=waits.id, sha=HEAD, by=ANN)
    assert press(APPROVE, waits, check=check) == [recorded("approve"), *[yes] * counts]


def test_who_may_not_start_an_agent_cannot_by_its_button():
    words = "`guard` needs the role security or membership of octo/guards."
    told = no("guard", "custom_role", words, trigger=BUTTON)
    assert press(RETRY, replace(DONE, agent="guard")) == told


def test_an_agent_that_is_no_longer_configured_is_not_started():
    (decision, told) = press(RETRY, config=config())
    assert (decision.rule, told.words) == (
        "unknown",
        "There is no agent `fix` here. There are: none.",
    )


def test_an_agent_at_work_is_not_started_again():
    assert press(RETRY, open_runs=[run()]) == [recorded("fix")]


def test_a_run_is_stopped():
    why = StopRuns(repo_id=REPO_ID, subject=ISSUE, agent="fix", why="ann stopped it.")
    assert press(STOP, run()) == [recorded("stop"), why]


def test_a_run_that_is_over_is_not_stopped():
    assert press(STOP, DONE) == [recorded("stop")]


@pytest.mark.parametrize(
    ("button", "act", "needs"),
    [(STOP, "stop", "triage"), (APPROVE, "approve", "write"), (RERUN, "fix", "write")],
)
def test_a_reader_is_told_what_a_button_needs(button, act, needs):
    words = f"`{act}` needs {needs} access to this repository."
    told = no(act, "role", words, by=STRANGER, trigger=BUTTON)
    shown = run(waits=(wait(APPROVAL),))
    assert press(button, shown, sender=MALLORY, actor=STRANGER) == told


def yes(sha):
    return Approve(run=DONE.id, sha=sha, by=ANN)


@pytest.mark.parametrize(
    ("waits", "approved"),
    [
        ([wait(START, HEAD)], [yes(HEAD)]),
        ([wait(START, OLDER)], []),
        ([wait(APPROVAL, OLDER)], [yes(OLDER)]),
        ([wait(APPROVED, HEAD)], []),
        ([wait(APPROVAL, None)], []),
        ([], []),
    ],
    ids=["its head", "another head", "our commit", "given before", "about nothing", "none"],
)
def test_a_yes_is_to_what_the_run_waits_with(waits, approved):
    assert press(APPROVE, run(waits=tuple(waits))) == [recorded("approve"), *approved]


def test_a_bot_presses_no_buttons_but_those_of_agents_it_may_start():
    named = actor(Role.NONE, BOT, role_name="", named=True)
    (decision, _) = press(APPROVE, run(waits=(wait(START),)), sender=BOT, actor=named)
    assert (decision.rule, decision.allowed) == ("named_bot", False)
    assert press(RETRY, sender=BOT, actor=named)[1].asked_by == BOT


@pytest.mark.parametrize(
    "known",
    [{"ours": False}, {"run": None}, {"by_us": True}],
    ids=["another app's", "no run", "by us"],
)
@pytest.mark.parametrize("button", [RETRY, RERUN, STOP, APPROVE])
def test_other_checks_and_our_own_acts_do_nothing(button, known):
    assert press(button, **known) == []


@pytest.mark.parametrize("button", ["help", "pause", "fix", "deploy", ""])
def test_a_button_that_we_never_made_does_nothing(button):
    assert len(press(button, actor=actor(Role.ADMIN), config=CONFIG)) <= 2
    assert not any(
        isinstance(each, Approve | StopRuns) or hasattr(each, "terms")
        for each in press(button, actor=actor(Role.ADMIN))
    )


def test_buttons_are_found():
    names = [each.name for each in reactions_to(pressed(RETRY), REACTIONS)]
    assert names == ["handlers.checks.pressed"]


def test_runs_are_looked_at_that_wait_for_checks_of_a_commit():
    event = ChecksReported(
        installation=OURS, sender=ANN, at=NOW, repo=REPO, repo_id=REPO_ID, sha=HEAD
    )
    (reaction,) = reactions_to(event, REACTIONS)
    assert reaction.decide(event, reaction.facts()) == [LookAtChecks(repo_id=REPO_ID, sha=HEAD)]
