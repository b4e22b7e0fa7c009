"""Git over HTTP at `/OWNER/NAME.git`, with the same permissions as the API.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation#about-authentication-as-a-github-app-installation
"""

from functools import partial
from typing import Literal

from aiohttp import web

from bot import githttp
from bot.devhub import hooks, moves
from bot.devhub.api.calls import sees
from bot.devhub.callers import Caller, identify
from bot.devhub.events import Scene
from bot.devhub.git import heads
from bot.devhub.hub import Hub
from bot.devhub.permissions import allows, reaches
from bot.devhub.problems import Problem
from bot.devhub.records import Repository

_CONFIG = {"receive.hideRefs": "refs/pull", "receive.fsckObjects": "true"}
_ASK = {"WWW-Authenticate": 'Basic realm="GitHub"'}


async def serve(hub: Hub, request: web.Request) -> web.StreamResponse:
    """Answer one request of a git client."""
    try:
        caller = identify(hub, request.headers.get("Authorization"))
        repository = hub.followed(request.match_info["owner"], request.match_info["repo"])
        service = githttp.service_of(
            request.method, request.match_info["path"], request.query.get("service")
        )
        _authorize(hub, caller, repository, writes=service == "git-receive-pack")
    except Problem as problem:
        ask = _ASK if problem.status == 401 else {}  # noqa: PLR2004 - unauthorized
        return web.Response(status=problem.status, text=f"{problem.message}\n", headers=ask)
    return await _tripped(hub, caller, repository, request)


def _authorize(hub: Hub, caller: Caller, repository: Repository, *, writes: bool) -> None:
    if caller.kind == "nobody" and (writes or repository.private):
        raise Problem(401, "Authentication required")
    if not sees(hub, caller, repository) or caller.kind == "app":
        raise Problem(404, "Repository not found.")
    if not _may(hub, caller, repository, writes=writes):
        who = caller.account.login if caller.account else "nobody"
        raise Problem(403, f"Permission to {repository.full_name}.git denied to {who}.")


def _may(hub: Hub, caller: Caller, repository: Repository, *, writes: bool) -> bool:
    level: Literal["read", "write"] = "write" if writes else "read"
    if caller.grant is not None:
        return allows(caller.grant.permissions, "contents", level)
    return caller.account is None or reaches(hub.role(repository, caller.account), level)


async def _tripped(
    hub: Hub, caller: Caller, repository: Repository, request: web.Request
) -> web.StreamResponse:
    """Serve a request; one of an app is counted, and may be its death."""
    line = f"{request.method} {request.path}"
    if caller.app is None:
        return await _served(hub, caller, repository, request, None)
    entry = hub.journal.note(line, mutating=_pushes(request), app=caller.app.slug)
    moment = hub.tripwire.moment
    dies = hub.tripwire.counts(line, mutating=_pushes(request))
    if dies and moment == "before":
        hub.tripwire.fire(line)
        return web.Response(status=502)

    async def fire() -> None:
        hub.tripwire.fire(line)

    answer = await _served(hub, caller, repository, request, fire if dies else None)
    entry["status"] = answer.status
    return answer


def _pushes(request: web.Request) -> bool:
    return request.method == "POST" and request.path.endswith("/git-receive-pack")


async def _served(
    hub: Hub,
    caller: Caller,
    repository: Repository,
    request: web.Request,
    last: githttp.Settled | None,
) -> web.StreamResponse:
    """Serve a request; `last` is done when it has taken effect, before the client hears of it."""
    through = partial(
        githttp.serve,
        request,
        repository.path,
        request.match_info["path"],
        services=("git-upload-pack", "git-receive-pack"),
        config=_config(hub, caller, repository),
        user=caller.account.login if caller.account else None,
    )
    if not _pushes(request) or caller.account is None:
        return await through(settled=last)
    scene = Scene(hub=hub, repository=repository, actor=caller.account)
    async with repository.moving:
        before = await heads(repository.path)

        async def settled() -> None:
            await moves.settle(scene, before)
            if last:
                await last()

        return await through(settled=settled)


def _config(hub: Hub, caller: Caller, repository: Repository) -> dict[str, str]:
    """Return git's configuration, with the hooks that hold a caller who pushes."""
    workflows = caller.grant is None or allows(caller.grant.permissions, "workflows", "write")
    rules = hub.rulesets.get(repository.id)
    if rules is not None and caller.account and caller.account.login in rules.bypass:
        rules = None
    hooked = hooks.folder(hub, repository, rules, workflows=workflows)
    return {
        **_CONFIG,
        **({} if hooked is None else {"core.hooksPath": str(hooked)}),
        **({} if rules is None else {"receive.procReceiveRefs": "refs"}),
    }
