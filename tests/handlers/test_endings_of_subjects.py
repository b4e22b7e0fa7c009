import pytest

from bot.model.events import InstallationChanged, RepositoriesRemoved, SubjectClosed
from bot.model.ids import InstallationId, Login, Repo, UserId
from bot.model.intents import RecordInstallation, StopRepository, StopRuns
from bot.model.runs import Person, Subject
from bot.reactions import Reaction, always, reactions_to
from handlers import REACTIONS, installations, issues, pulls

OURS = InstallationId(7)
ANN = Person(id=UserId(1), login=Login("ann"))
REPO = Repo("octo/cat")
MAY = {"issues": "write"}


def closed(kind, *, merged=False):
    subject = Subject(repo=REPO, number=7, kind=kind)
    return SubjectClosed(installation=OURS, sender=ANN, at=1.0, subject=subject, merged=merged)


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


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (closed("issue"), "The issue was closed."),
        (closed("pull"), "The pull request was closed."),
        (closed("pull", merged=True), "The pull request was merged."),
    ],
)
def test_a_closed_subject_stops_every_agent_on_it(event, why):
    expected = [StopRuns(subject=event.subject, agent=None, why=why)]
    assert decide(event, still_holds=True) == expected


@pytest.mark.parametrize("kind", ["issue", "pull"])
def test_a_subject_that_was_reopened_meanwhile_goes_on(kind):
    assert decide(closed(kind), still_holds=False) == []


def test_issues_and_pull_requests_have_a_handler_each():
    assert issues.is_issue(closed("issue"))
    assert not pulls.is_pull(closed("issue"))
    assert pulls.is_pull(closed("pull"))
    assert not issues.is_issue(closed("pull"))


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
    assert decide(changed(action), works_there=False) == [
        recorded(active=False),
        StopRepository(installation=OURS, repo=None, why=why),
    ]


def test_each_repository_taken_away_stops_its_runs():
    repos = (REPO, Repo("octo/dog"))
    event = RepositoriesRemoved(installation=OURS, sender=ANN, at=1.0, repos=repos)
    assert decide(event) == [
        StopRepository(installation=OURS, repo=repo, why="The app was removed here.")
        for repo in repos
    ]


def test_every_handler_names_its_facts_as_a_dataclass_of_its_own():
    for reaction in REACTIONS:
        assert reaction.facts.__module__ == reaction.decide.__module__


def test_a_reaction_without_a_condition_wants_every_event_of_its_kind():
    reaction = Reaction(
        event=SubjectClosed, facts=installations.Facts, decide=lambda _event, _facts: []
    )
    assert reaction.when is always
    assert list(reactions_to(closed("issue"), [reaction])) == [reaction]
    assert list(reactions_to(changed("deleted"), [reaction])) == []
