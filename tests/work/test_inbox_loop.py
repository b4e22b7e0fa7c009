"""Deliveries that break handlers, come twice, or meet a database and a GitHub that are away."""

from dataclasses import dataclass
from itertools import pairwise

import pytest

from bot.model.errors import Fenced, Unavailable
from bot.model.events import SubjectLabeled
from bot.model.ids import InstallationId, Login, UserId
from bot.model.intents import Refuse
from bot.model.priorities import Priority
from bot.model.runs import Person, Subject, Trigger
from bot.reactions import Reaction
from bot.rules.attempts import MOST_DELIVERY_TRIES
from bot.rules.policy import Actor
from bot.store import inbox, outbox
from bot.work.configs import Configs
from bot.work.inbox import Inbox
from handlers.issues import Facts as Closed
from handlers.labels import Facts
from tests.github.embedded import REPO
from tests.work.house import keep, send

REPO_ID = 1005
"""What the embedded GitHub calls it: its fifth thing, after four accounts."""

ISSUE = Subject(repo=REPO, number=1, kind="issue")


def labeled(house, name, number=1, at="2027-01-15T08:00:00Z"):
    """The fields that are read of a `labeled` delivery."""
    return {
        "action": "labeled",
        "installation": {"id": house.hub.installation},
        "sender": {"id": house.hub.ann["id"], "login": "ann"},
        "repository": {"id": REPO_ID, "full_name": REPO},
        "issue": {"number": number, "title": "Untidy", "updated_at": at},
        "label": {"name": name},
    }


def refuse(event, words):
    person = Person(id=UserId(1), login=Login("ann"))
    return Refuse(
        installation=InstallationId(event.installation),
        repo_id=event.repo_id,
        subject=event.subject,
        person=person,
        trigger=Trigger(kind="label"),
        reason="x",
        words=words,
    )


@dataclass(frozen=True, kw_only=True)
class Who:
    """Facts about the person alone: these events tell of labels that nobody put on."""

    actor: Actor
    by_us: bool


def reacting(house, decide, facts=Who):
    """Have one reaction instead of all handlers."""
    made = Inbox(
        house.context,
        Configs(house.context),
        [Reaction(event=SubjectLabeled, facts=facts, decide=decide)],
        house._run_id,
    )
    house.loops["inbox"] = made
    return made


@pytest.fixture(autouse=True)
async def installed(house):
    await house.issue("")
    await house.settles("inbox")


async def test_a_poisonous_delivery_is_set_aside_after_its_tries_while_others_go_on(house):
    handled = []

    def decide(event, _facts):
        if event.label == "poison":
            raise ZeroDivisionError
        handled.append(event.label)
        return []

    reacting(house, decide)
    await send(house, "g1", "issues", **labeled(house, "poison", 1))
    await send(house, "g2", "issues", **labeled(house, "behind", 1))
    await send(house, "g3", "issues", **labeled(house, "beside", 2))
    await house.settles("inbox")
    assert handled == ["beside"]
    await house.passes(2**MOST_DELIVERY_TRIES, "inbox", step=10)
    assert handled == ["beside", "behind"]
    assert (await house.notes())[-3:] == [
        ("set_aside", "ZeroDivisionError"),
        ("done", ""),
        ("done", ""),
    ]


async def test_a_poisonous_delivery_has_as_many_tries_as_the_rule_says(house):
    tries = []

    def decide(_event, _facts):
        tries.append(house.time.now)
        raise ZeroDivisionError

    reacting(house, decide)
    await send(house, "g1", "issues", **labeled(house, "poison"))
    await house.passes(2**MOST_DELIVERY_TRIES, "inbox", step=1)
    assert len(tries) == MOST_DELIVERY_TRIES
    pauses = [later - one for one, later in pairwise(tries)]
    assert [round(pause) for pause in pauses] == [1, 2, 4, 8, 16, 32, 64]


async def test_an_unreadable_delivery_is_set_aside_at_once(house):
    await keep(house.store, "g1", "issues", b'{"action": "labeled"}', house.time.now)
    await house.settles("inbox")
    (*_, last) = await house.notes()
    assert last == ("set_aside", "issues: 2 fields are not as documented")


async def test_bytes_that_are_no_json_are_set_aside(house):
    await keep(house.store, "g1", "issues", b"\xff\x00", house.time.now)
    await house.settles("inbox")
    assert (await house.notes())[-1][0] == "set_aside"


async def test_an_event_that_nobody_reads_is_ignored(house):
    await keep(house.store, "g1", "star", b"\xff", house.time.now)
    await house.settles("inbox")
    assert (await house.notes())[-1] == ("ignored", "nothing here reacts to it")


async def test_what_is_unavailable_is_tried_again_for_ever(house):
    away = True

    def decide(_event, _facts):
        if away:
            raise Unavailable("github", "no answer", retry_after=30.0)
        return []

    reacting(house, decide)
    await send(house, "g1", "issues", **labeled(house, "x"))
    await house.passes(30 * (MOST_DELIVERY_TRIES + 2), "inbox", step=30)
    assert (await house.notes())[-1] == ("waiting", "github: no answer")
    away = False
    await house.passes(31, "inbox", step=31)
    assert (await house.notes())[-1] == ("done", "")


async def test_a_delivery_that_fails_half_way_leaves_nothing_behind(house):
    def decide(event, _facts):
        return [refuse(event, "No."), "no intent"]

    reacting(house, decide)
    await send(house, "g1", "issues", **labeled(house, "x"))
    await house.settles("inbox")
    async with house.store.read() as rows:
        assert not await outbox.due(rows, now=house.time.now)


async def test_a_refusal_waits_behind_all_that_is_done_for_others(house):
    reacting(house, lambda event, _facts: [refuse(event, "No.")])
    await send(house, "g1", "issues", **labeled(house, "x"))
    await house.settles("inbox")
    async with house.store.begin() as tx:
        wishes = await outbox.claim(tx, house.context.lease(), most=9)
    assert {wish.kind for wish in wishes} == {"reaction", "comment"}
    assert {wish.priority for wish in wishes} == {Priority.REFUSAL}


async def test_who_lost_the_lease_changes_nothing(house):
    reacting(house, lambda event, _facts: [refuse(event, "No.")])
    await send(house, "g1", "issues", **labeled(house, "x"))
    async with house.store.begin() as tx:
        (mine,) = await inbox.claim(tx, house.context.lease(), most=1)
    house.time.now += 61
    async with house.store.begin() as tx:
        assert await inbox.claim(tx, house.worker("w2").lease(), most=1)
    with pytest.raises(Fenced):
        await house.loops["inbox"]._handle(mine)
    async with house.store.read() as rows:
        assert not await outbox.due(rows, now=house.time.now)


async def test_a_guid_that_was_handled_is_not_handled_again(house):
    seen = []
    reacting(house, lambda event, _facts: seen.append(event.label) or [])
    for _ in range(3):
        await send(house, "g1", "issues", **labeled(house, "x"))
        await house.settles("inbox")
    assert seen == ["x"]


async def test_facts_are_what_github_says(house):
    known = []
    reacting(house, lambda _event, facts: known.append(facts) or [], Facts)
    await house.hub.acts("POST /issues/1/labels", labels=["agent:tidy"])
    await house.settles("inbox")
    (facts,) = known
    assert (facts.actor.role.name, facts.by_us, facts.still_holds, facts.open_runs) == (
        "MAINTAIN",
        False,
        True,
        [],
    )


@pytest.mark.parametrize(
    ("sender", "role", "by_us"),
    [
        ({"id": 424242, "login": "ann"}, "NONE", False),
        ({"id": 424242, "login": "nobody-of-that-name"}, "NONE", False),
        ({"id": 424242, "login": "other[bot]", "type": "Bot"}, "NONE", False),
        ({"login": "greenroom[bot]", "type": "Bot"}, "NONE", True),
    ],
    ids=["renamed", "unknown", "a bot", "ourselves"],
)
async def test_a_person_is_known_by_id(house, sender, role, by_us):
    known = []
    reacting(house, lambda _event, facts: known.append(facts) or [])
    sender = {"id": house.hub.app["bot"]["id"], **sender}
    payload = {**labeled(house, "agent:tidy"), "sender": sender}
    await send(house, "g1", "issues", **payload)
    await house.settles("inbox")
    assert [(facts.actor.role.name, facts.by_us) for facts in known] == [(role, by_us)]


@pytest.mark.parametrize(("number", "label"), [(1, "agent:tidy"), (99, "agent:tidy")])
async def test_an_old_event_is_checked_against_github(house, number, label):
    known = []
    reacting(house, lambda _event, facts: known.append(facts.still_holds) or [], Facts)
    old = labeled(house, label, number, at="2027-01-15T07:58:00Z")
    await send(house, "g1", "issues", **old)
    await house.settles("inbox")
    assert known == [False]
    if number == 1:
        await house.hub.acts("POST /issues/1/labels", labels=[label])
        await send(house, "g2", "issues", **old)
        await house.settles("inbox")
        assert known[1] is True


async def test_a_fact_that_is_asked_for_twice_is_fetched_once(house):
    facts = [Facts, Facts, Closed]
    reactions = [
        Reaction(event=SubjectLabeled, facts=each, decide=lambda _event, _facts: [])
        for each in facts
    ]
    house.loops["inbox"] = Inbox(house.context, Configs(house.context), reactions, house._run_id)
    await house.hub.control("DELETE /requests")
    old = labeled(house, "agent:tidy", at="2027-01-15T07:58:00Z")
    await send(house, "g1", "issues", **old)
    await house.settles("inbox")
    seen = (await house.hub.control("GET /requests"))["requests"]
    assert sorted(
        each["request"] for each in seen if each["request"].startswith("GET /repos/octo/cat")
    ) == [
        "GET /repos/octo/cat",
        "GET /repos/octo/cat/collaborators/ann/permission",
        "GET /repos/octo/cat/git/ref/heads/main",
        "GET /repos/octo/cat/issues/1",
    ]
