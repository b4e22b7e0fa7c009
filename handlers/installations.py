"""Remember where the app is installed, and stop where it no longer is."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.events import InstallationChanged, RepositoriesRemoved
from bot.model.intents import Intent, RecordInstallation, StopRepository
from bot.reactions import Reaction

ENDS = {"deleted": "The app was removed.", "suspend": "The app was suspended."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Nothing but the event is needed."""


def changed(event: InstallationChanged, _facts: Facts) -> Sequence[Intent]:
    """Keep the installation's account, permissions and whether it is active."""
    record = RecordInstallation(
        installation=event.installation,
        account=event.account,
        permissions=event.permissions,
        active=event.action not in ENDS,
    )
    if event.action not in ENDS:
        return [record]
    why = ENDS[event.action]
    return [record, StopRepository(installation=event.installation, repo=None, why=why)]


def removed(event: RepositoriesRemoved, _facts: Facts) -> Sequence[Intent]:
    """Stop the runs of repositories that the app may no longer see."""
    return [
        StopRepository(installation=event.installation, repo=repo, why="The app was removed here.")
        for repo in event.repos
    ]


REACTIONS = (
    Reaction(event=InstallationChanged, facts=Facts, decide=changed),
    Reaction(event=RepositoriesRemoved, facts=Facts, decide=removed),
)
