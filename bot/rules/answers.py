"""What is answered to `help`, `status`, `explain` and `config`, as Markdown."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime

from bot.model.facts import PastDecision, Pause, RunNow, Waiting
from bot.model.runs import Conclusion
from bot.rules.agents import USUAL
from bot.rules.lifecycle import Run
from bot.rules.markdown import inline
from bot.rules.policy import Ask, decide
from bot.rules.repoconfig import Config
from bot.rules.verbs import VERBS
from bot.rules.waiting import ANSWER, CI, REVIEW, YES
from bot.rules.wording import ICONS, STATES, plain

MOST_PAST = 5
"""Decisions and finished runs that an answer goes back."""


WAITS: Mapping[str, str] = {
    CI: "waits for CI, {}: checks that end wake it",
    REVIEW: "waits for a review, {}: one that asks for changes wakes it, an approval ends it",
    ANSWER: "waits for an answer, {}: `answer`, or a comment below its question, wakes it",
}
"""What a run waits for, for how long, and what would wake it."""


def helped(config: Config, asks: Mapping[str, Ask]) -> str:
    """List what somebody may say here; `asks` has what is to be decided for each act."""
    prefix = config.commands.prefix
    decisions = {act: decide(ask) for act, ask in asks.items()}
    may = [act for act, decision in decisions.items() if decision.allowed]
    agents = [_agent_line(config, act) for act in may if act in config.agents]
    verbs = [_verb_line(prefix, act) for act in may if act in VERBS]
    lines = ["Here you may say, at the start of a line:", "", *agents, *verbs]
    if not agents:
        why = [decision.words for act, decision in decisions.items() if act in config.agents]
        lines += ["", *(f"- {each}" for each in why or ["There are no agents here."])]
    return "\n".join(lines)


def _agent_line(config: Config, name: str) -> str:
    agent = config.agents[name]
    ways = [f"`/{config.commands.prefix} {agent.on.command} [WORDS]`"] if agent.on.command else []
    if agent.on.command and config.commands.bare:
        ways.append(f"`/{agent.on.command} [WORDS]`")
    if agent.on.label:
        ways.append(f"the label `{agent.on.label}`")
    return f"- {' or '.join(ways) or f'`{name}`'}: {inline(agent.spec.description).rstrip('.')}."


def _verb_line(prefix: str, name: str) -> str:
    verb = VERBS[name]
    usage = f"/{prefix} {name} {verb.usage}".rstrip()
    return f"- `{usage}`: {verb.help}"


def status(open_runs: Sequence[RunNow], pauses: Sequence[Pause], now: float) -> str:
    """Say which runs are open on a subject and where they stand."""
    held = [f"- Runs are paused {_scope(each)} by {plain(each.by)}." for each in pauses]
    lines = [_open_line(each, now) for each in open_runs]
    return "\n".join([*lines, *held]) or "No run is open here."


def explain(
    open_runs: Sequence[RunNow],
    past: Sequence[RunNow],
    pauses: Sequence[Pause],
    decisions: Sequence[PastDecision],
    now: float,
) -> str:
    """Say why runs wait or how they ended, and why somebody's last requests went as they did."""
    lines = [status(open_runs, pauses, now)]
    if past:
        lines += ["", "Finished before:", *map(_past_line, past[:MOST_PAST])]
    if decisions:
        lines += ["", "What you asked for:", *map(_decision_line, decisions[:MOST_PAST])]
    return "\n".join(lines)


def _open_line(run: RunNow, now: float) -> str:
    state = STATES[Run(run.state)]
    asked = [each for each in run.waits if each.reason in YES]
    waits = "; ".join(_wait(each, now) for each in asked or run.waits)
    since = f"for {ago(run.changed_at, now)}"
    return f"- **{run.agent}** {waits or f'{state} {since}'} (`{run.id}`)."


def _wait(wait: Waiting, now: float) -> str:
    until = f"until {_date(wait.deadline)}"
    since = f"for {ago(wait.since, now)} now"
    match wait.reason:
        case "start":
            what = f"waits for a person's yes to the head `{str(wait.about)[:12]}`"
        case "approval":
            what = f"waits for a person's yes to its commit `{str(wait.about)[:12]}`"
        case "plan":
            what = f"waits for a person's yes to its plan `{str(wait.about)[:12]}`"
        case "approved":
            return f"has a person's yes to `{str(wait.about)[:12]}`"
        case reason:
            words = WAITS.get(reason, "waits for GitHub to take what it made, {}")
            return words.format(f"{since}, {until}")
    return f"{what}, {since}, {until}"


def _past_line(run: RunNow) -> str:
    icon = ICONS[run.conclusion or Conclusion.NEUTRAL]
    opened = f" opened #{run.pull}." if run.pull else ""
    return f"- {icon} **{run.agent}**{opened} {inline(run.words)}".rstrip() + f" (`{run.id}`)"


def _decision_line(decision: PastDecision) -> str:
    verdict = "allowed" if decision.allowed else f"refused: {inline(decision.words)}"
    return f"- `{plain(decision.act)}` {verdict} (rule `{decision.rule}`)"


def _scope(pause: Pause) -> str:
    if pause.scope == "all":
        return "everywhere"
    kind, _, _name = pause.scope.partition(":")
    return "in the whole organization" if kind == "owner" else "in this repository"


def waiting_for(runs: Iterable[RunNow]) -> Sequence[str]:
    """Return the commits and plans that people are asked about."""
    return [
        str(wait.about)[:12]
        for run in runs
        for wait in run.waits
        if wait.reason in YES and wait.about
    ]


def settings(config: Config) -> str:
    """Show the settings in force and where each comes from."""
    rows = [
        f"| `{name}` | `{_cell(value)}` | {plain(config.origins.get(name, 'defaults'))} |"
        for name, value in sorted(_leaves(config))
    ]
    overruled = [
        f"- `{each.path}` line {each.line}: {inline(each.words)} {inline(each.remedy)}"
        for each in config.overruled
    ]
    notes = ["", "Not in force:", *overruled] if overruled else []
    return "\n".join(["| setting | value | from |", "|---|---|---|", *rows, *notes])


SHOWN = (
    *("commands", "limits", "protect", "ci", "bots", "commits", "pull_requests", "branches"),
    *("classes", "egress"),
)


def _leaves(config: Config) -> Iterator[tuple[str, str]]:
    for name in SHOWN:
        yield from _leaf(name, getattr(config, name))
    if config.setup:
        yield "setup", config.setup.run
    yield from ((f"toolboxes.{name}", each.image) for name, each in config.toolboxes.items())
    yield from ((f"validations.{name}", each.run) for name, each in config.validations.items())
    for name, agent in config.agents.items():
        who = [*filter(None, [agent.allow.role]), *agent.allow.teams]
        yield f"agents.{name}.allow", ", ".join(who)
        usual = f"{USUAL} ({config.runtime})"
        yield f"agents.{name}.runtime", usual if agent.usual else agent.spec.runtime
        if agent.spec.model:
            yield f"agents.{name}.model", agent.spec.model


def _leaf(name: str, value: object) -> Iterator[tuple[str, str]]:
    if is_dataclass(value) and not isinstance(value, type):
        for key, part in asdict(value).items():
            yield from _leaf(f"{name}.{key}", part)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _leaf(f"{name}.{key}", part)
    else:
        yield name, _shown(value)


def _shown(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Collection) and not isinstance(value, str):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _cell(value: str) -> str:
    """Make a value fit for code in a cell of a table."""
    return inline(value.translate({ord("`"): "'", ord("|"): "¦"}))


def ago(then: float, now: float) -> str:
    """Say how long ago something was, roughly."""
    seconds = max(now - then, 0.0)
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {name}"
    return f"{seconds:.0f} s"


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
