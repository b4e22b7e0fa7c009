"""What people read: comments, pull requests and check runs, from values to Markdown.

Everything that an agent wrote or named passes `quiet` first, so that it calls nobody
and hides nothing.  Our own marks are HTML comments that only we write.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.model.facts import Waiting
from bot.model.ids import Login, RunId, Sha
from bot.model.models import Spent
from bot.model.runs import Conclusion, Subject
from bot.rules.buttons import buttons
from bot.rules.egress import Reached
from bot.rules.lifecycle import Run
from bot.rules.markdown import clip, cut, inline, quiet
from bot.rules.usage import used, visited
from bot.rules.waiting import ANSWER, APPROVAL, CI, PLAN, REVIEW, START

MOST_CHARACTERS = 60_000
"""Characters of a body that we send; GitHub refuses more than 65,536."""

MOST_SUMMARY = 65_000
"""Characters of a check run's summary; GitHub refuses more than 65,535."""

MOST_TITLE = 200
"""Characters of a check run's title that still stand in one line."""

MOST_LINE = 250
"""Characters of a pull request's title; GitHub refuses more than 256."""

MOST_FILES = 100
"""Files that the body of a pull request lists by name."""

MOST_PATH = 200
"""Characters of a path that are listed, its end."""

ICONS: Mapping[Conclusion, str] = {
    Conclusion.SUCCESS: "✅",
    Conclusion.FAILURE: "❌",
    Conclusion.NEUTRAL: "⚪",
    Conclusion.CANCELLED: "🚫",
    Conclusion.SKIPPED: "⏭️",
    Conclusion.TIMED_OUT: "⏱️",
    Conclusion.ACTION_REQUIRED: "✋",
}

STATES: Mapping[Run, str] = {
    Run.QUEUED: "waiting for a runner",
    Run.RUNNING: "working",
    Run.PARKED: "delivering",
    Run.FINISHED: "finished",
}

ASKING: Mapping[str, str] = {
    START: "waiting for a person's yes",
    APPROVAL: "waiting for a person's yes",
    PLAN: "waiting for a yes to its plan",
    ANSWER: "waiting for an answer",
}
"""Where a run stands that waits for a person."""

WAITING: Mapping[str, str] = {CI: "CI", REVIEW: "a review"}
"""What else a parked run may wait for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a run's story; `agent` marks what the agent itself said."""

    at: float
    text: str
    agent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """All of a run that people are shown.

    Attributes:
        round: how often it went on after a person's yes.
        waits: reasons for which it is parked.
        prefix: the word after the slash of commands here.
        command: the word after the prefix that starts the agent; None without one.
        asks: what it waits for a person's yes with.
        changed: a block of ours with changes that were not pushed.
        ci: a block of ours with the state of CI on its head.
        spent: what it has used of models.
        reached: hosts that it has reached beside these, or wanted to.
        validations: a block of ours with those that it has asked for.
    """

    id: RunId
    agent: str
    subject: Subject
    asked_by: Login
    state: Run
    conclusion: Conclusion | None
    words: str
    steps: Sequence[Step]
    started_at: float
    changed_at: float
    pull: int | None
    head: Sha | None
    said: str
    round: int = 0
    waits: Collection[str] = ()
    prefix: str = "gr"
    command: str | None = None
    asks: Waiting | None = None
    changed: str = ""
    ci: str = ""
    spent: Spent = field(default_factory=Spent)
    reached: Sequence[Reached] = ()
    validations: str = ""


def marker(run: RunId) -> str:
    """Return the hidden mark by which a run's comment is found again."""
    return f"<!-- greenroom run {run} -->"


def comment(view: RunView) -> str:
    """Write the one comment that follows a run from its start to its end."""
    lines = [f"**{view.agent}** · {inline(headline(view))}", "", *_story(view)]
    if view.said:
        lines += ["", quiet(view.said)]
    if view.changed:
        lines += ["", view.changed]
    if view.pull is None:  # else they stand in the pull request that was opened
        for told in filter(None, (view.validations, view.ci)):
            lines += ["", told]
    if asks := _asks(view):
        lines += ["", asks]
    for told in filter(None, (_bill(view), visited(view.reached))):
        lines += ["", told]
    lines += ["", _foot(view)]
    return cut("\n".join([marker(view.id), *lines]), MOST_CHARACTERS)


def headline(view: RunView) -> str:
    """Say in one line where a run stands."""
    if view.state is not Run.FINISHED or view.conclusion is None:
        return ASKING[view.asks.reason] if view.asks else _parked(view) or STATES[view.state]
    if view.conclusion is Conclusion.SUCCESS and view.pull:
        return f"{ICONS[view.conclusion]} opened #{view.pull}"
    return f"{ICONS[view.conclusion]} {view.words or view.conclusion.replace('_', ' ')}"


def _parked(view: RunView) -> str:
    """Say what a parked run waits for; nothing while it delivers."""
    waits = [WAITING[reason] for reason in WAITING if reason in view.waits]
    return f"waiting for {' and '.join(waits)}" if waits else ""


def _asks(view: RunView) -> str:
    """Tell people what to say to a run that waits for them; empty while it does not."""
    if view.asks is None:
        return ""
    if view.asks.about:
        return _asking(view.prefix, view.asks.about, plan=view.asks.reason == PLAN)
    return f"Answer with `/{view.prefix} answer …`, or reply to the question."


def _asking(prefix: str, sha: Sha, *, plan: bool) -> str:
    """Tell whoever may write here what to say, and to what."""
    short = sha[:12]
    what = f"its plan `{short}`" if plan else f"`{short}`"
    say = f"`/{prefix} approve {short}`"
    return f"It waits for a yes to {what} by somebody who may write here: {say}"


def _foot(view: RunView) -> str:
    """Say who asked; and how long it took, unless that stands beside what it has cost."""
    asked = f"Asked for by {plain(view.asked_by)}."
    if view.state is not Run.FINISHED:
        return f"{asked} `/{view.prefix} stop` ends it."
    return asked if _bill(view) else f"{asked} Took {_took(view)}."


def _story(view: RunView) -> list[str]:
    return [f"- `{_clock(step.at)}` {inline(step.text)}" for step in view.steps]


def check_run(view: RunView) -> dict[str, object]:
    """Write what a check run shows of a run: a JSON object of its name, state and texts.

    The title is shown as it is, so it has no Markdown.  Times are Unix seconds; `conclusion`
    and `completed` are None until the run is finished or asks for a person's yes.
    """
    parts = _asks(view), "\n".join(_story(view)), section(view), quiet(view.said)
    summary = "\n\n".join(filter(None, parts))
    finished = view.state is Run.FINISHED and view.conclusion is not None
    ended = view.conclusion if finished else Conclusion.ACTION_REQUIRED if view.asks else None
    return {
        "name": f"greenroom / {view.agent}",
        "external_id": f"{view.id}.{view.round}" if view.round else view.id,
        "title": clip(headline(view).replace("`", ""), MOST_TITLE),
        "summary": cut(summary or STATES[view.state], MOST_SUMMARY),
        "started": view.started_at,
        "conclusion": ended,
        "completed": view.changed_at if ended else None,
        "actions": [*buttons(view.state, asks=view.asks.reason if view.asks else None)],
    }


def section(view: RunView) -> str:
    """Write our section of the pull request that a run has opened; empty when it has none."""
    told = (view.validations, view.ci, _bill(view), visited(view.reached))
    return "\n\n".join(filter(None, told))


def _bill(view: RunView) -> str:
    """Tell what a run has used of models, and of time."""
    spent = used(view.spent)
    return f"{spent} · {_took(view)}" if spent else ""


def pull_body(view: RunView, body: str, files: Sequence[tuple[str, int, int]]) -> str:
    """Write the body of the pull request that a run opens.

    `files` are (path, lines added, lines removed).
    """
    rows = [f"| `{_shown(path)}` | +{more} | -{less} |" for path, more, less in files]
    table = ["| file | | |", "|---|---:|---:|", *rows[:MOST_FILES]]
    if len(rows) > MOST_FILES:
        table.append(f"| and {len(rows) - MOST_FILES} more | | |")
    closing = f"Closes #{view.subject.number}" if view.subject.kind == "issue" else ""
    foot = f"Made by **{view.agent}** for {plain(view.asked_by)}. {closing}".strip()
    head = [marker(view.id), quiet(body), ""]
    room = MOST_CHARACTERS - sum(map(len, table)) - len(foot) - 200
    return "\n".join([cut("\n".join(head), room), "", *table, "", foot])


def commit_message(title: str, view: RunView, trailers: Sequence[str] = ()) -> str:
    """Write the message of the commit that carries a run's changes."""
    told = f"{line(title)}\n\nMade by {view.agent} for {view.subject}.\n"
    return "\n".join([told, *trailers, ""]) if trailers else told


def branch(agent: str, number: int, title: str) -> str:
    """Name the branch of a run: `greenroom/AGENT/NUMBER-title-in-short`."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].strip("-")
    return f"greenroom/{agent}/{number}" + (f"-{slug}" if slug else "")


def next_branch(name: str) -> str:
    """Return the name to try after one that somebody else has: with the next number."""
    stem, _, last = name.rpartition("-")
    return f"{stem}-{int(last) + 1}" if stem and last.isdecimal() else f"{name}-2"


def plain(text: str) -> str:
    """Make one line of text that Markdown and GitHub leave as it is, and that calls nobody."""
    # An underscore within a word is no emphasis, and part of some logins.
    special = r"[\\`*\[\]<>#|@~]|&(?=#|\w+;)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
    return re.sub(special, "", " ".join(text.split()))


SKIPS = re.compile(r"\[(?=(?:skip ci|ci skip|no ci|skip actions|actions skip)\])", re.IGNORECASE)
"""What keeps GitHub Actions from running, when it stands in a commit's message.

https://docs.github.com/en/actions/managing-workflow-runs/skipping-workflow-runs
"""


def line(text: str) -> str:
    """Make a title or a commit's first line: not Markdown, closes nothing, skips no CI."""
    return clip(SKIPS.sub("(", inline(text)), MOST_LINE)


def _shown(path: str) -> str:
    """Make the end of a path fit for a cell of a table."""
    return inline(path.translate({ord("`"): "'", ord("|"): "/"}))[-MOST_PATH:]


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


def _took(view: RunView) -> str:
    """Tell how long a run has been there, up to what is known of it last."""
    until = view.changed_at
    if view.state is not Run.FINISHED:
        until = max([until, *(step.at for step in view.steps)])
    seconds = max(until - view.started_at, 0)
    for size, name in ((24 * 3600, "d"), (3600, "h")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - reads better
