"""Remember where the app is installed, and stop where it no longer is."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.events import InstallationChanged, RepositoriesAdded, RepositoriesRemoved
from bot.model.ids import Repo
from bot.model.intents import ForgetConfig, Intent, RecordInstallation, StopRepository
from bot.reactions import NoFacts, Reaction

ENDS = {"deleted": "The app was removed.", "suspend": "The app was suspended."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Whether the app may work there now; an event may be overtaken, or come days late."""

    works_there: bool


def changed(event: InstallationChanged, facts: Facts) -> Sequence[Intent]:
    """Keep the installation's account, permissions and whether it is active."""
    record = RecordInstallation(
        installation=event.installation,
        account=event.account,
        permissions=event.permissions,
        active=facts.works_there,
    )
    if facts.works_there:
        return [record]
    why = ENDS.get(event.action, "The app may not work here.")
    # Whoever takes the account's name later must not find its settings in force.
    forget = ForgetConfig(repo=Repo(f"{event.account}/.github"))
    stop = StopRepository(installation=event.installation, repo=None, why=why)
    return [record, stop, *([forget] if event.action == "deleted" else [])]


def added(event: RepositoriesAdded, _facts: NoFacts) -> Sequence[Intent]:
    """Read the settings anew of repositories that may have been out of our sight."""
    return [ForgetConfig(repo=repo) for repo in event.repos]


def removed(event: RepositoriesRemoved, _facts: NoFacts) -> Sequence[Intent]:
    """Stop the runs of repositories that the app may no longer see."""
    return [
        StopRepository(installation=event.installation, repo=repo, why="The app was removed here.")
        for repo in event.repos
    ]


REACTIONS = (
    Reaction(event=InstallationChanged, facts=Facts, decide=changed),
    Reaction(event=RepositoriesAdded, facts=NoFacts, decide=added),
    Reaction(event=RepositoriesRemoved, facts=NoFacts, decide=removed),
)
