"""What the tests of handlers have in common: people, agents, events, and what is wanted."""

from dataclasses import fields, replace

from bot.model.events import SubjectLabeled, SubjectOpened, SubjectUnlabeled, TextWritten
from bot.model.facts import PullNow, RunNow, Waiting
from bot.model.ids import InstallationId, Login, Repo, RunId, Sha, UserId
from bot.model.intents import RecordDecision, Refuse, Reply, StartRun
from bot.model.models import Cost
from bot.model.money import micros
from bot.model.runs import AgentSpec, Person, Start, Subject, Terms, Trigger
from bot.rules.policy import Actor
from bot.rules.reading import grammar_of, read
from bot.rules.repoconfig import Agent, Allow, Config, On
from bot.rules.roles import Role
from handlers import commands

OURS = InstallationId(7)
REPO = Repo("octo/cat")
REPO_ID = 5
ISSUE = Subject(repo=REPO, number=7, kind="issue")
PULL = Subject(repo=REPO, number=8, kind="pull")
HEAD, OLDER = Sha("a" * 40), Sha("b" * 40)
NOW = 1_800_000_000.0
COST = Cost(per_run=micros(5), per_day=micros(50))

ANN = Person(id=UserId(1), login=Login("ann"))
MALLORY = Person(id=UserId(66), login=Login("mallory"))
BOT = Person(id=UserId(9), login=Login("helper[bot]"), bot=True)


def agent(  # noqa: PLR0913 - each is what some test is about
    name, outputs, *, role="write", teams=(), events=(), when=None, command=True
):
    spec = AgentSpec(
        name=name,
        description=f"Does what {name} does",
        runtime="command",
        command=(name,),
        outputs=dict.fromkeys(outputs, 1),
    )
    on = On(
        label=f"agent:{name}", command=name if command else None, events=tuple(events), when=when
    )
    return Agent(spec=spec, on=on, allow=Allow(role=role, teams=tuple(teams)))


def config(*agents, **settings):
    return Config(agents={each.spec.name: each for each in agents}, **settings)


CONFIG = config(
    agent("fix", ["pull_request", "push", "comment", "noop"]),
    agent("tidy", ["pull_request", "push", "noop"]),
    agent("docs", ["pull_request"]),
    agent("ask", ["comment"], role="read"),
    agent("triage", ["comment"], role="triage"),
    agent("guard", ["comment"], role="security", teams=["octo/guards"]),
)


def actor(role=Role.WRITE, person=ANN, **known):
    return Actor(person=person, role=role, role_name=known.pop("role_name", str(role)), **known)


def pull(*, sha=HEAD, fork=False, is_open=True):
    start = Start(sha=sha, branch="topic", fork=fork)
    return PullNow(head=start, base="main", open=is_open, draft=False)


def run(agent="fix", **changes):
    known = RunNow(
        id=RunId("01RUN"),
        agent=agent,
        subject=ISSUE,
        title="A mess",
        body="It is.",
        author=MALLORY,
        instruction="",
        asked_by=ANN.login,
        asked_at=NOW - 900,
        state="running",
        conclusion=None,
        words="",
        changed_at=NOW - 300,
        fork=False,
        pull=None,
    )
    return replace(known, **changes)


def wait(reason, about=HEAD):
    return Waiting(reason=reason, about=about, since=NOW - 600, deadline=NOW + 3600)


def about(subject, sender, *, is_open=True):
    """Return what all events about a subject say."""
    return {
        "installation": OURS,
        "sender": sender,
        "at": NOW,
        "repo": REPO,
        "repo_id": REPO_ID,
        "subject": subject,
        "title": "A mess",
        "body": "It is.",
        "author": MALLORY,
        "open": is_open,
    }


def comment(  # noqa: PLR0913 - each is what some test is about
    text, sender=ANN, *, subject=ISSUE, before=None, writer=None, is_open=True
):
    return TextWritten(
        **about(subject, sender, is_open=is_open),
        where=Trigger(kind="issue_comment", id=31),
        text=text,
        before=before,
        writer=writer or sender,
    )


def labeled(label="agent:fix", sender=ANN, *, subject=ISSUE):
    return SubjectLabeled(**about(subject, sender), label=label)


def unlabeled(label="agent:fix", sender=ANN):
    return SubjectUnlabeled(**about(ISSUE, sender), label=label)


def opened(name="issues.opened", sender=ANN, *, subject=ISSUE, head=None):
    return SubjectOpened(**about(subject, sender), name=name, head=head)


def facts(kind, **changes):
    """Make a handler's facts: a writer, on an issue, where nothing runs."""
    known = {
        "by_us": False,
        "config": CONFIG,
        "actor": actor(),
        "pull": None,
        "seen_head": HEAD,
        "open_runs": (),
        "left_today": 9,
        "still_holds": True,
        "past_runs": (),
        "pauses": (),
        "decisions": (),
        "proposed": None,
        "commands": (),
    }
    names = {each.name for each in fields(kind)}
    return kind(**{name: it for name, it in {**known, **changes}.items() if name in names})


def hear(event, **changes):
    """Have a text read as the inbox does it, and answered."""
    if not commands.may_command(event):
        return []
    setup = changes.get("config", CONFIG)
    said = read(event, grammar_of(setup))
    return commands.written(event, facts(commands.Facts, commands=said, **changes))


def recorded(  # noqa: PLR0913 - each is what some test is about
    act, rule="allowed", words="", *, subject=ISSUE, by=None, role=None
):
    by = by or actor()
    return RecordDecision(
        repo_id=REPO_ID,
        subject=subject,
        person=by.person,
        role=role or by.role_name,
        act=act,
        allowed=words == "",
        rule=rule,
        words=words,
    )


WRITTEN = Trigger(kind="issue_comment", id=31)


def refused(rule, words, *, subject=ISSUE, by=None, trigger=WRITTEN):
    return Refuse(
        installation=OURS,
        repo_id=REPO_ID,
        subject=subject,
        person=(by or actor()).person,
        trigger=trigger,
        reason=rule,
        words=words,
    )


def no(act, rule, words, *, role=None, trigger=WRITTEN, **where):
    """Return both that follow a refusal: what is written down, and what the person is told."""
    return [
        recorded(act, rule, words, role=role, **where),
        refused(rule, words, trigger=trigger, **where),
    ]


def started(  # noqa: PLR0913 - each is what some test is about
    name, instruction="", *, subject=ISSUE, by=None, trigger=WRITTEN, setup=CONFIG, **more
):
    defined = setup.agents[name]
    return StartRun(
        installation=OURS,
        repo_id=REPO_ID,
        subject=subject,
        title="A mess",
        body="It is.",
        author=MALLORY,
        instruction=instruction,
        asked_by=(by or actor()).person,
        trigger=trigger,
        terms=Terms(
            agent=more.pop("spec", defined.spec),
            protect=setup.protect,
            label=defined.on.label,
            command=defined.on.command,
            cost=COST,
        ),
        at=NOW,
        per_day=setup.limits.runs.per_day,
        **more,
    )


def replied(text, *, subject=ISSUE, by=None, folded=False):
    return Reply(
        installation=OURS,
        subject=subject,
        person=(by or actor()).person,
        trigger=WRITTEN,
        text=text,
        folded=folded,
    )
