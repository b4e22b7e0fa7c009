"""Who belongs to an organization and to its teams.

https://docs.github.com/en/rest/orgs/members
https://docs.github.com/en/rest/teams/members
"""

from bot.devhub.api.calls import Call, Reply
from bot.devhub.organizations import Organization
from bot.devhub.problems import not_found
from bot.devhub.shapes import organizations as shapes


def _organization(call: Call) -> Organization:
    found = call.hub.organization(call.hub.account(call.params["org"]))
    if found is None:
        raise not_found()
    return found


async def membership(call: Call) -> Reply:
    """Return what somebody is in the organization; 404 for a stranger."""
    organization = _organization(call)
    account = call.hub.account(call.params["username"])
    if (standing := organization.members.get(account.id)) is None:
        raise not_found()
    shape = shapes.membership(call.hub.base, organization.account, account, standing)
    return Reply(body=shape)


async def team_membership(call: Call) -> Reply:
    """Return what somebody is in a team; owners of the organization maintain each they are in."""
    organization = _organization(call)
    team = organization.teams.get(call.params["team_slug"].lower())
    account = call.hub.account(call.params["username"])
    if team is None or account.id not in team.members:
        raise not_found()
    owns = organization.members.get(account.id) == "admin"
    standing = "maintainer" if owns else team.members[account.id]
    url = f"{call.hub.base}/organizations/{organization.account.id}/team/{team.id}"
    body = {"url": f"{url}/memberships/{account.login}", "role": standing, "state": "active"}
    return Reply(body=body)
