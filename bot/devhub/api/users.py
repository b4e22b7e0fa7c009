"""People, organizations and bots, and what they may do in a repository.

https://docs.github.com/en/rest/users/users
https://docs.github.com/en/rest/collaborators/collaborators
"""

from bot.devhub.api.calls import Call, Reply
from bot.devhub.shapes import accounts as shapes


async def show(call: Call) -> Reply:
    """Return an account; an app's bot is `SLUG[bot]`."""
    account = call.hub.account(call.params["username"])
    owned = sum(each.owner is account for each in call.hub.repositories.values())
    return Reply(body=shapes.public_user(call.hub.base, account, repositories=owned))


async def show_authenticated(call: Call) -> Reply:
    """Return the person whose token asks."""
    owned = sum(each.owner is call.actor for each in call.hub.repositories.values())
    return Reply(body=shapes.public_user(call.hub.base, call.actor, repositories=owned))


async def permission(call: Call) -> Reply:
    """Return a user's role in a repository; `none` for a stranger to a private one."""
    account = call.hub.account(call.params["username"])
    role = call.hub.role(call.repository, account)
    name = call.hub.role_name(call.repository, account)
    return Reply(body=shapes.permission(call.hub.base, account, role, name))
