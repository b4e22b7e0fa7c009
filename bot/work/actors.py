"""Who somebody is here: their role, the teams that configuration names, and their standing."""

from collections.abc import Awaitable

import structlog

from bot.github.beside import together
from bot.model.errors import Refused
from bot.model.events import RepositoryEvent
from bot.rules.policy import Actor
from bot.rules.repoconfig import Config
from bot.rules.roles import Role, role_of
from bot.work.context import Context

log = structlog.get_logger()


async def actor(context: Context, event: RepositoryEvent, config: Config, *, org: bool) -> Actor:
    """Ask GitHub who the sender of an event is; whoever it does not know has no role.

    `org` says that something is asked for the whole organization.

    Raises:
        Unavailable: GitHub did not answer.
    """
    sender = event.sender
    if sender.bot:
        named = await _is_named(context, event, config)
        return Actor(person=sender, role=Role.NONE, named=named)
    at = context.github.at(event.installation, event.repo)
    try:
        answer = await at.repository.role(sender.login, sender.id)
    except Refused as problem:
        if problem.reason not in {"not_found", "identity"}:
            raise
        return Actor(person=sender, role=Role.NONE)
    return Actor(
        person=sender,
        role=role_of(answer.role, answer.permissions),
        role_name=answer.role,
        teams=await _teams(context, event, config),
        owner=org and await _owns(context, event),
    )


async def _is_named(context: Context, event: RepositoryEvent, config: Config) -> bool:
    """Tell whether the sender is the bot of an app that configuration names, by its id."""
    app = context.github.app
    named = await together(app.bot(slug, event.installation) for slug in config.bots)
    return event.sender.id in named


async def _teams(context: Context, event: RepositoryEvent, config: Config) -> frozenset[str]:
    wanted = sorted({team for each in config.agents.values() for team in each.allow.teams})
    found = await together(_is_in(context, event, team) for team in wanted)
    return frozenset(team for team, is_in in zip(wanted, found, strict=True) if is_in)


async def _is_in(context: Context, event: RepositoryEvent, team: str) -> bool:
    org, _, slug = team.partition("/")
    members = context.github.members(event.installation)
    return await _told(members.in_team(org, slug, event.sender.login))


async def _owns(context: Context, event: RepositoryEvent) -> bool:
    """Tell whether the sender owns the organization, or is the user whose repository it is."""
    owner = event.repo.partition("/")[0]
    if owner.lower() == event.sender.login.lower():
        return True
    members = context.github.members(event.installation)
    return await _told(members.owns(owner, event.sender.login))


async def _told(asking: Awaitable[bool]) -> bool:
    """Take it for no where the owner has not let us ask; everything else goes on."""
    try:
        return await asking
    except Refused as problem:
        if problem.reason != "permission":
            raise
        log.warning("members.hidden", words=problem.words)
        return False
