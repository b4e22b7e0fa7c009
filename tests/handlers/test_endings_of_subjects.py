from dataclasses import replace

import pytest
from hall import (
    ANN,
    HEAD,
    ISSUE,
    NOW,
    OLDER,
    OURS,
    PULL,
    REPO,
    REPO_ID,
    about,
    comment,
    config,
    labeled,
    opened,
    pull,
    run,
    unlabeled,
    wait,
)

from bot.model.events import (
    HeadSeen,
    InstallationChanged,
    Pushed,
    RepositoriesAdded,
    RepositoriesRemoved,
    SubjectClosed,
    SubjectGone,
    SubjectLocked,
)
from bot.model.ids import Login, Repo, RunId
from bot.model.intents import (
    AskAgain,
    DropBranch,
    FollowHead,
    ForgetConfig,
    LookAtChecks,
    Note,
    RecordHead,
    RecordInstallation,
    ReportConfig,
    StopRepository,
    StopRuns,
    TellRuns,
    WarmMirror,
)
from bot.reactions import NoFacts, Reaction, always, reactions_to
from bot.rules.repoconfig import Branches, Mistake
from bot.rules.waiting import APPROVAL, CI, REVIEW, START
from handlers import REACTIONS, installations, issues, pulls, pushes

MAY = {"issues": "write"}


def closed(subject, *, merged=False):
    return SubjectClosed(**about(subject, ANN, is_open=False), merged=merged)


def locked(subject):
    return SubjectLocked(**about(subject, ANN))


def head_seen(head=HEAD, *, moved=False):
    return HeadSeen(**about(PULL, ANN), head=head, moved=moved)


def pushed(paths=frozenset(), *, default=True):
    return Pushed(
        installation=OURS,
        sender=ANN,
        at=NOW,
        repo=REPO,
        repo_id=REPO_ID,
        branch="main",
        sha=HEAD,
        default=default,
        paths=paths,
    )


def changed(action):
    return InstallationChanged(
        installation=OURS,
        sender=ANN,
        at=1.0,
        action=action,
        account=Login("octo"),
        permissions=MAY,
    )


def recorded(*, active):
    return RecordInstallation(
        installation=OURS, account=Login("octo"), permissions=MAY, active=active
    )


def decide(event, **facts):
    (reaction,) = reactions_to(event, REACTIONS)
    return reaction.decide(event, reaction.facts(**facts))


def reacting(event):
    return [each.name for each in reactions_to(event, REACTIONS)]


def of_an_issue(**known):
    return {"open_runs": (), "closed_pulls": frozenset(), **known}


def of_a_pull(delete="merged", **known):
    setup = config(branches=Branches(delete=delete))
    return {"config": setup, "open_runs": (), "past_runs": (), **known}


OWN = run(pull=PULL.number, branch="greenroom/fix/7", head=HEAD)


@pytest.mark.parametrize("delete", ["merged", "closed", "never"])
@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize("over", [True, False])
def test_the_branch_of_a_run_is_deleted_when_configuration_says(delete, merged, over):
    runs = {"past_runs" if over else "open_runs": (OWN,)}
    known = of_a_pull(delete, **runs)
    _, *dropped = decide(closed(PULL, merged=merged), still_holds=True, **known)
    gone = DropBranch(
        installation=OURS, repo=REPO, repo_id=REPO_ID, branch="greenroom/fix/7", sha=HEAD
    )
    assert dropped == [gone] * (delete == "closed" or (delete == "merged" and merged))


def test_of_runs_that_went_on_with_a_branch_the_last_one_knows_where_it_stands():
    older = replace(OWN, id=RunId("00RUN"), head=OLDER)
    for known in ({"past_runs": (OWN, older)}, {"open_runs": (OWN,), "past_runs": (older,)}):
        _, dropped = decide(closed(PULL, merged=True), still_holds=True, **of_a_pull(**known))
        assert dropped.sha == HEAD


@pytest.mark.parametrize(
    "other",
    [
        replace(OWN, branch="topic"),
        replace(OWN, branch=None),
        replace(OWN, head=None),
        replace(OWN, pull=77),
        replace(OWN, theirs=True),
    ],
    ids=["a person's", "none", "never pushed", "another's", "a person's commit on it"],
)
def test_no_other_branch_is_deleted(other):
    known = of_a_pull(past_runs=(other,))
    assert len(decide(closed(PULL, merged=True), still_holds=True, **known)) == 1


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (closed(ISSUE), "The issue was closed."),
        (closed(PULL), "The pull request was closed."),
        (closed(PULL, merged=True), "The pull request was merged."),
    ],
)
def test_a_closed_subject_stops_every_agent_on_it(event, why):
    expected = StopRuns(
        repo_id=REPO_ID,
        subject=event.subject,
        agent=None,
        why=why,
        merged=event.merged,
        closed=not event.merged,
    )
    known = of_an_issue() if event.subject == ISSUE else of_a_pull()
    assert decide(event, still_holds=True, **known) == [expected]


def test_what_becomes_of_runs_whose_pull_request_closed_the_issue_is_told_with_that():
    merged, other = run(pull=8), run("tidy", id=RunId("01SECOND"))
    known = of_an_issue(open_runs=(merged, other), closed_pulls=frozenset({8}))
    (stopped,) = decide(closed(ISSUE), still_holds=True, **known)
    assert stopped.agent == "tidy"
    known = of_an_issue(open_runs=(merged,), closed_pulls=frozenset({8}))
    assert decide(closed(ISSUE), still_holds=True, **known) == []


@pytest.mark.parametrize("subject", [ISSUE, PULL])
def test_a_subject_that_was_reopened_meanwhile_goes_on(subject):
    known = of_an_issue() if subject == ISSUE else of_a_pull()
    assert decide(closed(subject), still_holds=False, **known) == []


@pytest.mark.parametrize("how", ["deleted", "transferred"])
def test_an_issue_that_is_gone_stops_every_agent_on_it(how):
    event = SubjectGone(**about(ISSUE, ANN), how=how)
    assert decide(event) == [
        StopRuns(repo_id=REPO_ID, subject=ISSUE, agent=None, why=f"The issue was {how}.")
    ]


@pytest.mark.parametrize("subject", [ISSUE, PULL])
def test_runs_tell_that_a_conversation_was_locked_and_go_on(subject):
    expected = [TellRuns(repo_id=REPO_ID, subject=subject, text="The conversation was locked")]
    assert decide(locked(subject)) == expected


def test_issues_and_pull_requests_have_a_handler_each():
    assert issues.is_issue(closed(ISSUE))
    assert not pulls.is_pull(closed(ISSUE))


def test_every_head_is_remembered_from_when_it_was_told():
    (reaction,) = reactions_to(head_seen(), REACTIONS)
    expected = [RecordHead(repo_id=REPO_ID, number=8, sha=HEAD, at=NOW)]
    assert reaction.decide(head_seen(), reaction.facts()) == expected


def test_heads_are_remembered_before_anybody_asks_for_them():
    assert REACTIONS[0].event is HeadSeen
    assert reacting(head_seen(moved=True)) == ["handlers.pulls.seen", "handlers.pulls.pushed"]


def test_runs_that_wait_for_a_yes_to_an_older_head_ask_about_the_new_one():
    runs = [
        run(waits=(wait(START, OLDER),)),
        run(id=RunId("02RUN"), waits=(wait(START, HEAD),)),
        run(id=RunId("03RUN"), waits=(wait(APPROVAL, OLDER),)),
        run(id=RunId("04RUN")),
    ]
    facts = pulls.HeadFacts(open_runs=runs, pull=pull())
    expected = [AskAgain(run=RunId("01RUN"), sha=HEAD)]
    assert pulls.pushed(head_seen(moved=True), facts) == expected
    overtaken = replace(head_seen(moved=True), head=OLDER)
    assert pulls.pushed(overtaken, facts) == expected
    assert pulls.pushed(overtaken, replace(facts, pull=None)) == []


def test_runs_that_wait_for_a_review_alone_follow_what_people_push():
    behind = run(head=OLDER, waits=(wait(REVIEW, None),))
    others = [
        run(id=RunId("02RUN"), head=HEAD, waits=(wait(REVIEW, None),)),
        run(id=RunId("03RUN"), head=OLDER, waits=(wait(REVIEW, None), wait(CI, HEAD))),
        run(id=RunId("04RUN"), head=None, waits=(wait(REVIEW, None),)),
    ]
    facts = pulls.HeadFacts(open_runs=[behind, *others], pull=pull())
    expected = [FollowHead(run=RunId("01RUN"), head=HEAD)]
    assert pulls.pushed(head_seen(moved=True), facts) == expected
    assert pulls.pushed(replace(head_seen(moved=True), head=OLDER), facts) == []


def test_runs_that_wait_for_ci_of_an_older_head_are_looked_at():
    runs = [run(waits=(wait(CI, OLDER),)), run(id=RunId("02RUN"), waits=(wait(CI, HEAD),))]
    facts = pulls.HeadFacts(open_runs=runs, pull=pull())
    expected = [LookAtChecks(repo_id=REPO_ID, sha=OLDER)]
    assert pulls.pushed(head_seen(moved=True), facts) == expected


@pytest.mark.parametrize(
    ("paths", "configures"),
    [
        (None, True),
        (frozenset(), False),
        (frozenset({"src/a.py", "greenroom.yml", ".github/workflows/ci.yml"}), False),
        (frozenset({".github/greenroom.yml"}), True),
        (frozenset({"src/a.py", ".github/greenroom/limits.yml"}), True),
        (frozenset({".github/agents/fix.md"}), True),
        (frozenset({".github/greenroom.yaml"}), True),
        (frozenset({".github/dependabot.yml"}), False),
    ],
)
@pytest.mark.parametrize("default", [True, False])
def test_a_push_is_looked_at_for_what_it_changes(paths, configures, default):
    expected = ["handlers.pushes.configured"] * configures + ["handlers.pushes.pushed"] * default
    assert reacting(pushed(paths, default=default)) == expected


MISTAKES = [
    Mistake(path=".github/greenroom.yml", line=3, words="`lmits` is no setting.", remedy=""),
    Mistake(path=".github/agents/a.md", line=1, words="No prompt.", remedy="Write one."),
]


def test_mistakes_are_reported_on_the_commit_that_made_them():
    (report,) = pushes.configured(pushed(None), pushes.Facts(mistakes=MISTAKES))
    assert report == ReportConfig(
        installation=OURS,
        repo=REPO,
        head=HEAD,
        notes=[
            Note(path=".github/greenroom.yml", line=3, words="`lmits` is no setting."),
            Note(path=".github/agents/a.md", line=1, words="No prompt. Write one."),
        ],
    )


def test_a_configuration_without_mistakes_is_reported_too_but_not_one_that_is_not_there():
    (report,) = pushes.configured(pushed(None), pushes.Facts(mistakes=()))
    assert report.notes == []
    assert pushes.configured(pushed(None), pushes.Facts(mistakes=None)) == []


def test_the_mirror_fetches_what_is_new_on_the_default_branch():
    expected = [WarmMirror(installation=OURS, repo=REPO, repo_id=REPO_ID, sha=HEAD)]
    assert decide(pushed()) == expected


ACTIONS = ["created", "deleted", "suspend", "unsuspend", "new_permissions_accepted"]


@pytest.mark.parametrize("action", ACTIONS)
def test_an_installation_that_may_be_worked_in_is_remembered_whatever_the_event(action):
    assert decide(changed(action), works_there=True) == [recorded(active=True)]


@pytest.mark.parametrize(
    ("action", "why"),
    [
        ("deleted", "The app was removed."),
        ("suspend", "The app was suspended."),
        ("created", "The app may not work here."),
        ("unsuspend", "The app may not work here."),
    ],
)
def test_an_installation_that_ends_takes_its_runs_with_it(action, why):
    recorded_and_stopped = decide(changed(action), works_there=False)[:2]
    assert recorded_and_stopped == [
        recorded(active=False),
        StopRepository(installation=OURS, repo=None, why=why),
    ]


@pytest.mark.parametrize("action", ACTIONS)
def test_only_an_account_that_removed_the_app_is_forgotten(action):
    forget = ForgetConfig(repo=Repo("octo/.github"))
    assert (forget in decide(changed(action), works_there=False)) is (action == "deleted")
    assert forget not in decide(changed(action), works_there=True)


REPOS = (REPO, Repo("octo/dog"))


def test_each_repository_taken_away_stops_its_runs():
    event = RepositoriesRemoved(installation=OURS, sender=ANN, at=1.0, repos=REPOS)
    assert decide(event) == [
        StopRepository(installation=OURS, repo=repo, why="The app was removed here.")
        for repo in REPOS
    ]


def test_each_repository_that_comes_into_sight_has_its_settings_read_anew():
    event = RepositoriesAdded(installation=OURS, sender=ANN, at=1.0, repos=REPOS)
    assert decide(event) == [ForgetConfig(repo=repo) for repo in REPOS]


def test_every_handler_names_its_facts_as_a_dataclass_of_its_own_if_it_needs_any():
    for reaction in REACTIONS:
        own = reaction.facts.__module__ == reaction.decide.__module__
        assert own or reaction.facts is NoFacts


def test_every_event_that_is_read_has_a_reaction():
    events = [
        *(comment("/gr help"), labeled(), unlabeled(), opened(), closed(ISSUE), closed(PULL)),
        *(locked(ISSUE), locked(PULL), head_seen(), pushed(), changed("created")),
    ]
    assert all(reacting(event) for event in events)


def test_a_reaction_without_a_condition_wants_every_event_of_its_kind():
    reaction = Reaction(
        event=SubjectClosed, facts=installations.Facts, decide=lambda _event, _facts: []
    )
    assert reaction.when is always
    assert list(reactions_to(closed(ISSUE), [reaction])) == [reaction]
    assert list(reactions_to(changed("deleted"), [reaction])) == []
