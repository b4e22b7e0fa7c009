"""Issues: the list, a new one, and one with all that was said."""

from collections.abc import Iterable, Sequence
from functools import partial

from aiohttp import web

from bot.devhub.pages import markdown
from bot.devhub.pages.mentions import mentions
from bot.devhub.pages.visits import Page, Visit
from bot.devhub.records import Issue
from bot.devhub.shapes.issues import REACTIONS

EMOJI = dict(zip(REACTIONS, "👍👎😄😕❤🎉🚀👀", strict=True))
"""The sign of each reaction."""

FIRST, LAST = 30, 70
"""Items of a conversation that are shown at once, from its start and from its end."""

Item = tuple[str, object]
"""What stands in a conversation, after the word for its kind."""


def listed(seen: Visit, issues: Iterable[Issue]) -> dict[str, object]:
    """Return what a list shows: those of the state and label that the query asks for."""
    state, label = seen.query.get("state", "open"), seen.query.get("label", "")
    newest = sorted(issues, key=lambda each: each.number, reverse=True)
    labeled = [each for each in newest if not label or label in {own.name for own in each.labels}]
    return {
        "repository": seen.repository,
        "state": "closed" if state == "closed" else "open",
        "label": label,
        "shown": [each for each in labeled if (each.state == "closed") == (state == "closed")],
        "counts": {
            name: sum(each.state == name for each in labeled) for name in ("open", "closed")
        },
    }


async def index(seen: Visit) -> Page:
    """Show the issues of a repository."""
    found = [each for each in seen.repository.issues.values() if each.pull is None]
    data = {**listed(seen, found), "kind": "issues"}
    return Page(template="list.html", title=f"Issues · {seen.repository.full_name}", data=data)


async def new(seen: Visit) -> Page:
    """Show the form for a new issue."""
    return Page(template="new.html", title="New issue", data={"repository": seen.repository})


async def show(seen: Visit) -> Page:
    """Show an issue and its conversation; a pull request has another address."""
    issue = seen.issue
    if issue.pull is not None:
        raise web.HTTPFound(f"/{seen.repository.full_name}/pull/{issue.number}")
    texts = [issue.body, *(each.body for each in issue.comments)]
    data = {
        "repository": seen.repository,
        "issue": issue,
        "items": conversation(seen, issue),
        **await talk(seen, texts),
    }
    return Page(template="issue.html", title=f"{issue.title} · #{issue.number}", data=data)


async def talk(seen: Visit, texts: Sequence[str | None]) -> dict[str, object]:
    """Return what a page needs to show comments: their Markdown, and the reactions."""
    known = await mentions(seen.hub, seen.repository, texts)
    return {"written": partial(_written, known), "emoji": EMOJI}


def _written(known: object, text: str | None) -> object:
    return markdown.comment(text, known)  # type: ignore[arg-type]


def conversation(seen: Visit, issue: Issue) -> list[Item]:
    """Return comments, reviews and events in the order in which they came, each with its kind."""
    items: list[tuple[float, str, object]] = [
        *((each.created_at, "comment", each) for each in issue.comments),
        *((each.at, "event", each) for each in seen.timeline.of(seen.repository, issue)),
    ]
    if issue.pull is not None:
        submitted = [each for each in issue.pull.reviews if each.submitted_at is not None]
        items += [
            (each.submitted_at or 0.0, "review", each)
            for each in submitted
            if each.body
            or each.state != "COMMENTED"
            or any(comment.in_reply_to is None for comment in each.comments)
        ]
    told = [(kind, item) for _, kind, item in sorted(items, key=lambda each: each[0])]
    return told if "all" in seen.query else _folded(told)


def _folded(items: list[Item]) -> list[Item]:
    """Return the items without the middle of a very long conversation: a `gap` says how many."""
    missing = len(items) - FIRST - LAST
    if missing <= 0:
        return items
    return [*items[:FIRST], ("gap", missing), *items[-LAST:]]
