"""Labels of a repository, and on its issues and pull requests.

https://docs.github.com/en/rest/issues/labels
"""

import re
from collections.abc import Iterable

from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.pages import page
from bot.devhub.events import issue_event, label_event
from bot.devhub.hub import Hub
from bot.devhub.problems import Problem, invalid, not_found
from bot.devhub.records import Issue, Label, Repository
from bot.devhub.shapes import issues as shapes

_COLOR = "ededed"
_LONGEST_DESCRIPTION = 100

# https://docs.github.com/en/issues/using-labels-and-milestones-to-track-work/managing-labels#about-default-labels
DEFAULTS = (
    ("bug", "d73a4a", "Something isn't working"),
    ("documentation", "0075ca", "Improvements or additions to documentation"),
    ("duplicate", "cfd3d7", "This issue or pull request already exists"),
    ("enhancement", "a2eeef", "New feature or request"),
    ("good first issue", "7057ff", "Good for newcomers"),
    ("help wanted", "008672", "Extra attention is needed"),
    ("invalid", "e4e669", "This doesn't seem right"),
    ("question", "d876e3", "Further information is requested"),
    ("wontfix", "ffffff", "This will not be worked on"),
)


def defaults(hub: Hub) -> list[Label]:
    """Return the labels of a new repository."""
    return [
        Label(id=hub.next_id(), name=name, color=color, description=words, default=True)
        for name, color, words in DEFAULTS
    ]


def find(repository: Repository, name: str) -> Label | None:
    """Return a repository's label by its name, in any case."""
    return next((each for each in repository.labels if each.name.lower() == name.lower()), None)


def _shapes(call: Call, labels: Iterable[Label]) -> list[object]:
    return [shapes.label(call.hub.base, call.repository, each) for each in labels]


async def index(call: Call) -> Reply:
    """Return a repository's labels."""
    return page(call, call.repository.labels, call.shaping(shapes.label))


async def create(call: Call) -> Reply:
    """Make a label."""
    name = call.text("name")
    color = (call.maybe_text("color") or _COLOR).lower()
    description = call.maybe_text("description")
    if find(call.repository, name):
        error = {"resource": "Label", "code": "already_exists", "field": "name"}
        raise Problem(422, "Validation Failed", errors=[error])
    if not re.fullmatch("[0-9a-f]{6}", color):
        raise invalid("Label", "color")
    if len(description or "") > _LONGEST_DESCRIPTION:
        raise invalid("Label", "description", "is too long (maximum is 100 characters)")
    label = _add(call, name, color, description)
    return Reply(body=shapes.label(call.hub.base, call.repository, label), status=201)


def _add(call: Call, name: str, color: str = _COLOR, description: str | None = None) -> Label:
    label = Label(id=call.hub.next_id(), name=name, color=color, description=description)
    call.repository.labels.append(label)
    label_event(call.scene, label, "created")
    return label


async def show(call: Call) -> Reply:
    """Return one label."""
    if (label := find(call.repository, call.params["name"])) is None:
        raise not_found()
    return Reply(body=shapes.label(call.hub.base, call.repository, label))


async def on_issue(call: Call) -> Reply:
    """Return the labels of an issue or a pull request."""
    return page(call, call.issue().labels, call.shaping(shapes.label))


async def add(call: Call) -> Reply:
    """Put labels on an issue; one that the repository does not have is made."""
    issue = call.issue()
    for name in call.texts("labels"):
        put_on(call, issue, name)
    return Reply(body=_shapes(call, issue.labels))


def put_on(call: Call, issue: Issue, name: str, *, tell: bool = True) -> None:
    """Put one label on an issue, if it is not there yet."""
    label = find(call.repository, name) or _add(call, name)
    if label in issue.labels:
        return
    issue.labels.append(label)
    issue.updated_at = call.hub.now()
    if tell:
        issue_event(call.scene, issue, "labeled", label=label)


def take_off(call: Call, issue: Issue, label: Label) -> None:
    """Take one label off an issue."""
    issue.labels.remove(label)
    issue.updated_at = call.hub.now()
    issue_event(call.scene, issue, "unlabeled", label=label)


async def remove(call: Call) -> Reply:
    """Take one label off; 404 when it is not there."""
    issue, label = call.issue(), find(call.repository, call.params["name"])
    if label not in issue.labels or label is None:
        raise Problem(404, "Label does not exist")
    take_off(call, issue, label)
    return Reply(body=_shapes(call, issue.labels))


async def replace(call: Call) -> Reply:
    """Make the labels of an issue exactly these."""
    issue = call.issue()
    replace_on(call, issue, call.texts("labels"))
    return Reply(body=_shapes(call, issue.labels))


def replace_on(call: Call, issue: Issue, names: list[str]) -> None:
    """Take off what is not named, put on what is."""
    wanted = {name.lower() for name in names}
    for label in [each for each in issue.labels if each.name.lower() not in wanted]:
        take_off(call, issue, label)
    for name in names:
        put_on(call, issue, name)
