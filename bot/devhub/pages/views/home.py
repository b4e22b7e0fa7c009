"""The hub itself: its repositories, people and apps, and where those are installed."""

from bot.devhub.pages.visits import Page, Visit
from bot.devhub.problems import not_found
from bot.devhub.records import Installation, Repository


def _visible(seen: Visit) -> list[Repository]:
    return [each for each in seen.hub.repositories.values() if seen.sees(each)]


async def index(seen: Visit) -> Page:
    """Show everything that there is."""
    shown = _visible(seen)
    hidden = len(seen.hub.repositories) - len(shown)
    installed = list(seen.hub.installations.values())
    data = {"repositories": shown, "hidden": hidden, "installations": installed}
    return Page(template="home.html", title="Home", data=data)


async def account(seen: Visit) -> Page:
    """Show an account and its repositories."""
    found = seen.hub.account(seen.params["owner"])
    shown = [each for each in _visible(seen) if each.owner is found]
    return Page(
        template="account.html", title=found.login, data={"account": found, "repositories": shown}
    )


async def installed(seen: Visit) -> Page:
    """Show which apps are installed on a repository."""
    repository = seen.repository
    data = {"repository": repository, "installations": seen.hub.installations_on(repository)}
    return Page(template="installed.html", title=f"Apps · {repository.full_name}", data=data)


async def installation(seen: Visit) -> Page:
    """Show one installation: what the app may do, where, and whether it is suspended."""
    found: Installation | None = seen.hub.installations.get(int(seen.params["id"]))
    if found is None:
        raise not_found()
    covered = [each for each in seen.hub.repositories_of(found) if seen.sees(each)]
    data = {"installation": found, "covered": covered}
    return Page(template="installation.html", title=found.app.name, data=data)
