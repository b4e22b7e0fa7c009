import pytest

from bot.model.events import SubjectLabeled, SubjectUnlabeled
from bot.model.ids import InstallationId, Login, Repo, UserId
from bot.model.intents import DropLabel, Refuse, StartRun, StopRuns
from bot.model.runs import Person, Subject
from bot.reactions import reactions_to
from bot.rules.policy import Role
from handlers.labels import REACTIONS, Facts, labeled, unlabeled

OURS = InstallationId(7)
ANN = Person(id=UserId(1), login=Login("ann"))
BOT = Person(id=UserId(2), login=Login("dependabot[bot]"), bot=True)
ISSUE = Subject(repo=Repo("octo/cat"), number=7, kind="issue")
PULL = Subject(repo=Repo("octo/cat"), number=8, kind="pull")
KNOWN = Facts(role=Role.WRITE, by_us=False, still_holds=True, open_agents=frozenset())
STOPPED = StopRuns(subject=ISSUE, agent="tidy", why="The label was taken off.")


def put_on(label="agent:tidy", sender=ANN, subject=ISSUE):
    return SubjectLabeled(
        installation=OURS,
        sender=sender,
        at=1.0,
        repo_id=5,
        subject=subject,
        title="A mess",
        label=label,
    )


def taken_off(label="agent:tidy", sender=ANN):
    return SubjectUnlabeled(installation=OURS, sender=sender, at=1.0, subject=ISSUE, label=label)


def facts(**changes):
    known = {name: getattr(KNOWN, name) for name in Facts.__slots__}
    return Facts(**{**known, **changes})


def refused(reason, words, sender=ANN, subject=ISSUE):
    return Refuse(installation=OURS, subject=subject, person=sender, reason=reason, words=words)


@pytest.mark.parametrize("role", [Role.WRITE, Role.MAINTAIN, Role.ADMIN])
def test_a_writer_starts_a_run(role):
    assert labeled(put_on(), facts(role=role)) == [
        StartRun(
            installation=OURS, repo_id=5, subject=ISSUE, title="A mess", agent="tidy", asked_by=ANN
        )
    ]


@pytest.mark.parametrize(
    ("event", "known", "reason", "words"),
    [
        (
            put_on(),
            facts(role=Role.TRIAGE),
            "role",
            "`tidy` needs write access to this repository.",
        ),
        (
            put_on(),
            facts(role=Role.NONE, open_agents=frozenset({"tidy"})),
            "role",
            "`tidy` needs write access to this repository.",
        ),
        (
            put_on(subject=PULL),
            facts(role=Role.ADMIN),
            "subject",
            "`tidy` works from issues so far. Put `agent:tidy` on an issue.",
        ),
    ],
)
def test_who_may_not_is_told_why_and_the_label_goes(event, known, reason, words):
    assert labeled(event, known) == [
        refused(reason, words, subject=event.subject),
        DropLabel(installation=OURS, subject=event.subject, label=event.label),
    ]


@pytest.mark.parametrize(
    ("event", "known", "reason", "words"),
    [
        (
            put_on("agent:stop"),
            facts(role=Role.ADMIN),
            "unknown",
            "There is no agent `stop`. There are: `agent:tidy`.",
        ),
        (
            put_on("agent:`@all`"),
            facts(),
            "unknown",
            "There is no agent `all`. There are: `agent:tidy`.",
        ),
        (
            put_on(sender=BOT),
            facts(role=Role.ADMIN),
            "bot",
            "Bots start agents only where the configuration names them.",
        ),
    ],
)
def test_a_label_that_is_not_a_person_s_for_us_stays(event, known, reason, words):
    assert labeled(event, known) == [refused(reason, words, event.sender)]


@pytest.mark.parametrize(
    "known",
    [facts(by_us=True), facts(still_holds=False), facts(open_agents=frozenset({"tidy"}))],
    ids=["by us", "overtaken", "open already"],
)
def test_nothing_is_to_be_done_twice_or_too_late_or_for_ourselves(known):
    assert labeled(put_on(), known) == []


@pytest.mark.parametrize("role", [Role.TRIAGE, Role.WRITE, Role.ADMIN])
def test_taking_the_label_off_stops_its_agent(role):
    known = facts(role=role, open_agents=frozenset({"tidy", "review"}))
    assert unlabeled(taken_off(), known) == [STOPPED]


def test_a_bot_with_the_role_may_stop_too():
    known = facts(role=Role.WRITE, open_agents=frozenset({"tidy"}))
    assert unlabeled(taken_off(sender=BOT), known) == [STOPPED]


def test_a_reader_stops_nothing_and_is_told_so():
    known = facts(role=Role.READ, open_agents=frozenset({"tidy"}))
    words = "`stop` needs triage access to this repository."
    assert unlabeled(taken_off(), known) == [refused("role", words)]


@pytest.mark.parametrize(
    "known",
    [
        facts(by_us=True, open_agents=frozenset({"tidy"})),
        facts(still_holds=False, open_agents=frozenset({"tidy"})),
        facts(open_agents=frozenset({"review"})),
    ],
    ids=["by us", "put on again", "not open"],
)
def test_our_own_or_an_overtaken_removal_stops_nothing(known):
    assert unlabeled(taken_off(), known) == []


def test_other_people_s_labels_cost_nothing():
    for event in (put_on("bug"), taken_off("bug"), put_on("Agent:tidy"), put_on("agents")):
        assert list(reactions_to(event, REACTIONS)) == []


@pytest.mark.parametrize(
    ("event", "name"),
    [(put_on(), "handlers.labels.labeled"), (taken_off(), "handlers.labels.unlabeled")],
)
def test_ours_are_found_by_their_prefix(event, name):
    assert [each.name for each in reactions_to(event, REACTIONS)] == [name]
